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
  if (type === 'Identifier') return `\`${escapedLiteral(name, value).slice(1, -1).replaceAll('`', '\\`')}\``
  const literal = literalOf(name, type, value)
  return `_CAST(${literal}, ${quote(type)})`
}

function literalOf(name: string, type: string, value: string): string {
  const nested = /^(Nullable|LowCardinality)\s*\((.*)\)$/s.exec(type)
  if (nested) {
    if (nested[1] === 'Nullable' && value === '\\N') return 'NULL'
    return literalOf(name, nested[2]!.trim(), value)
  }
  // Collections carry their own quoting and none around it.
  if (/^(Array|Tuple|Map|Nested|JSON|Variant|Dynamic)\b/.test(type)) return quote(value)
  return escapedLiteral(name, value)
}

/** The escaped form and SQL literals know the same escapes, so the text stays but for bare quotes and NUL. */
function escapedLiteral(name: string, value: string): string {
  if (/[\t\n]/.test(value)) throw notWhole(name, 'an unescaped tab or newline ends it')
  const inside = value.replace(/\\(?:x[0-9a-fA-F]{2}|[^x])|\\|'|\0/gu, (part) => {
    if (part === '\\') throw notWhole(name, 'an escape is not whole')
    if (part === '\0') return '\\0'
    return part === "'" ? "\\'" : part
  })
  return `'${inside}'`
}

function notWhole(name: string, reason: string): EngineError {
  return new EngineError(
    ENGINE_CODES.parameterBad,
    `Value of query parameter '${name}' is not parsed completely: ${reason}`,
  )
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
