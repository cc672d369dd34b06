/** The reader's language, for numbers, dates and names. The words themselves are English. */
export const LOCALE = firstUsable(navigator.languages)

/**
 * The first language that `Intl` has, else English. Browsers may ask for what is no language tag, such as `en-US@posix`
 * where the system's locale is C, and `Intl` throws at those.
 */
export function firstUsable(languages: readonly string[]): string {
  return languages.find(isUsable) ?? 'en'
}

function isUsable(language: string): boolean {
  try {
    return Intl.NumberFormat.supportedLocalesOf(language).length > 0
  } catch {
    return false
  }
}
