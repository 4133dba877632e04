/** The ledger finds every row whatever was frozen, stored, joined and swept meanwhile, and after a new start. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { after, describe, it } from 'node:test'
import * as fc from 'fast-check'
import { openSqlite } from '../sqlite.ts'
import { hashKey, hashRange, roleBits, subjectBits } from './key-hash.ts'
import { createKeySketch } from './key-sketch.ts'
import { createLedger, type Ledger } from './ledger.ts'
import { compareRows, type LedgerRow } from './ledger-row.ts'
import { createProgress } from './progress.ts'
import { indexMigrations } from './schema.ts'

const root = await mkdtemp(join(tmpdir(), 'trace-ledger-'))
const databases: DatabaseSync[] = []
after(async () => {
  for (const database of databases) database.close()
  await rm(root, { recursive: true, force: true })
})

function openDatabase(name: string): DatabaseSync {
  const database = openSqlite({ path: join(root, name), migrations: indexMigrations })
  databases.push(database)
  return database
}

/** Few keys, so that some have rows in many runs and segments. */
const hash = fc.oneof(
  fc.nat(5),
  fc.integer({ min: hashRange - 4, max: hashRange - 1 }),
  fc.nat(1_000_000).map((of) => of * 4_000_037)
)
const roles = fc.constantFrom(roleBits.object, roleBits.child, roleBits.place, roleBits.reference, roleBits.object | roleBits.parent)
const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ add: fc.array(fc.tuple(hash, roles, fc.integer({ min: -5_000, max: 5_000_000 })), { maxLength: 400 }) })
  },
  { weight: 3, arbitrary: fc.constantFrom('freeze', 'store', 'store all', 'tidy', 'tidy all', 'reopen') }
)

function settle(ledger: Ledger, upTo: number): void {
  ledger.startMerge(upTo)
  while (ledger.merging()) ledger.mergeStep()
}

describe('the ledger of the trace store', () => {
  it('finds every row, oldest first, wherever it is', () => {
    let run = 0
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        run += 1
        const index = openDatabase(`${run}.db`)
        let ledger = createLedger({ index, progress: createProgress(index) })
        const model = new Map<number, LedgerRow[]>()
        let seq = 0
        for (const each of steps) {
          if (typeof each === 'object') {
            for (const [of, bits, timeMs] of each.add) {
              seq += 1
              const row = { seq, timeMs, roles: bits }
              ledger.add(of, row)
              model.set(of, [...(model.get(of) ?? []), row])
            }
          } else if (each === 'freeze') ledger.startMerge(seq)
          else if (each === 'store') ledger.mergeStep()
          else if (each === 'store all') settle(ledger, seq)
          else if (each === 'tidy') ledger.tidyStep(false)
          else if (each === 'tidy all') while (ledger.tidyStep(true)) continue
          else {
            while (ledger.merging()) ledger.mergeStep()
            settle(ledger, seq)
            ledger = createLedger({ index, progress: createProgress(index) })
          }
        }
        for (const [of, rows] of model) {
          const wanted = rows.filter(({ roles: bits }) => (bits & subjectBits) !== 0).sort(compareRows)
          assert.deepEqual(
            ledger.find({ hash: of, roles: subjectBits, limit: 10_000 }).map((row) => ({ ...row })),
            wanted
          )
          const some = { hash: of, roles: 255, fromMs: 10, toMs: 2_000_000, limit: 3 }
          const inRange = rows.filter(({ timeMs }) => timeMs >= 10 && timeMs <= 2_000_000).sort(compareRows)
          assert.deepEqual(
            ledger.find(some).map((row) => ({ ...row })),
            inRange.slice(0, 3)
          )
        }
        const subjects = [...model].filter(([, rows]) => rows.some(({ roles: bits }) => (bits & subjectBits) !== 0))
        assert.equal(ledger.keys(), subjects.length)
        assert.deepEqual(
          [...ledger.subjects(0)].map(([of]) => of),
          subjects.map(([of]) => of).sort((a, b) => a - b)
        )
        assert.deepEqual(ledger.find({ hash: 77_777, roles: 255, limit: 1 }), [])
      }),
      { numRuns: 25 }
    )
  })

  it('keeps few segments at rest', () => {
    const index = openDatabase('rest.db')
    const ledger = createLedger({ index, progress: createProgress(index) })
    for (let round = 0; round < 30; round += 1) {
      for (let at = 0; at < 50; at += 1) ledger.add(round * 1_000 + at, { seq: round, timeMs: round, roles: 1 })
      settle(ledger, round)
      while (ledger.tidyStep(false)) continue
    }
    while (ledger.tidyStep(true)) continue
    const segments = Number(index.prepare('SELECT COUNT(*) AS count FROM segment').get()?.['count'])
    const runs = Number(index.prepare('SELECT COUNT(*) AS count FROM run').get()?.['count'])
    assert.ok(segments <= 4 && runs <= 30, `${segments} segments, ${runs} runs`)
    assert.equal(ledger.keys(), 1_500)
  })

  it('goes on with what a full disk broke off', () => {
    const index = openDatabase('full.db')
    const ledger = createLedger({ index, progress: createProgress(index) })
    for (let at = 0; at < 40_000; at += 1) ledger.add(at * 100_003, { seq: at, timeMs: at, roles: 1 })
    const pages = Number(index.prepare('PRAGMA page_count').get()?.['page_count'])
    index.exec(`PRAGMA max_page_count = ${pages + 20}`)
    ledger.startMerge(40_000)
    assert.throws(() => {
      while (ledger.merging()) ledger.mergeStep()
    })
    assert.ok(ledger.merging())
    assert.equal(ledger.find({ hash: 500_015, roles: 1, limit: 9 }).length, 1)
    index.exec('PRAGMA max_page_count = 1000000')
    while (ledger.merging()) ledger.mergeStep()
    for (let at = 0; at < 40_000; at += 997) assert.equal(ledger.find({ hash: at * 100_003, roles: 1, limit: 9 }).length, 1)
    assert.equal(ledger.keys(), 40_000)
  })

  it('estimates many keys within two of a hundred', () => {
    const sketch = createKeySketch()
    for (const wanted of [100, 20_000, 400_000]) {
      for (let at = 0; at < wanted; at += 1) sketch.add(hashKey(`https://id.gs1.org/01/09506000134352/21/${at}`))
      const count = createKeySketch(sketch.bytes).count()
      assert.ok(Math.abs(count - wanted) < wanted * 0.02 + 2, `${count} instead of ${wanted}`)
    }
  })
})
