import { XMLParser, XMLValidator } from 'fast-xml-parser'
import { Problem } from '../../../platform/errors.ts'

/** An element: its attributes, its own text, and its children in order, by names as they are written. */
export interface XmlElement {
  readonly attributes: Readonly<Record<string, string>>
  readonly text: string
  readonly children: ReadonlyMap<string, readonly XmlElement[]>
}

/**
 * Reads an XML document that somebody sent. A document type is refused, so there are no entities of its own to expand and
 * nothing to fetch; the five of XML and character references are read. Throws Problem import.unreadable.
 */
export function readXml(text: string): XmlElement {
  if (hasDocumentType(text)) {
    throw new Problem('import.unreadable', 'The file has a document type (<!DOCTYPE>), which is not taken.')
  }
  const validity = XMLValidator.validate(text)
  if (validity !== true) {
    throw new Problem(
      'import.unreadable',
      `The file is not well-formed XML. Look at line ${validity.err.line}, column ${validity.err.col}.`,
    )
  }
  try {
    return elementOf(parser.parse(text) as Node)
  } catch (error) {
    throw new Problem('import.unreadable', 'The file cannot be read as XML.', { cause: error })
  }
}

/** Whether there is a declaration outside of comments and CDATA. One pass, whatever is opened and never closed. */
function hasDocumentType(text: string): boolean {
  for (let at = text.indexOf('<!'); at !== -1; at = text.indexOf('<!', at)) {
    const block = BLOCKS.find(({ open }) => text.startsWith(open, at))
    if (!block) return true
    const end = text.indexOf(block.close, at + block.open.length)
    if (end === -1) return false
    at = end + block.close.length
  }
  return false
}

const BLOCKS = [
  { open: '<!--', close: '-->' },
  { open: '<![CDATA[', close: ']]>' },
] as const

const TEXT = '#text'
const CDATA = '#cdata'
const ATTRIBUTE = '@'

/** Elements that the parser refuses the whole document for, since it makes objects of them; here they end in a Map. */
const RESERVED = new Set(['__proto__', 'constructor', 'prototype'])
/** Begins no element's name in XML. */
const RENAMED = '.'

const parser = new XMLParser({
  ignoreAttributes: false,
  attributeNamePrefix: ATTRIBUTE,
  textNodeName: TEXT,
  cdataPropName: CDATA,
  alwaysCreateTextNode: true,
  isArray: (name) => !name.startsWith(ATTRIBUTE) && !name.startsWith('#'),
  parseTagValue: false,
  parseAttributeValue: false,
  processEntities: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  trimValues: true,
  maxNestedTags: 50,
  transformTagName: (name) => (RESERVED.has(name) ? `${RENAMED}${name}` : name),
})

type Node = { readonly [name: string]: string | readonly Node[] | readonly string[] | undefined }

function elementOf(node: Node): XmlElement {
  const attributes: Record<string, string> = {}
  const children = new Map<string, XmlElement[]>()
  for (const [name, value] of Object.entries(node)) {
    if (name.startsWith(ATTRIBUTE)) attributes[name.slice(1)] = withReferences(String(value))
    else if (Array.isArray(value) && name !== CDATA)
      children.set(nameOf(name), (value as Node[]).map(elementOf))
  }
  const text = withReferences(typeof node[TEXT] === 'string' ? node[TEXT] : '') + cdataOf(node[CDATA])
  return { attributes, text: text.trim(), children }
}

const nameOf = (name: string) => (name.startsWith(RENAMED) ? name.slice(RENAMED.length) : name)

function cdataOf(value: Node[string]): string {
  if (value === undefined) return ''
  const sections: readonly unknown[] = Array.isArray(value) ? value : [value]
  return sections
    .map((section) =>
      typeof section === 'string' ? section : String((section as Node | null)?.[TEXT] ?? ''),
    )
    .join('')
}

const NAMED: Readonly<Record<string, string>> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" }

/** `&amp;` and its kind, and `&#…;`; what else looks like a reference stays as it is. */
export function withReferences(text: string): string {
  return text.replaceAll(
    /&(?:#x([0-9a-f]{1,6})|#(\d{1,7})|(amp|lt|gt|quot|apos));/gi,
    (whole, hex, decimal, name) => {
      if (name !== undefined) return NAMED[String(name).toLowerCase()]!
      const code = hex === undefined ? Number(decimal) : Number.parseInt(String(hex), 16)
      return code > 0 && code <= 0x10ffff && (code < 0xd800 || code > 0xdfff)
        ? String.fromCodePoint(code)
        : whole
    },
  )
}
