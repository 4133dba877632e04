/** The HTTP endpoint as scanners and scripts use it, up to our messages. */
import assert from 'node:assert/strict'
import { execFile, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { encodeCbor } from '@tracegate/model/cbor'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import { type Edge, startEdge } from '../../edge.ts'
import { tempFolder } from '../../testing/temp-folder.ts'
import { isRecord, startTestBroker, type TestBroker, until } from '../../testing/test-broker.ts'
import { createEndpoint } from './endpoint.ts'
import type { HttpSource } from './http-config.ts'
import { sourceKind } from './source.ts'
import { readTokens } from './tokens.ts'

const token = 'scanner-token-0123456789'
const rule = { readPoint: 'https://id.gs1.org/414/9506000134338', bizStep: 'receiving', action: 'OBSERVE', mode: 'observe' } as const
const event = {
  '@context': ['https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld'],
  type: 'ObjectEvent',
  eventTime: '2026-01-01T00:00:00Z',
  eventTimeZoneOffset: '+00:00',
  epcList: ['https://id.gs1.org/00/095060001343000014'],
  action: 'OBSERVE',
  bizStep: 'receiving'
}

function configIn(folder: string, more: Partial<HttpSource> = {}): HttpSource {
  writeFileSync(join(folder, 'scanner.token'), `${token}\n`)
  writeFileSync(join(folder, 'script.token'), 'script-token-0123456789=')
  return {
    type: 'http',
    port: 0,
    devices: [
      { device: 'scanner-1', tokenFile: join(folder, 'scanner.token'), rule, symbology: 'Code 128' },
      { device: 'script', tokenFile: join(folder, 'script.token') }
    ],
    ...more
  }
}

async function startAgent(
  folder: string,
  broker: Pick<TestBroker, 'url'>,
  source: HttpSource,
  more: object = {}
): Promise<Edge & { url: string }> {
  const edge = await startEdge(
    {
      point: 'p1',
      agent: 'agent',
      secret: 'secret-of-agent',
      brokerUrl: broker.url,
      dataDir: join(folder, 'data'),
      outboxSync: 'normal',
      devices: [],
      sources: [source],
      ...more
    },
    { logger: silentLogger, metrics: createMetrics() }
  )
  await until('the endpoint', () => edge.status().sources[0]?.connected === true)
  const url = /http:\/\/[^,]+/.exec(edge.status().sources[0]?.detail ?? '')?.[0] ?? ''
  return Object.assign(edge, { url })
}

function poster(url: string) {
  return async (path: string, body: string | Uint8Array, headers: Record<string, string> = {}) => {
    const answer = await fetch(`${url}${path}`, {
      method: 'POST',
      body: Buffer.from(body),
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json', ...headers }
    })
    const parsed: unknown = JSON.parse(await answer.text())
    assert.ok(isRecord(parsed))
    return { status: answer.status, body: parsed, headers: answer.headers }
  }
}

test('the HTTP source', { timeout: 60_000 }, async (context) => {
  using folder = tempFolder()
  await using broker = await startTestBroker()
  const config = configIn(folder.path)
  await using edge = await startAgent(folder.path, broker, config)
  const post = poster(edge.url)
  const messages = (device: string, channel: string) =>
    broker.received.filter((message) => message.device === device && message.channel === channel).map(({ message }) => message)

  await context.test('keeps readings, scans and events of a device, JSON or CBOR, and says so when they are durable', async () => {
    const readings = [
      { metric: 't', value: 4.5, unit: 'Cel', quality: 1, timeMs: 5 },
      { metric: 'door', value: true, unit: '1', quality: 2, timeMs: 6 }
    ]
    const first = await post('/v1/readings', JSON.stringify({ readings }))
    assert.deepEqual([first.status, first.body], [201, { kept: 2 }])
    assert.equal(edge.status().counts.readingsKept, 2)
    assert.equal(
      (
        await post('/v1/readings', encodeCbor({ timeMs: 7, readings: [{ metric: 't', value: null, unit: 'Cel', quality: 9 }] }), {
          'content-type': 'application/cbor'
        })
      ).status,
      201
    )
    assert.equal(
      (await post('/v1/scans', JSON.stringify({ scans: [{ symbology: ']C1', data: '00095060001343000014', timeMs: 8 }] }))).status,
      201
    )
    assert.equal((await post('/v1/events', JSON.stringify(event))).status, 201)
    assert.equal((await post('/v1/events', JSON.stringify({ epcis: event }))).status, 201)
    await until('all of it', () => messages('scanner-1', 'telemetry').length === 2 && messages('scanner-1', 'event').length === 3)
    assert.equal(messages('scanner-1', 'state').at(-1)?.['online'], true)
  })

  await context.test('takes plain text as a scanner types it, one scan a line', async () => {
    const answer = await post('/v1/scans', 'LOCKER 7\r\n]C100095060001343000014\r\n', { 'content-type': 'text/plain; charset=utf-8' })
    assert.deepEqual([answer.status, answer.body], [201, { kept: 2 }])
    await until('the scan', () => messages('scanner-1', 'scan').length === 1 && messages('scanner-1', 'event').length === 4)
    const [scan] = messages('scanner-1', 'scan')
    assert.ok(Array.isArray(scan?.['scans']) && isRecord(scan['scans'][0]))
    assert.deepEqual([scan['scans'][0]['symbology'], scan['scans'][0]['data']], [']C0', 'LOCKER 7'])
  })

  await context.test('refuses what is wrong with the code, the place, and what was expected', async () => {
    const reading = { metric: 't', value: 1, unit: 'Cel', quality: 1 }
    const cases: readonly (readonly [string, string, Record<string, string>, number, string, RegExp])[] = [
      ['/v1/readings', '{"readings":', {}, 400, 'PAYLOAD_NOT_JSON', /not JSON/],
      ['/v1/readings', '{}', {}, 422, 'SCHEMA_REQUIRED', /readings/],
      ['/v1/readings', JSON.stringify({ readings: [{ ...reading, unit: '°C' }] }), {}, 422, 'SCHEMA_PATTERN', /\/readings\/0\/unit/],
      ['/v1/readings', JSON.stringify({ readings: [{ ...reading, quality: 9 }] }), {}, 422, 'VALUE_QUALITY', /\/readings\/0/],
      ['/v1/readings', 'x', { 'content-type': 'text/plain' }, 415, 'MEDIA_TYPE', /application\/json/],
      ['/v1/readings', '{}', { 'content-encoding': 'gzip' }, 415, 'CONTENT_ENCODING', /gzip/],
      ['/v1/scans', '\r\n', { 'content-type': 'text/plain' }, 422, 'SCAN_DATA_MISSING', /0 lines/],
      ['/v1/scans', JSON.stringify({ scans: [{ symbology: 'QR', data: 'x' }] }), {}, 422, 'SCHEMA_PATTERN', /symbology/],
      ['/v1/events', JSON.stringify({ ...event, action: 'LOOK' }), {}, 422, 'EPCIS_INVALID', /action/],
      ['/v1/other', '{}', {}, 404, 'PATH', /\/v1\/readings, \/v1\/scans, \/v1\/events/],
      ['/v1/readings', 'x'.repeat(300_000), {}, 413, 'PAYLOAD_TOO_LARGE', /at most \d+ bytes/],
      ['/v1/readings', '{}', { authorization: 'Bearer wrong-token-0123456789' }, 401, 'TOKEN', /expected/],
      ['/v1/readings', '{}', { authorization: '' }, 401, 'TOKEN', /expected/],
      ['/v1/readings', JSON.stringify({ readings: [reading] }), { 'idempotency-key': 'x'.repeat(129) }, 400, 'IDEMPOTENCY_KEY', /128/]
    ]
    const { readingsKept } = edge.status().counts
    for (const [path, body, headers, status, code, message] of cases) {
      const answer = await post(path, body, headers)
      const shown = `${path} ${code}: ${JSON.stringify(answer.body)}`
      assert.equal(answer.status, status, shown)
      assert.equal(answer.headers.get('content-type'), 'application/problem+json', shown)
      if (code !== 'SCHEMA_PATTERN' && code !== 'EPCIS_INVALID') assert.equal(answer.body['code'], code, shown)
      assert.match(String(answer.body['detail']), message, shown)
    }
    const get = await fetch(`${edge.url}/v1/readings`, { headers: { authorization: `Bearer ${token}` } })
    assert.deepEqual([get.status, get.headers.get('allow')], [405, 'POST'])
    assert.equal(edge.status().counts.readingsKept, readingsKept)
  })

  await context.test('keeps a retry with the same key once, and refuses the key for another body', async () => {
    const body = (value: number) => JSON.stringify({ readings: [{ metric: 'once', value, unit: '1', quality: 1 }] })
    const before = edge.status().counts.readingsKept
    const answers = await Promise.all([1, 2, 3].map(() => post('/v1/readings', body(1), { 'idempotency-key': 'k1' })))
    assert.deepEqual(
      answers.map(({ status }) => status).sort((a, b) => a - b),
      [200, 200, 201]
    )
    assert.equal(edge.status().counts.readingsKept, before + 1)
    const other = await post('/v1/readings', body(2), { 'idempotency-key': 'k1' })
    assert.deepEqual([other.status, other.body['code']], [422, 'IDEMPOTENCY_CONFLICT'])
    // Keys are each device's own.
    const script = await post('/v1/readings', body(2), { 'idempotency-key': 'k1', authorization: 'Bearer script-token-0123456789=' })
    assert.equal(script.status, 201)
  })

  await context.test('takes many at once', async () => {
    const before = edge.status().counts.readingsKept
    const work = Array.from({ length: 200 }, (_, value) =>
      post('/v1/readings', JSON.stringify({ readings: [{ metric: 'many', value, unit: '1', quality: 1 }] }))
    )
    assert.ok((await Promise.all(work)).every(({ status }) => status === 201))
    assert.equal(edge.status().counts.readingsKept, before + 200)
  })

  await context.test('a check beside the running agent finds it, and disturbs nothing', async () => {
    const port = Number(new URL(edge.url).port)
    const checked = sourceKind.configure({ ...config, port })
    assert.ok(checked.ok)
    const found: string[] = []
    for await (const { item, ok, detail } of checked.value.probe({
      dataDir: folder.path,
      logger: silentLogger,
      clientId: 'check',
      waitMs: 200,
      signal: new AbortController().signal
    }))
      found.push(`${item} ${ok} ${detail}`)
    assert.deepEqual(found, ['tokens true 2 tokens read', `127.0.0.1:${port} true the running agent answers at this address`])
  })

  await context.test(
    'the curl examples of the README work as they are written',
    { skip: hasCurl() ? false : 'the program curl is not installed' },
    async () => {
      const readme = readFileSync(new URL('README.md', import.meta.url), 'utf8')
      const examples = [...readme.matchAll(/```sh\n(curl[\s\S]*?)```/g)].map((match) => match[1] ?? '')
      assert.ok(examples.length >= 4, `${examples.length} examples`)
      for (const example of examples) {
        const command = example.replaceAll('http://127.0.0.1:8090', edge.url).replace(/^curl /, 'curl -s -w "\\n%{http_code}\\n" ')
        const { stdout } = await promisify(execFile)('sh', ['-c', command], { timeout: 10_000, env: { ...process.env, TOKEN: token } })
        assert.match(stdout, /\n20[01]\n$/, `${command}\n${stdout}`)
      }
    }
  )
})

function hasCurl(): boolean {
  return process.env['CI'] === 'true' || spawnSync('curl', ['--version']).error === undefined
}

test('a full outbox is answered 503 with Retry-After, and a retry does not store twice what was kept', async () => {
  using folder = tempFolder()
  const config = configIn(folder.path)
  const kept: string[] = []
  let full = true
  const server = createEndpoint({
    config,
    tokens: readTokens(config, {}),
    async keep(posted, _device, parts) {
      if (posted.type !== 'scans') return
      for (const [index, scan] of posted.scans.entries()) {
        if (parts.has(index)) continue
        if (full && index === 1) throw new Error('Cannot keep scan: outbox is full')
        kept.push(scan.data)
        parts.set(index, Promise.resolve())
      }
    },
    onRequest: () => undefined
  })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve())
  })
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  const post = poster(`http://127.0.0.1:${address.port}`)
  const body = 'A\nB\nC\n'
  const headers = { 'content-type': 'text/plain', 'idempotency-key': 'k' }
  const first = await post('/v1/scans', body, headers)
  assert.deepEqual([first.status, first.headers.get('retry-after'), first.body['code']], [503, '5', 'OUTBOX'])
  full = false
  assert.equal((await post('/v1/scans', body, headers)).status, 201)
  assert.equal((await post('/v1/scans', body, headers)).status, 200)
  assert.deepEqual(kept, ['A', 'B', 'C'])
  server.closeAllConnections()
  server.close()
})

test('connections beyond the limit are closed, and a request that does not end is given up', async () => {
  using folder = tempFolder()
  const config = configIn(folder.path, { connectionsMax: 2, requestTimeoutMs: 300 })
  const server = createEndpoint({ config, tokens: readTokens(config, {}), keep: () => Promise.resolve(), onRequest: () => undefined })
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve())
  })
  const address = server.address()
  assert.ok(address !== null && typeof address === 'object')
  const startedMs = performance.now()
  const closed = [0, 1, 2].map(
    () =>
      new Promise<number>((resolve) => {
        const socket = connect(address.port, '127.0.0.1', () => socket.write('POST /v1/readings HTTP/1.1\r\nhost: x\r\ncontent-le'))
        socket.on('error', () => undefined)
        socket.resume()
        socket.once('close', () => resolve(performance.now() - startedMs))
      })
  )
  const [quickest = Infinity, , slowest = Infinity] = (await Promise.all(closed)).sort((a, b) => a - b)
  assert.ok(quickest < 250, `the third was closed after ${quickest} ms`)
  assert.ok(slowest < 5_000, `the last was closed after ${slowest} ms`)
  server.close()
})

test('a configuration that is not safe, or does not go together, is refused', () => {
  const device = { device: 'd', tokenFile: 't' }
  const bad: readonly (readonly [object, RegExp])[] = [
    [{ host: '0.0.0.0', devices: [device] }, /not loopback/],
    [{ certificateFile: 'a', devices: [device] }, /certificateFile and keyFile/],
    [{ devices: [device, device] }, /twice/],
    [{ devices: [{ device: 'd' }] }, /neither of tokenFile/],
    [{ devices: [{ ...device, tokenVariable: 'T' }] }, /both of tokenFile/]
  ]
  for (const [members, message] of bad) assert.throws(() => sourceKind.configure({ type: 'http', port: 0, ...members }), message)
  assert.throws(() => readTokens({ type: 'http', port: 0, devices: [{ device: 'd', tokenVariable: 'T' }] }, { T: 'short' }), /at least 16/)
  const two = {
    type: 'http',
    port: 0,
    devices: [
      { device: 'a', tokenVariable: 'T' },
      { device: 'b', tokenVariable: 'T' }
    ]
  } as const
  assert.throws(() => readTokens({ ...two, devices: [...two.devices] }, { T: token }), /same token/)
})
