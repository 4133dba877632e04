/** The store's commands as an operator calls them: on real folders, and from the embedded store to a real InfluxDB and back. */
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { parquetReadObjects } from 'hyparquet'
import { parseCapture } from '@tracegate/model/epcis/document'
import { toTraceEvent } from '@tracegate/model/epcis/normalise'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import { openStores } from '../open.ts'
import { startInfluxd, withoutInfluxd } from '../testing/influxd.ts'

const main = new URL('../main.ts', import.meta.url).pathname
const startMs = Date.UTC(2026, 10, 23)

interface Ended {
  readonly code: number
  readonly out: string
  readonly err: string
}

function call(...args: readonly string[]): Promise<Ended> {
  const { promise, resolve } = Promise.withResolvers<Ended>()
  execFile(process.execPath, [main, ...args], { timeout: 60_000, encoding: 'utf8', maxBuffer: 64 << 20 }, (error, out, err) =>
    resolve({ code: typeof error?.code === 'number' ? error.code : error === null ? 0 : -1, out, err })
  )
  return promise
}

async function folder(context: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'tracegate-store-'))
  context.after(() => rm(path, { recursive: true, force: true }))
  return path
}

async function filled(dataDir: string): Promise<void> {
  const stores = await openStores({ store: 'embedded:', dataDir, logger: silentLogger, metrics: createMetrics() })
  const readings = Array.from({ length: 30_000 }, (_, at) => ({
    point: 'port-1',
    device: `d${at % 4}`,
    metric: 'temperature',
    unit: 'Cel',
    value: at % 100 === 9 ? NaN : Math.round(at * 1.37) / 100,
    quality: at % 100 === 9 ? (9 as const) : (1 as const),
    timeMs: startMs + at * 250
  }))
  await stores.telemetry.append(readings)
  const events = Array.from({ length: 700 }, (_, serial) => {
    const capture = parseCapture({
      '@context': 'https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld',
      type: 'AggregationEvent',
      eventTime: new Date(startMs + serial * 1_000).toISOString(),
      eventTimeZoneOffset: '+00:00',
      parentID: `urn:epc:id:sscc:9506000.${String(1_000_000_000 + Math.floor(serial / 10))}`,
      childEPCs: [`urn:epc:id:sgtin:9506000.134352.${serial}`],
      action: 'ADD',
      bizStep: 'packing'
    })
    assert.ok(capture.ok)
    const [event] = capture.events
    assert.ok(event)
    return toTraceEvent(event, { recordTimeMs: startMs + serial })
  })
  await stores.trace.capture(events)
  await stores.close()
}

describe('npm run store', () => {
  it('backs up, verifies, restores and exports', async (context) => {
    const root = await folder(context)
    const [data, copy, again] = [join(root, 'data'), join(root, 'copy'), join(root, 'again')]
    await filled(data)
    assert.match((await call('backup', '--data-dir', data, '--to', copy)).out, /^\d+ files, [\d,]+ bytes in /)
    const verified = await call('verify', '--data-dir', copy)
    assert.equal(verified.code, 0, verified.out)
    assert.match(verified.out, /sound {3}telemetry\.db \(4 series, /)
    assert.equal((await call('restore', '--from', copy, '--data-dir', again)).code, 0)
    assert.equal((await call('restore', '--from', copy, '--data-dir', again)).code, 2, 'nothing is written over')
    const csv = await call('export', '--data-dir', again, '--prefix', 'port-1/d1', '--until', new Date(startMs + 9_999).toISOString())
    assert.equal(csv.out.trimEnd().split('\r\n').length, 1 + 10)
    const file = join(root, 'all.parquet')
    assert.equal((await call('export', '--data-dir', again, '--format', 'parquet', '--to', file)).code, 0)
    const rows = await parquetReadObjects({ file: Uint8Array.from(await readFile(file)).buffer })
    assert.equal(rows.length, 30_000)
    const twice = await call('export', '--data-dir', again, '--to', file)
    assert.deepEqual([twice.code, /EEXIST/.test(twice.err)], [2, true])
    const none = await call(
      'migrate',
      '--from',
      'embedded:',
      '--from-data-dir',
      join(root, 'typo'),
      '--to',
      'embedded:',
      '--to-data-dir',
      copy
    )
    assert.deepEqual([none.code, /expected a data folder that holds a store/.test(none.err)], [2, true], none.err)
    for (const wrong of [['bakup'], ['backup'], ['verify', '--data-dir', join(root, 'none')], ['export', '--form', 'csv']]) {
      const { code, err } = await call(...wrong)
      assert.deepEqual([code, err.startsWith('Cannot ')], [2, true], `${wrong.join(' ')}: ${err}`)
    }
  })

  it('copies the embedded store into a real InfluxDB and back, reading for reading', { skip: withoutInfluxd() }, async (context) => {
    const root = await folder(context)
    const [data, back] = [join(root, 'data'), join(root, 'back')]
    await filled(data)
    const server = await startInfluxd()
    context.after(() => server.stop())
    const url = `influx://127.0.0.1:${server.port}/copied`
    const there = ['migrate', '--from', 'embedded:', '--from-data-dir', data, '--to', url, '--state', join(root, 'there.json')]
    const first = await call(...there, '--check', 'values')
    assert.equal(first.code, 0, first.out + first.err)
    assert.match(first.out, /30,000 here, 30,000 copied now\nevents {4}700 there, 700 here, 700 copied now\nthe same in both \(values\)/)
    assert.match(first.err, /readings: 30,000 of 30,000/)
    assert.match((await call(...there)).out, / 0 copied now\n.* 0 copied now/)
    const home = await call(
      'migrate',
      '--from',
      url,
      '--to',
      'embedded:',
      '--to-data-dir',
      back,
      '--state',
      join(root, 'back.json'),
      '--check',
      'values'
    )
    assert.equal(home.code, 0, home.out + home.err)
    assert.match((await call('verify', '--data-dir', back)).out, /sound {3}telemetry\.db \(4 series, /)
  })
})
