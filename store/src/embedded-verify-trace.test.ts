/** The check of the trace files finds what was damaged, and nothing in sound ones, also while they are written. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, describe, it } from 'node:test'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import { createEmbeddedTraceStore, type EmbeddedTraceStore } from './embedded-trace.ts'
import { verifyTrace } from './embedded-verify-trace.ts'
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

const damages = [
  { what: 'a ledger row is gone', sql: 'DELETE FROM ledger WHERE seq = 30 AND roles & 4', problem: /does not lead/ },
  {
    what: 'a ledger row has another hash',
    sql: 'UPDATE ledger SET hash = 1 WHERE seq = 30 AND roles & 4',
    problem: /do not name their key/
  },
  { what: 'a role is another', sql: 'UPDATE ledger SET roles = 2 WHERE seq = 30 AND roles & 4', problem: /another role/ },
  { what: 'a block is gone', sql: 'DELETE FROM block WHERE number = 1', problem: /neither file holds it/ },
  { what: 'a block does not unpack', sql: "UPDATE block SET data = x'00112233' WHERE number = 1", problem: /cannot be read/ },
  { what: 'a head has another time', sql: 'UPDATE event SET time_ms = time_ms + 1 WHERE seq = 30', problem: /other times/ },
  { what: 'a head is gone', sql: 'DELETE FROM event WHERE seq = 100', problem: /has no head/ },
  { what: 'a declaration does not count', sql: 'DELETE FROM declared', problem: /but counts/ },
  { what: 'an event is left out for nothing', sql: "INSERT INTO declared VALUES ('e9')", problem: /no declaration/ }
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

  for (const { what, sql, problem } of damages) {
    it(`finds that ${what}`, async () => {
      const { folder, store } = await filled()
      await store.close()
      const database = new DatabaseSync(join(folder, 'trace.db'))
      database.exec(sql)
      database.close()
      const { findings, findingsTotal } = await verifyTrace({ folder })
      assert.ok(findingsTotal > 0 && findings.some((finding) => problem.test(finding.problem)), JSON.stringify(findings))
    })
  }

  it('refuses a folder without traces', async () => {
    await assert.rejects(verifyTrace({ folder: root }), { code: 'STORE_IO' })
  })
})
