/**
 * Brings what version 1 of the index held into today's form: its blocks of cold events become packs, slice by slice, each its own
 * transaction, so that a stop goes on where it stood. The ledger is made anew by the indexer's recovery. Runs in the worker before anything reads.
 */
import type { DatabaseSync } from 'node:sqlite'
import { bytesOf, inTransaction, numberOf } from '../sqlite.ts'
import { decodeBlock, decodeFact } from './fact-codec.ts'
import { createPackBuilder } from './pack.ts'
import { featureBitsOf } from './refs.ts'
import type { TextWriter } from './texts.ts'

const blocksPerSlice = 64

export interface UpgradeOptions {
  readonly index: DatabaseSync
  readonly texts: TextWriter
}

/** Gives how many events were moved. */
export function upgradeBlocks({ index, texts }: UpgradeOptions): number {
  const select = index.prepare(`SELECT number, data FROM block ORDER BY number LIMIT ${blocksPerSlice}`)
  const remove = index.prepare('DELETE FROM block WHERE number <= ?')
  const insert = index.prepare('INSERT OR REPLACE INTO pack (first, data) VALUES (?, ?)')
  const setFeatures = index.prepare('UPDATE event SET features = ? WHERE seq = ?')
  const setDeclared = index.prepare(
    'UPDATE declared SET record_ms = CASE record_ms WHEN 0 THEN ?1 ELSE MIN(record_ms, ?1) END WHERE event_id = ?2'
  )
  let moved = 0
  for (;;) {
    const rows = select.all()
    const last = rows.at(-1)
    if (last === undefined) return moved
    const builder = createPackBuilder((text) => texts.idOf(text))
    const close = (): void => {
      const { first, bytes, texts: own } = builder.take()
      insert.run(first, bytes)
      texts.learn(own)
    }
    inTransaction(index, () => {
      for (const row of rows) {
        for (const { seq, facts, json } of decodeBlock(numberOf(row, 'number'), bytesOf(row, 'data'))) {
          const fact = decodeFact(facts)
          if (!builder.add({ seq, fact, json })) {
            close()
            builder.add({ seq, fact, json })
          }
          setFeatures.run(featureBitsOf(json), seq)
          if (fact.errorDeclaration !== undefined) setDeclared.run(fact.recordTimeMs, fact.eventID)
          moved += 1
        }
      }
      if (builder.events() > 0) close()
      remove.run(numberOf(last, 'number'))
    })
  }
}

/** Declarations that are still among the recent events: version 1 did not note when they were recorded. */
export function upgradeDeclarations(recent: DatabaseSync, index: DatabaseSync): void {
  const pending = index.prepare('SELECT event_id FROM declared WHERE record_ms = 0').all()
  if (pending.length === 0) return
  const select = recent.prepare('SELECT facts FROM recent WHERE event_id = ? AND declared_ms IS NOT NULL')
  const set = index.prepare('UPDATE declared SET record_ms = ? WHERE event_id = ?')
  inTransaction(index, () => {
    for (const { event_id: eventID } of pending) {
      const times = select.all(eventID ?? null).map(({ facts }) => decodeFact(String(facts)).recordTimeMs)
      if (times.length > 0) set.run(Math.min(...times), eventID ?? null)
    }
  })
}
