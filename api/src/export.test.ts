/** The export of readings over HTTP: whole, typed, and at the pace of who takes it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parquetReadObjects } from 'hyparquet'
import { authorization, createCheckedServer, createWorld, minuteMs, startMs } from './harness.ts'

const readingsOf = (device: string, count: number) =>
  Array.from({ length: count }, (_, at) => ({
    point: 'port-1',
    device,
    metric: 'temperature',
    value: at / 10,
    unit: 'Cel',
    quality: 1 as const,
    timeMs: startMs + at * 1_000
  }))
const range = `from=${new Date(startMs).toISOString()}&to=${new Date(startMs + 60 * minuteMs).toISOString()}`

test('readings of all series with a prefix are sent as CSV and as Parquet', async () => {
  const world = await createWorld()
  await world.telemetry.append([...readingsOf('a', 20_000), ...readingsOf('b', 3)])
  const app = await createCheckedServer(world)
  const csv = await app.inject({ url: `/api/v1/readings/export?prefix=port-1/&${range}`, headers: { authorization } })
  assert.equal(csv.statusCode, 200)
  assert.match(String(csv.headers['content-type']), /^text\/csv/)
  assert.equal(csv.body.trimEnd().split('\r\n').length, 1 + 3_601 + 3, 'an hour at 1 Hz, both ends included')
  const parquet = await app.inject({ url: `/api/v1/readings/export?prefix=port-1/b&${range}&format=parquet`, headers: { authorization } })
  assert.match(String(parquet.headers['content-disposition']), /readings\.parquet/)
  const rows = await parquetReadObjects({ file: Uint8Array.from(parquet.rawPayload).buffer })
  assert.deepEqual(
    rows.map(({ device, value }) => [device, value]),
    [
      ['b', 0],
      ['b', 0.1],
      ['b', 0.2]
    ]
  )
})

test('what the taker does not take is not read', async () => {
  const world = await createWorld()
  await world.telemetry.append(readingsOf('a', 3))
  let pages = 0
  const [series] = await world.telemetry.series('')
  assert.ok(series)
  const telemetry = {
    ...world.telemetry,
    async *pages() {
      for (; pages < 100_000; pages += 1)
        yield world.telemetry.range({ series: series.series, fromMs: startMs, toMs: startMs + 60 * minuteMs })
    }
  }
  const app = await createCheckedServer(await createWorld({ telemetry }))
  const address = await app.listen({ port: 0, host: '127.0.0.1' })
  const taking = new AbortController()
  const answer = await fetch(`${address}/api/v1/readings/export?prefix=port-1/&${range}`, {
    headers: { authorization },
    signal: taking.signal
  })
  const reader = answer.body?.getReader()
  await reader?.read()
  await new Promise((resolve) => setTimeout(resolve, 300))
  const seen = pages
  assert.ok(seen < 100_000, `${seen} pages were read for a taker who took one`)
  taking.abort()
  await new Promise((resolve) => setTimeout(resolve, 200))
  await app.close()
  assert.ok(pages < 100_000, 'reading ends with the connection')
})
