/** The window as a pure reducer, against a model of outbox, line and collector. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { adjustPipe, firstPipe } from './pipe.ts'
import type { WindowEffect, WindowEvent, WindowLimits, WindowState } from './window-types.ts'
import { initialWindow, reduceWindow } from './window.ts'

const limits: WindowLimits = {
  messagesMax: 8,
  bytesMax: 1_000,
  watermarkTimeoutMs: 1_000,
  pubackTimeoutMs: 5_000,
  replayMessagesPerSecondMax: 1_000
}

interface Row {
  readonly id: number
  /** Key of its stream. */
  readonly device: string
  readonly boot: string
  readonly seq: number
  readonly urgent: boolean
}

/** An outbox, a broker and a collector in memory around the reducer; what the collector has stored is the truth. */
class World {
  state: WindowState = initialWindow({ telemetry: 'now', urgent: 'now-a' })
  rows: Row[] = []
  line: Row[] = []
  stored = new Map<string, Set<number>>()
  sends: Row[] = []
  nextSeq = new Map<string, number>()
  lastId = 0
  nowMs = 0
  lost = 0

  dispatch(event: WindowEvent): WindowEffect[] {
    const seen: WindowEffect[] = []
    const queue = [event]
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const step = reduceWindow(this.state, next, { nowMs: this.nowMs, limits })
      this.state = step.state
      for (const effect of step.effects) {
        seen.push(effect)
        const answer = this.perform(effect)
        if (answer !== undefined) queue.push(answer)
      }
    }
    return seen
  }

  perform(effect: WindowEffect): WindowEvent | undefined {
    if (effect.type === 'send') {
      const rows = this.rows.filter((row) => row.device === effect.stream && row.id > effect.afterId).slice(0, effect.messagesMax)
      this.sends.push(...rows)
      this.line.push(...rows)
      return {
        type: 'sent',
        stream: effect.stream,
        exhausted: rows.length === 0,
        messages: rows.map(({ id, boot, seq }) => ({ id, boot, seq, bytes: 10 }))
      }
    }
    if (effect.type === 'release') {
      const freed = this.rows.filter((row) => row.device === effect.stream && row.boot === effect.boot && row.seq <= effect.upTo)
      for (const row of freed) if (!this.storedOf(row).has(row.seq)) this.lost += 1
      this.rows = this.rows.filter((row) => !freed.includes(row))
    }
    if (effect.type === 'reconnect') this.line = []
    return undefined
  }

  storedOf(row: { device: string; boot: string }): Set<number> {
    const key = `${row.device}/${row.boot}`
    const known = this.stored.get(key) ?? new Set()
    this.stored.set(key, known)
    return known
  }

  append(name: string, urgent: boolean): void {
    const device = urgent ? `${name}/a` : name
    const seq = this.nextSeq.get(device) ?? 0
    this.nextSeq.set(device, seq + 1)
    this.lastId += 1
    this.rows.push({ id: this.lastId, device, boot: urgent ? 'now-a' : 'now', seq, urgent })
    this.dispatch({ type: 'appended', streams: [{ stream: device, urgent, messages: 1 }] })
  }

  connect(): void {
    this.line = []
    const backlog = [...Map.groupBy(this.rows, (row) => row.device)].map(([stream, rows]) => ({
      stream,
      messages: rows.length,
      urgent: rows.some((row) => row.urgent),
      lastId: rows.at(-1)?.id ?? 0
    }))
    this.dispatch({ type: 'connected', backlog })
  }

  /** The collector stores the next message of the line; the PUBACK and the watermark may be lost. */
  deliver(options: { puback: boolean; watermark: boolean }): void {
    const row = this.line.shift()
    if (row === undefined) return
    this.storedOf(row).add(row.seq)
    if (options.puback) this.dispatch({ type: 'acknowledged', stream: row.device, ids: new Set([row.id]) })
    if (options.watermark) this.watermark(row)
  }

  watermark(row: { device: string; boot: string }): void {
    const stored = this.storedOf(row)
    let upTo = -1
    while (stored.has(upTo + 1)) upTo += 1
    if (upTo >= 0) this.dispatch({ type: 'watermark', stream: row.device, boot: row.boot, upTo })
  }
}

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({ type: fc.constant('append' as const), device: fc.constantFrom('a', 'b', 'c'), urgent: fc.boolean() })
  },
  { weight: 6, arbitrary: fc.record({ type: fc.constant('deliver' as const), puback: fc.boolean(), watermark: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('cut' as const) }) },
  { weight: 4, arbitrary: fc.record({ type: fc.constant('connect' as const) }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('pass' as const), ms: fc.integer({ min: 1, max: 1_500 }) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('skip' as const) }) },
  { weight: 1, arbitrary: fc.record({ type: fc.constant('wild' as const), upTo: fc.integer({ min: 0, max: 1_000_000 }) }) }
)

test('TG-404 TG-405 TG-409: whatever is lost on the way, nothing is freed before it is stored, the window holds, and all arrives in the end', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 150, size: 'max' }), (steps) => {
      const world = new World()
      for (const one of steps) {
        if (one.type === 'append') world.append(one.device, one.urgent)
        if (one.type === 'deliver') world.deliver(one)
        if (one.type === 'cut') {
          world.line = []
          world.dispatch({ type: 'disconnected' })
        }
        if (one.type === 'connect' && !world.state.connected) world.connect()
        if (one.type === 'pass') {
          world.nowMs += one.ms
          world.dispatch({ type: 'tick' })
        }
        if (one.type === 'wild') world.dispatch({ type: 'watermark', stream: 'x', boot: 'now', upTo: one.upTo })
        if (one.type === 'skip') world.line.shift()
        const inFlight = [...world.state.streams.values()].flatMap((stream) => stream.inFlight)
        assert.ok(inFlight.length <= limits.messagesMax)
        assert.equal(inFlight.length, world.state.inFlightMessages)
        assert.equal(inFlight.length * 10, world.state.inFlightBytes)
        assert.equal(world.lost, 0)
      }
      for (let round = 0; round < 1_000 && world.rows.length > 0; round += 1) {
        if (!world.state.connected) world.connect()
        else if (world.line.length === 0) {
          world.nowMs += 2_000
          world.dispatch({ type: 'tick' })
        } else world.deliver({ puback: true, watermark: true })
      }
      assert.equal(world.rows.length, 0)
      for (const [device, count] of world.nextSeq)
        assert.equal(world.storedOf({ device, boot: device.endsWith('/a') ? 'now-a' : 'now' }).size, count)
      assert.equal(world.lost, 0)
    }),
    { numRuns: 300 }
  )
})

test('TG-410: within one connection a stream is sent in the order of the outbox', () => {
  const world = new World()
  for (let count = 0; count < 40; count += 1) world.append('a', false)
  world.connect()
  while (world.line.length > 0) world.deliver({ puback: true, watermark: true })
  assert.deepEqual(
    world.sends.map((row) => row.seq),
    Array.from({ length: 40 }, (_, seq) => seq)
  )
})

test('TG-405: a PUBACK alone frees nothing; the watermark does', () => {
  const world = new World()
  world.append('a', false)
  world.connect()
  world.deliver({ puback: true, watermark: false })
  assert.equal(world.rows.length, 1)
  assert.equal(world.state.inFlightMessages, 1)
  world.watermark({ device: 'a', boot: 'now' })
  assert.equal(world.rows.length, 0)
  assert.equal(world.state.inFlightMessages, 0)
})

test('a watermark that passes a message without PUBACK frees only what is before it', () => {
  const world = new World()
  for (let count = 0; count < 3; count += 1) world.append('a', false)
  world.connect()
  const [first, second, third] = world.line
  assert.ok(first && second && third)
  for (const row of [first, third]) {
    world.storedOf(row).add(row.seq)
    world.dispatch({ type: 'acknowledged', stream: 'a', ids: new Set([row.id]) })
  }
  world.dispatch({ type: 'watermark', stream: 'a', boot: 'now', upTo: 2 })
  assert.deepEqual(
    world.rows.map((row) => row.seq),
    [1, 2]
  )
  world.storedOf(second).add(1)
  world.dispatch({ type: 'acknowledged', stream: 'a', ids: new Set([second.id]) })
  assert.equal(world.rows.length, 0)
})

test('TG-409: a watermark beyond what was ever sent frees nothing', () => {
  const world = new World()
  world.append('a', false)
  world.connect()
  world.append('b', false)
  world.deliver({ puback: true, watermark: false })
  const effects = world.dispatch({ type: 'watermark', stream: 'a', boot: 'now', upTo: 1_000 })
  assert.ok(effects.some((effect) => effect.type === 'tooFar'))
  world.append('a', false)
  assert.equal(world.rows.filter((row) => row.device === 'a').length, 2)
})

test('acknowledged messages are sent again when the watermark stays silent, less and less often', () => {
  const world = new World()
  world.append('a', false)
  world.connect()
  world.deliver({ puback: true, watermark: false })
  const resentAtMs: number[] = []
  for (; world.nowMs < 20_000; world.nowMs += 100) {
    if (world.dispatch({ type: 'tick' }).some((effect) => effect.type === 'resend')) {
      resentAtMs.push(world.nowMs)
      world.deliver({ puback: true, watermark: false })
    }
  }
  assert.deepEqual(resentAtMs, [1_100, 3_200, 7_300, 11_400, 15_500, 19_600])
})

test('TG-405: what stays uncommitted is sent again although newer messages are acknowledged all the time', () => {
  const world = new World()
  world.append('a', false)
  world.connect()
  world.deliver({ puback: true, watermark: false })
  let resentAtMs: number | undefined
  for (; world.nowMs < 5_000 && resentAtMs === undefined; world.nowMs += 500) {
    world.append('a', false)
    world.deliver({ puback: true, watermark: false })
    world.append('a', false)
    if (world.dispatch({ type: 'tick' }).some((effect) => effect.type === 'resend')) resentAtMs = world.nowMs
  }
  assert.ok(resentAtMs !== undefined && resentAtMs <= 2_000, `sent again after ${resentAtMs} ms`)
})

test('what is sent again before its PUBACK came counts once among what is on the way', () => {
  const world = new World()
  for (let count = 0; count < 3; count += 1) world.append('a', false)
  world.connect()
  world.deliver({ puback: true, watermark: false })
  assert.equal(world.state.onTheWay, 2)
  world.nowMs = 1_100
  assert.ok(world.dispatch({ type: 'tick' }).some((effect) => effect.type === 'resend'))
  assert.equal(world.state.onTheWay, 3)
  // Two of the first time, three of the second; a PUBACK counts for the message, whichever time it was sent.
  for (let count = 0; count < 5; count += 1) world.deliver({ puback: true, watermark: true })
  assert.equal(world.state.onTheWay, 0)
  assert.equal(world.rows.length, 0)
})

test('without any PUBACK for the time allowed the line is made anew', () => {
  const world = new World()
  world.append('a', false)
  world.connect()
  world.nowMs = limits.pubackTimeoutMs + 1
  assert.deepEqual(
    world.dispatch({ type: 'tick' }).map((effect) => effect.type),
    ['reconnect']
  )
})

test('TG-414: an alarm lane goes before all telemetry, also that of its own device', () => {
  const world = new World()
  for (let count = 0; count < 30; count += 1) world.append('plc', false)
  world.append('plc', true)
  world.connect()
  assert.equal(world.sends[0]?.device, 'plc/a')
})

test('TG-414: an alarm is sent at once while a backlog has filled its part of the window and its watermark stands still', () => {
  const world = new World()
  for (const device of ['a', 'b', 'c']) for (let count = 0; count < 30; count += 1) world.append(device, false)
  world.connect()
  assert.equal(world.sends.length, (limits.messagesMax * 3) / 4)
  world.append('a', true)
  assert.equal(world.sends.at(-1)?.device, 'a/a')
})

test('a backlog is sent no faster than its rate; what is new is not held back', () => {
  const slow: WindowLimits = { ...limits, messagesMax: 1_000, replayMessagesPerSecondMax: 5 }
  let state = initialWindow({ telemetry: 'now', urgent: 'now-a' })
  const asked: number[] = []
  const run = (event: WindowEvent, nowMs: number) => {
    const queue = [event]
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const result = reduceWindow(state, next, { nowMs, limits: slow })
      state = result.state
      for (const effect of result.effects) {
        if (effect.type !== 'send') continue
        const first = effect.afterId + 1
        const messages = Array.from({ length: Math.max(0, Math.min(effect.messagesMax, 101 - first)) }, (_, index) => ({
          id: first + index,
          boot: 'old',
          seq: first + index,
          bytes: 1
        }))
        asked.push(messages.length)
        queue.push({ type: 'sent', stream: effect.stream, messages, exhausted: messages.length === 0 })
      }
    }
  }
  run({ type: 'connected', backlog: [{ stream: 'a', messages: 100, urgent: false, lastId: 100 }] }, 0)
  assert.equal(
    asked.reduce((sum, count) => sum + count, 0),
    5
  )
  run({ type: 'tick' }, 1_000)
  assert.equal(
    asked.reduce((sum, count) => sum + count, 0),
    10
  )
})

test('telemetry on the way is kept to what the line takes, and grows back while its PUBACKs come soon', () => {
  let pipe = firstPipe
  const pass = (delayMs: number, rounds: number) => {
    for (let round = 0; round < rounds; round += 1) {
      nowMs += 200
      pipe = adjustPipe(pipe, { sentAtMs: nowMs - delayMs, messages: 4, isFull: true, nowMs })
    }
  }
  let nowMs = 0
  pass(20, 200)
  assert.equal(pipe.messagesMax, 64, 'it grows to its most with PUBACKs after 20 ms')
  pass(500, 60)
  assert.equal(pipe.messagesMax, 8, 'and ends at its least with PUBACKs after half a second')
  pass(90, 50)
  assert.ok(pipe.messagesMax > 40)
})
