/**
 * The driver of InfluxDB 3.x against a small HTTP server that answers as the documentation of 3 Core says. No real 3.x could be had here: it
 * shows that the driver asks and reads as documented, not that a server does so.
 */
import assert from 'node:assert/strict'
import { createServer, type IncomingMessage } from 'node:http'
import { test, type TestContext } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { isStoreError } from '../errors.ts'
import type { InfluxDatabase } from './client.ts'
import { createInfluxDatabase } from './client-open.ts'
import { createLineWriter } from './line-writer.ts'

interface Asked {
  readonly isGzip: boolean
  readonly line: string
  readonly authorization: string | undefined
  readonly body: string
}
interface Answer {
  readonly status: number
  readonly body?: string
  readonly headers?: Readonly<Record<string, string>>
}

async function documented(context: TestContext, answerOf: (asked: Asked) => Answer): Promise<{ database: InfluxDatabase; asked: Asked[] }> {
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    void bodyOf(request).then((body) => {
      const one = {
        isGzip: request.headers['content-encoding'] === 'gzip',
        line: `${request.method} ${request.url}`,
        authorization: request.headers.authorization,
        body
      }
      asked.push(one)
      const { status, body: text = '', headers = {} } = answerOf(one)
      response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(text)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  context.after(() => server.close())
  const address = server.address()
  const port = address !== null && typeof address === 'object' ? address.port : 0
  const database = createInfluxDatabase({
    kind: 'influx3',
    origin: `http://127.0.0.1:${port}`,
    database: 'trace gate',
    token: 'apiv3_x',
    compress: true
  })
  context.after(() => database.close())
  return { database, asked }
}

async function bodyOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) chunks.push(Buffer.from(chunk))
  const whole = Buffer.concat(chunks)
  return (request.headers['content-encoding'] === 'gzip' ? gunzipSync(whole) : whole).toString()
}

test('the version is asked for, and no other server is taken', async (context) => {
  const { database, asked } = await documented(context, () => ({
    status: 200,
    body: '{"version":"3.4.1","revision":"abc","process_id":"x"}'
  }))
  assert.deepEqual(await database.prepare(), { version: '3.4.1' })
  assert.deepEqual(asked[0], { isGzip: false, line: 'GET /ping', authorization: 'Bearer apiv3_x', body: '' })
  const other = await documented(context, () => ({ status: 204, headers: { 'X-Influxdb-Version': 'v2.7.12' } }))
  await assert.rejects(other.database.prepare(), (error) => isStoreError(error, 'STORE_SERVER_VERSION'))
})

test('points go by the v2 API, large bodies compressed; a partial write is taken apart until the poison is alone', async (context) => {
  const { database, asked } = await documented(context, ({ body }) => {
    const at = body.split('\n').findIndex((line) => line.includes('poison'))
    if (at === -1) return { status: 204 }
    const data = [{ original_line: 'm poison', line_number: at + 1, error_message: 'No fields were provided' }]
    return { status: 400, body: JSON.stringify({ error: 'partial write of line protocol occurred', data }) }
  })
  const lines = Array.from({ length: 200 }, (_, index) => (index === 130 ? 'm poison' : `m,k=a value=${index} ${index}`))
  const refused = await createLineWriter({ database }).write(lines, 'ms')
  assert.deepEqual(refused, [{ index: 130, detail: 'partial write of line protocol occurred' }])
  assert.equal(asked[0]?.line, 'POST /api/v2/write?bucket=trace+gate&precision=ms')
  assert.deepEqual([asked[0].body, asked[0].isGzip], [lines.join('\n'), true])
})

test('questions go in InfluxQL, and flat rows are read as documented', async (context) => {
  const { database, asked } = await documented(context, ({ body }) => {
    if (body.includes('count(')) return { status: 200, body: '[{"iox::measurement":"m","time":"1970-01-01T00:00:00","device":"a%00000ab","q":12}]' } // prettier-ignore
    return {
      status: 200,
      body: '[{"iox::measurement":"m","time":"2026-11-23T10:00:00.001000002","q":1,"s":"x","device":"d"},{"iox::measurement":"m","time":"2026-11-23T10:00:01","q":9,"device":"d"}]'
    }
  })
  const every = await database.select({
    measurement: 'm',
    fields: ['q', 's'],
    where: [{ tag: 'device', anyOf: ["d'"] }],
    pick: { type: 'every', tags: ['device'], order: 'ascending', limit: 2 }
  })
  const timeMs = Date.UTC(2026, 10, 23, 10)
  assert.deepEqual(every.rows, [
    { timeMs: timeMs + 1, nanos: 2, tags: { device: 'd' }, values: [1, 'x'] },
    { timeMs: timeMs + 1_000, nanos: 0, tags: { device: 'd' }, values: [9, null] }
  ])
  const question: unknown = JSON.parse(asked[0]?.body ?? '')
  assert.deepEqual(question, {
    db: 'trace gate',
    q: `SELECT "q", "s", "device"::tag FROM "m" WHERE ("device"::tag = 'd\\'') AND time >= 0 AND time <= 9223372036853999999 ORDER BY time ASC LIMIT 2`,
    format: 'json'
  })
  assert.equal(asked[0]?.line, 'POST /api/v3/query_influxql')
  const count = await database.select({ measurement: 'm', fields: ['q', 's'], pick: { type: 'count' } })
  assert.deepEqual(
    count.rows.map(({ tags, values }) => [tags, values]),
    [[{ device: 'a\nb' }, [12]]]
  )
})

test('before the first write nothing is found; other failures are coded errors; nothing can be deleted', async (context) => {
  let answer: Answer = { status: 404, body: '{"error":"query error: database not found: trace gate"}' }
  const { database } = await documented(context, () => answer)
  const ask = () => database.select({ measurement: 'm', fields: ['q'], pick: { type: 'newest' } })
  assert.deepEqual(await ask(), { rows: [], cut: false })
  for (const [next, code] of [
    [{ status: 401, body: '' }, 'STORE_ACCESS'],
    [{ status: 500, body: '{"error":"out of memory"}' }, 'STORE_SERVER'],
    [{ status: 200, body: '{"rows":1}' }, 'STORE_SERVER'],
    [{ status: 200, body: 'no json' }, 'STORE_SERVER']
  ] as const) {
    answer = next
    await assert.rejects(ask(), (error) => isStoreError(error, code), code)
  }
  const whole = { fromNanos: '0', toNanos: '1' }
  await assert.rejects(database.remove({ measurement: 'm', tags: {}, span: whole }), (error) => isStoreError(error, 'STORE_UNSUPPORTED'))
})
