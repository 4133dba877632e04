/**
 * GS1 Digital Link URIs (GS1 Digital Link Standard: URI Syntax) read strictly and written: any domain, any path before the key, key
 * qualifiers, data attributes in the query. Compressed links are not known. For the lenient reading of keys see `key.ts`.
 */
import type { Decoded } from '../codec.ts'
import { checkAiValue, findAi, type Ai } from './ai.ts'
import { checkAssociations, readBracketed, readElementString, refuseCode, type AiValue } from './element-string.ts'
import { escapeUri, unescapeUri } from './uri-escape.ts'

export interface DigitalLinkOptions {
  /** Takes 8, 12 and 13 digits in (01). */
  readonly zeroSuppressedGtin?: boolean
  /** Reads and writes names such as `gtin` and `lot` for identifiers, as Digital Link 1.0 and 1.1 had. */
  readonly shortNames?: boolean
  /** Takes (410) to (413), (415) alone and (416) as keys, as Digital Link 1.0 did. */
  readonly legacyPrimaryKeys?: boolean
  /** Takes identifiers that are not allocated, as values only. */
  readonly unknownAIs?: boolean
  /** Takes them as data attributes too. */
  readonly unknownAIsAsAttributes?: boolean
}

/** What is inside a link: the identifiers of the path, then those of the query. */
export interface DigitalLink {
  readonly ais: AiValue[]
  /** How many of them stand in the path. */
  readonly pathCount: number
}

/** Longest link that is read. */
export const linkLengthMax = 4_096

const names: Readonly<Record<string, string>> = {
  sscc: '00',
  gtin: '01',
  lot: '10',
  exp: '17',
  ser: '21',
  cpv: '22',
  gdti: '253',
  glnx: '254',
  gcn: '255',
  ginc: '401',
  gsin: '402',
  shipTo: '410',
  billTo: '411',
  purchasedFrom: '412',
  shipFor: '413',
  gln: '414',
  payTo: '415',
  glnProd: '416',
  party: '417',
  grai: '8003',
  giai: '8004',
  itip: '8006',
  cpid: '8010',
  cpsn: '8011',
  gmn: '8013',
  gsrnp: '8017',
  gsrn: '8018',
  srin: '8019',
  refno: '8020'
}
const nameOf = new Map(Object.entries(names).map(([name, ai]) => [ai, name]))
const legacyKeys: ReadonlySet<string> = new Set(['410', '411', '412', '413', '415', '416'])

/** Reads a link. The reason of a refusal says which part is wrong. */
export function readDigitalLink(text: string, options: DigitalLinkOptions = {}): Decoded<DigitalLink> {
  if (text.length > linkLengthMax)
    return refuseCode('LINK_TOO_LONG', `link has ${text.length} characters, expected at most ${linkLengthMax}`)
  if (!/^[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]*$/.test(text))
    return refuseCode('LINK_CHARACTERS', 'link has characters that a URI must not have')
  const match = /^(?:https?|HTTPS?):\/\/([^/]+)(\/[^?#]*)(?:\?([^#]*))?(?:#.*)?$/.exec(text)
  const [, domain = '', path = '', query = ''] = match ?? []
  if (match === null || /[_~?#@!$&'()*+,;=%]/.test(domain))
    return refuseCode('LINK_FORM', `link is "${text.slice(0, 80)}", expected http(s)://domain/path`)
  const fromPath = readPath(path, options)
  if (!fromPath.ok) return fromPath
  const fromQuery = readQuery(query, options)
  if (!fromQuery.ok) return fromQuery
  const link = { ais: [...fromPath.value, ...fromQuery.value], pathCount: fromPath.value.length }
  const wrong = checkLink(link, options)
  return wrong === undefined ? { ok: true, value: link } : { ok: false, reason: { ...wrong, pointer: '' } }
}

/** The pairs from the rightmost primary key on. */
function readPath(path: string, options: DigitalLinkOptions): Decoded<AiValue[]> {
  const segments = path.split('/').slice(1)
  const pairs: AiValue[] = []
  for (let index = segments.length - 2; index >= 0; index -= 2) {
    const name = segments[index] ?? ''
    const ai = resolve(name, options)
    if (ai === undefined) break
    const value = readValue(ai, segments[index + 1] ?? '', { ...options, part: 'path' })
    if (!value.ok) return value
    pairs.unshift([ai, value.value])
    if (isKey(ai, options)) return { ok: true, value: pairs }
  }
  return refuseCode('NO_PRIMARY_KEY', `path is "${path.slice(0, 80)}", expected a primary key such as /01/…`)
}

function resolve(name: string, options: DigitalLinkOptions): string | undefined {
  if (findAi(name) !== undefined) return name
  return options.shortNames === true && Object.hasOwn(names, name) ? names[name] : undefined
}

function isKey(ai: string, options: DigitalLinkOptions): boolean {
  return findAi(ai)?.qualifiers !== undefined || (options.legacyPrimaryKeys === true && legacyKeys.has(ai))
}

function readQuery(query: string, options: DigitalLinkOptions): Decoded<AiValue[]> {
  const pairs: AiValue[] = []
  for (const parameter of query.split('&')) {
    const equals = parameter.indexOf('=')
    if (equals < 0) continue
    const name = parameter.slice(0, equals)
    const ai = /^\d+$/.test(name) ? name : options.shortNames === true && Object.hasOwn(names, name) ? names[name] : undefined
    if (ai === undefined) continue
    if (findAi(ai) === undefined && !(options.unknownAIs === true && /^\d{2,4}$/.test(ai)))
      return refuseCode('UNKNOWN_AI', `query has "${name}", expected allocated identifiers where a name is digits only`)
    const value = readValue(ai, parameter.slice(equals + 1), { ...options, part: 'query' })
    if (!value.ok) return value
    pairs.push([ai, value.value])
  }
  return { ok: true, value: pairs }
}

function readValue(ai: string, escaped: string, options: DigitalLinkOptions & { readonly part: 'path' | 'query' }): Decoded<string> {
  const text = unescapeUri(escaped, options.part)
  if (text === undefined || text === '' || text.includes('\u0000'))
    return refuseCode('LINK_VALUE', `value of (${ai}) is "${escaped.slice(0, 48)}", expected text without NUL`)
  const value = ai === '01' && options.zeroSuppressedGtin === true && /^(\d{8}|\d{12,13})$/.test(text) ? text.padStart(14, '0') : text
  const known = findAi(ai)
  const wrong = known === undefined ? undefined : checkAiValue(known, value, { anyPiece: true })
  return wrong === undefined ? { ok: true, value } : refuseCode(wrong, `value of (${ai}) is "${value.slice(0, 48)}": ${wrong}`)
}

type Fault = { code: string; message: string }

function checkLink({ ais, pathCount }: DigitalLink, options: DigitalLinkOptions): Fault | undefined {
  const path = ais.slice(0, pathCount).map(([ai]) => ai)
  if (!isPath(path, options))
    return { code: 'GS1_PATH_ORDER', message: `path has (${path.join(')(')}), expected a key and its qualifiers in order` }
  const seen = new Set(path)
  for (const [ai] of ais.slice(pathCount)) {
    if (seen.has(ai)) return { code: 'GS1_REPEATED_AI', message: `(${ai}) stands twice, expected once` }
    seen.add(ai)
    if (!isAttribute(findAi(ai), options))
      return { code: 'GS1_NO_ATTRIBUTE', message: `(${ai}) stands in the query, expected a data attribute` }
    const inserted = path.some((_, index) => isPath([...path.slice(0, index + 1), ai, ...path.slice(index + 1)], options))
    if (inserted) return { code: 'GS1_BELONGS_IN_PATH', message: `(${ai}) stands in the query, expected it in the path` }
  }
  return checkAssociations(ais, { placed: options.legacyPrimaryKeys === true ? path : path.slice(1) })
}

function isAttribute(ai: Ai | undefined, options: DigitalLinkOptions): boolean {
  return ai === undefined ? options.unknownAIsAsAttributes === true : ai.attribute
}

/** Whether the identifiers are a key and some of one row of its qualifiers, in order. */
function isPath(path: readonly string[], options: DigitalLinkOptions): boolean {
  const [key = '', ...qualifiers] = path
  if (options.legacyPrimaryKeys === true && legacyKeys.has(key) && qualifiers.length === 0) return true
  const rows = findAi(key)?.qualifiers
  if (rows === undefined) return false
  if (qualifiers.length === 0) return true
  return rows.some((row) => {
    let last = -1
    return qualifiers.every((qualifier) => {
      const at = row.indexOf(qualifier, last + 1)
      last = at
      return at >= 0
    })
  })
}

export interface WriteLinkOptions extends DigitalLinkOptions {
  /** Where the path hangs; `https://id.gs1.org` without it. */
  readonly stem?: string
}

/**
 * Writes identifiers as a link: the first primary key, the row of its qualifiers that takes most of them, and the rest as data
 * attributes, those of fixed length first.
 */
export function writeDigitalLink(ais: readonly AiValue[], options: WriteLinkOptions = {}): Decoded<string> {
  const stem = options.stem ?? 'https://id.gs1.org'
  if (!isStem(stem)) return refuseCode('LINK_STEM', `stem is "${stem.slice(0, 80)}", expected http(s)://domain[:port][/path]`)
  const wrong = checkAssociations(ais, { withoutRequired: true })
  if (wrong !== undefined) return { ok: false, reason: { ...wrong, pointer: '' } }
  const values = new Map(ais)
  const key = ais.find(([ai]) => isKey(ai, options))?.[0]
  if (key === undefined) return refuseCode('NO_PRIMARY_KEY', 'no identifier is a primary key, expected one such as (01)')
  const path = [key, ...bestQualifiers(key, values)]
  const attributes = [...values.keys()].filter((ai) => !path.includes(ai))
  const refused = attributes.find((ai) => !isAttribute(findAi(ai), options))
  if (refused !== undefined) return refuseCode('NO_ATTRIBUTE', `(${refused}) has no place in the path, expected a data attribute`)
  const named = (ai: string) => (options.shortNames === true ? (nameOf.get(ai) ?? ai) : ai)
  const isFixed = (ai: string) => findAi(ai)?.fixed === true
  const ordered = [...attributes.filter(isFixed), ...attributes.filter((ai) => !isFixed(ai))]
  const segments = path.map((ai) => `/${named(ai)}/${escapeUri(values.get(ai) ?? '')}`)
  const parameters = ordered.map((ai) => `${named(ai)}=${escapeUri(values.get(ai) ?? '', 'query')}`)
  return { ok: true, value: stem.replace(/\/$/, '') + segments.join('') + (parameters.length > 0 ? `?${parameters.join('&')}` : '') }
}

/** An element string, bracketed or with FNC1, as a link. */
export function elementStringToLink(text: string, options: WriteLinkOptions = {}): Decoded<{ ais: AiValue[]; link: string }> {
  const reading = { anyPiece: true, ...(options.unknownAIs === true ? { unknownAIs: true } : {}) }
  const read = text.startsWith('(') ? readBracketed(text, reading) : readElementString(text, reading)
  if (!read.ok) return read
  const written = writeDigitalLink(read.value, options)
  return written.ok ? { ok: true, value: { ais: read.value, link: written.value } } : written
}

function bestQualifiers(key: string, values: ReadonlyMap<string, string>): readonly string[] {
  let best: readonly string[] = []
  for (const row of findAi(key)?.qualifiers ?? []) {
    const taken = row.filter((ai) => values.has(ai))
    if (taken.length > best.length) best = taken
  }
  return best
}

function isStem(stem: string): boolean {
  const match = /^https?:\/\/(?:[A-Za-z0-9\-.]+|\[[0-9A-Fa-f:.]+\])(?::(\d{1,5}))?(?:\/[A-Za-z0-9\-._~!$&'()*+,;=:@%/]*)?$/i.exec(stem)
  return match !== null && Number(match[1] ?? 0) <= 65_535
}
