/**
 * Takes messages from any MQTT 3.1.1 or 5 broker that honours what the collector depends on, alone or as one of several. The session is
 * persistent, so what was not acknowledged comes again. It decodes nothing.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { connect, type IClientOptions, type MqttClient } from 'mqtt'
import type { IngestSink, MessagePublisher } from '@tracegate/service/ingest'
import type { Logger } from '@tracegate/service/log'
import type { Metrics } from '@tracegate/service/metrics'
import { type Admission, askBroker } from './broker-admission.ts'
import { createBackOff } from './back-off.ts'
import { createInputEvents, type InputEvents } from './input-events.ts'
import { type IntakeWindow, takeThroughWindow } from './intake-window.ts'
import { openKeptFilters } from './kept-filters.ts'
import { createLostSession } from './lost-session.ts'
import { inputDefaults, type MqttInputOptions } from './mqtt-options.ts'
import { planSubscriptions } from './subscription-plan.ts'

export interface MqttInput extends AsyncDisposable {
  readonly publisher: MessagePublisher
  readonly connected: () => boolean
  /** Why no messages come; undefined while they can. */
  trouble(): string | undefined
}

export interface StartMqttInputOptions {
  readonly input: MqttInputOptions
  readonly sink: IngestSink
  readonly dataDir: string
  readonly logger: Logger
  readonly metrics: Metrics
  /** What `admitBroker` found. */
  readonly admission: Admission
}

const sessionExpirySeconds = 7 * 86_400
const keepAliveS = 30
const endTimeoutMs = 1_000
/** Between two attempts to reach a broker, and after it refused the mode: an operator may put that right. */
const againMs = { firstMs: 500, maxMs: 15_000 } as const
const afterRefusalMs = 60_000
/** Filters in one SUBSCRIBE: some brokers take no more. */
const filtersAtOnce = 50
/** Reason code of DISCONNECT (MQTT 5 §3.14.2.1). */
const sessionTakenOver = 0x8e

export function startMqttInput(options: StartMqttInputOptions): MqttInput {
  const { input, logger } = options
  const events = createInputEvents(options)
  const control = new AbortController()
  let trouble: string | undefined = 'not connected to the broker'
  let session: Session | undefined
  const begin = () => {
    session = openSession({ ...options, events, onTrouble: (given) => void (trouble = given) })
  }

  async function wait(found: Admission): Promise<void> {
    const backOff = createBackOff(againMs)
    let admission = found
    while (admission.type !== 'admitted') {
      trouble = admission.type === 'refused' ? admission.error.message : `waiting for the broker ${input.url}: ${admission.detail}`
      if (admission.type === 'refused') events.refused(admission.error)
      await sleep(admission.type === 'refused' ? afterRefusalMs : backOff.nextMs(), undefined, { signal: control.signal })
      admission = await askBroker({ input, logger, signal: control.signal })
    }
    trouble = 'not connected to the broker'
    if (!control.signal.aborted) begin()
  }
  const waiting =
    options.admission.type === 'admitted'
      ? begin()
      : wait(options.admission).catch((error: unknown) => {
          if (!control.signal.aborted) events.failed('wait for the broker', error)
        })

  return {
    connected: () => session?.client.connected ?? false,
    trouble: () => trouble ?? session?.suspicion(),
    publisher: {
      async publish(topic, payload, { qos, retain }) {
        // Nothing waits here for a connection that is gone: a watermark is told again when the device comes back.
        if (session?.client.connected === true) await session.client.publishAsync(topic, Buffer.from(payload), { qos, retain })
      }
    },
    async [Symbol.asyncDispose]() {
      control.abort()
      await waiting
      await session?.end()
      events[Symbol.dispose]()
    }
  }
}

interface Session {
  readonly client: MqttClient
  /** Why it may be that messages go elsewhere. */
  suspicion(): string | undefined
  end(): Promise<void>
}

interface SessionOptions extends StartMqttInputOptions {
  readonly events: InputEvents
  /** Undefined when all is well. */
  readonly onTrouble: (trouble: string | undefined) => void
}

function openSession({ input, sink, dataDir, events, onTrouble }: SessionOptions): Session {
  const plan = planSubscriptions(input)
  const kept = openKeptFilters({ dataDir, clientId: input.clientId })
  const inFlightMax = input.inFlightMax ?? inputDefaults.inFlightMax
  const backOff = createBackOff(againMs)
  const lost = createLostSession({ clientId: input.clientId, nowMs: () => performance.now() })
  const reset = () => {
    if (lost.suspicion() === undefined) backOff.reset()
  }
  let ending: 'ours' | 'theirs' | 'takenOver' = 'theirs'
  const client = connect(input.url, connectOptions(input, inFlightMax))
  const window: IntakeWindow = takeThroughWindow(client, {
    sink,
    owns: (topic) => plan.owns(topic),
    inFlightMax,
    inFlightBytesMax: input.inFlightBytesMax ?? inputDefaults.inFlightBytesMax,
    clientId: input.clientId,
    onCommitted: reset,
    onIgnored: () => {
      reset()
      events.ignored()
    },
    onFailure(error) {
      ending = 'ours'
      events.notCommitted(error)
    }
  })
  events.watch(() => window.counts())

  client.on('error', (error) => events.failed('connect to the broker', error))
  client.on('reconnect', () => void (client.options.reconnectPeriod = backOff.nextMs()))
  let refusal: string | undefined
  client.on('close', () => {
    const isNew = lost.closed(ending)
    const suspicion = lost.suspicion()
    onTrouble(refusal ?? suspicion ?? 'not connected to the broker')
    events.closed()
    if (isNew) events.failed('keep the session', suspicion)
  })
  client.on('disconnect', ({ reasonCode }) => {
    if (reasonCode === sessionTakenOver) ending = 'takenOver'
  })
  client.on('connect', ({ sessionPresent }) => {
    events.connected(sessionPresent)
    lost.connected()
    ending = 'theirs'
    const { stream } = client
    subscribe(client, { filters: plan.filters, stale: sessionPresent ? kept.stale(plan.filters) : [] }).then(
      () => {
        kept.keep(plan.filters)
        refusal = undefined
        onTrouble(undefined)
      },
      (error: unknown) => {
        if (client.stream !== stream || stream.destroyed) return
        refusal = `the broker refused a subscription: ${error instanceof Error ? error.message : String(error)}`
        events.failed('subscribe', error)
        ending = 'ours'
        stream.destroy()
      }
    )
  })
  client.connect()
  return {
    client,
    suspicion: () => lost.suspicion(),
    async end() {
      const { promise, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, endTimeoutMs)
      client.end(true, () => resolve())
      await promise
      clearTimeout(timer)
    }
  }
}

function connectOptions(input: MqttInputOptions, inFlightMax: number): IClientOptions {
  const { clientId, username, password, ca, cert, key } = input
  const protocolVersion = input.protocolVersion ?? 4
  return {
    manualConnect: true,
    clientId,
    clean: false,
    protocolVersion,
    keepalive: keepAliveS,
    reconnectPeriod: againMs.firstMs,
    connectTimeout: 10_000,
    resubscribe: false,
    queueQoSZero: false,
    ...(username === undefined ? {} : { username }),
    ...(password === undefined ? {} : { password }),
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    // So a broker stops by itself where we would stop reading, and its answers to our pings still come.
    ...(protocolVersion === 5
      ? { properties: { sessionExpiryInterval: sessionExpirySeconds, receiveMaximum: Math.min(65_535, inFlightMax) } }
      : {})
  }
}

async function subscribe(
  client: MqttClient,
  { filters, stale }: { readonly filters: readonly string[]; readonly stale: readonly string[] }
): Promise<void> {
  for (let at = 0; at < filters.length; at += filtersAtOnce) {
    const granted = await client.subscribeAsync(filters.slice(at, at + filtersAtOnce), { qos: 1 })
    const less = granted.find(({ qos }) => qos !== 1)
    if (less !== undefined) throw new Error(`${less.topic} was granted ${less.qos}, expected QoS 1`)
  }
  for (let at = 0; at < stale.length; at += filtersAtOnce) await client.unsubscribeAsync(stale.slice(at, at + filtersAtOnce))
}
