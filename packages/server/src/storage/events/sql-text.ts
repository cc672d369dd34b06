import { ENGINE_CODES, EngineError } from './engine-error.ts'
import { parameterLiteral } from './query-parameter.ts'

/**
 * What must be known of a statement's text before the engine sees it: which lane it takes, that it is one statement,
 * and where its parameters stand. Quotes, comments and heredocs are passed over as ClickHouse's lexer does.
 */
export type StatementKind = 'read' | 'write'

const READS = new Set(['select', 'with', 'show', 'describe', 'desc', 'explain', 'exists', 'check', '('])
/** Harmless on a server, where they end with the request; here they would change the lane for everybody after. */
const SESSION_STATEMENTS = new Set(['set', 'use', 'begin', 'commit', 'rollback'])

/** Parameters of a view are filled in where it is read. */
const PARAMETERISED_VIEW = /^\s*create\s+(or\s+replace\s+)?view\b/i

/** The statement with its parameters written in. Throws EngineError as a server would. */
export function bindStatement(
  sql: string,
  parameters: ReadonlyMap<string, string>,
): { sql: string; kind: StatementKind } {
  let bound = ''
  let code = ''
  let hasEnded = false
  for (const piece of pieces(sql)) {
    if (piece.kind === 'comment') {
      bound += ' '
      continue
    }
    if (piece.kind === 'code' && piece.text.trim() === '') {
      bound += piece.text
      code += ' '
      continue
    }
    if (hasEnded) {
      throw new EngineError(ENGINE_CODES.syntax, 'Multi-statements are not allowed: one statement a request')
    }
    if (piece.kind === 'end') hasEnded = true
    else if (piece.kind === 'parameter') {
      const value = parameters.get(piece.name)
      if (value === undefined && PARAMETERISED_VIEW.test(code)) {
        bound += `{${piece.name}:${piece.type}}`
        continue
      }
      if (value === undefined) {
        throw new EngineError(
          ENGINE_CODES.parameterMissing,
          `Substitution \`${piece.name}\` is not set; send it as param_${piece.name}`,
        )
      }
      bound += parameterLiteral(piece.name, piece.type, value)
      code += ' ? '
    } else {
      bound += piece.text
      code += piece.kind === 'code' ? piece.text : ' ? '
    }
  }
  return { sql: bound.trim(), kind: kindOf(code) }
}

function kindOf(code: string): StatementKind {
  const first = /^\s*(\w+|\()/.exec(code)?.[1]?.toLowerCase()
  if (first === undefined) throw new EngineError(ENGINE_CODES.syntax, 'Empty query')
  if (SESSION_STATEMENTS.has(first)) {
    throw new EngineError(
      ENGINE_CODES.notImplemented,
      `${first.toUpperCase()} needs a session, which this server does not keep; send settings and database with each request`,
    )
  }
  if (/\binto\s+outfile\b/i.test(code)) {
    throw new EngineError(ENGINE_CODES.notImplemented, 'INTO OUTFILE is not allowed')
  }
  return READS.has(first) ? 'read' : 'write'
}

type Piece =
  | { kind: 'code' | 'quoted' | 'comment' | 'end'; text: string }
  | { kind: 'parameter'; name: string; type: string }

const COMMENT = /--[^\n]*|#[! ][^\n]*|\/\*[^]*?(?:\*\/|$)/y
const QUOTED = /'(?:[^'\\]+|\\[^]|'')*(?:'|$)|"(?:[^"\\]+|\\[^]|"")*(?:"|$)|`(?:[^`\\]+|\\[^]|``)*(?:`|$)/y
const HEREDOC = /(\$\w*\$)[^]*?(?:\1|$)/y
const PARAMETER = /\{\s*([A-Za-z_]\w*)\s*:\s*((?:[^{}']|'(?:[^'\\]|\\[^])*')+?)\s*\}/y
const CODE = /[^'"`$#{;/-]+/y

function* pieces(sql: string): Generator<Piece> {
  for (let at = 0; at < sql.length;) {
    const take = (pattern: RegExp) => {
      pattern.lastIndex = at
      const match = pattern.exec(sql)
      if (match) at = pattern.lastIndex
      return match
    }
    let match: RegExpExecArray | null
    if ((match = take(CODE))) yield { kind: 'code', text: match[0] }
    else if ((match = take(COMMENT))) yield { kind: 'comment', text: match[0] }
    else if ((match = take(QUOTED)) || (match = take(HEREDOC))) yield { kind: 'quoted', text: match[0] }
    else if ((match = take(PARAMETER))) yield { kind: 'parameter', name: match[1]!, type: match[2]! }
    else {
      const text = sql[at++]!
      yield { kind: text === ';' ? 'end' : 'code', text }
    }
  }
}

/** `INSERT INTO table (columns) FORMAT name` followed by its data; null for any other statement. */
export interface InsertHead {
  readonly table: string
  readonly columns: readonly string[] | undefined
  readonly format: string
  /** Where the data starts in the text; the request's body follows. */
  readonly dataFrom: number
}

const INSERT_HEAD =
  /^\s*INSERT\s+INTO\s+(?:TABLE\s+)?([\w.`"]+)\s*(?:\(([^()]*)\)\s*)?FORMAT\s+(\w+)(?:[ \t]*\r?\n|\s+|$)/i

export function insertHeadOf(sql: string): InsertHead | null {
  const match = INSERT_HEAD.exec(sql)
  if (!match) return null
  const [whole, table, columns, format] = match
  return {
    table: withoutQuotes(table!),
    columns: columns?.split(',').map((column) => withoutQuotes(column.trim())),
    format: format!,
    dataFrom: whole.length,
  }
}

function withoutQuotes(identifier: string): string {
  return identifier.replaceAll(/[`"]/g, '')
}
