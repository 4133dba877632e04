/** A power cut: every part dies at once and comes back in the worst order, with the waits that the product ships with. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { finish, flows, withErrors } from './cell.ts'
import { failuresOf } from './result.ts'
import { startSystem, type System } from './system.ts'

test(
  'TG-405 TG-902: after a power cut of everything, what a broker acknowledged before the collector was back is not lost',
  { timeout: 120_000 },
  async (context) => {
    const folder = await mkdtemp(join(tmpdir(), 'tracegate-power-'))
    try {
      await using system = await startSystem({ folder, broker: 'embedded', waits: 'product' })
      const result = await withErrors(system, () => cutPower(system))
      context.diagnostic(`${result.sent} items sent, ${result.lost} readings and events lost`)
      assert.deepEqual(failuresOf({ ...result, part: 'collector', fault: 'kill -9', broker: 'embedded', seconds: 0 }), [])
    } finally {
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    }
  }
)

async function cutPower(system: System): ReturnType<typeof finish> {
  const { device, edge, broker, fieldBroker, collector } = system.parts
  await flows(system)
  await Promise.all([device, edge, broker, fieldBroker, collector].map((part) => part.end('SIGKILL')))
  await Promise.all([broker.start(), fieldBroker.start()])
  await Promise.all([device.start(), edge.start()])
  // New boots begin, and the broker has no session of a collector to keep their first messages for.
  await sleep(2_500)
  await collector.start()
  await sleep(8_000)
  return finish(system, { times: 1, how: 'power cut' }, 60_000)
}
