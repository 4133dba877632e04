/**
 * An event without its JSON, as bytes of a pack. Members that this version does not know are kept as JSON, so that nothing of a fact is ever
 * lost; times are differences from the pack's.
 */
import { actions, epcisEventTypes, subjectRoles, type TraceFact, type TraceSubject } from '@tracegate/model/trace-event'
import { nodeKinds } from '@tracegate/model/trace'
import { broken, readVarint, readZigzag, writeVarint, writeZigzag } from '../../varint.ts'
import { restOfFact, type ReadFact } from './fact-codec.ts'
import { formByNumber, formNumber, formOf, readTails, stemEnd, writeTails, type TailForm } from './key-run.ts'
import { readInline, readText, reserve, writeInline, writeText, type PackReader, type PackWriter } from './pack-bytes.ts'

const has = {
  action: 1,
  bizStep: 2,
  disposition: 4,
  readPoint: 8,
  bizLocation: 16,
  transformationID: 32,
  parties: 64,
  errorDeclaration: 128,
  rest: 256
} as const

const words = ['bizStep', 'disposition', 'readPoint', 'bizLocation'] as const

/** Throws nothing; `baseMs` is the same for all events of a pack. */
export function writeFact(writer: PackWriter, fact: TraceFact, baseMs: number): void {
  const rest = restOfFact(fact)
  const parties = fact.sources.length + fact.destinations.length + fact.bizTransactions.length > 0
  let flags = (fact.action === undefined ? 0 : has.action) + (parties ? has.parties : 0)
  for (const word of words) if (fact[word] !== undefined) flags += has[word]
  if (fact.transformationID !== undefined) flags += has.transformationID
  if (fact.errorDeclaration !== undefined) flags += has.errorDeclaration
  if (rest !== undefined) flags += has.rest
  reserve(writer, 64)
  writeVarint(writer, flags)
  writeVarint(writer, epcisEventTypes.indexOf(fact.type))
  if (fact.action !== undefined) writeVarint(writer, actions.indexOf(fact.action))
  writeZigzag(writer, fact.eventTimeMs - baseMs)
  writeZigzag(writer, fact.recordTimeMs - fact.eventTimeMs)
  writeText(writer, fact.timeZoneOffset)
  for (const word of words) {
    const text = fact[word]
    if (text !== undefined) writeText(writer, text)
  }
  writeEventID(writer, fact.eventID)
  if (fact.transformationID !== undefined) writeInline(writer, fact.transformationID)
  if (parties) writeParties(writer, fact)
  if (fact.errorDeclaration !== undefined) writeInline(writer, JSON.stringify(fact.errorDeclaration))
  if (rest !== undefined) writeInline(writer, rest)
  writeSubjects(writer, fact.subjects)
}

export function readFact(reader: PackReader, baseMs: number): ReadFact {
  const flags = readVarint(reader)
  const type = nameAt(epcisEventTypes, readVarint(reader))
  const action = flags & has.action ? nameAt(actions, readVarint(reader)) : undefined
  const eventTimeMs = baseMs + readZigzag(reader)
  const recordTimeMs = eventTimeMs + readZigzag(reader)
  const timeZoneOffset = readText(reader)
  const bizStep = flags & has.bizStep ? readText(reader) : undefined
  const disposition = flags & has.disposition ? readText(reader) : undefined
  const readPoint = flags & has.readPoint ? readText(reader) : undefined
  const bizLocation = flags & has.bizLocation ? readText(reader) : undefined
  const eventID = readEventID(reader)
  const transformationID = flags & has.transformationID ? readInline(reader) : undefined
  const parties = flags & has.parties ? readParties(reader) : { sources: [], destinations: [], bizTransactions: [] }
  const errorDeclaration = flags & has.errorDeclaration ? readInline(reader) : undefined
  const rest = flags & has.rest ? readInline(reader) : undefined
  const subjects = readSubjects(reader)
  const fact = {
    eventID,
    type,
    ...(action === undefined ? {} : { action }),
    eventTimeMs,
    recordTimeMs,
    timeZoneOffset,
    ...(bizStep === undefined ? {} : { bizStep }),
    ...(disposition === undefined ? {} : { disposition }),
    ...(readPoint === undefined ? {} : { readPoint }),
    ...(bizLocation === undefined ? {} : { bizLocation }),
    subjects,
    ...(transformationID === undefined ? {} : { transformationID }),
    ...parties
  }
  return { fact, errorDeclaration, rest }
}

function nameAt<Name extends string>(names: readonly Name[], at: number): Name {
  const name = names[at]
  if (name === undefined) throw broken(`it has a word of number ${at}, expected less than ${names.length}`)
  return name
}

/** An event hash id of CBV 2.0 §8.9 by its 32 bytes, a UUID by its 16. */
const hashID = /^ni:\/\/\/sha-256;([0-9a-f]{64})\?ver=CBV2\.0$/
const uuidID = /^urn:uuid:([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})$/

function writeEventID(writer: PackWriter, eventID: string): void {
  reserve(writer, 40)
  const hash = hashID.exec(eventID)?.[1]
  const uuid = hash === undefined ? uuidID.exec(eventID)?.slice(1).join('') : undefined
  const hex = hash ?? uuid
  writeVarint(writer, hash !== undefined ? 1 : uuid !== undefined ? 2 : 0)
  if (hex === undefined) writeInline(writer, eventID)
  else writer.at += writer.bytes.write(hex, writer.at, 'hex')
}

function readEventID(reader: PackReader): string {
  const form = readVarint(reader)
  if (form === 0) return readInline(reader)
  const end = reader.at + (form === 1 ? 32 : 16)
  if (end > reader.bytes.length) throw broken('it ends within an event id')
  const hex = reader.bytes.toString('hex', reader.at, end)
  reader.at = end
  if (form === 1) return `ni:///sha-256;${hex}?ver=CBV2.0`
  return `urn:uuid:${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

function writeParties(writer: PackWriter, { sources, destinations, bizTransactions }: TraceFact): void {
  for (const list of [sources, destinations]) {
    reserve(writer, 8)
    writeVarint(writer, list.length)
    for (const { type, key } of list) {
      writeText(writer, type)
      writeText(writer, key)
    }
  }
  reserve(writer, 8)
  writeVarint(writer, bizTransactions.length)
  for (const { type, id } of bizTransactions) {
    writeText(writer, type ?? '')
    writeText(writer, id.slice(0, stemEnd(id)))
    writeInline(writer, id.slice(stemEnd(id)))
  }
}

function readParties(reader: PackReader): Pick<TraceFact, 'sources' | 'destinations' | 'bizTransactions'> {
  const party = () => ({ type: readText(reader), key: readText(reader) })
  const sources = Array.from({ length: countOf(reader) }, party)
  const destinations = Array.from({ length: countOf(reader) }, party)
  const bizTransactions = Array.from({ length: countOf(reader) }, () => {
    const type = readText(reader)
    const id = readText(reader) + readInline(reader)
    return type === '' ? { id } : { type, id }
  })
  return { sources, destinations, bizTransactions }
}

function countOf(reader: PackReader): number {
  const count = readVarint(reader)
  if (count > reader.bytes.length) throw broken(`it has a list of ${count}`)
  return count
}

interface SubjectRun {
  readonly of: TraceSubject
  readonly stem: string
  readonly form: TailForm
  readonly tails: string[]
}

const runHas = { lot: 1, quantity: 2, uom: 4 } as const
const runHasBits = 3

function writeSubjects(writer: PackWriter, subjects: readonly TraceSubject[]): void {
  const runs = runsOf(subjects)
  reserve(writer, 8)
  writeVarint(writer, runs.length)
  for (const { of, stem, form, tails } of runs) {
    reserve(writer, 48)
    const members = (of.lot === undefined ? 0 : runHas.lot) + (of.quantity === undefined ? 0 : runHas.quantity)
    const flags = members + (of.uom === undefined ? 0 : runHas.uom)
    const kind = nodeKinds.indexOf(of.kind) * subjectRoles.length + subjectRoles.indexOf(of.role)
    writeVarint(writer, ((kind << 2) + formNumber(form)) * 2 ** runHasBits + flags)
    writeText(writer, stem)
    if (of.lot !== undefined) writeText(writer, of.lot)
    if (of.quantity !== undefined) writeQuantity(writer, of.quantity)
    if (of.uom !== undefined) writeText(writer, of.uom)
    reserve(writer, 8)
    writeVarint(writer, tails.length)
    writeTails(writer, form, tails)
  }
}

function runsOf(subjects: readonly TraceSubject[]): SubjectRun[] {
  const runs: SubjectRun[] = []
  for (const subject of subjects) {
    const { key, kind, role, lot, quantity, uom } = subject
    const last = runs.at(-1)
    const plain = quantity === undefined && uom === undefined
    const end = stemEnd(key)
    if (last !== undefined && plain && joins(last, subject, end)) {
      const tail = key.slice(end)
      const form = formOf(tail)
      if (form === last.form && (form === 'number' || form === 'text' || tail.length === last.tails[0]?.length)) {
        last.tails.push(tail)
        continue
      }
    }
    const tail = key.slice(end)
    runs.push({ of: { key, kind, role, lot, quantity, uom }, stem: key.slice(0, end), form: formOf(tail), tails: [tail] })
  }
  return runs
}

function joins({ of, stem }: SubjectRun, { key, kind, role, lot }: TraceSubject, end: number): boolean {
  if (of.kind !== kind || of.role !== role || of.lot !== lot || of.quantity !== undefined || of.uom !== undefined) return false
  return stem.length === end && key.startsWith(stem)
}

function readSubjects(reader: PackReader): TraceSubject[] {
  const subjects: TraceSubject[] = []
  for (let runs = countOf(reader); runs > 0; runs -= 1) {
    const head = readVarint(reader)
    const flags = head % 2 ** runHasBits
    const form = formByNumber(Math.floor(head / 2 ** runHasBits) % 4)
    const kindAndRole = Math.floor(head / 2 ** (runHasBits + 2))
    const kind = nameAt(nodeKinds, Math.floor(kindAndRole / subjectRoles.length))
    const role = nameAt(subjectRoles, kindAndRole % subjectRoles.length)
    const stem = readText(reader)
    const lot = flags & runHas.lot ? readText(reader) : undefined
    const quantity = flags & runHas.quantity ? readQuantity(reader) : undefined
    const uom = flags & runHas.uom ? readText(reader) : undefined
    const more = {
      ...(lot === undefined ? {} : { lot }),
      ...(quantity === undefined ? {} : { quantity }),
      ...(uom === undefined ? {} : { uom })
    }
    for (const tail of readTails(reader, form, countOf(reader))) {
      subjects.push(flags === 0 ? { key: stem + tail, kind, role } : { key: stem + tail, kind, role, ...more })
    }
  }
  return subjects
}

function writeQuantity(writer: PackWriter, quantity: number): void {
  reserve(writer, 16)
  if (Number.isSafeInteger(quantity) && quantity >= 0 && quantity < 2 ** 50) return writeVarint(writer, quantity * 2)
  writeVarint(writer, 1)
  writer.at = writer.bytes.writeDoubleLE(quantity, writer.at)
}

function readQuantity(reader: PackReader): number {
  const coded = readVarint(reader)
  if (coded !== 1) return coded / 2
  if (reader.at + 8 > reader.bytes.length) throw broken('it ends within a quantity')
  const quantity = reader.bytes.readDoubleLE(reader.at)
  reader.at += 8
  return quantity
}
