/** Every bound of the README's table exists with the default told there, and its counters move when it is reached. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { describe, it } from 'node:test'
import type { BrokerOptions } from './broker.ts'
import { defaultBrokerLimits, type BrokerLimits } from './limits.ts'
import { encodeConnect, encodePublish, encodeSubscribe, openRawClient, packetTypes, type RawClient } from './raw-client.ts'
import { command, createSink, login, start, telemetry, until, type TestBroker } from './testing.ts'

interface Row {
  readonly bound: string
  readonly value: string
  readonly counters: readonly (readonly [name: string, labels: Readonly<Record<string, string>>])[]
}

const shortNames: Readonly<Record<string, string>> = {
  refused: 'tracegate_broker_refused_connections_total',
  dropped: 'tracegate_broker_dropped_connections_total',
  paused: 'tracegate_broker_paused_reads_total',
  unkept: 'tracegate_broker_unkept_messages_total',
  subscriptions: 'tracegate_broker_refused_subscriptions_total'
}

const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8')
const table = readme.slice(readme.indexOf('## What happens at a bound'))
const rows: readonly Row[] = [...table.matchAll(/^\| `(\w+)` \| ([^|]+) \| [^|]+ \| ([^|]+) \|$/gm)].map(
  ([, bound = '', value = '', text = '']) => ({
    bound,
    value,
    counters: [...text.matchAll(/`(tracegate_\w+)`|(\w+) \((\w+)\)/g)].map(([, whole, short = '', reason = '']) =>
      whole === undefined ? ([shortNames[short] ?? short, { reason }] as const) : ([whole, {}] as const)
    )
  })
)

const units: Readonly<Record<string, number>> = { '': 1, KiB: 1_024, MiB: 1_048_576, s: 1_000, days: 86_400_000 }

function numberOf(text: string): number {
  if (text === 'none') return 0
  const [digits = '', unit = ''] = text.split(' ')
  return Number(digits.replaceAll(',', '')) * (units[unit] ?? Number.NaN)
}

/** How each bound is reached; the one that the row names is set low. */
interface Case {
  readonly limits: Partial<BrokerLimits>
  readonly options?: Partial<BrokerOptions>
  reach(broker: TestBroker, stack: AsyncDisposableStack): Promise<void>
}

const never = () => createSink(() => new Promise<void>(() => {}))
const small = Buffer.from('{}')
const flood = (count: number, qos: 0 | 1 = 1, size = 2) =>
  Buffer.concat(
    Array.from({ length: count }, (_, index) =>
      encodePublish({ topic: telemetry, payload: Buffer.alloc(size, 32), qos, packetId: index + 1 })
    )
  )

async function use(stack: AsyncDisposableStack, client: Promise<RawClient>): Promise<RawClient> {
  return stack.use(await client)
}

async function subscribe(client: RawClient, filters: readonly string[], qos: 0 | 1 = 1): Promise<void> {
  client.send(encodeSubscribe(filters, qos))
  await client.next(packetTypes.suback)
}

/** A subscriber of everything that reads nothing, and a publisher that floods. */
async function freeze(broker: TestBroker, stack: AsyncDisposableStack, qos: 0 | 1 = 0): Promise<void> {
  const frozen = await use(stack, login(broker, { username: 'collector' }))
  await subscribe(frozen, ['#'], qos)
  frozen.socket.pause()
  const publisher = await use(stack, login(broker))
  for (let round = 0; round < 20; round += 1) publisher.send(flood(250, 1, 2_000))
}

async function away(broker: TestBroker): Promise<void> {
  const client = await login(broker, { clean: false })
  await subscribe(client, [command])
  await client[Symbol.asyncDispose]()
  await until(() => broker.connections() === 0)
  for (let index = 0; index < 5; index += 1) await broker.publisher.publish(command, Buffer.alloc(1_000), { qos: 1, retain: false })
}

const floods = (limits: Partial<BrokerLimits>): Case => ({
  limits,
  options: { sink: never() },
  async reach(broker, stack) {
    const client = await use(stack, login(broker))
    client.send(flood(50))
  }
})
const connects = (limits: Partial<BrokerLimits>, bytes: Buffer): Case => ({
  limits,
  async reach(broker, stack) {
    const client = await use(stack, openRawClient(broker))
    client.send(bytes)
    await client.closed
  }
})
const subscribes = (limits: Partial<BrokerLimits>, filters: readonly string[]): Case => ({
  limits,
  reach: async (broker, stack) => subscribe(await use(stack, login(broker, { username: 'collector' })), filters)
})
const queues = (limits: Partial<BrokerLimits>): Case => ({ limits, reach: away })
const retains = (limits: Partial<BrokerLimits>): Case => ({
  limits,
  async reach(broker) {
    for (const topic of ['a', 'b']) await broker.publisher.publish(topic, Buffer.alloc(100), { qos: 1, retain: true })
  }
})

const fullName = { clientId: 'x', username: 'port-1/probe-1', password: 'secret' } as const
const cases: Readonly<Record<string, Case>> = {
  connectionsMax: { limits: { connectionsMax: 1 }, reach: async (broker, stack) => connectTwice(broker, stack) },
  connectionsPerAddressMax: { limits: { connectionsPerAddressMax: 1 }, reach: async (broker, stack) => connectTwice(broker, stack) },
  handshakeTimeoutMs: {
    limits: { handshakeTimeoutMs: 50 },
    options: { listeners: [{ type: 'ws', port: 0 }] },
    async reach(broker, stack) {
      const port = broker.ports.find(({ type }) => type === 'ws')?.port ?? 0
      stack.use(await openRawClient({ port }))
      await until(async () => (await broker.read('tracegate_broker_refused_connections_total')) === 1)
    }
  },
  connectTimeoutMs: connects({ connectTimeoutMs: 50 }, encodeConnect(fullName).subarray(0, 9)),
  authenticateTimeoutMs: {
    ...connects({ authenticateTimeoutMs: 50 }, encodeConnect(fullName)),
    options: { directory: { authenticate: () => new Promise(() => {}) } }
  },
  connectBytesMax: connects({ connectBytesMax: 20 }, encodeConnect(fullName)),
  packetBytesMax: {
    limits: { packetBytesMax: 100 },
    reach: async (broker, stack) => sendAndClose(broker, stack, encodePublish({ topic: telemetry, payload: Buffer.alloc(200), qos: 1 }))
  },
  clientIdBytesMax: connects({ clientIdBytesMax: 4 }, encodeConnect({ ...fullName, clientId: 'longer' })),
  willBytesMax: connects(
    { willBytesMax: 1 },
    encodeConnect({ ...fullName, will: { topic: 'tg/v1/port-1/probe-1/state', payload: small, qos: 1, retain: false } })
  ),
  inFlightPerClientMax: floods({ inFlightPerClientMax: 10 }),
  inFlightMax: floods({ inFlightMax: 10 }),
  inFlightBytesMax: floods({ inFlightBytesMax: 100 }),
  publishesPerSecondMax: {
    limits: { publishesPerSecondMax: 20 },
    async reach(broker, stack) {
      const client = await use(stack, login(broker))
      client.send(flood(30))
      await until(() => client.packets.length === 30)
    }
  },
  queuedBytesSoft: {
    limits: { queuedBytesSoft: 50_000, drainTimeoutMs: 60_000 },
    async reach(broker, stack) {
      await freeze(broker, stack)
      await until(async () => (await broker.read('tracegate_broker_subscriber_waits_total')) > 0)
      const greedy = await use(stack, login(broker, { clientId: 'greedy' }))
      greedy.socket.pause()
      const pings = Buffer.concat(Array.from({ length: 100_000 }, () => Buffer.from([0xc0, 0])))
      for (let round = 0; round < 100; round += 1) greedy.send(pings)
    }
  },
  drainTimeoutMs: { limits: { queuedBytesSoft: 50_000, drainTimeoutMs: 100 }, reach: (broker, stack) => freeze(broker, stack) },
  queuedBytesMax: {
    limits: { queuedBytesSoft: 50_000, queuedBytesMax: 60_000, drainTimeoutMs: 60_000 },
    reach: (broker, stack) => freeze(broker, stack)
  },
  sendWindowMax: {
    limits: { sendWindowMax: 2 },
    async reach(broker, stack) {
      const client = await use(stack, login(broker))
      await subscribe(client, [command])
      for (let index = 0; index < 3; index += 1) await broker.publisher.publish(command, small, { qos: 1, retain: false })
    }
  },
  topicLevelsMax: {
    limits: {},
    reach: async (broker, stack) => sendAndClose(broker, stack, encodePublish({ topic: 'a/'.repeat(9), payload: small, qos: 1 }))
  },
  topicBytesMax: {
    limits: {},
    async reach(broker, stack) {
      await subscribe(await use(stack, login(broker, { username: 'collector' })), ['x'.repeat(600)])
      await sendAndClose(broker, stack, encodePublish({ topic: 'x'.repeat(600), payload: small, qos: 1 }))
    }
  },
  subscriptionsPerClientMax: subscribes({ subscriptionsPerClientMax: 1 }, ['a', 'b']),
  subscriptionsMax: subscribes({ subscriptionsMax: 1 }, ['a', 'b']),
  filterBytesMax: subscribes({ filterBytesMax: 10 }, ['x'.repeat(20)]),
  sessionsMax: connects({ sessionsMax: 0 }, encodeConnect({ ...fullName, clean: false })),
  sessionExpiryMs: { limits: { sessionExpiryMs: -1, sessionLookMs: 100 }, reach: away },
  queuedMessagesMax: {
    limits: { queuedMessagesMax: 2, sendWindowMax: 1 },
    async reach(broker, stack) {
      await away(broker)
      const client = await use(stack, login(broker, { username: 'collector' }))
      await subscribe(client, ['tg/v1/-/#'])
      for (let index = 0; index < 5; index += 1) await broker.publisher.publish('tg/v1/-/recall', small, { qos: 1, retain: false })
    }
  },
  sessionBytesMax: queues({ sessionBytesMax: 2_000 }),
  sessionsBytesMax: queues({ sessionsBytesMax: 2_000 }),
  retainedMax: retains({ retainedMax: 1 }),
  retainedBytesMax: retains({ retainedBytesMax: 150 }),
  unreleasedPerClientMax: {
    limits: { unreleasedPerClientMax: 2 },
    async reach(broker, stack) {
      const packets = [1, 2, 3].map((packetId) => encodePublish({ topic: telemetry, payload: small, qos: 2, packetId }))
      await sendAndClose(broker, stack, Buffer.concat(packets))
    }
  }
}

async function connectTwice(broker: TestBroker, stack: AsyncDisposableStack): Promise<void> {
  await use(stack, login(broker))
  const second = connect(broker.port, '127.0.0.1')
  stack.defer(() => void second.destroy())
  second.on('error', () => {})
  await until(() => second.destroyed)
}

async function sendAndClose(broker: TestBroker, stack: AsyncDisposableStack, bytes: Buffer): Promise<void> {
  const client = await use(stack, login(broker))
  client.send(bytes)
  await client.closed
}

describe('the table of bounds in the README', () => {
  it('names every bound, and none that is not', () => {
    const notBounds = new Set(['sessionLookMs', 'refusalMinMs'])
    const bounds = Object.keys(defaultBrokerLimits).filter((name) => !notBounds.has(name))
    assert.deepEqual(rows.map(({ bound }) => bound).toSorted(), bounds.toSorted())
    assert.deepEqual(Object.keys(cases).toSorted(), bounds.toSorted())
  })

  for (const { bound, value, counters } of rows)
    it(`tells the truth about ${bound}`, async () => {
      const entry = Object.entries(defaultBrokerLimits).find(([name]) => name === bound)
      assert.equal(entry?.[1], numberOf(value), 'its default')
      const reaching = cases[bound]
      assert.ok(reaching !== undefined && counters.length > 0)
      await using broker = await start({ ...reaching.options, limits: reaching.limits })
      await using stack = new AsyncDisposableStack()
      await reaching.reach(broker, stack)
      for (const [name, labels] of counters) await until(async () => (await broker.read(name, labels)) > 0)
    })
})
