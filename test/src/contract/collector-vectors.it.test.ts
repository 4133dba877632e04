/** The vectors on a whole collector: what is valid is committed, what is invalid is kept with its bytes and reason, and both are acknowledged. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { Type } from 'typebox'
import { type Collector, startCollector } from '@tracegate/collector/collector'
import { createDetectionEngine } from '@tracegate/detect/create-engine'
import { payloadBytesMax } from '@tracegate/model/wire-limits'
import { createBus } from '@tracegate/service/bus'
import { createHealth } from '@tracegate/service/health'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import { createMemoryCaseStore } from '@tracegate/store/memory-case'
import { createMemoryTelemetryStore } from '@tracegate/store/memory-telemetry'
import { createMemoryTraceStore } from '@tracegate/store/memory-trace'
import { loadVectors, payloadOf } from './load-vectors.ts'

/** What devices send in numbers, and their state; a scan needs a rule of its place and is left to other tests. */
const channels = new Set(['telemetry', 'event', 'state'])
const Case = Type.Object({
  name: Type.String(),
  channel: Type.String(),
  hex: Type.String(),
  padTo: Type.Optional(Type.Integer()),
  code: Type.Optional(Type.String()),
  pointer: Type.Optional(Type.String())
})

let dataDir = ''
let collector: Collector

before(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'tracegate-vectors-'))
  collector = await startCollector({
    dataDir,
    telemetry: createMemoryTelemetryStore(),
    trace: createMemoryTraceStore(),
    cases: createMemoryCaseStore(),
    bus: createBus(() => {}),
    engine: createDetectionEngine(),
    logger: silentLogger,
    metrics: createMetrics(),
    health: createHealth()
  })
})

after(async () => {
  await collector[Symbol.asyncDispose]()
  await rm(dataDir, { recursive: true, force: true })
})

/** Each case from a device of its own, so that none is the repeat of another; resolves when all are acknowledged. */
async function send(half: string, cases: readonly { readonly channel: string; readonly hex: string; readonly padTo?: number }[]) {
  const messages = cases.map((entry, index) => ({
    topic: `tg/v1/vectors/${half}-${index}/${entry.channel}`,
    payload: payloadOf(entry),
    retain: false,
    receivedAtMs: Date.now(),
    clientId: 'vectors'
  }))
  await Promise.all(messages.map((message) => collector.sink.commit(message)))
  return messages
}

test('TG-904: every invalid payload is acknowledged and kept with its bytes, its code and its pointer', { timeout: 30_000 }, async () => {
  const cases = ['payloads', 'times', 'sequences']
    .flatMap((kind) => loadVectors(`invalid/${kind}.json`, Case))
    .filter(({ channel, padTo = 0 }) => channels.has(channel) && padTo <= payloadBytesMax)
  const messages = await send('invalid', cases)
  const letters = new Map<string, { readonly code: string; readonly pointer: string; readonly payloadBase64: string }>()
  for (const entry of (await collector.deadLetters.list({ limit: 1_000 })).items) letters.set(entry.topic, entry)
  for (const [index, { name, code, pointer }] of cases.entries()) {
    const { topic = '', payload } = messages[index] ?? {}
    const letter = letters.get(topic)
    assert.deepEqual([letter?.code, letter?.pointer], [code, pointer], name)
    assert.equal(letter?.payloadBase64, payload?.toString('base64'), name)
  }
  assert.equal(letters.size, cases.length)
})

test('TG-202: every valid payload is committed, stored and acknowledged', { timeout: 30_000 }, async () => {
  const earlier = await collector.deadLetters.count()
  const cases = loadVectors('valid/payloads.json', Case).filter(({ channel }) => channels.has(channel))
  await send('valid', cases)
  await collector.drain(10_000)
  assert.equal(await collector.deadLetters.count(), earlier)
  assert.equal(collector.stats().stored, cases.length)
})
