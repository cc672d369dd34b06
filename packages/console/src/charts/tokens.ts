/** The theme's colours as the canvas needs them: resolved, for a canvas knows no variables. */
export interface ChartTokens {
  readonly theme: 'light' | 'dark'
  readonly ink: string
  readonly muted: string
  readonly line: string
  readonly control: string
  readonly surface: string
  readonly accent: string
  /** By number of series, from 0. */
  readonly series: readonly string[]
  readonly font: string
}

/** Reads the tokens as they apply to an element in the theme that it is shown in. */
export function readTokens(element: HTMLElement, theme: ChartTokens['theme']): ChartTokens {
  const probe = element.appendChild(document.createElement('span'))
  const colour = (name: string): string => {
    probe.style.color = `var(--${name})`
    return getComputedStyle(probe).color
  }
  const tokens: ChartTokens = {
    theme,
    ink: colour('ink'),
    muted: colour('muted'),
    line: colour('line'),
    control: colour('control'),
    surface: colour('surface'),
    accent: colour('accent'),
    series: [1, 2, 3, 4, 5, 6].map((number) => colour(`series-${number}`)),
    font: getComputedStyle(element).fontFamily,
  }
  probe.remove()
  return tokens
}
