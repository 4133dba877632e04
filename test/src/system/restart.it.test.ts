/** A stop within five seconds that loses nothing, and a second start that finds what the first kept. */
import assert from 'node:assert/strict'
import { performance } from 'node:perf_hooks'
import { test } from 'node:test'
import { Type } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import { freePort, spawnProduct, temporaryFolder, waitFor } from './product.ts'

const latest = compileValidator(Type.Object({ items: Type.Array(Type.Object({ series: Type.String(), timeMs: Type.Integer() })) }))
const stopLimitMs = 5_000
const memoryLimitMiB = 400

test(
  'Ctrl-C ends the product within five seconds, and the next start finds accounts, readings and events',
  { timeout: 120_000 },
  async (context) => {
    await using folder = await temporaryFolder()
    const options = { dataDir: folder.path, httpPort: await freePort(), mqttPort: await freePort() }
    let before: { series: string; timeMs: number }[] = []
    {
      await using first = await spawnProduct(options)
      assert.match(first.output(), /password {2}\S{12,}/)
      before = await waitFor('readings', 30_000, async () => {
        const page = latest.check((await first.client.ask('/api/v1/readings/latest')).body)
        return page.ok && page.value.items.length >= 6 ? page.value.items : undefined
      })
      const memoryMiB = await waitFor(`the idle product to take less than ${memoryLimitMiB} MiB`, 30_000, async () => {
        const taken = await residentMiB(first.child.pid ?? 0)
        return taken < memoryLimitMiB ? taken : undefined
      })
      context.diagnostic(`resident when idle ${memoryMiB} MiB`)
      const startedMs = performance.now()
      assert.equal(await first.kill('SIGINT'), 0)
      const tookMs = performance.now() - startedMs
      assert.ok(tookMs < stopLimitMs, `stopping took ${tookMs} ms`)
      context.diagnostic(`stopped in ${Math.round(tookMs)} ms`)
    }
    await using second = await spawnProduct({ ...options, arguments: ['--simulator', 'false'] })
    assert.doesNotMatch(second.output(), /password {2}\S/)
    const page = latest.check((await second.client.ask('/api/v1/readings/latest')).body)
    assert.ok(page.ok)
    const kept = new Map(page.value.items.map((one) => [one.series, one.timeMs]))
    for (const one of before) assert.ok((kept.get(one.series) ?? 0) >= one.timeMs, `${one.series} is gone`)
    const events = await second.client.ask('/epcis/v2/events?perPage=5')
    assert.equal(events.status, 200)
    assert.match(JSON.stringify(events.body), /eventID/)
  }
)

/** Resident set of a process; 0 where the system does not say. */
async function residentMiB(pid: number): Promise<number> {
  const { readFile } = await import('node:fs/promises')
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(status)?.[1] ?? 0) / 1_024)
}
