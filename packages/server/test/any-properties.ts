import * as fc from 'fast-check'

/** Texts that an engine might take for something else, and any other. */
const anyText = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 20 }),
  fc.date({ min: new Date('1800-01-01'), max: new Date('2400-01-01'), noInvalidDate: true }).chain((date) => {
    const iso = date.toISOString()
    return fc.constantFrom(
      iso,
      iso.slice(0, 10),
      iso.slice(0, 19).replace('T', ' '),
      iso.replace('Z', '+02:00'),
      date.toUTCString(),
      iso.slice(0, 10).replaceAll('-', '/'),
      iso.slice(11, 19),
      String(date.getTime()),
    )
  }),
  fc.double({ noNaN: true }).map(String),
  fc.ipV4(),
  fc.ipV6(),
  fc.uuid(),
  fc.json({ maxDepth: 2 }),
  fc.constantFrom('true', 'null', 'NaN', 'inf', '-0', '', '\\N', '(1,2)'),
)
/** Names are without dots: to the engine `{"a.b":1}` is the path of `{"a":{"b":1}}`. */
const anyName = fc
  .string({ unit: 'grapheme', minLength: 1, maxLength: 8 })
  .map((name) => name.replaceAll('.', '-'))
/** Whole numbers beyond the engine's 64 bits come to it as texts; rows.test.ts is about that. */
const anyNumber = fc
  .double({ noNaN: true, noDefaultInfinity: true })
  .filter((value) => !Number.isInteger(value) || Math.abs(value) < 2 ** 63)
/** Lists hold no null: beside lists and objects it is an empty one to the engine. */
const { value: anyValue } = fc.letrec((tie) => ({
  item: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    anyText,
    fc.maxSafeInteger(),
    anyNumber,
    fc.boolean(),
    fc.array(tie('item'), { maxLength: 4 }),
    fc.dictionary(anyName, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
  value: fc.oneof({ depthSize: 'small' }, fc.constant(null), { weight: 9, arbitrary: tie('item') }),
}))
/** Properties as apps send them: any JSON object. */
export const anyProperties = fc
  .dictionary(anyName, anyValue, { maxKeys: 5, noNullPrototype: true })
  .map((value) => JSON.parse(JSON.stringify(value)) as object)

/** What the engine's JSON type holds of a value. */
export function withoutNothing(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNothing)
  if (typeof value !== 'object' || value === null) return value
  const kept = Object.entries(value)
    .map(([name, inner]) => [name, withoutNothing(inner)] as const)
    .filter(([, inner]) => inner !== null && !isEmptyObject(inner))
  return Object.fromEntries(kept)
}

function isEmptyObject(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0
  )
}
