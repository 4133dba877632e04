/** Events without their JSON, as the text that recent events keep; checked when it is read, as is what packs keep as JSON. */
import { zstdDecompressSync } from 'node:zlib'
import { compileValidator } from '@tracegate/model/codec'
import { actions, epcisEventTypes, subjectRoles, type TraceEvent, type TraceSubject } from '@tracegate/model/trace-event'
import { keyRoot } from '@tracegate/model/gs1/key'
import type { TraceFact } from '@tracegate/model/trace-graph/session'
import { nodeKinds } from '@tracegate/model/trace'
import { Type } from 'typebox'
import { storeError } from '../../errors.ts'

const oneOf = <const Names extends readonly string[]>(names: Names) => Type.Union(names.map((name: Names[number]) => Type.Literal(name)))
const text = Type.Optional(Type.String())
const Party = Type.Object({ type: Type.String(), key: Type.String() })

const Declaration = Type.Object({ declarationTimeMs: Type.Number(), reason: text, correctiveEventIDs: Type.Array(Type.String()) })
const ErrorDeclaration = compileValidator(Declaration)
const Rest = compileValidator(Type.Record(Type.String(), Type.Unknown()))

const Fact = compileValidator(
  Type.Object({
    eventID: Type.String(),
    type: oneOf(epcisEventTypes),
    action: Type.Optional(oneOf(actions)),
    eventTimeMs: Type.Number(),
    recordTimeMs: Type.Number(),
    timeZoneOffset: Type.String(),
    bizStep: text,
    disposition: text,
    readPoint: text,
    bizLocation: text,
    runs: Type.Array(
      Type.Object({
        kind: oneOf(nodeKinds),
        role: oneOf(subjectRoles),
        keys: Type.Array(Type.String()),
        ofLot: text,
        quantity: Type.Optional(Type.Number()),
        uom: text
      })
    ),
    transformationID: text,
    sources: Type.Array(Party),
    destinations: Type.Array(Party),
    bizTransactions: Type.Array(Type.Object({ type: text, id: Type.String() })),
    errorDeclaration: Type.Optional(Declaration)
  })
)

/**
 * Subjects in their order; neighbours of one kind, role and lot without quantities share a run. A member `lot` that files of
 * earlier versions hold says nothing: it stood for the first key of its run only.
 */
interface SubjectRun {
  readonly kind: TraceSubject['kind']
  readonly role: TraceSubject['role']
  readonly keys: string[]
  /** Key of the lot that the items belong to. */
  readonly ofLot?: string
  readonly quantity?: number
  readonly uom?: string
}

/** Most keys start with the root of canonical keys; the store writes this instead, which can start no key. */
const rootMark = '~'

export function encodeFact(event: TraceEvent): string {
  const runs: SubjectRun[] = []
  for (const { key, kind, role, lot, ...quantified } of event.subjects) {
    const short = shorten(key)
    const ofLot = lot === undefined ? undefined : shorten(lot)
    const last = runs.at(-1)
    const plain = quantified.quantity === undefined && quantified.uom === undefined
    const joins = last?.kind === kind && last.role === role && last.ofLot === ofLot
    if (plain && joins && last.quantity === undefined && last.uom === undefined) last.keys.push(short)
    else runs.push({ kind, role, keys: [short], ...(ofLot === undefined ? {} : { ofLot }), ...quantified })
  }
  return JSON.stringify({ ...event, json: undefined, subjects: undefined, runs })
}

/** `path` names the store in the error when it is damaged. */
export function decodeFact(stored: string, path = 'trace.db'): TraceFact {
  const damaged = (detail: string, cause?: unknown): Error => storeError('STORE_CORRUPT', { action: 'read event', path, detail }, cause)
  let value: unknown
  try {
    value = JSON.parse(stored)
  } catch (error) {
    throw damaged(error instanceof Error ? error.message : String(error), error)
  }
  const checked = Fact.check(value)
  if (!checked.ok) throw damaged(checked.reason.message)
  const { runs, ...fact } = checked.value
  return { ...fact, subjects: runs.flatMap(subjectsOf) }
}

function subjectsOf({ kind, role, keys, ofLot, quantity, uom }: SubjectRun): TraceSubject[] {
  const lot = ofLot === undefined ? undefined : lengthen(ofLot)
  return keys.map((short) => {
    const subject = { key: lengthen(short), kind, role }
    if (lot === undefined && quantity === undefined && uom === undefined) return subject
    const quantified = Object.assign(subject, quantity === undefined ? {} : { quantity }, uom === undefined ? {} : { uom })
    return lot === undefined ? quantified : Object.assign(quantified, { lot })
  })
}

function shorten(key: string): string {
  return key.startsWith(keyRoot) ? rootMark + key.slice(keyRoot.length) : key
}

function lengthen(short: string): string {
  return short.startsWith(rootMark) ? keyRoot + short.slice(rootMark.length) : short
}

const knownMembers: ReadonlySet<string> = new Set([
  ...(['eventID', 'type', 'action', 'eventTimeMs', 'recordTimeMs', 'timeZoneOffset', 'bizStep', 'disposition', 'readPoint'] as const),
  ...(['bizLocation', 'subjects', 'transformationID', 'sources', 'destinations', 'bizTransactions', 'errorDeclaration'] as const)
])

/** Members that this version does not know, as JSON: later versions wrote them, or will. */
export function restOfFact(fact: TraceFact): string | undefined {
  let unknown = false
  for (const name in fact) if (!knownMembers.has(name)) unknown = true
  if (!unknown) return undefined
  const rest = Object.entries(fact).filter(([name, value]) => !knownMembers.has(name) && value !== undefined)
  return rest.length === 0 ? undefined : JSON.stringify(Object.fromEntries(rest))
}

/** A fact as a pack holds it: what stands there as JSON is not checked yet. */
export interface ReadFact {
  readonly fact: Omit<TraceFact, 'errorDeclaration'>
  readonly errorDeclaration: string | undefined
  readonly rest: string | undefined
}

/** Throws a `SyntaxError` or `RangeError` when what was kept as JSON is damaged. */
export function completeFact({ fact, errorDeclaration, rest }: ReadFact): TraceFact {
  if (errorDeclaration === undefined && rest === undefined) return fact
  const declared = errorDeclaration === undefined ? undefined : ErrorDeclaration.check(JSON.parse(errorDeclaration))
  if (declared?.ok === false) throw new RangeError(declared.reason.message)
  const more = rest === undefined ? undefined : Rest.check(JSON.parse(rest))
  if (more?.ok === false) throw new RangeError(more.reason.message)
  return { ...more?.value, ...fact, ...(declared === undefined ? {} : { errorDeclaration: declared.value }) }
}

/** One event as it is stored: the facts and the JSON that is served. */
export interface StoredEvent {
  readonly seq: number
  readonly facts: string
  readonly json: string
}

/** Cold events as version 1 of the index kept them: block n holds the seqs from n × this on. */
const eventsPerBlock = 16

/** Layout before compression: place in the block and the byte lengths of facts and JSON of each event as 32-bit words after their count, then all texts. */
export function decodeBlock(block: number, data: Uint8Array): StoredEvent[] {
  const bytes = zstdDecompressSync(data)
  const count = bytes.readUInt32LE(0)
  let at = 4 + count * 12
  return Array.from({ length: count }, (_, index) => {
    const head = 4 + index * 12
    const factsEnd = at + bytes.readUInt32LE(head + 4)
    const jsonEnd = factsEnd + bytes.readUInt32LE(head + 8)
    const event = {
      seq: block * eventsPerBlock + bytes.readUInt32LE(head),
      facts: bytes.toString('utf8', at, factsEnd),
      json: bytes.toString('utf8', factsEnd, jsonEnd)
    }
    at = jsonEnd
    return event
  })
}
