/** Events without their JSON, as text in the store, and blocks of cold events. */
import { zstdCompressSync, zstdDecompressSync, constants } from 'node:zlib'
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
    errorDeclaration: Type.Optional(
      Type.Object({ declarationTimeMs: Type.Number(), reason: text, correctiveEventIDs: Type.Array(Type.String()) })
    )
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
  const value: unknown = JSON.parse(stored)
  const checked = Fact.check(value)
  if (!checked.ok) throw storeError('STORE_CORRUPT', { action: 'read event', path, detail: checked.reason.message })
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

/** One event as it is stored: the facts and the JSON that is served. */
export interface StoredEvent {
  readonly seq: number
  readonly facts: string
  readonly json: string
}

/** Events compressed together: more would press harder but make one event dearer to read. Block n holds the seqs from n × this on. */
export const eventsPerBlock = 16
const compressionLevel = 3

/** Layout before compression: place in the block and the byte lengths of facts and JSON of each event as 32-bit words after their count, then all texts. */
export function encodeBlock(events: readonly StoredEvent[]): Uint8Array {
  const texts = events.flatMap((event) => [Buffer.from(event.facts), Buffer.from(event.json)])
  const head = Buffer.alloc(4 + events.length * 12)
  head.writeUInt32LE(events.length, 0)
  for (const [index, event] of events.entries()) {
    head.writeUInt32LE(event.seq % eventsPerBlock, 4 + index * 12)
    head.writeUInt32LE(texts[index * 2]?.length ?? 0, 8 + index * 12)
    head.writeUInt32LE(texts[index * 2 + 1]?.length ?? 0, 12 + index * 12)
  }
  return zstdCompressSync(Buffer.concat([head, ...texts]), { params: { [constants.ZSTD_c_compressionLevel]: compressionLevel } })
}

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
