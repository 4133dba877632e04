/** Stores opened by their address. */
import assert from 'node:assert/strict'
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import { isStoreError } from './errors.ts'
import { openStores } from './open.ts'
import { startInfluxd, withoutInfluxd } from './testing/influxd.ts'
import { readingAt, series } from './telemetry-suite-model.ts'

const code = (wanted: string) => (error: unknown) => isStoreError(error, wanted)

async function optionsIn(context: TestContext) {
  const dataDir = await mkdtemp(join(tmpdir(), 'tracegate-open-'))
  context.after(() => rm(dataDir, { recursive: true, force: true }))
  return { dataDir, logger: silentLogger, metrics: createMetrics(), reachWithinMs: 0 }
}

test('embedded stores lie in the data folder, those in memory nowhere', async (context) => {
  const options = await optionsIn(context)
  const memory = await openStores({ ...options, store: 'memory:' })
  await memory.telemetry.append([readingAt(1, 1)])
  await memory.close()
  assert.deepEqual(await readdir(options.dataDir), [])
  const embedded = await openStores(options)
  await embedded.telemetry.append([readingAt(1, 1)])
  assert.deepEqual(await embedded.trace.counts(), { events: 0, keys: 0 })
  assert.equal(embedded.name, 'embedded')
  await embedded.close()
  assert.ok((await readdir(options.dataDir)).includes('telemetry.db'))
})

test('readings go to the InfluxDB that is named, cases stay in the data folder', { skip: withoutInfluxd() }, async (context) => {
  const server = await startInfluxd()
  context.after(() => server.stop())
  const options = { ...(await optionsIn(context)), store: `influx://127.0.0.1:${server.port}/tracegate` }
  const stores = await openStores(options)
  await stores.telemetry.append([readingAt(1, 1)], { log: 'l', upTo: 4 })
  await stores.close()
  const again = await openStores({ ...options, metrics: createMetrics() })
  assert.deepEqual([...(await again.telemetry.range({ series, fromMs: 0, toMs: 9 })).value], [1])
  assert.equal(await again.telemetry.appendedUpTo('l'), 4)
  assert.deepEqual(await again.trace.counts(), { events: 0, keys: 0 })
  await again.close()
  const files = await readdir(options.dataDir)
  assert.deepEqual(
    files.filter((name) => /^[a-z-]+\.db$/.test(name)),
    ['cases.db']
  )
  await assert.rejects(
    openStores({ ...options, store: `influx2://127.0.0.1:${server.port}/o/b`, storeTokenFile: await secret(context) }),
    code('STORE_SERVER_VERSION')
  )
  await assert.rejects(openStores({ ...options, store: `influx3://127.0.0.1:${server.port}/b` }), code('STORE_SERVER_VERSION'))
})

async function secret(context: TestContext, text = 'se-cret\n'): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tracegate-secret-'))
  context.after(() => rm(folder, { recursive: true, force: true }))
  await writeFile(join(folder, 'secret'), text)
  return join(folder, 'secret')
}

test('a server that is not there is told after the time for trying, one that comes meanwhile is taken', async (context) => {
  const options = { ...(await optionsIn(context)), store: 'influx://127.0.0.1:9/d' }
  await assert.rejects(openStores(options), (error) => code('STORE_UNREACHABLE')(error) && /1 tries in/.test(String(error)))
  let asked = 0
  const server = createServer((request, response) => {
    asked += 1
    response.statusCode = asked === 1 ? 503 : request.url === '/ping' ? 204 : 200
    response.setHeader('X-Influxdb-Version', '1.8.10')
    response.end(response.statusCode === 200 ? '{"results":[{}]}' : '')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  context.after(() => server.close())
  const address = server.address()
  const port = address !== null && typeof address === 'object' ? address.port : 0
  const stores = await openStores({ ...options, metrics: createMetrics(), store: `influx://127.0.0.1:${port}/d`, reachWithinMs: 5_000 })
  assert.equal(asked, 3)
  await stores.close()
})

test('secrets come from files, and only those that the server knows', async (context) => {
  const options = await optionsIn(context)
  const wrong = [
    { store: 'influx://h/d', storeTokenFile: '/x' },
    { store: 'influx2://h/o/b' },
    { store: 'influx2://h/o/b', storeUsername: 'u' },
    { store: 'influx2://h/o/b', storeTokenFile: '/no/such/file' },
    { store: 'influx2://h/o/b', storeTokenFile: await secret(context, '') },
    { store: 'influx3://h/b', storeTokenFile: await secret(context, 'a\nb') }
  ]
  for (const one of wrong) await assert.rejects(openStores({ ...options, ...one }), code('STORE_URL'), JSON.stringify(one))
  const seen: (string | undefined)[] = []
  const server = createServer((request, response) => {
    seen.push(`${request.url} ${request.headers.authorization}`)
    response.writeHead(401, { 'content-type': 'application/json' }).end('{"code":"unauthorized","message":"unauthorized access"}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  context.after(() => server.close())
  const address = server.address()
  const host = `127.0.0.1:${address !== null && typeof address === 'object' ? address.port : 0}`
  const storePasswordFile = await secret(context)
  const refused = (error: unknown) => code('STORE_ACCESS')(error) && !JSON.stringify([String(error), error]).includes('se-cret')
  await assert.rejects(openStores({ ...options, store: `influx://${host}/d`, storeUsername: 'u', storePasswordFile }), refused)
  await assert.rejects(openStores({ ...options, store: `influx2://${host}/o/b`, storeTokenFile: storePasswordFile }), refused)
  await assert.rejects(openStores({ ...options, store: `influx3://${host}/b`, storeTokenFile: storePasswordFile }), refused)
  assert.deepEqual(seen, ['/ping Basic dTpzZS1jcmV0', '/ping Token se-cret', '/ping Bearer se-cret'])
})

test('what is too old by the configuration goes, and a policy that cannot hold is refused at the start', async (context) => {
  const options = await optionsIn(context)
  const dayMs = 86_400_000
  const stores = await openStores({ ...options, keepRawDays: 30, retention: [{ metric: 'temperature', rawDays: 1 }] })
  const ages = { temperature: 2, humidity: 2, pressure: 40 }
  const readings = Object.entries(ages).map(([metric, days]) => ({ ...readingAt(1, 1), metric, timeMs: Date.now() - days * dayMs }))
  await stores.telemetry.append(readings)
  assert.equal((await stores.telemetry.applyRetention(Date.now())).raw, 2)
  const left = (await stores.telemetry.series('')).filter(({ count }) => count > 0)
  assert.deepEqual(
    left.map((info) => info.series.split('/').at(-1)),
    ['humidity']
  )
  assert.equal(stores.trouble(), undefined)
  await stores.close()
  await assert.rejects(openStores({ ...options, metrics: createMetrics(), keepRawDays: 30, keepMinuteDays: 3 }), code('STORE_QUERY'))
})
