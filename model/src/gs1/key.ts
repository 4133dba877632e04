/**
 * The one name of a thing: its canonical Digital Link at `https://id.gs1.org/`. EPC URN, Digital Link of any host and short names give
 * the same key. Check digits are not judged here: what a partner wrote is an identity even when its check digit is wrong; what a person
 * types is judged by `scan-data.ts`.
 */
import type { NodeKind } from '../trace.ts'
import { checkDigitOf } from './check-digit.ts'
import { readEpcUrn, writeEpcUrn, type KeyParts } from './epc-urn.ts'
import { escapeUri, unescapeUri } from './uri-escape.ts'

export const keyRoot = 'https://id.gs1.org/'

/** Names that stood for AIs in Digital Link 1.0 and 1.1; still found on packages. */
export const shortNames: Readonly<Record<string, string>> = {
  sscc: '00',
  gtin: '01',
  lot: '10',
  ser: '21',
  cpv: '22',
  tpx: '235',
  gdti: '253',
  glnx: '254',
  glnX: '254',
  gcn: '255',
  ginc: '401',
  gsin: '402',
  gln: '414',
  payTo: '415',
  pgln: '417',
  party: '417',
  uic: '7040',
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

/** Primary key: what its value looks like, and the qualifiers that are part of the identity, the first present one wins. */
const primaries: Readonly<
  Record<string, { readonly value: RegExp; readonly identity: readonly string[]; readonly others: readonly string[] }>
> = {
  '00': { value: /^\d{18}$/, identity: [], others: [] },
  '01': { value: /^(\d{8}|\d{12,14})$/, identity: ['21', '235', '10'], others: ['22'] },
  '253': { value: /^\d{13}[!-z]{0,17}$/, identity: [], others: [] },
  '255': { value: /^\d{13}\d{0,12}$/, identity: [], others: [] },
  '401': { value: /^[!-z]{1,30}$/, identity: [], others: [] },
  '402': { value: /^\d{17}$/, identity: [], others: [] },
  '414': { value: /^\d{13}$/, identity: ['254'], others: ['7040'] },
  '415': { value: /^\d{13}$/, identity: ['8020'], others: [] },
  '417': { value: /^\d{13}$/, identity: [], others: ['7040'] },
  '8003': { value: /^\d{14}[!-z]{0,16}$/, identity: [], others: [] },
  '8004': { value: /^[!-z]{1,30}$/, identity: [], others: ['7040'] },
  '8006': { value: /^\d{18}$/, identity: ['21', '10'], others: ['22'] },
  '8010': { value: /^[#\-/0-9A-Z]{1,30}$/, identity: ['8011'], others: [] },
  '8013': { value: /^[!-z]{1,25}$/, identity: [], others: [] },
  '8017': { value: /^\d{18}$/, identity: [], others: ['8019'] },
  '8018': { value: /^\d{18}$/, identity: [], others: ['8019'] }
}

/** Longest text that is looked at; a longer one is no key. */
export const keyTextLengthMax = 2_048
const cacheSizeMax = 16_384
/** Longest text that is kept, so that the cache stays below some megabytes whatever is sent. */
const cachedLengthMax = 160
/** Text to its key, empty for none. Two generations: when the young one is full it becomes the old one, and the old one is forgotten. */
let young = new Map<string, string>()
let old = new Map<string, string>()

/** What is a canonical key already, in the forms that nearly all are of; serials and lots of unreserved characters. */
const canonicalForm =
  /^https:\/\/id\.gs1\.org\/(?:01\/\d{14}(?:\/(?:21|10)\/[\w.~-]{1,20})?|00\/\d{18}|41[47]\/\d{13}|8003\/\d{14}[\w.~-]{0,16})$/

/** What a text names that is a canonical key already, in one of the common forms; undefined for all others, which may be keys, too. */
export function commonKeyKind(text: string): NodeKind | undefined {
  if (!canonicalForm.test(text)) return undefined
  // Asked of every EPC that comes in: single digits tell the forms apart.
  if (text[keyRoot.length] === '8') return 'asset'
  if (text[keyRoot.length] === '4') return text[keyRoot.length + 2] === '4' ? 'place' : 'party'
  if (text[keyRoot.length + 1] === '0') return 'logistic'
  if (text.length === productKeyLength) return 'product'
  return text[productKeyLength + 1] === '2' ? 'item' : 'lot'
}

const productKeyLength = `${keyRoot}01/`.length + 14

/** The canonical key of an EPC URN or a Digital Link of any host; undefined when the text is no GS1 key. */
export function canonicalKey(text: string): string | undefined {
  if (canonicalForm.test(text)) return text
  const plain = plainUrn.exec(text)
  const quick = plain === null ? undefined : quickKey(plain)
  if (quick !== undefined) return quick
  const cached = young.get(text) ?? old.get(text)
  if (cached !== undefined) return cached === '' ? undefined : cached
  const parts = keyParts(text)
  const key = parts === undefined ? undefined : writeKey(parts)
  if (young.size >= cacheSizeMax) {
    old = young
    young = new Map()
  }
  if (text.length <= cachedLengthMax) young.set(text, key ?? '')
  return key
}

/** URNs of items and lots without escapes, which is what nearly all EPCs of an event are. */
const plainUrn = /^urn:epc:(?:id:sgtin|class:lgtin):(\d{6,12})\.(\d{1,7})\.([\w.-]{1,20})$/

function quickKey([urn, prefix = '', reference = '', serial = '']: readonly string[]): string | undefined {
  if (prefix.length + reference.length !== 13) return undefined
  const digits = reference.slice(0, 1) + prefix + reference.slice(1)
  return `${keyRoot}01/${digits}${checkDigitOf(digits)}/${urn?.[8] === 'i' ? '21' : '10'}/${serial}`
}

/** The AIs that make the identity of a URN or Digital Link. */
export function keyParts(text: string): KeyParts | undefined {
  if (text.length > keyTextLengthMax) return undefined
  if (/^urn:epc:/i.test(text)) {
    const parts = readEpcUrn(text)
    return parts !== undefined && primaries[parts.primary]?.value.test(parts.value) === true ? parts : undefined
  }
  return /^https?:\/\//i.test(text) ? readLinkKey(text) : undefined
}

/** Writes the canonical key of the parts. */
export function writeKey(parts: KeyParts): string {
  const value = parts.primary === '01' ? parts.value.padStart(14, '0') : parts.value
  const stem = `${keyRoot}${parts.primary}/${escapeUri(value)}`
  return parts.qualifier === undefined ? stem : `${stem}/${parts.qualifier}/${escapeUri(parts.qualifierValue ?? '')}`
}

function readLinkKey(text: string): KeyParts | undefined {
  const path = /^https?:\/\/[^/?#]+(\/[^?#]*)/i.exec(text)?.[1]
  if (path === undefined) return undefined
  const segments = path.split('/').slice(1)
  if (segments.at(-1) === '') segments.pop()
  const qualifiers = new Map<string, string>()
  for (let index = segments.length - 2; index >= 0; index -= 2) {
    const name = segments[index] ?? ''
    const ai = shortNames[name] ?? name
    const value = unescapeUri(segments[index + 1] ?? '')
    if (value === undefined || value === '') return undefined
    const primary = primaries[ai]
    if (primary !== undefined && primary.value.test(value)) return identityOf(ai, value, qualifiers)
    if (!/^\d{2,4}$/.test(ai)) return undefined
    qualifiers.set(ai, value)
  }
  return undefined
}

function identityOf(ai: string, value: string, qualifiers: ReadonlyMap<string, string>): KeyParts | undefined {
  const primary = primaries[ai]
  if (primary === undefined) return undefined
  for (const name of qualifiers.keys()) if (!primary.identity.includes(name) && !primary.others.includes(name)) return undefined
  const padded = ai === '01' ? value.padStart(14, '0') : value
  for (const qualifier of primary.identity) {
    const qualifierValue = qualifiers.get(qualifier)
    // An SGLN with extension 0 is the location itself (Tag Data Standard §6.3.4).
    if (qualifierValue !== undefined && !(qualifier === '254' && qualifierValue === '0'))
      return { primary: ai, value: padded, qualifier, qualifierValue }
  }
  return { primary: ai, value: padded }
}

const kinds: Readonly<Record<string, NodeKind>> = {
  '00': 'logistic',
  '01': 'product',
  '01/10': 'lot',
  '01/21': 'item',
  '01/235': 'item',
  '253': 'item',
  '255': 'item',
  '401': 'logistic',
  '402': 'logistic',
  '414': 'place',
  '414/254': 'place',
  '415': 'party',
  '417': 'party',
  '8003': 'asset',
  '8004': 'asset',
  '8006': 'product',
  '8006/10': 'lot',
  '8006/21': 'item',
  '8010': 'product',
  '8010/8011': 'item',
  '8013': 'product',
  '8017': 'party',
  '8018': 'party'
}

const commonKinds = /^https:\/\/id\.gs1\.org\/01\/\d{14}(?:(\/(?:21|10)\/)[^/]+)?$/

/** What sort of thing a canonical key names; `other` for any other URI. */
export function keyKind(key: string): NodeKind {
  const common = commonKinds.exec(key)
  if (common !== null) return common[1] === undefined ? 'product' : common[1] === '/21/' ? 'item' : 'lot'
  const path = pathOf(key)
  if (path === undefined) return 'other'
  const [primary = '', , qualifier] = path
  return (qualifier === undefined ? kinds[primary] : kinds[`${primary}/${qualifier}`]) ?? 'other'
}

/** The class of an item or lot: its GTIN, ITIP or CPI; undefined for what has none. */
export function parentKeyOf(key: string): string | undefined {
  const path = pathOf(key)
  if (path === undefined) return undefined
  const [primary = '', value = '', qualifier] = path
  const isInstance = qualifier !== undefined && (primary === '01' || primary === '8006' || primary === '8010')
  return isInstance ? `${keyRoot}${primary}/${value}` : undefined
}

/** The lot that a lot key, LGTIN URN or Digital Link with lot and serial names. */
export function lotKeyOf(text: string): string | undefined {
  const match = /^https?:\/\/[^/?#]+(?:\/[^?#]*?)?\/(?:01|gtin)\/(\d{8}|\d{12,14})\/(?:(?:22|cpv)\/[^/?#]+\/)?(?:10|lot)\/([^/?#]+)/i.exec(
    text
  )
  const lot = match === null ? undefined : unescapeUri(match[2] ?? '')
  if (lot !== undefined) return lotKey(match?.[1] ?? '', lot)
  const key = canonicalKey(text)
  return key !== undefined && keyKind(key) === 'lot' ? key : undefined
}

/** The EPC URN of a canonical key: the length of its company prefix is not in the key and must be known. */
export function urnOf(key: string, companyPrefixLength: number): string | undefined {
  const parts = keyParts(key)
  return parts === undefined ? undefined : writeEpcUrn(parts, companyPrefixLength)
}

export function productKey(gtin: string): string {
  return `${keyRoot}01/${gtin.padStart(14, '0')}`
}
export function itemKey(gtin: string, serial: string): string {
  return `${productKey(gtin)}/21/${escapeUri(serial)}`
}
export function lotKey(gtin: string, lot: string): string {
  return `${productKey(gtin)}/10/${escapeUri(lot)}`
}
export function logisticKey(sscc: string): string {
  return `${keyRoot}00/${sscc}`
}
export function placeKey(gln: string, extension?: string): string {
  return extension === undefined || extension === '0' ? `${keyRoot}414/${gln}` : `${keyRoot}414/${gln}/254/${escapeUri(extension)}`
}
export function partyKey(gln: string): string {
  return `${keyRoot}417/${gln}`
}

function pathOf(key: string): string[] | undefined {
  return key.startsWith(keyRoot) ? key.slice(keyRoot.length).split('/') : undefined
}
