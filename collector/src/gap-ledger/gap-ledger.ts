/**
 * The gap ledger: what came of a device hour by hour, which numbers are missing since when, and when the device was away. It is written
 * in the transaction that commits the messages, so that it says neither more nor less than the log. It decides nothing about what is new.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { ReceivedCounts } from '@tracegate/model/gap'
import type { State } from '@tracegate/model/state'
import type { GapLedgerReader } from '@tracegate/service/gap-ledger'
import type { StreamState } from '../stream-state.ts'
import { createGapReader } from './gap-report.ts'
import { missingOf, reconcile, type Jump } from './gap-rows.ts'
import { prepareGapTables } from './gap-tables.ts'

/** Kept of one device; past them the filled gaps go first, then the oldest. */
const keep = { gaps: 2_000, hours: 10_000, presences: 2_000 } as const
/** The bounds are looked after once in so many rows of a device. */
const trimEvery = 256
const hourMs = 3_600_000
/** Of one device, in memory. */
const hoursUnsavedMax = 32

type TallyCounts = Partial<ReceivedCounts>

type Tally = { hourMs: number } & { -readonly [Name in keyof ReceivedCounts]: ReceivedCounts[Name] }

interface StreamName {
  readonly device: string
  readonly boot: string
}

export interface GapLedger {
  /** Counts a message under the hour of its own time. */
  tally(device: string, timeMs: number, counts: TallyCounts): void
  jumped(stream: StreamName, jump: Jump): void
  /** The device says that the readings of this number had to give way. */
  dropped(
    stream: StreamName,
    drop: { readonly seq: number; readonly readings: number; readonly timeMs: number; readonly nowMs: number }
  ): void
  presence(device: string, state: State, atMs: number): void
  /** Whether a device has so many hours unsaved that looking through them would cost more than saving them. */
  isCrowded(): boolean
  /** To be called inside of the transaction, with the streams that have or had gaps. */
  save(nowMs: number, streams: readonly (StreamName & { readonly state: StreamState })[]): void
  /** The transaction is durable. What was not saved in it is kept in memory for the next that is. */
  commit(): void
  /** The transaction failed: forgets what it noted. */
  rollback(): void
  readonly reader: GapLedgerReader
  /** Gaps of a device that may still be filled, at most 1,000. */
  openGaps(device: string): number
}

export function createGapLedger(database: DatabaseSync, options: { readonly nowMs: () => number }): GapLedger {
  const tables = prepareGapTables(database)
  const rowsSince = new Map<string, number>()
  /** By device, not saved yet; changed in place, as this is done for every message. */
  const tallies = new Map<string, Tally[]>()
  /** What the transaction that runs added, so that it can be taken back. */
  let added: { readonly tally: Tally; readonly counts: TallyCounts }[] = []
  /** The rows hold the tallies, should the transaction succeed. */
  let written = false
  let crowded = false
  let jumps = new Map<string, Jump[]>()

  function rowAdded(device: string): void {
    const rows = (rowsSince.get(device) ?? 0) + 1
    rowsSince.set(device, rows % trimEvery)
    if (rows >= trimEvery) tables.trim(device, keep)
  }

  function saveGaps({ device, boot, state }: StreamName & { readonly state: StreamState }, nowMs: number): void {
    const open = tables.openGaps(device, boot)
    const { opened, changed } = reconcile(open, missingOf(state), jumps.get(`${device} ${boot}`) ?? [])
    for (const { id, missing } of changed) tables.setMissing(id, missing, missing.length === 0 ? nowMs : undefined)
    for (const gap of opened) {
      const { fromSeq, toSeq, missing, sinceMs, untilMs = nowMs } = gap
      tables.insertGap({ device, boot, fromSeq, toSeq, missing, dropped: false, readings: undefined, sinceMs, untilMs, noticedAtMs: nowMs })
      rowAdded(device)
    }
  }

  function forget(): void {
    added = []
    jumps = new Map()
    written = false
  }

  return {
    tally(device, timeMs, counts) {
      const startMs = timeMs - (timeMs % hourMs)
      let own = tallies.get(device)
      if (own === undefined) tallies.set(device, (own = []))
      let tally = own.find((candidate) => candidate.hourMs === startMs)
      if (tally === undefined) own.push((tally = emptyTally(startMs)))
      crowded ||= own.length > hoursUnsavedMax
      addTo(tally, counts, 1)
      added.push({ tally, counts })
    },
    jumped({ device, boot }, jump) {
      const key = `${device} ${boot}`
      const known = jumps.get(key)
      if (known === undefined) jumps.set(key, [jump])
      else known.push(jump)
    },
    dropped({ device, boot }, { seq, readings, timeMs, nowMs }) {
      const before = tables.dropEndingAt(device, boot, seq - 1)
      if (before !== undefined) {
        tables.growDrop(before, seq, (before.readings ?? 0) + readings, timeMs)
        return
      }
      const missing = [[seq, seq]] as const
      tables.insertGap({
        device,
        boot,
        fromSeq: seq,
        toSeq: seq,
        missing,
        dropped: true,
        readings,
        sinceMs: timeMs,
        untilMs: timeMs,
        noticedAtMs: nowMs
      })
      rowAdded(device)
    },
    presence(device, state, atMs) {
      const reason = state.online ? undefined : (state.reason ?? 'connection lost')
      tables.addPresence(device, { atMs, online: state.online, boot: state.boot, reason })
      rowAdded(device)
    },
    isCrowded: () => crowded,
    save(nowMs, streams) {
      for (const [device, own] of tallies) for (const tally of own) tables.addTally(device, tally.hourMs, tally)
      for (const stream of streams) saveGaps(stream, nowMs)
      written = true
    },
    commit() {
      if (written) {
        tallies.clear()
        crowded = false
      }
      forget()
    },
    rollback() {
      for (const { tally, counts } of added) addTo(tally, counts, -1)
      forget()
    },
    reader: createGapReader(tables, options),
    openGaps: (device) => tables.openCount(device)
  }
}

function addTo(tally: Tally, counts: TallyCounts, sign: 1 | -1): void {
  tally.messages += sign * (counts.messages ?? 0)
  tally.readings += sign * (counts.readings ?? 0)
  tally.events += sign * (counts.events ?? 0)
  tally.duplicates += sign * (counts.duplicates ?? 0)
  tally.deadLetters += sign * (counts.deadLetters ?? 0)
  tally.droppedReadings += sign * (counts.droppedReadings ?? 0)
}

function emptyTally(hourMs: number): Tally {
  return { hourMs, messages: 0, readings: 0, events: 0, duplicates: 0, deadLetters: 0, droppedReadings: 0 }
}
