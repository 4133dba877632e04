/** Everything that goes wrong between the telemetry store and an InfluxDB: a real server behind a proxy that misbehaves. */
import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, describe, it } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import * as fc from 'fast-check'
import { CodedError } from '@tracegate/model/errors'
import { RefusedReadings, isStoreError } from '../errors.ts'
import { readingAt, series } from '../telemetry-suite-model.ts'
import { startFaultProxy, type Fault, type FaultProxy } from '../testing/fault-proxy.ts'
import { startInfluxd, withoutInfluxd, type StartedInfluxd } from '../testing/influxd.ts'
import { createInfluxDatabase } from './client-open.ts'
import { createInfluxTelemetryStore } from './telemetry.ts'

const code = (wanted: string) => (error: unknown) => isStoreError(error, wanted)
const refusedAt = (wanted: readonly number[]) => (error: unknown) => {
  assert.ok(error instanceof RefusedReadings, String(error))
  assert.deepEqual(
    error.refused?.map(({ index }) => index),
    wanted
  )
  return true
}

describe('telemetry on InfluxDB 1.x when things go wrong', { skip: withoutInfluxd() }, () => {
  let server: StartedInfluxd
  let proxy: FaultProxy

  before(async () => {
    server = await startInfluxd({ http: ['max-body-size = 60000'] })
    proxy = await startFaultProxy(server.origin)
  })
  after(async () => {
    await proxy.stop()
    await server.stop()
  })

  async function openStore() {
    proxy.decide = () => undefined
    const name = `faults-${randomUUID()}`
    const database = createInfluxDatabase({ kind: 'influx1', origin: proxy.origin, database: name, timeoutMs: 400 })
    await database.prepare()
    const store = createInfluxTelemetryStore({ database })
    const isWrite = (path: string) => path.startsWith('/write')
    return {
      name,
      database,
      store,
      /** The next writes get these, then all pass. */
      failWrites: (...faults: readonly Fault[]): void => {
        const left = [...faults]
        proxy.decide = ({ path }) => (isWrite(path) ? left.shift() : undefined)
      },
      values: async () => [...(await store.range({ series, fromMs: 0, toMs: 1e12 })).value],
      ask: (query: string) => fetch(`${server.origin}/query`, { method: 'POST', body: new URLSearchParams({ q: query, db: name }) }),
      put: (line: string) => fetch(`${server.origin}/write?db=${name}`, { method: 'POST', body: line })
    }
  }
  const batch = { log: 'l', upTo: 7 }

  it('a batch that is too large for the server (a real 413) goes in smaller pieces, and the next one too', async () => {
    const { store } = await openStore()
    const readings = Array.from({ length: 6_000 }, (_, index) => readingAt(index, index))
    const before = proxy.requests
    await store.append(readings)
    const first = proxy.requests - before
    assert.equal((await store.series(''))[0]?.count, 6_000)
    const again = proxy.requests
    await store.append(readings)
    assert.ok(proxy.requests - again < first, `${proxy.requests - again} requests after ${first}`)
    await store.close()
  })

  it('a server that asks for a pause (429, Retry-After) is left alone until then', async () => {
    const { store, failWrites, values } = await openStore()
    await store.append([readingAt(0, 0)])
    failWrites({ type: 'answer', status: 429, headers: { 'retry-after': '1' }, body: '{"message":"slow down"}' })
    const isPause = (error: unknown) =>
      error instanceof CodedError &&
      error.code === 'STORE_OVERLOADED' &&
      error.status >= 500 &&
      Number(error.parameters['retryAfterMs']) > 0
    await assert.rejects(store.append([readingAt(1, 1)], batch), isPause)
    const asked = proxy.requests
    await assert.rejects(store.append([readingAt(1, 1)], batch), isPause)
    assert.equal(proxy.requests, asked)
    await sleep(1_050)
    await store.append([readingAt(1, 1)], batch)
    assert.deepEqual(await values(), [0, 1])
    await store.close()
  })

  it('answers from 500 on are for trying again, none is for the dead letter', async () => {
    const { store, failWrites, values } = await openStore()
    for (const [fault, wanted] of [
      [{ type: 'answer', status: 500, body: '{"error":"timeout"}' }, 'STORE_SERVER'],
      [{ type: 'answer', status: 503, headers: { 'retry-after': '0' } }, 'STORE_OVERLOADED'],
      [{ type: 'answer', status: 401, body: '{"error":"authorization failed"}' }, 'STORE_ACCESS'],
      [{ type: 'answer', status: 404, body: '{"error":"database not found"}' }, 'STORE_SERVER'],
      [{ type: 'hang' }, 'STORE_TIMEOUT'],
      [{ type: 'cutAfter' }, 'STORE_UNREACHABLE']
    ] as const) {
      failWrites(fault)
      await assert.rejects(store.append([readingAt(1, 1)], batch), (error) => {
        assert.ok(error instanceof CodedError && error.code === wanted && error.status >= 500, String(error))
        return true
      })
    }
    assert.equal(await store.appendedUpTo('l'), -1)
    await store.append([readingAt(1, 1)], batch)
    assert.deepEqual([await values(), await store.appendedUpTo('l')], [[1], 7])
    await store.close()
  })

  it('a bad request of a text that nobody knows is no fault of the readings while a sound point fares no better', async () => {
    const { store, failWrites, values } = await openStore()
    const puzzling = { type: 'answer', status: 400, body: '{"error":"the stars are wrong"}' } as const
    await store.append([readingAt(0, 0)])
    failWrites(puzzling, puzzling)
    await assert.rejects(store.append([readingAt(1, 1)], batch), code('STORE_SERVER'))
    failWrites(puzzling)
    await assert.rejects(store.append([readingAt(1, 1)], batch), refusedAt([0]))
    await store.append([readingAt(1, 1)], batch)
    assert.deepEqual(await values(), [0, 1])
    await store.close()
  })

  it('readings older than the retention of the database (a real partial write) are named, the others are stored', async () => {
    const { store, ask, name } = await openStore()
    await ask(`ALTER RETENTION POLICY "autogen" ON "${name}" DURATION 1h SHARD DURATION 1h`)
    const nowMs = Date.now()
    const readings = Array.from({ length: 20 }, (_, index) => readingAt(index % 9 === 4 ? index : nowMs + index, index))
    await assert.rejects(store.append(readings, batch), refusedAt([4, 13]))
    assert.equal(await store.appendedUpTo('l'), -1)
    await store.append(readings.filter((_, index) => index % 9 !== 4), batch) // prettier-ignore
    assert.deepEqual([(await store.series(''))[0]?.count, await store.appendedUpTo('l')], [18, 7])
    await store.close()
  })

  it('a field that others made a text (a real type conflict) refuses readings by their places', async () => {
    const { store, put } = await openStore()
    await put('tracegate_reading,point=port-1,device=plc,metric=temperature value="text" 1')
    await assert.rejects(store.append([readingAt(1, 1), readingAt(2, NaN), readingAt(3, 3)], batch), refusedAt([0, 2]))
    await store.append([readingAt(2, NaN)], batch)
    assert.equal(await store.appendedUpTo('l'), 7)
    await store.close()
  })

  it('values and times that InfluxDB cannot hold are refused by their places before anything is sent', async () => {
    const { store, values } = await openStore()
    const readings = [readingAt(1, 1), readingAt(2, Infinity), readingAt(9_300_000_000_000, 3), readingAt(4, -Infinity)]
    await assert.rejects(store.append(readings), refusedAt([1, 2, 3]))
    assert.deepEqual(await values(), [1])
    await store.close()
  })

  it('a question whose answer does not come, breaks off or is none ends with a coded error', async () => {
    const { store } = await openStore()
    await store.append(Array.from({ length: 500 }, (_, index) => readingAt(index, index)))
    for (const [fault, wanted] of [
      [{ type: 'hang' }, 'STORE_TIMEOUT'],
      [{ type: 'cutWithin', bytes: 40 }, 'STORE_TIMEOUT'],
      [{ type: 'cutAfter' }, 'STORE_UNREACHABLE'],
      [{ type: 'answer', status: 500 }, 'STORE_SERVER'],
      [{ type: 'answer', status: 401, body: '{"error":"authorization failed"}' }, 'STORE_ACCESS'],
      [{ type: 'answer', status: 200, body: '{"results":[{"series":[{"columns":7}]}]}' }, 'STORE_SERVER'],
      [{ type: 'answer', status: 200, body: '{"results":[{"error":"query interrupted"}]}' }, 'STORE_SERVER']
    ] as const) {
      proxy.decide = ({ path }) => (path.startsWith('/query') ? fault : undefined)
      await assert.rejects(store.range({ series, fromMs: 0, toMs: 1_000 }), code(wanted), `${fault.type} ${wanted}`)
    }
    proxy.decide = () => undefined
    assert.equal((await store.range({ series, fromMs: 0, toMs: 1_000 })).value.length, 500)
    await store.close()
  })

  it('a server that is killed and comes back has every batch that was acknowledged, once', async () => {
    const { store, values } = await openStore()
    await store.append([readingAt(1, 1)], { log: 'l', upTo: 1 })
    await server.kill()
    await assert.rejects(store.append([readingAt(2, 2)], { log: 'l', upTo: 2 }), code('STORE_UNREACHABLE'))
    await server.start()
    await store.append([readingAt(2, 2)], { log: 'l', upTo: 2 })
    await store.append([readingAt(2, 99)], { log: 'l', upTo: 2 })
    assert.deepEqual([await values(), await store.appendedUpTo('l')], [[1, 2], 2])
    await store.close()
  })

  it('whatever goes wrong when: who asks again until it works has stored everything once, in order', async () => {
    const fault = fc.oneof(
      fc.constantFrom<Fault>({ type: 'cutAfter' }, { type: 'answer', status: 500 }, { type: 'answer', status: 503, headers: { 'retry-after': '0' } }, { type: 'answer', status: 413 }), // prettier-ignore
      fc.constant(undefined)
    )
    await fc.assert(
      fc.asyncProperty(fc.array(fault, { maxLength: 25, size: 'max' }), async (faults) => {
        const { store } = await openStore()
        const left = [...faults]
        proxy.decide = ({ path }) => (path.startsWith('/write') ? left.shift() : undefined)
        for (let upTo = 0; upTo < 6; upTo++) {
          const readings = Array.from({ length: 10 }, (_, index) => readingAt(upTo * 5 + index, upTo * 100 + index))
          await untilStored(() => store.append(readings, { log: 'l', upTo }))
        }
        const found = await store.range({ series, fromMs: 0, toMs: 100 })
        const wanted = Array.from({ length: 35 }, (_, at) => (at < 25 ? Math.floor(at / 5) * 100 + (at % 5) : 500 + at - 25))
        assert.deepEqual([...found.value], wanted)
        assert.equal(await store.appendedUpTo('l'), 5)
        await store.close()
      }),
      { numRuns: 12 }
    )
  })
})

/** As the collector's writer does. A single point that is too large (413) is a refusal; here the fault passes. */
async function untilStored(work: () => Promise<void>): Promise<void> {
  for (let tries = 0; tries < 60; tries++) {
    try {
      return await work()
    } catch (error) {
      assert.ok(error instanceof CodedError)
    }
  }
  assert.fail('never stored')
}
