/** The worker of the telemetry store dies and comes again. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { silentLogger } from '@tracegate/service/log'
import { isStoreError } from '../../errors.ts'
import { createWriteTurn } from '../write-turn.ts'
import { createWorkerClient } from './worker-client.ts'

const script = new URL('../../testing/faulty-worker.ts', import.meta.url)

void test('when the worker dies, what was asked of it fails, its turn to write is free again and another worker answers', async () => {
  const turn = createWriteTurn()
  const restarted = Promise.withResolvers<void>()
  const client = createWorkerClient({
    worker: { path: 'nowhere', turn: turn.shared, blockReadingsMax: 8, pageCountMax: undefined },
    turn,
    logger: silentLogger,
    onFolded: () => undefined,
    onBackground: () => undefined,
    onRestart: restarted.resolve,
    script,
    askTimeoutMs: 2_000
  })
  try {
    assert.deepEqual((await client.ask({ type: 'extents', series: [] })).extents, [])
    const asked = [client.ask({ type: 'fold' }), client.ask({ type: 'range', series: 1, fromMs: 0, toMs: 1, limit: 1 })]
    for (const result of await Promise.allSettled(asked)) {
      assert.equal(result.status, 'rejected')
      assert.ok(result.status === 'rejected' && isStoreError(result.reason, 'STORE_IO'))
    }
    assert.equal(turn.tryEnter(), true)
    turn.leave()
    await restarted.promise
    assert.deepEqual((await client.ask({ type: 'extents', series: [] })).extents, [])
    const hanging = client.ask({ type: 'range', series: 1, fromMs: 0, toMs: 1, limit: 1 })
    await assert.rejects(hanging, (error) => isStoreError(error, 'STORE_TIMEOUT'))
  } finally {
    await client.close()
  }
  await assert.rejects(client.ask({ type: 'fold' }), (error) => isStoreError(error, 'STORE_CLOSED'))
})
