import { maskTree, maskValue } from '../mask.ts'

type Fields = Record<string, unknown>

/** Segment's context without who it is about: traits, tokens, exact place, advertising ids; the rest masked like a body. */
export function maskContext(context: Fields): Fields {
  const { traits: _traits, viewerToken: _token, userAgent, ...kept } = context
  for (const [group, names] of Object.entries(DROPPED)) {
    const fields = kept[group]
    if (fields === null || typeof fields !== 'object') continue
    const rest: Fields = { ...fields }
    for (const name of names) delete rest[name]
    kept[group] = rest
  }
  maskTree(kept)
  // The device is told by it: a server has no user agent of its own to tell by. EVENTS keeps what was read off it.
  if (typeof userAgent === 'string') kept['userAgent'] = maskValue('', userAgent)
  return kept
}

const DROPPED: Readonly<Record<string, readonly string[]>> = {
  location: ['latitude', 'longitude'],
  device: ['advertisingId', 'name', 'token'],
}
