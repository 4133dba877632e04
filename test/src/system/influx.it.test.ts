/** The whole product on a real InfluxDB instead of the embedded stores: it works, and a database that goes and comes costs nothing. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { startInfluxd, withoutInfluxd } from '@tracegate/store/influxd'
import { startProduct, temporaryFolder, waitFor, type RunningProduct } from './product.ts'

interface Counts {
  readonly readings: number
  readonly events: number
}

async function countsOf(product: RunningProduct): Promise<Counts> {
  const series = await product.all.stores.telemetry.series('')
  return { readings: series.reduce((sum, { count }) => sum + count, 0), events: (await product.all.stores.trace.counts()).events }
}

describe('with InfluxDB 1.x as the store', { skip: withoutInfluxd() }, () => {
  it('the port is stored and traced, and what comes while the database is away is there when it is back', async (context) => {
    const server = await startInfluxd()
    context.after(() => server.stop())
    await using folder = await temporaryFolder()
    await using product = await startProduct(folder.path, { store: `influx://127.0.0.1:${server.port}/tracegate` })
    const first = await waitFor('readings and events', 30_000, async () => {
      const counts = await countsOf(product)
      return counts.readings > 200 && counts.events > 0 ? counts : undefined
    })
    const code = product.all.exampleCode
    assert.ok(code !== undefined)
    const back = await product.client.ask(`/api/v1/trace/back?of=${encodeURIComponent(code)}`)
    assert.equal(back.status, 200, back.text)
    await server.kill()
    await waitFor('the health to tell it', 20_000, async () => {
      const { status, text } = await product.client.ask('/health/ready')
      return status === 503 && /collector/.test(text) ? true : undefined
    })
    const before = product.all.collector.stats()
    await waitFor('messages to wait in the log', 20_000, () => (product.all.collector.stats().inLog > before.inLog + 20 ? true : undefined))
    await server.start()
    await waitFor('all of it to be stored', 40_000, async () => {
      const { status } = await product.client.ask('/health/ready')
      return status === 200 && product.all.collector.stats().inLog < 20 ? true : undefined
    })
    const last = await countsOf(product)
    assert.ok(last.readings > first.readings && last.events >= first.events, JSON.stringify({ first, last }))
    const { received, carriedOver, stored, duplicates, deadLettered, inLog, rejected, waiting } = product.all.collector.stats()
    assert.equal(received + carriedOver, stored + duplicates + deadLettered + inLog + rejected + waiting)
    assert.equal(deadLettered, 0)
  })
})
