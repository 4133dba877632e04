/**
 * JSON members of other namespaces as XML elements, so that reading gives them back: types are kept by `xsi:type`, what is null by `xsi:nil`.
 * As in JSON-LD, a list of one is that one, and an empty list is nothing.
 */
import { undeclaredRoot, wellKnownPrefixes, xsdUri, xsiUri } from './names.ts'
import { attribute, element, escapeName, escapeText, hasOuterSpace, plainText } from './write-text.ts'

/** The prefixes that an element needs, collected while its content is written. */
export interface Scope {
  /** The name of an element or attribute for a JSON member. */
  nameOf(member: string): string
  /** Uses a prefix of a fixed namespace. */
  use(prefix: string, uri: string): void
  /** Namespace declarations for all that was used. */
  declarations(): string
}

/** `declared` are the prefixes of the JSON-LD contexts. */
export function createScope(declared: ReadonlyMap<string, string>): Scope {
  const used = new Map<string, string>()
  const generated = new Map<string, string>()

  function prefixOf(namespace: string): string {
    const known = generated.get(namespace)
    if (known !== undefined) return known
    let count = generated.size + 1
    while (declared.has(`ns${count}`) || used.has(`ns${count}`)) count += 1
    const prefix = `ns${count}`
    generated.set(namespace, prefix)
    used.set(prefix, namespace)
    return prefix
  }

  return {
    nameOf(member) {
      const colon = member.indexOf(':')
      if (colon <= 0) return escapeName(member)
      const prefix = member.slice(0, colon)
      const isIri = member.startsWith('//', colon + 1) || (prefix === 'urn' && !declared.has('urn'))
      if (isIri) {
        const cut = Math.max(member.lastIndexOf('/'), member.lastIndexOf('#'), member.lastIndexOf(':')) + 1
        return `${prefixOf(member.slice(0, cut))}:${escapeName(member.slice(cut))}`
      }
      const local = escapeName(member.slice(colon + 1))
      if (!/^[A-Za-z_][\w.-]*$/.test(prefix) || /^xml/i.test(prefix) || prefix === 'xsi' || prefix === 'xsd')
        return `${prefixOf(declared.get(prefix) ?? undeclaredRoot + encodeURIComponent(prefix))}:${local}`
      used.set(prefix, declared.get(prefix) ?? wellKnownPrefixes.get(prefix) ?? undeclaredRoot + prefix)
      return `${prefix}:${local}`
    },
    use(prefix, uri) {
      used.set(prefix, uri)
    },
    declarations: () => [...used].map(([prefix, uri]) => attribute(`xmlns:${prefix}`, uri)).join('')
  }
}

/** The elements of one member: as many as its list has entries. */
export function writeExtension(member: string, value: unknown, scope: Scope): string {
  if (value === undefined) return ''
  const name = scope.nameOf(member)
  if (!Array.isArray(value)) return writeValue(name, value, scope)
  return value.map((item: unknown) => writeValue(name, item, scope)).join('')
}

/** Name of the entries of a list within a list. */
const nested = '[]'

function writeValue(name: string, value: unknown, scope: Scope): string {
  if (Array.isArray(value)) return element(name, value.map((item: unknown) => writeValue(escapeName(nested), item, scope)).join(''))
  if (typeof value === 'object' && value !== null) return writeObject(name, value, scope)
  if (typeof value === 'string' && value !== '')
    return element(name, escapeText(value), hasOuterSpace(value) ? attribute('xml:space', 'preserve') : '')
  scope.use('xsi', xsiUri)
  if (value === null || value === undefined) return element(name, '', attribute('xsi:nil', 'true'))
  scope.use('xsd', xsdUri)
  return element(name, escapeText(plainText(value)), attribute('xsi:type', `xsd:${typeNameOf(value)}`))
}

function typeNameOf(value: unknown): string {
  if (typeof value === 'number') return Number.isInteger(value) && Math.abs(value) < 1e21 ? 'integer' : 'double'
  return typeof value === 'boolean' ? 'boolean' : 'string'
}

function writeObject(name: string, value: object, scope: Scope): string {
  const members = Object.entries(value)
  if (members.length === 0) {
    scope.use('xsi', xsiUri)
    scope.use('xsd', xsdUri)
    return element(name, '', attribute('xsi:type', 'xsd:anyType'))
  }
  const text = members.find(([member]) => member === '#text')?.[1]
  // Beside text, members stand as the attributes that they were read from.
  const isMixed = typeof text === 'string'
  const attributes = isMixed ? members.filter(([member, inner]) => member !== '#text' && typeof inner === 'string') : []
  const rest = members.filter((entry) => !attributes.includes(entry) && !(isMixed && entry[0] === '#text'))
  const content = (isMixed ? escapeText(text) : '') + rest.map(([member, inner]) => writeExtension(member, inner, scope)).join('')
  return element(name, content, attributes.map(([member, inner]) => attribute(scope.nameOf(member), plainText(inner))).join(''))
}
