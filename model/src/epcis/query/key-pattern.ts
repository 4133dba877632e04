/**
 * What a MATCH_ parameter names: an identifier in any syntax, a class, an EPC pattern (`urn:epc:idpat:sgtin:0614141.*.*`, Tag Data Standard
 * §8) or a Digital Link whose last parts are open. A star stands for a whole part, so every pattern is judged in one pass over a key.
 */
import { canonicalKey, keyKind, keyRoot, productKey, shortNames } from '../../gs1/key.ts'
import { escapeUri, unescapeUri } from '../../gs1/uri-escape.ts'
import type { KeyMatch } from './condition.ts'

export const keyMatchWanted = 'a URI, an EPC pattern as urn:epc:idpat:sgtin:0614141.*.*, or a Digital Link whose parts end in *'

/** Undefined for what is neither a URI nor a pattern that can be judged. */
export function readKeyMatch(text: string): KeyMatch | undefined {
  if (/^urn:epc:(?:pat|tag|raw):/i.test(text)) return undefined
  if (text.includes('*')) return readPattern(text)
  if (!/^[A-Za-z][A-Za-z0-9+.-]*:\S+$/.test(text)) return undefined
  const key = canonicalKey(text)
  return key === undefined ? { type: 'key', key: text } : matchOfKey(key)
}

function matchOfKey(key: string): KeyMatch {
  const kind = keyKind(key)
  return kind === 'product' || kind === 'lot' ? { type: kind, key } : { type: 'key', key }
}

function readPattern(text: string): KeyMatch | undefined {
  const urn = /^urn:epc:(idpat|id|class):([a-z]+):(.+)$/i.exec(text)
  if (urn !== null) return readUrnPattern({ form: urn[1] ?? '', scheme: (urn[2] ?? '').toLowerCase(), body: urn[3] ?? '' })
  return /^https?:\/\//i.test(text) ? readLinkPattern(text) : readOpenUri(text)
}

/** How the key of a scheme is laid out: application identifier, lead, whether an indicator digit goes first, digits, what follows. */
interface Layout {
  readonly primary: string
  readonly lead?: string
  readonly indicated?: true
  /** Of company prefix and reference together; none when the reference is text. */
  readonly digits?: number
  readonly tail?: 'serial'
  readonly qualifier?: string
  /** Further qualifiers under which instances and lots of the class stand. */
  readonly others?: readonly string[]
  /** Parts between reference and serial, of two digits each. */
  readonly pieces?: true
}

const layouts: Readonly<Record<string, Layout>> = {
  sgtin: { primary: '01', indicated: true, digits: 13, qualifier: '21', others: ['10', '235'] },
  lgtin: { primary: '01', indicated: true, digits: 13, qualifier: '10' },
  upui: { primary: '01', indicated: true, digits: 13, qualifier: '235' },
  sscc: { primary: '00', indicated: true, digits: 17 },
  sgln: { primary: '414', digits: 12, qualifier: '254' },
  pgln: { primary: '417', digits: 12 },
  grai: { primary: '8003', lead: '0', digits: 12, tail: 'serial' },
  gdti: { primary: '253', digits: 12, tail: 'serial' },
  sgcn: { primary: '255', digits: 12, tail: 'serial' },
  gcn: { primary: '255', digits: 12, tail: 'serial' },
  gsrn: { primary: '8018', digits: 17 },
  gsrnp: { primary: '8017', digits: 17 },
  gsin: { primary: '402', digits: 16 },
  giai: { primary: '8004' },
  ginc: { primary: '401' },
  cpi: { primary: '8010', qualifier: '8011' },
  itip: { primary: '8006', indicated: true, digits: 13, qualifier: '21', others: ['10'], pieces: true }
}

const anyPart = '[^/]*'

function readUrnPattern(urn: { readonly form: string; readonly scheme: string; readonly body: string }): KeyMatch | undefined {
  const layout = layouts[urn.scheme]
  if (layout === undefined) return readOtherScheme(urn.scheme, urn.body)
  const [prefix = '', reference = '*', ...rest] = urn.body.split('.')
  if (!/^(?:\d{6,12}|\*)$/.test(prefix)) return undefined
  // A company prefix that is open leaves everything behind it open (Tag Data Standard §8).
  if (prefix === '*' && [reference, ...rest].some((part) => part !== '*')) return undefined
  const serial = (layout.pieces === true ? rest.slice(2) : rest).join('.')
  if (serial.includes('*') && serial !== '*') return undefined
  const number = numberSource({ layout, prefix, reference, pieces: layout.pieces === true ? rest.slice(0, 2) : [] })
  if (number === undefined) return undefined
  if (urn.scheme === 'sgtin' && reference !== '*' && (serial === '*' || serial === '')) return productOf(urn)
  const source = `^${escapePattern(`${keyRoot}${layout.primary}/`)}${number}${serialSource(layout, serial, reference === '*')}$`
  const product = urn.scheme === 'lgtin' && reference !== '*' ? productOf({ ...urn, scheme: 'sgtin' }) : undefined
  return product?.type === 'product' ? { type: 'pattern', source, product: product.key } : { type: 'pattern', source }
}

function productOf({ body }: { readonly scheme: string; readonly body: string }): KeyMatch | undefined {
  const [prefix, reference] = body.split('.')
  const key = canonicalKey(`urn:epc:idpat:sgtin:${prefix}.${reference}.*`)
  return key === undefined ? undefined : { type: 'product', key }
}

function numberSource(parts: {
  readonly layout: Layout
  readonly prefix: string
  readonly reference: string
  readonly pieces: readonly string[]
}): string | undefined {
  const { layout, prefix, reference } = parts
  const lead = layout.lead ?? ''
  const pieces = parts.pieces.map((piece) => (/^\d\d$/.test(piece) ? piece : String.raw`\d\d`)).join('')
  if (layout.digits === undefined) {
    if (prefix === '*') return anyPart
    return `${prefix}${reference === '*' ? anyPart : escapePattern(escapeUri(unescapeUri(reference) ?? reference))}`
  }
  const left = layout.digits - prefix.length
  if (prefix === '*') return `${lead}\\d{${layout.digits + 1}}${pieces}`
  if (reference === '*') return layout.indicated === true ? `\\d${prefix}\\d{${left - 1}}\\d${pieces}` : `${lead}${prefix}\\d{${left}}\\d`
  if (!new RegExp(`^\\d{${left}}$`).test(reference)) return undefined
  return layout.indicated === true
    ? `${reference.slice(0, 1)}${prefix}${reference.slice(1)}\\d${pieces}`
    : `${lead}${prefix}${reference}\\d`
}

function serialSource(layout: Layout, serial: string, isOpenClass: boolean): string {
  const isOpen = serial === '*' || serial === ''
  const written = isOpen ? anyPart : escapePattern(escapeUri(unescapeUri(serial) ?? serial))
  if (layout.tail === 'serial') return written
  if (layout.qualifier === undefined) return ''
  if (!isOpen) return `/${layout.qualifier}/${written}`
  if (layout.qualifier === '10' || layout.qualifier === '235') return `/${layout.qualifier}/${anyPart}`
  const qualifiers = isOpenClass || layout.others !== undefined ? [layout.qualifier, ...(layout.others ?? [])] : [layout.qualifier]
  return `(?:/(?:${qualifiers.join('|')})/${anyPart})?`
}

/** Schemes that are no GS1 keys (gid, usdod, adi, bic, imovn): their URN is their key. */
function readOtherScheme(scheme: string, body: string): KeyMatch | undefined {
  const parts = body.split('.')
  if (parts.some((part) => part === '' || (part.includes('*') && part !== '*'))) return undefined
  const source = parts.map((part, index) => (part !== '*' ? escapePattern(part) : index === parts.length - 1 ? '.*' : '[^.]*'))
  return { type: 'pattern', source: `^urn:epc:(?:id|idpat|class):${escapePattern(scheme)}:${source.join('\\.')}$` }
}

/** Primary keys in a path, and the qualifiers that are part of the identity, the first present one wins (as `gs1/key.ts`). */
const primaries: Readonly<Record<string, readonly string[]>> = {
  '00': [],
  '01': ['21', '235', '10'],
  '253': [],
  '255': [],
  '401': [],
  '402': [],
  '414': ['254'],
  '417': [],
  '8003': [],
  '8004': [],
  '8006': ['21', '10'],
  '8010': ['8011'],
  '8017': [],
  '8018': []
}

function readLinkPattern(text: string): KeyMatch | undefined {
  const match = /^https?:\/\/[^/?#*]+(\/[^?#]*)$/i.exec(text)
  if (match === null) return undefined
  const segments = (match[1] ?? '').split('/').slice(1)
  if (!segments.every((segment) => /^[^*]*\*?$/.test(segment))) return undefined
  for (const [index, segment] of segments.entries()) {
    const primary = shortNames[segment] ?? segment
    const identity = primaries[primary]
    const value = segments[index + 1]
    if (identity === undefined || value === undefined || !/^[^*]/.test(`${value}.`)) continue
    return readLinkKey({ primary, identity, value, rest: segments.slice(index + 2) })
  }
  return readOpenUri(text)
}

function readLinkKey(link: {
  readonly primary: string
  readonly identity: readonly string[]
  readonly value: string
  readonly rest: readonly string[]
}): KeyMatch | undefined {
  const { primary, identity, value, rest } = link
  const stem = `^${escapePattern(`${keyRoot}${primary}/`)}`
  const isOpenValue = value.endsWith('*')
  // A short GTIN is filled up only when all of it is there.
  const digits = primary === '01' && !isOpenValue && /^\d+$/.test(value) ? value.padStart(14, '0') : value
  if (isOpenValue) return rest.length > 0 ? undefined : { type: 'pattern', source: `${stem}${partSource(value)}(?:/.*)?$` }
  const product = primary === '01' ? { product: productKey(value) } : {}
  if (rest.length === 1 && rest[0] === '*') return { type: 'pattern', source: `${stem}${partSource(digits)}/.*$`, ...product }
  for (const qualifier of identity) {
    const at = rest.findIndex((name, index) => index % 2 === 0 && (shortNames[name] ?? name) === qualifier)
    const wanted = at === -1 ? undefined : rest[at + 1]
    if (wanted === undefined) continue
    return { type: 'pattern', source: `${stem}${partSource(digits)}/${qualifier}/${partSource(wanted)}$`, ...product }
  }
  return undefined
}

function partSource(part: string): string {
  const bare = part.endsWith('*') ? part.slice(0, -1) : part
  return `${escapePattern(escapeUri(unescapeUri(bare) ?? bare))}${part.endsWith('*') ? anyPart : ''}`
}

/** Any other URI may be open at its end. */
function readOpenUri(text: string): KeyMatch | undefined {
  const match = /^([A-Za-z][A-Za-z0-9+.-]*:[^\s*]+)\*$/.exec(text)
  return match === null ? undefined : { type: 'pattern', source: `^${escapePattern(match[1] ?? '')}.*$` }
}

function escapePattern(text: string): string {
  return text.replaceAll(/[.*+?^${}()|[\]\\/-]/g, String.raw`\$&`)
}
