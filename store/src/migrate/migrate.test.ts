/** One store is copied into another: whole, once, and from where it was interrupted. */
import assert from 'node:assert/strict'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, it, type TestContext } from 'node:test'
import { parseCapture } from '@tracegate/model/epcis/document'
import { toTraceEvent } from '@tracegate/model/epcis/normalise'
import type { Reading } from '@tracegate/model/telemetry'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import { createEmbeddedTelemetryStore } from '../embedded-telemetry.ts'
import { createEmbeddedTraceStore } from '../embedded-trace.ts'
import { createMemoryTelemetryStore } from '../memory-telemetry.ts'
import { createMemoryTraceStore } from '../memory-trace.ts'
import { migrateStores, type MigrationOptions, type MigrationSide } from './migrate.ts'

const startMs = Date.UTC(2026, 10, 23)

async function folder(context: TestContext): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'tracegate-migrate-'))
  context.after(() => rm(path, { recursive: true, force: true }))
  return path
}

const inMemory = (name: string): MigrationSide => ({ name, telemetry: createMemoryTelemetryStore(), trace: createMemoryTraceStore() })

function readings(series: number, count: number): Reading[] {
  return Array.from({ length: series * count }, (_, at) => ({
    point: 'port-1',
    device: `d${at % series}`,
    metric: 'temperature',
    unit: 'Cel',
    value: at % 50 === 7 ? NaN : at / 100,
    quality: at % 50 === 7 ? 9 : 1,
    timeMs: startMs + Math.floor(at / series) * 1_000
  }))
}

function eventOf(serial: number, more: object = {}) {
  const capture = parseCapture({
    '@context': ['https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld', { ex: 'https://example.org/' }],
    type: 'ObjectEvent',
    eventTime: new Date(startMs + serial * 1_000).toISOString(),
    eventTimeZoneOffset: '+08:00',
    epcList: [`urn:epc:id:sgtin:9506000.134352.${serial}`],
    action: 'OBSERVE',
    'ex:note': 'kept as it is',
    ...more
  })
  assert.ok(capture.ok)
  const [event] = capture.events
  assert.ok(event)
  return toTraceEvent(event, { recordTimeMs: startMs + serial, context: capture.context })
}

async function filled(): Promise<MigrationSide> {
  const side = inMemory('memory:from')
  await side.telemetry.append(readings(5, 400))
  const events = Array.from({ length: 1_200 }, (_, serial) =>
    eventOf(serial, { eventID: `urn:uuid:${String(serial).padStart(8, '0')}-0000-4000-8000-000000000000` })
  )
  await side.trace.capture(events)
  const declared = {
    eventID: 'urn:uuid:00000007-0000-4000-8000-000000000000',
    errorDeclaration: { declarationTime: new Date(startMs + 9_000_000).toISOString() }
  }
  await side.trace.capture([{ ...eventOf(7, declared), recordTimeMs: startMs + 600 }])
  return side
}

async function embedded(dataDir: string): Promise<MigrationSide & AsyncDisposable> {
  const [telemetry, trace] = [
    await createEmbeddedTelemetryStore({ dataDir }),
    await createEmbeddedTraceStore({ dataDir, logger: silentLogger, metrics: createMetrics() })
  ]
  return {
    name: 'embedded:to',
    telemetry,
    trace,
    async [Symbol.asyncDispose]() {
      await telemetry.close()
      await trace.close()
    }
  }
}

const run = (options: Pick<MigrationOptions, 'from' | 'to' | 'statePath'> & Partial<MigrationOptions>) =>
  migrateStores({ check: 'values', ...options })

describe('a migration', () => {
  it('copies every reading and every version of every event, and a second run copies nothing', async (context) => {
    const dataDir = await folder(context)
    const from = await filled()
    await using to = await embedded(dataDir)
    const statePath = join(dataDir, 'state.json')
    const first = await run({ from, to, statePath })
    assert.deepEqual(first.differences, [])
    assert.deepEqual(
      [first.finished, first.readings, first.events],
      [true, { from: 2_000, to: 2_000, copied: 2_000 }, { from: 1_201, to: 1_201, copied: 1_201 }]
    )
    const id = 'urn:uuid:00000007-0000-4000-8000-000000000000'
    assert.deepEqual(await to.trace.byId(id), await from.trace.byId(id), 'text for text, the error declaration last')
    const second = await run({ from, to, statePath })
    assert.deepEqual([second.readings.copied, second.events.copied, second.differences.length], [0, 0, 0])
  })

  it('that was interrupted anywhere goes on where it was, and stores no error declaration twice', async (context) => {
    const dataDir = await folder(context)
    const from = await filled()
    const to = inMemory('memory:to')
    const statePath = join(dataDir, 'state.json')
    let rounds = 0
    for (let finished = false; !finished; rounds += 1) {
      assert.ok(rounds < 50)
      const ending = new AbortController()
      let pieces = 0
      const onProgress = () => {
        pieces += 1
        if (pieces > 1) ending.abort()
      }
      finished = (await run({ from, to, statePath, onProgress: rounds < 12 ? onProgress : () => {}, signal: ending.signal })).finished
    }
    assert.ok(rounds > 5, `${rounds} rounds`)
    const last = await run({ from, to, statePath })
    assert.deepEqual([last.differences, last.events.to, last.readings.to], [[], 1_201, 2_000])
  })

  it('that is run again later copies what came meanwhile, late readings too', async (context) => {
    const statePath = join(await folder(context), 'state.json')
    const from = await filled()
    const to = inMemory('memory:to')
    await run({ from, to, statePath })
    const late = readings(5, 10).map((reading) => ({ ...reading, timeMs: reading.timeMs - 1_000_000 }))
    await from.telemetry.append(late)
    await from.trace.capture([eventOf(5_000), eventOf(5_001)])
    const again = await run({ from, to, statePath })
    assert.deepEqual([again.differences, again.readings.to, again.events.to], [[], 2_050, 1_203])
  })

  it('begins anew when the target is another than the one it began with', async (context) => {
    const statePath = join(await folder(context), 'state.json')
    const from = await filled()
    const ending = new AbortController()
    let pieces = 0
    const onProgress = () => {
      pieces += 1
      if (pieces === 7) ending.abort()
    }
    await run({ from, to: inMemory('memory:to'), statePath, onProgress, signal: ending.signal })
    const whole = await run({ from, to: inMemory('memory:to'), statePath })
    assert.deepEqual([whole.differences, whole.readings.to, whole.events.to], [[], 2_000, 1_201])
  })

  it('tells what differs in the end', async (context) => {
    const dataDir = await folder(context)
    const from = await filled()
    const to = inMemory('memory:to')
    const statePath = join(dataDir, 'state.json')
    await run({ from, to, statePath })
    await to.telemetry.append([
      { point: 'port-1', device: 'd1', metric: 'temperature', unit: 'Cel', value: 99, quality: 1, timeMs: startMs }
    ])
    await to.telemetry.append([
      { point: 'port-1', device: 'd2', metric: 'temperature', unit: 'Cel', value: 99, quality: 1, timeMs: startMs - 1 }
    ])
    const { differences } = await run({ from, to, statePath })
    assert.deepEqual(
      differences.map(({ what }) => what),
      ['port-1/d1/temperature', 'port-1/d2/temperature']
    )
    assert.match(differences[0]?.detail ?? '', /99 Cel/)
    assert.match(differences[1]?.detail ?? '', /400 readings there, 401 here/)
  })

  it('refuses the state of another migration and a file that is none', async (context) => {
    const dataDir = await folder(context)
    const statePath = join(dataDir, 'state.json')
    await run({ from: inMemory('memory:a'), to: inMemory('memory:b'), statePath })
    await assert.rejects(run({ from: inMemory('memory:a'), to: inMemory('memory:c'), statePath }), { code: 'STORE_MIGRATION' })
    await writeFile(statePath, '{"version":1')
    await assert.rejects(run({ from: inMemory('memory:a'), to: inMemory('memory:b'), statePath }), { code: 'STORE_MIGRATION' })
  })
})
