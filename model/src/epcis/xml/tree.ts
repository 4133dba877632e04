/**
 * XML text into a tree of elements, strictly: one well-formed document with namespaces, no DTD, no entities beyond the five of XML, no other
 * encoding than the text already has. Everything is bounded. Processing instructions and comments are passed over; nothing is ever fetched.
 */
import { SaxesParser, type SaxesTagNS } from 'saxes'
import type { Reason } from '../../errors.ts'

export interface XmlAttribute {
  readonly name: string
  readonly uri: string
  readonly prefix: string
  readonly value: string
}

export interface XmlElement {
  /** Without its prefix. */
  readonly name: string
  readonly prefix: string
  readonly uri: string
  readonly attributes: readonly XmlAttribute[]
  readonly children: XmlElement[]
  /** The text directly inside, pieces joined, as it stands. */
  text: string
}

export interface XmlTree {
  readonly root: XmlElement
  /** Prefix to namespace as first declared anywhere; the empty prefix is left out. */
  readonly namespaces: ReadonlyMap<string, string>
}

/** Longest XML that is read, in characters. */
export const xmlLengthMax = 16_777_216
/** Deepest nesting of elements. */
export const xmlDepthMax = 64
export const xmlElementsMax = 2_000_000
/** Most attributes of one element, namespace declarations among them. */
export const xmlAttributesMax = 256
/** Most namespaces that one document declares. */
export const xmlNamespacesMax = 1_024

export type XmlParsed = { readonly ok: true; readonly tree: XmlTree } | { readonly ok: false; readonly findings: readonly Reason[] }

/** Why XML is not read any further. */
class XmlRefusal extends Error {
  readonly code: string
  constructor(code: string, message: string) {
    super(message)
    this.code = code
  }
}

export function parseXml(text: string): XmlParsed {
  if (text.length > xmlLengthMax)
    return refused('XML_TOO_LONG', `the document has ${text.length} characters, expected at most ${xmlLengthMax}`)
  const parser = new SaxesParser({ xmlns: true })
  const builder = createBuilder()
  parser.on('xmldecl', ({ encoding }) => {
    if (encoding !== undefined && !/^(?:utf-?8|us-ascii|utf-?16)$/i.test(encoding))
      throw new XmlRefusal('XML_ENCODING', `the encoding is "${encoding.slice(0, 32)}", expected UTF-8`)
  })
  parser.on('doctype', () => {
    throw new XmlRefusal('XML_DOCTYPE', 'the document has a document type declaration, expected none')
  })
  parser.on('error', (error) => {
    throw new XmlRefusal('XML_MALFORMED', `the XML is not well-formed: ${error.message.replace(/^\d+:\d+: /, '').slice(0, 200)}`)
  })
  parser.on('attribute', () => builder.attribute())
  parser.on('opentag', (tag) => builder.open(tag))
  parser.on('text', (piece) => builder.text(piece))
  parser.on('cdata', (piece) => builder.text(piece))
  parser.on('closetag', () => builder.close())
  try {
    parser.write(text.startsWith('\uFEFF') ? text.slice(1) : text).close()
  } catch (error) {
    if (!(error instanceof XmlRefusal)) throw error
    const where = `line ${parser.line}, column ${parser.columnIndex + 1}${builder.path()}`
    return refused(error.code, `${error.message} (${where})`)
  }
  const tree = builder.tree()
  return tree === undefined ? refused('XML_MALFORMED', 'the XML has no element, expected one') : { ok: true, tree }
}

function refused(code: string, message: string): XmlParsed {
  return { ok: false, findings: [{ code, pointer: '', message }] }
}

function createBuilder() {
  const stack: XmlElement[] = []
  const namespaces = new Map<string, string>()
  let root: XmlElement | undefined
  let elements = 0
  let attributes = 0
  return {
    attribute() {
      attributes += 1
      if (attributes > xmlAttributesMax)
        throw new XmlRefusal('XML_TOO_MANY_ATTRIBUTES', `an element has more than ${xmlAttributesMax} attributes, expected at most so many`)
    },
    open(tag: SaxesTagNS) {
      attributes = 0
      elements += 1
      if (elements > xmlElementsMax)
        throw new XmlRefusal('XML_TOO_MANY_ELEMENTS', `the document has more than ${xmlElementsMax} elements, expected at most so many`)
      if (stack.length >= xmlDepthMax)
        throw new XmlRefusal('XML_TOO_DEEP', `the document nests deeper than ${xmlDepthMax} elements, expected at most so many`)
      for (const [prefix, uri] of Object.entries(tag.ns)) if (prefix !== '' && !namespaces.has(prefix)) namespaces.set(prefix, uri)
      if (namespaces.size > xmlNamespacesMax)
        throw new XmlRefusal('XML_TOO_MANY_NAMESPACES', `the document declares more than ${xmlNamespacesMax} namespaces, expected fewer`)
      const element = elementOf(tag)
      const parent = stack.at(-1)
      if (parent === undefined) root = element
      else parent.children.push(element)
      stack.push(element)
    },
    text(text: string) {
      const element = stack.at(-1)
      if (element !== undefined) element.text += text
    },
    close() {
      stack.pop()
    },
    path: () =>
      stack.length === 0 ? '' : `, element /${stack.map(({ name, prefix }) => (prefix === '' ? name : `${prefix}:${name}`)).join('/')}`,
    tree: (): XmlTree | undefined => (root === undefined ? undefined : { root, namespaces })
  }
}

const xmlnsUri = 'http://www.w3.org/2000/xmlns/'

function elementOf(tag: SaxesTagNS): XmlElement {
  const attributes: XmlAttribute[] = []
  for (const { local, uri, prefix, value } of Object.values(tag.attributes))
    if (uri !== xmlnsUri) attributes.push({ name: local, uri, prefix, value })
  return { name: tag.local, prefix: tag.prefix, uri: tag.uri, attributes, children: [], text: '' }
}
