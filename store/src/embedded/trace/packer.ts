/** Puts events that are no longer recent into packs, and says up to where the recent ones may be deleted. Runs in the worker. */
import type { DatabaseSync } from 'node:sqlite'
import { inTransaction, numberOf, textOf } from '../sqlite.ts'
import { decodeFact } from './fact-codec.ts'
import { createPackBuilder, type PackBuilder, type PackedEvent } from './pack.ts'
import type { Progress } from './progress.ts'
import type { TextWriter } from './texts.ts'

export interface Packer {
  /** Events just indexed, in order: packing them needs no reading then. */
  offer(events: readonly PackedEvent[]): void
  /** Writes the next packs; false when nothing is cold enough. With `all` the last one need not be full. */
  step(all: boolean): boolean
  /** Makes sure that what was packed stays there, when that is worth it or `all` asks for it; false when it was not. */
  synchronise(all: boolean): boolean
}

export interface PackerOptions {
  readonly recent: DatabaseSync
  readonly index: DatabaseSync
  readonly progress: Progress
  readonly texts: TextWriter
  /** The newest events that stay as they came. */
  readonly hotEventsMax: number
}

const eventsPerStep = 512
/** Packed events after which the disk is synchronised: they may be deleted from the recent ones then. */
const eventsPerSynchronisation = 4_096
/** Events that are kept for packing; past it they are read again. */
const offeredMax = 8_192

export function createPacker({ recent, index, progress, texts, hotEventsMax }: PackerOptions): Packer {
  const selectRows = recent.prepare(`SELECT seq, facts, json FROM recent WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ${eventsPerStep}`)
  const store = createPackStore(index, progress, texts)
  // Fewer would make packs that are not full.
  const slack = Math.min(eventsPerStep, hotEventsMax)
  let offered: readonly PackedEvent[] = []
  // Sequence numbers have gaps where a capture failed; after this one nothing is left out.
  let offeredAfter = 0

  const next = (after: number, upTo: number): readonly PackedEvent[] => {
    offered = offered.filter(({ seq }) => seq > after)
    const ready = offeredAfter > after ? [] : offered.slice(0, eventsPerStep).filter(({ seq }) => seq <= upTo)
    if (ready.length > 0) return ready
    return selectRows
      .all(after, upTo)
      .map((row) => ({ seq: numberOf(row, 'seq'), fact: decodeFact(textOf(row, 'facts')), json: textOf(row, 'json') }))
  }

  return {
    offer(events) {
      const first = events[0]
      if (first === undefined) return
      if (offered.length + events.length > offeredMax) offered = []
      if (offered.length === 0) offeredAfter = first.seq - 1
      offered = [...offered, ...events]
    },
    step(all) {
      const cold = progress.get('cold')
      const upTo = progress.get('indexed') - hotEventsMax
      if (upTo - cold < (all ? 1 : Math.max(1, slack))) return false
      const events = next(cold, upTo)
      return events.length > 0 && store(events, all || slack < eventsPerStep)
    },
    synchronise(all) {
      const cold = progress.get('cold')
      const fresh = cold - progress.get('durable')
      if (fresh <= 0 || (!all && fresh < eventsPerSynchronisation && slack === eventsPerStep)) return false
      // All of the write-ahead log goes to the disk with this transaction.
      index.exec('PRAGMA synchronous = FULL')
      try {
        inTransaction(index, () => progress.set('durable', cold))
      } catch (error) {
        progress.reload()
        throw error
      } finally {
        index.exec('PRAGMA synchronous = NORMAL')
      }
      return true
    }
  }
}

/** Stores full packs of the events, and with `all` the last one too; false when none was full. */
function createPackStore(
  index: DatabaseSync,
  progress: Progress,
  texts: TextWriter
): (events: readonly PackedEvent[], all: boolean) => boolean {
  const insert = index.prepare('INSERT INTO pack (first, data) VALUES (?, ?)')
  return (events, all) => {
    const builder = createPackBuilder((text) => texts.idOf(text))
    let until = 0
    const close = (): void => {
      const { first, last, bytes, texts: own } = builder.take()
      insert.run(first, bytes)
      texts.learn(own)
      until = last
    }
    try {
      inTransaction(index, () => {
        for (const event of events) addTo(builder, event, close)
        if (builder.events() > 0 && (all || until === 0)) close()
        progress.set('cold', until)
      })
    } catch (error) {
      texts.reload()
      progress.reload()
      throw error
    }
    return true
  }
}

function addTo(builder: PackBuilder, event: PackedEvent, close: () => void): void {
  if (builder.add(event)) return
  close()
  builder.add(event)
}
