/**
 * Elements of other namespaces (extensions, ILMD, the Standard Business Document Header) as JSON members `prefix:name`, and what is common
 * to reading any element. An element that repeats becomes an array; attributes become members beside the children.
 */
import { isEpcisUri, xmlUri, xsiUri, type PrefixTable } from './names.ts'
import type { XmlAttribute, XmlElement } from './tree.ts'
import { unescapeName } from './write-text.ts'

export type Members = [name: string, value: unknown][]

/** A JSON object of the members; a name that comes again makes an array of its values. Safe for names such as `__proto__`. */
export function objectOf(members: Members): Record<string, unknown> {
  const merged = new Map<string, unknown>()
  const repeated = new Set<string>()
  for (const [name, value] of members) {
    const before = merged.get(name)
    if (repeated.has(name) && Array.isArray(before)) before.push(value)
    else if (merged.has(name)) {
      merged.set(name, [before, value])
      repeated.add(name)
    } else merged.set(name, value)
  }
  return Object.fromEntries(merged)
}

/** `prefix:name`, or the bare name of what stands in no namespace. */
export function memberName(node: { readonly name: string; readonly prefix: string; readonly uri: string }, prefixes: PrefixTable): string {
  const name = unescapeName(node.name)
  return isEpcisUri(node.uri) ? name : `${prefixes.prefixOf(node.uri, node.prefix)}:${name}`
}

export function isMarkup({ uri }: XmlAttribute): boolean {
  return uri === xsiUri || uri === xmlUri
}

/** The content of an extension element: text, number, truth value, null or an object. */
export function readExtension(element: XmlElement, prefixes: PrefixTable): unknown {
  if (markup(element, xsiUri, 'nil') === 'true') return null
  const attributes = element.attributes.filter((attribute) => !isMarkup(attribute))
  if (attributes.length === 0 && element.children.length === 0) return typed(element)
  const members: Members = attributes.map((attribute) => [memberName(attribute, prefixes), attribute.value])
  for (const child of element.children) members.push([memberName(child, prefixes), readExtension(child, prefixes)])
  const text = element.text.trim()
  if (text !== '') members.push(['#text', text])
  // A list within a list is written as entries of this name.
  if (members.length > 0 && members.every(([name]) => name === '[]')) return members.map(([, value]) => value)
  return objectOf(members)
}

function typed(element: XmlElement): unknown {
  const keepsSpace = markup(element, xmlUri, 'space') === 'preserve'
  const text = keepsSpace ? element.text : element.text.trim()
  const type = markup(element, xsiUri, 'type') ?? ''
  switch (type.slice(type.indexOf(':') + 1)) {
    case 'anyType':
      return text === '' ? {} : text
    case 'boolean':
      return readBoolean(text)
    case 'byte':
    case 'short':
    case 'int':
    case 'integer':
    case 'long':
    case 'nonNegativeInteger':
    case 'positiveInteger':
    case 'decimal':
    case 'float':
    case 'double':
      return readNumber(text)
    default:
      return text
  }
}

/** A number where the text is one, else the text, so that validation finds what is wrong with it. */
export function readNumber(text: string): unknown {
  return /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/.test(text) && Number.isFinite(Number(text)) ? Number(text) : text
}

export function readBoolean(text: string): unknown {
  if (text === 'true' || text === '1') return true
  return text === 'false' || text === '0' ? false : text
}

function markup(element: XmlElement, uri: string, name: string): string | undefined {
  return element.attributes.find((attribute) => attribute.uri === uri && attribute.name === name)?.value
}
