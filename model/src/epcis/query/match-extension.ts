/** Judges what a query asks of extension fields: by name (prefix and namespace), place and depth, as number, time or text. */
import { declaredPrefixes } from '../context.ts'
import { keyOf, parseTimeMs } from '../normalise.ts'
import { compare } from './compare.ts'
import type { Comparison, EventCondition, ExtensionName, ExtensionPlace, FieldValue } from './condition.ts'
import { isRecord, memberOf, membersOf, type OpenEvent } from './event-members.ts'
import { sensorPartsOf } from './match-sensor.ts'

type Prefixes = ReadonlyMap<string, string>

/** Deeper than any event that was taken in. */
const depthMax = 64

export function judgeExtension({ place, inner, name, comparison, values }: Extract<EventCondition, { type: 'extension' }>) {
  const judge = (value: unknown): boolean => comparison === 'EXISTS' || values.some((wanted) => judgeField(comparison, value, wanted))
  return (event: OpenEvent): boolean =>
    holdersOf(event, place).some((holder) => findFields({ holder, name, inner, prefixes: event.prefixes() }, judge))
}

/** Fields of that name anywhere at the top level whose values are identifiers. */
export function judgeNamedIdentifier(name: ExtensionName, keys: ReadonlySet<string>) {
  return (event: OpenEvent): boolean => scalarsOfField(event, name).some((scalar) => typeof scalar === 'string' && keys.has(keyOf(scalar)))
}

/** The plain values of the top-level fields of that name. */
export function scalarsOfField(event: Omit<OpenEvent, 'fact'>, name: ExtensionName): Scalar[] {
  const scalars: Scalar[] = []
  findFields({ holder: event.members(), name, inner: false, prefixes: event.prefixes() }, (value) => {
    scalars.push(...scalarsOf(value))
    return false
  })
  return scalars
}

function holdersOf(event: OpenEvent, place: ExtensionPlace): readonly unknown[] {
  const members = event.members()
  switch (place) {
    case 'event':
      return [members]
    case 'ilmd':
    case 'errorDeclaration':
    case 'readPoint':
    case 'bizLocation':
      return [memberOf(members, place)]
    case 'sensorElement':
      return sensorPartsOf(event).map(({ element }) => element)
    case 'sensorMetadata':
      return sensorPartsOf(event).map(({ metadata }) => metadata)
    case 'sensorReport':
      return sensorPartsOf(event).flatMap(({ reports }) => reports)
    default:
      return place
  }
}

interface Search {
  readonly holder: unknown
  readonly name: ExtensionName
  readonly inner: boolean
  readonly prefixes: Prefixes
}

function findFields({ holder, name, inner, prefixes }: Search, judge: (value: unknown) => boolean): boolean {
  if (!isRecord(holder)) return false
  for (const [member, value] of Object.entries(holder)) {
    // Standard members have no colon; what is nested in them has a place of its own.
    if (!member.includes(':')) continue
    if (inner ? findNested({ holder: value, name, inner, prefixes }, judge, 0) : isNamed(member, name, prefixes) && judge(value))
      return true
  }
  return false
}

function findNested(search: Search, judge: (value: unknown) => boolean, depth: number): boolean {
  const { holder, name } = search
  if (depth > depthMax) return false
  if (Array.isArray(holder)) return holder.some((entry) => findNested({ ...search, holder: entry }, judge, depth + 1))
  if (!isRecord(holder)) return false
  const own = holder['@context']
  const prefixes = own === undefined ? search.prefixes : new Map([...search.prefixes, ...declaredPrefixes(own)])
  return Object.entries(holder).some(
    ([member, value]) =>
      (isNamed(member, name, prefixes) && judge(value)) || findNested({ ...search, holder: value, prefixes }, judge, depth + 1)
  )
}

/** Prefixes that every EPCIS context has; a prefix of that name is declared to be something else only on purpose. */
const standardNamespaces: Prefixes = new Map([
  ['gs1', 'https://gs1.org/voc'],
  ['cbv', 'https://ref.gs1.org/cbv'],
  ['epcis', 'https://ref.gs1.org/epcis'],
  ['cbvmda', 'urn:epcglobal:cbv:mda']
])

function isNamed(member: string, name: ExtensionName, prefixes: Prefixes): boolean {
  const { prefix, local } = splitName(member)
  if (local !== name.local) return false
  const wanted = name.namespace ?? standardNamespaces.get(name.prefix)
  const found = prefixes.get(prefix) ?? standardNamespaces.get(prefix) ?? (prefix.includes(':') ? prefix : undefined)
  if (wanted === undefined || found === undefined) return prefix === name.prefix
  return bareNamespace(found) === bareNamespace(wanted)
}

/** A member is `prefix:name`, or a whole URI, whose name follows its last separator. */
function splitName(member: string): { prefix: string; local: string } {
  const isUri = /^(?:https?:\/\/|urn:)/i.test(member)
  const at = isUri ? Math.max(member.lastIndexOf('/'), member.lastIndexOf('#'), member.lastIndexOf(':')) : member.indexOf(':')
  return { prefix: member.slice(0, at), local: member.slice(at + 1) }
}

/** XML names a namespace, JSON-LD what stands before the local name: with the separator or without, it is the same one. */
function bareNamespace(uri: string): string {
  return uri.replace(/[/#:]$/, '')
}

type Scalar = string | number | boolean

/** The plain values of a field: of a list each, of an object its value or text (JSON-LD `@value`, `@id`; XML text beside attributes). */
function scalarsOf(value: unknown): Scalar[] {
  return membersOf(value).flatMap((entry) => {
    if (typeof entry === 'string' || typeof entry === 'number' || typeof entry === 'boolean') return [entry]
    if (Array.isArray(entry)) return scalarsOf(entry)
    for (const name of ['@value', '#text', '@id', 'id']) {
      const inside = memberOf(entry, name)
      if (typeof inside === 'string' || typeof inside === 'number' || typeof inside === 'boolean') return [inside]
    }
    return []
  })
}

function judgeField(comparison: Comparison, value: unknown, wanted: FieldValue): boolean {
  return scalarsOf(value).some((scalar) => judgeScalar(comparison, scalar, wanted))
}

const numberPattern = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/

/** A number that stands in a text is a number still: XML knows no other. */
export function judgeScalar(comparison: Comparison, found: Scalar, wanted: FieldValue): boolean {
  if (comparison === 'EQ' && isSameText(String(found), wanted.text)) return true
  if (typeof found === 'boolean') return false
  if (wanted.number !== undefined) {
    const number = typeof found === 'number' ? found : numberPattern.test(found) ? Number(found) : Number.NaN
    return compare(comparison, number, wanted.number)
  }
  if (wanted.timeMs === undefined || typeof found !== 'string' || !/^\d{4}-\d\d-\d\dT/i.test(found)) return false
  const foundMs = parseTimeMs(found)
  return comparison === 'EQ' ? foundMs === wanted.timeMs : compare(comparison, foundMs, wanted.timeMs)
}

function isSameText(found: string, wanted: string): boolean {
  if (found === wanted) return true
  return /^(?:urn:epc:|https?:)/i.test(wanted) && /^(?:urn:epc:|https?:)/i.test(found) && keyOf(found) === keyOf(wanted)
}
