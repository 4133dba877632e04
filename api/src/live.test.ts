/** The live stream over real sockets, and its hub at its limits. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Reading } from '@tracegate/model/telemetry'
import { compileValidator } from '@tracegate/model/codec'
import { liveSchemas } from '@tracegate/model/live'
import { createMetrics } from '@tracegate/service/metrics'
import { startApi, type Api } from './api.ts'
import { anomalyOf, authorization, chamber, createWorld, traceEvent, type World } from './harness.ts'
import { clientBytesMax, clientsPerCallerMax, readingsWaitingMax, type LiveClient } from './live.ts'
import { ringFramesMax } from './live-ring.ts'

const waitMaxMs = 5_000

interface Message {
  readonly id: string
  readonly event: string
  readonly data: string
}

/** Reads a stream over a real socket until it holds what is waited for. */
async function openStream(api: Api, options: { query?: string; lastEventId?: string } = {}) {
  const abort = new AbortController()
  const response = await fetch(`${api.url}/api/v1/live${options.query ?? ''}`, {
    headers: { authorization, ...(options.lastEventId === undefined ? {} : { 'last-event-id': options.lastEventId }) },
    signal: abort.signal
  })
  assert.equal(response.status, 200)
  assert.match(response.headers.get('content-type') ?? '', /^text\/event-stream/)
  assert.equal(response.headers.get('x-content-type-options'), 'nosniff')
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader()
  assert.ok(reader)
  let text = ''
  const messages = () =>
    text.split('\n\n').flatMap((block): Message[] => {
      const match = /^id: (.*)\nevent: (.*)\ndata: (.*)$/m.exec(block)
      return match === null ? [] : [{ id: match[1] ?? '', event: match[2] ?? '', data: match[3] ?? '' }]
    })
  return {
    async until(found: (messages: Message[], text: string) => boolean): Promise<Message[]> {
      const timer = setTimeout(() => abort.abort(new Error(`nothing within ${waitMaxMs} ms, have: ${text}`)), waitMaxMs)
      while (!found(messages(), text)) {
        const { done, value } = await reader.read()
        if (done) break
        text += value
      }
      clearTimeout(timer)
      return messages()
    },
    text: () => text,
    close: () => abort.abort()
  }
}

const start = (world: World) => startApi({ ...world, metrics: createMetrics(), host: '127.0.0.1', port: 0 })

const reading = (point: string, timeMs: number): Reading => ({
  point,
  device: 'plc-1',
  metric: 'temperature',
  unit: 'Cel',
  timeMs,
  value: 5,
  quality: 1
})
const tell = (world: World, ...readings: Reading[]) => world.bus.publish('readings', { readings, receivedAtMs: 0 })

test('a client gets every kind of message to its schema, and what it missed after coming back', async () => {
  const world = await createWorld()
  await using api = await start(world)
  const stream = await openStream(api)
  tell(world, reading('port-1', 1), reading('port-1', 2))
  world.bus.publish('anomaly', { anomaly: anomalyOf({ category: 'device' }), receivedAtMs: 0 })
  world.bus.publish('events', { events: [traceEvent({ id: 'e', atMs: 1, bizLocation: chamber, objects: [chamber] })], receivedAtMs: 0 })
  const messages = await stream.until((all) => ['readings', 'anomaly', 'event'].every((name) => all.some((one) => one.event === name)))
  for (const { event, data } of messages) {
    const schema = Object.entries(liveSchemas).find(([name]) => name === event)?.[1]
    assert.ok(schema !== undefined && compileValidator(schema).check(JSON.parse(data)).ok, `${event}: ${data}`)
  }
  stream.close()

  tell(world, reading('port-1', 3))
  const back = await openStream(api, { lastEventId: messages.at(-1)?.id ?? '' })
  const missed = await back.until((all) => all.length > 0)
  assert.deepEqual(JSON.parse(missed[0]?.data ?? ''), { readings: [['port-1/plc-1/temperature', 3, 5, 1]] })
  back.close()
})

test('a client that asks for one point hears of that point alone', async () => {
  const world = await createWorld()
  await using api = await start(world)
  const stream = await openStream(api, { query: '?point=port-1' })
  tell(world, reading('shop-1', 1), reading('port-1', 2))
  world.bus.publish('anomaly', { anomaly: anomalyOf({ point: 'shop-1', category: 'device' }), receivedAtMs: 0 })
  world.bus.publish('anomaly', { anomaly: anomalyOf({ category: 'device' }), receivedAtMs: 0 })
  const messages = await stream.until((all) => all.length >= 2)
  assert.ok(messages.every((message) => !message.data.includes('shop-1')))
  stream.close()
})

test('an id of an earlier run, and one that is too old, are answered with a reset', async () => {
  const world = await createWorld()
  await using api = await start(world)
  const first = await openStream(api)
  tell(world, reading('port-1', 0))
  const [oldest] = await first.until((all) => all.length > 0)
  for (let at = 0; at < ringFramesMax + 1; at += 1)
    world.bus.publish('anomaly', { anomaly: anomalyOf({ category: 'device' }), receivedAtMs: 0 })
  first.close()
  for (const lastEventId of ['deadbeef-5', 'nonsense', oldest?.id ?? '', (oldest?.id ?? '').replace(/-\d+$/, '-999999999')]) {
    const stream = await openStream(api, { lastEventId })
    const [message] = await stream.until((all) => all.length > 0)
    assert.equal(message?.event, 'reset', lastEventId)
    stream.close()
  }
})

test('closing ends streams with a retry within two seconds', async () => {
  const world = await createWorld()
  const api = await start(world)
  const stream = await openStream(api)
  await stream.until((_all, text) => text.includes('retry:'))
  const startedMs = performance.now()
  await api[Symbol.asyncDispose]()
  assert.ok(performance.now() - startedMs < 2_000)
  await stream.until(() => false)
  assert.match(stream.text(), /retry: \d+\n\n$/)
  await assert.rejects(fetch(`${api.url}/health/live`))
})

test('a client that does not read is dropped and the others go on', async () => {
  const { context } = await createWorld()
  const hub = context.live
  const heard: string[] = []
  let slowBytes = 0
  let slowEnded = false
  const slow: LiveClient = {
    caller: 'slow',
    point: undefined,
    write: (text) => (slowBytes += text.length) <= clientBytesMax,
    end: () => (slowEnded = true)
  }
  const fast: LiveClient = { caller: 'fast', point: undefined, write: (text) => heard.push(text) > 0, end: () => undefined }
  hub.join(slow, undefined)
  hub.join(fast, undefined)
  const large = anomalyOf({ proof: { zh: 'x'.repeat(100_000), en: 'y' } })
  for (let at = 0; at < 20; at += 1) context.bus.publish('anomaly', { anomaly: large, receivedAtMs: 0 })
  assert.equal(slowEnded, true)
  assert.equal(hub.clients(), 1)
  assert.equal(heard.filter((text) => text.includes('event: anomaly')).length, 20)
  hub.close()
})

test('readings past the limit between two flushes are dropped and counted', async () => {
  const { context } = await createWorld()
  const hub = context.live
  let count = 0
  hub.join(
    { caller: 'one', point: undefined, write: (text) => (count += text.split('port-1/').length - 1) >= 0, end: () => undefined },
    undefined
  )
  const readings = Array.from({ length: readingsWaitingMax + 10 }, (_, at) => reading('port-1', at))
  context.bus.publish('readings', { readings, receivedAtMs: 0 })
  hub.close()
  assert.equal(count, readingsWaitingMax)
  assert.match(await context.metrics.text(), /tracegate_api_live_dropped_total\{what="reading"\} 10/)
})

test('one account or key cannot take the streams of all', async () => {
  const world = await createWorld()
  await using api = await start(world)
  const streams = await Promise.all(Array.from({ length: clientsPerCallerMax }, () => openStream(api)))
  const refused = await fetch(`${api.url}/api/v1/live`, { headers: { authorization } })
  assert.deepEqual([refused.status, JSON.parse(await refused.text()).code], [503, 'STREAM_FULL'])
  for (const stream of streams) stream.close()
})
