/** The check of the trace files finds what was damaged, and nothing in sound ones, also while they are written. */
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, it } from 'node:test'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import { createEmbeddedTraceStore, type EmbeddedTraceStore } from './embedded-trace.ts'
import { verifyTrace } from './embedded-verify-trace.ts'
import { bytesOf } from './embedded/sqlite.ts'
import type { LedgerRow } from './embedded/trace/ledger-row.ts'
import { createRunCursor, createRunWriter } from './embedded/trace/run-codec.ts'
import { createSegmentReader, runId } from './embedded/trace/segments.ts'
import { event, item, pallet, place } from './trace-suite-events.ts'
import { coldChain } from './trace-suite-story.ts'

const root = await mkdtemp(join(tmpdir(), 'trace-verify-'))
after(() => rm(root, { recursive: true, force: true }))
let folders = 0

async function filled(): Promise<{ folder: string; store: EmbeddedTraceStore }> {
  folders += 1
  const folder = join(root, String(folders))
  const limits = { hotEventsMax: 20, mergeRefsMax: 1 }
  const store = await createEmbeddedTraceStore({ dataDir: folder, logger: silentLogger, metrics: createMetrics(), ...limits })
  const [make] = coldChain()
  assert.ok(make !== undefined)
  const events = Array.from({ length: 100 }, (_, index) =>
    event({ id: `e${index}`, at: index, bizLocation: place(1), parent: pallet(1), children: [item(index)] })
  )
  await store.capture([...coldChain(), ...events, { ...make, errorDeclaration: { declarationTimeMs: 1, correctiveEventIDs: [] } }])
  await store.settle()
  return { folder, store }
}

/** Writes the rows of the ledger anew, changed: each run with the rows that `change` makes of its own. */
function changeRows(database: DatabaseSync, change: (hash: number, row: LedgerRow) => readonly (readonly [number, LedgerRow])[]): void {
  const reader = createSegmentReader(database, { keyFilters: true })
  for (const { id, base, fences } of reader.segments()) {
    for (const [run, first] of fences.entries()) {
      const place = runId(id, run)
      const cursor = createRunCursor(bytesOf(database.prepare('SELECT data FROM run WHERE id = ?').get(place) ?? {}, 'data'), first, base)
      const writer = createRunWriter(base)
      while (cursor.next()) for (const [hash, row] of change(cursor.hash, { ...cursor })) writer.add(hash, row)
      database.prepare('UPDATE run SET data = ? WHERE id = ?').run(writer.take(), place)
    }
  }
}

const isChild = ({ seq, roles }: LedgerRow): boolean => seq === 30 && roles === 4
const damages: readonly { readonly what: string; readonly harm: string | ((database: DatabaseSync) => void); readonly problem: RegExp }[] =
  [
    {
      what: 'a ledger row is gone',
      harm: (database) => changeRows(database, (hash, row) => (isChild(row) ? [] : [[hash, row]])),
      problem: /does not lead/
    },
    {
      what: 'a ledger row has another hash',
      harm: (database) => changeRows(database, (hash, row) => [[isChild(row) ? hash + 1 : hash, row]]),
      problem: /do not name their key/
    },
    {
      what: 'a role is another',
      harm: (database) => changeRows(database, (hash, row) => [[hash, isChild(row) ? { ...row, roles: 2 } : row]]),
      problem: /another role/
    },
    {
      what: 'a ledger row has another time',
      harm: (database) => changeRows(database, (hash, row) => [[hash, isChild(row) ? { ...row, timeMs: row.timeMs + 1 } : row]]),
      problem: /another time/
    },
    { what: 'a segment is gone', harm: 'DELETE FROM segment', problem: /does not lead/ },
    { what: 'a run is gone', harm: 'DELETE FROM run', problem: /cannot be read/ },
    { what: 'a run is cut off', harm: 'UPDATE run SET data = substr(data, 1, length(data) - 1)', problem: /cannot be read/ },
    { what: 'a pack is gone', harm: 'DELETE FROM pack WHERE first = 1', problem: /neither file holds it/ },
    { what: 'a pack does not unpack', harm: "UPDATE pack SET data = x'00112233' WHERE first = 1", problem: /cannot be read/ },
    { what: 'a head has another time', harm: 'UPDATE event SET time_ms = time_ms + 1 WHERE seq = 30', problem: /other times/ },
    { what: 'a head is gone', harm: 'DELETE FROM event WHERE seq = 100', problem: /has no head/ },
    { what: 'a declaration does not count', harm: 'DELETE FROM declared', problem: /but counts/ },
    { what: 'an event is left out for nothing', harm: "INSERT INTO declared VALUES ('e9', 0)", problem: /no declaration/ }
  ]

describe('the check of the trace files', () => {
  it('finds nothing in sound files, also beside a store that is written and read', async () => {
    const { folder, store } = await filled()
    const writing = (async () => {
      for (let from = 0; from < 2_000; from += 50)
        await store.capture(
          Array.from({ length: 50 }, (_, index) => event({ id: `w${from + index}`, at: from, objects: [item(from + index)] }))
        )
    })()
    for (let round = 0; round < 3; round += 1) {
      const { findings, events } = await verifyTrace({ folder })
      assert.deepEqual(findings, [])
      assert.ok(events >= 108)
    }
    await writing
    await store.close()
    const { findings, events, references } = await verifyTrace({ folder })
    assert.deepEqual([findings, events >= 108 && references > 300], [[], true])
  })

  for (const { what, harm, problem } of damages) {
    it(`finds that ${what}`, async () => {
      const { folder, store } = await filled()
      await store.close()
      const database = new DatabaseSync(join(folder, 'trace.db'))
      if (typeof harm === 'string') database.exec(harm)
      else harm(database)
      database.close()
      const { findings, findingsTotal } = await verifyTrace({ folder })
      assert.ok(findingsTotal > 0 && findings.some((finding) => problem.test(finding.problem)), JSON.stringify(findings))
    })
  }

  it('tells of a damaged ledger and of a damaged recent event by one code, and keeps no log beside a closed store', async () => {
    const { folder, store } = await filled()
    await store.close()
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.endsWith('-wal')),
      []
    )
    {
      using recent = new DatabaseSync(join(folder, 'trace-recent.db'))
      recent.exec('UPDATE recent SET facts = substr(facts, 2)')
      using index = new DatabaseSync(join(folder, 'trace.db'))
      index.exec('UPDATE run SET data = substr(data, 1, length(data) - 1)')
    }
    const again = await createEmbeddedTraceStore({ dataDir: folder, logger: silentLogger, metrics: createMetrics() })
    try {
      await assert.rejects(again.ask('back', { of: pallet(1) }), { code: 'STORE_CORRUPT' })
      await assert.rejects(again.feed({ limit: 1_000, filter: { eventIDs: ['e99'] } }), { code: 'STORE_CORRUPT' })
    } finally {
      await again.close()
    }
  })

  it('refuses a folder without traces', async () => {
    await assert.rejects(verifyTrace({ folder: root }), { code: 'STORE_IO' })
  })
})
