/**
 * The files of the outbox under one roof: telemetry, alarm lanes and journal. Writes what a plan says in one group commit or not at all,
 * keeps the sum of the files within the limit, and makes room by the drop policy. It plans nothing and knows no timers.
 */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import type { DropPolicy } from './drop-policy.ts'
import { createJournal, type Journal } from './journal.ts'
import { keyOf } from './lane.ts'
import { lockFile } from './lock.ts'
import { createMessageLog, type MessageLog } from './message-log.ts'
import type { Planned } from './plan.ts'
import type { Placed, SegmentLog } from './segments.ts'
import type { SealedList } from './stored.ts'

export interface OutboxFilesOptions {
  readonly folder: string
  readonly boot: string
  readonly bytesMax: number
  readonly isDurable: boolean
  readonly dropPolicy: DropPolicy
  readonly now: () => number
  readonly onDropped: (dropped: { readonly messages: number; readonly readings: number }) => void
}

/** What a start found broken. */
export interface OutboxDamage {
  readonly records: number
  readonly bytes: number
  /** Numbers whose content is lost, and the readings that were inside; readings of the journal had no number yet. */
  readonly messages: number
  readonly readings: number
  /** Unfinished ends of files: nobody was told that they are safe. */
  readonly tornBytes: number
}

export interface OutboxFiles extends Disposable {
  readonly journal: Journal
  readonly damage: OutboxDamage
  logOf(urgent: boolean): MessageLog
  /** Gives the place of the journal's record, or `full` when there is no room; throws when the disk fails. Then nothing is written. */
  write(planned: Planned): 'full' | { readonly journalSegment: number }
  /** Writes down what was freed and removes files that nobody needs. Throws when the disk fails. */
  settle(): void
  readonly bytes: number
  /** The journal is so large that all of it should be sealed. */
  readonly isJournalFull: boolean
}

const segmentBytes = { min: 4_096, max: 4_194_304 }
const journalSegmentBytesMax = 1_048_576
const journalBytesMax = 16_777_216
/** Kept free for what is written to free space: gaps, watermarks, heads of files. */
const reserveBytesMax = 65_536

export function openOutboxFiles(options: OutboxFilesOptions): OutboxFiles {
  const { folder, boot, isDurable, now, bytesMax } = options
  mkdirSync(folder, { recursive: true })
  const lock = lockFile(join(folder, 'lock.db'))
  const sealed = new Map<string, readonly [stream: string, boot: string, upTo: number]>()
  const sealedList = (): SealedList => [...sealed.values()].map(([stream, of, upTo]) => [stream, of, upTo])
  let journal: Journal | undefined
  const shared = {
    folder,
    boot,
    isDurable,
    now,
    sealed: sealedList,
    hasJournal: () => journal === undefined || journal.log.segments.length > 0,
    segmentBytesMax: clamp(bytesMax / 64, segmentBytes)
  }
  const alarms = createMessageLog({ ...shared, urgent: true })
  const telemetry = createMessageLog({ ...shared, urgent: false })
  const known = highest([alarms.recovered.sealed, telemetry.recovered.sealed])
  const opened = createJournal({
    folder,
    boot,
    isDurable,
    segmentBytesMax: clamp(bytesMax / 256, { min: segmentBytes.min, max: journalSegmentBytesMax }),
    sealed: known
  })
  journal = opened
  for (const { boot: of } of opened.recovered.pieces)
    for (const [key, upTo] of known) if (key.endsWith(` ${of}`)) sealed.set(key, [key.slice(0, -of.length - 1), of, upTo])
  const logs: readonly SegmentLog[] = [alarms.log, telemetry.log, opened.log]
  const logOf = (urgent: boolean) => (urgent ? alarms : telemetry)
  for (const { device, urgent, readings } of opened.recovered.lost.values()) tellLost(logOf(urgent), device, readings)
  const bytesOnDisk = () => logs.reduce((sum, log) => sum + log.bytes, 0)
  const limit = () => bytesMax - Math.min(reserveBytesMax, bytesMax / 16) - alarms.headBytesMax - telemetry.headBytesMax

  const settle = () => {
    alarms.settle()
    telemetry.settle()
    opened.settle()
  }
  const makeRoom = (bytes: number, refusesTelemetry: boolean): boolean => {
    const fits = () => bytesOnDisk() + bytes <= limit()
    if (fits()) return true
    settle()
    while (!fits()) {
      if (refusesTelemetry) return false
      const dropped = telemetry.dropOldest()
      if (dropped === undefined) return false
      options.onDropped(dropped)
    }
    return true
  }
  const write: OutboxFiles['write'] = (planned) => {
    const sets = [
      { log: alarms.log, records: planned.messages.filter(({ urgent }) => urgent).map((message) => alarms.encode(message)) },
      { log: telemetry.log, records: planned.messages.filter(({ urgent }) => !urgent).map((message) => telemetry.encode(message)) },
      { log: opened.log, records: planned.journal.length === 0 ? [] : [opened.encode(planned.journal)] }
    ].filter(({ records }) => records.length > 0)
    const bytes = sets.reduce((sum, { records }) => sum + records.reduce((sum, record) => sum + record.length, 0), 0)
    const isUrgent = planned.journal.length === 0 && planned.messages.every(({ urgent }) => urgent)
    if (!makeRoom(bytes, options.dropPolicy === 'newest-telemetry' && !isUrgent)) return 'full'
    const placed = writeAll(sets)
    for (const urgent of [true, false]) note(planned, urgent, placed.get(logOf(urgent).log) ?? [])
    for (const segment of planned.freed) opened.free(segment)
    const journalSegment = placed.get(opened.log)?.[0]?.segment ?? 0
    return { journalSegment }
  }
  const note = (planned: Planned, urgent: boolean, places: readonly Placed[]) => {
    const messages = planned.messages.filter((message) => message.urgent === urgent)
    for (const [index, message] of messages.entries()) {
      const place = places[index]
      if (place === undefined) continue
      logOf(urgent).add(message, place)
      if (message.journal === undefined) continue
      const stream = urgent ? `${message.device}/a` : message.device
      sealed.set(keyOf(stream, message.journal.boot), [stream, message.journal.boot, message.journal.upTo])
    }
  }

  return {
    journal: opened,
    damage: damageOf(alarms, telemetry, opened),
    logOf,
    write,
    settle,
    get bytes() {
      return bytesOnDisk()
    },
    get isJournalFull() {
      return opened.log.bytes > Math.min(journalBytesMax, bytesMax / 4)
    },
    [Symbol.dispose]() {
      tidy(opened, settle)
      for (const log of logs) log.close()
      lock[Symbol.dispose]()
    }
  }
}

/** Leaves nothing behind that the next start would only read and remove. */
function tidy(journal: Journal, settle: () => void): void {
  try {
    journal.close()
    settle()
  } catch {
    // The disk takes nothing: what is there is right as it is.
  }
}

/** Writes to several logs and synchronises them, or takes everything back. */
function writeAll(sets: readonly { readonly log: SegmentLog; readonly records: readonly Buffer[] }[]): Map<SegmentLog, Placed[]> {
  const placed = new Map<SegmentLog, Placed[]>()
  try {
    for (const { log, records } of sets) placed.set(log, log.write(records))
    for (const log of placed.keys()) log.sync()
    return placed
  } catch (error) {
    for (const log of placed.keys()) log.undo()
    throw error
  }
}

/** Lost readings of the journal had no number: a new one tells of them. */
function tellLost(log: MessageLog, device: string, readings: number): void {
  try {
    log.addGap(device, readings)
  } catch {
    // Without room there is nobody to tell; the damage is counted and logged all the same.
    log.log.roll()
  }
}

function damageOf(alarms: MessageLog, telemetry: MessageLog, journal: Journal): OutboxDamage {
  const lost = [...alarms.recovered.lost, ...telemetry.recovered.lost].map(({ gap }) => gap)
  const damage = [alarms.recovered, telemetry.recovered, journal.recovered].flatMap((each) => each.damage)
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0)
  return {
    records: damage.length,
    bytes: sum(damage.map(({ bytes }) => bytes)),
    messages: sum(lost.map(({ fromSeq, toSeq }) => toSeq - fromSeq + 1)),
    readings: sum([...lost.map(({ readings }) => readings), ...[...journal.recovered.lost.values()].map(({ readings }) => readings)]),
    tornBytes: alarms.recovered.tornBytes + telemetry.recovered.tornBytes + journal.recovered.tornBytes
  }
}

/** Each log knows of the seals of both up to when its newest file was begun. */
function highest(maps: readonly ReadonlyMap<string, number>[]): Map<string, number> {
  const merged = new Map<string, number>()
  for (const map of maps) for (const [key, upTo] of map) merged.set(key, Math.max(merged.get(key) ?? 0, upTo))
  return merged
}

function clamp(value: number, range: { readonly min: number; readonly max: number }): number {
  return Math.min(range.max, Math.max(range.min, Math.floor(value)))
}
