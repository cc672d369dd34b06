/** A letter to one person, before it has a form. */
export interface Letter {
  /** The reader's address. */
  readonly to: string
  /** Who writes, such as the service's name; the address is the instance's. */
  readonly from: string
  /** One line. */
  readonly subject: string
  /** What it says, in order. A paragraph that is a link stands alone, so that any mail program makes it clickable. */
  readonly paragraphs: readonly Paragraph[]
  /** BCP 47, such as `de`. */
  readonly language: string
}

export type Paragraph =
  | { readonly text: string }
  /** A button in HTML, the bare address in text. */
  | { readonly link: string; readonly label: string }
  /** A code to type, large and alone. */
  | { readonly code: string }

/** The letter as plain text, for readers without HTML and for spam filters that want both. */
export function textOf(letter: Letter): string {
  return `${letter.paragraphs
    .map((part) => ('text' in part ? part.text : 'code' in part ? part.code : `${part.label}: ${part.link}`))
    .join('\n\n')}\n`
}

/** The letter as HTML without images or anything else that is fetched, so that reading it tells nobody. */
export function htmlOf(letter: Letter): string {
  const body = letter.paragraphs
    .map((part) => {
      if ('text' in part) return `<p>${escaped(part.text)}</p>`
      if ('code' in part)
        return `<p style="font:600 28px/1.4 monospace;letter-spacing:4px">${escaped(part.code)}</p>`
      return `<p><a href="${escaped(part.link)}" style="display:inline-block;padding:10px 18px;border-radius:6px;background:#1f4fd8;color:#fff;text-decoration:none">${escaped(part.label)}</a></p><p style="color:#555;word-break:break-all">${escaped(part.link)}</p>`
    })
    .join('\n')
  return `<!doctype html><html lang="${escaped(letter.language)}"><body style="font:16px/1.5 sans-serif;color:#111">${body}</body></html>`
}

/** One line without control characters: whatever a person typed as their name cannot begin a header of its own. */
export function oneLine(text: string, lengthMax = 200): string {
  return text
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ')
    .trim()
    .slice(0, lengthMax)
}

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => ENTITIES[character]!)
}
