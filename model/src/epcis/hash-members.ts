/**
 * The members of an event as nearly all events have them, written for the event hash without a tree: plain values, lists of EPCs and of
 * quantities, places, pairs. Anything else is left to the tree of `event-tree.ts`; both ways give the same text, and a test compares them.
 */
import { commonKeyKind } from '../gs1/key.ts'
import { memberText, type Prefixes } from './event-tree.ts'
import { isTimeName, writeTime, writeValue } from './hash-values.ts'

/** The text of one member; undefined for what needs the tree. */
export function writePlainMember(name: string, value: unknown, prefixes: Prefixes): string | undefined {
  switch (name) {
    case 'epcList':
    case 'childEPCs':
    case 'inputEPCList':
    case 'outputEPCList':
      return writeEpcs(name, value, prefixes)
    case 'quantityList':
    case 'childQuantityList':
    case 'inputQuantityList':
    case 'outputQuantityList':
      return writeQuantities(name, value, prefixes)
    case 'readPoint':
    case 'bizLocation':
      return writePlace(name, value, prefixes)
    case 'bizTransactionList':
      return writePairs(name, value, { entry: 'bizTransaction', prefixes })
    case 'sourceList':
      return writePairs(name, value, { entry: 'source', prefixes })
    case 'destinationList':
      return writePairs(name, value, { entry: 'destination', prefixes })
    default:
      return plainNames.has(name) && typeof value === 'string' ? writeScalar(name, value, { parent: 'event', prefixes }) : undefined
  }
}

const plainNames: ReadonlySet<string> = new Set([
  'eventTime',
  'eventTimeZoneOffset',
  'certificationInfo',
  'parentID',
  'action',
  'transformationID',
  'bizStep',
  'disposition'
])

interface Scene {
  readonly parent: string
  readonly prefixes: Prefixes
}

function writeScalar(name: string, value: unknown, { parent, prefixes }: Scene): string {
  const text = memberText(name, value, { prefixes, parent }).trim()
  if (text === '') return ''
  return `${name}=${isTimeName(name) ? writeTime(text) : writeValue(text)}`
}

function writeEpcs(name: string, value: unknown, prefixes: Prefixes): string | undefined {
  if (!Array.isArray(value)) return undefined
  const written: string[] = []
  // A context may call something else `https`.
  const isPlainWeb = !prefixes.has('https')
  for (const epc of value) {
    if (typeof epc !== 'string') return undefined
    if (isPlainWeb && commonKeyKind(epc) !== undefined) {
      written.push(`epc=${epc}`)
      continue
    }
    const text = writeScalar('epc', epc, { parent: 'event', prefixes })
    if (text !== '') written.push(text)
  }
  return written.length === 0 ? '' : name + written.sort().join('')
}

function writeQuantities(name: string, value: unknown, prefixes: Prefixes): string | undefined {
  if (!Array.isArray(value)) return undefined
  const written: string[] = []
  for (const entry of value) {
    if (!isObject(entry) || !Object.keys(entry).every((key) => key === 'epcClass' || key === 'quantity' || key === 'uom')) return undefined
    let inner = ''
    for (const key of ['epcClass', 'quantity', 'uom'] as const) {
      const part = entry[key]
      if (typeof part === 'object') return undefined
      if (part !== undefined) inner += writeScalar(key, part, { parent: 'quantityElement', prefixes })
    }
    if (inner !== '') written.push(`quantityElement${inner}`)
  }
  return written.length === 0 ? '' : name + written.sort().join('')
}

function writePlace(name: string, value: unknown, prefixes: Prefixes): string | undefined {
  if (!isObject(value) || typeof value['id'] !== 'string' || Object.keys(value).length !== 1) return undefined
  const id = writeScalar('id', value['id'], { parent: name, prefixes })
  return id === '' ? '' : name + id
}

/** Pairs of type and value; they come at the end of the event and are no element of their own name. */
function writePairs(
  name: string,
  value: unknown,
  { entry, prefixes }: { readonly entry: string; readonly prefixes: Prefixes }
): string | undefined {
  if (!Array.isArray(value)) return undefined
  if (value.length === 0) return ''
  const written: string[] = []
  for (const pair of value) {
    if (!isObject(pair) || typeof pair[entry] !== 'string') return undefined
    const { type } = pair
    if (Object.keys(pair).length !== (type === undefined ? 1 : 2) || (type !== undefined && typeof type !== 'string')) return undefined
    const scene = { parent: entry, prefixes }
    const text = (type === undefined ? '' : writeLast('type', type, scene)) + writeLast(entry, pair[entry], scene)
    written.push(text)
  }
  return name + written.sort().join('')
}

/** As the rest of an event is written: times there are no exception. */
function writeLast(name: string, value: unknown, { parent, prefixes }: Scene): string {
  const text = memberText(name, value, { prefixes, parent }).trim()
  return text === '' ? '' : `${name}=${writeValue(text)}`
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
