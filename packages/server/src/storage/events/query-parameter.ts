import { ENGINE_CODES, EngineError } from './engine-error.ts'

/**
 * Query parameters (`{name:Type}`) as a ClickHouse server reads them: the text of `param_name` is in the TSV-like
 * "escaped" form of the type, and the parameter stands for a constant of that type.
 *
 * Embedded, the constant is written into the statement here, as `_CAST('text', 'Type')`, which is also what a server
 * turns it into. chDB's own parameters are shared by the connections of a process: two statements with parameters at one
 * time get each other's values, so its binding serialises them all, and one slow report would stop every other.
 */
export function parameterLiteral(name: string, type: string, value: string): string {
  if (type === 'Identifier') return `\`${unescape(name, value).replace(/[`\\]/g, '\\$&')}\``
  const text = parameterText(name, type, value)
  return text === null ? `_CAST(NULL, ${quote(type)})` : `_CAST(${quote(text)}, ${quote(type)})`
}

/** The text that a cast to the type reads; null for NULL. */
function parameterText(name: string, type: string, value: string): string | null {
  const nested = /^(Nullable|LowCardinality)\s*\((.*)\)$/s.exec(type)
  if (nested) {
    if (nested[1] === 'Nullable' && value === '\\N') return null
    return parameterText(name, nested[2]!.trim(), value)
  }
  // Collections carry their own quoting and none around it.
  if (/^(Array|Tuple|Map|Nested|JSON|Variant|Dynamic)\b/.test(type)) return value
  return unescape(name, value)
}

const ESCAPES: Readonly<Record<string, string>> = {
  a: '\u0007',
  b: '\b',
  e: '\u001b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
  '0': '\0',
  N: '',
}

/** ClickHouse keeps the backslash before a character that needs none, so that patterns of LIKE survive. */
const KEEPS_NO_BACKSLASH = /[\\`"'/=]|\p{Cc}/u

function unescape(name: string, value: string): string {
  if (/[\t\n]/.test(value)) {
    throw new EngineError(
      ENGINE_CODES.parameterBad,
      `Value of query parameter '${name}' is not parsed completely: an unescaped tab or newline ends it`,
    )
  }
  return value.replace(/\\(x[0-9a-fA-F]{2}|[^]|$)/gu, (whole, escaped: string) => {
    if (escaped === '') return whole
    if (escaped.length === 3) return String.fromCharCode(Number.parseInt(escaped.slice(1), 16))
    const known = ESCAPES[escaped]
    if (known !== undefined) return known
    return KEEPS_NO_BACKSLASH.test(escaped) ? escaped : whole
  })
}

/** A string as an SQL literal. */
export function quote(text: string): string {
  return `'${text.replace(/[\\'\0\n\r\t]/g, (character) => QUOTED[character]!)}'`
}

const QUOTED: Readonly<Record<string, string>> = {
  '\\': '\\\\',
  "'": "\\'",
  '\0': '\\0',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
}
