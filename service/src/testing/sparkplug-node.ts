/** A Sparkplug edge node with one device, as the specification wants it: last will, births, a sequence over all messages. For tests. */
import mqtt from 'mqtt'
import { decodeSparkplug } from '@tracegate/model/sparkplug/decode'
import { encodeSparkplug, type MetricInput } from '@tracegate/model/sparkplug/encode'

export interface SparkplugNodeOptions {
  readonly url: string
  readonly group: string
  readonly node: string
  readonly device: string
  /** Of the device, as its birth has them; asked at each birth. */
  readonly metrics: () => readonly MetricInput[]
  /** On the payloads. */
  readonly nowMs?: () => number
  /** How it signs in at the broker; as nobody when left out. */
  readonly signIn?: { readonly clientId: string; readonly username: string; readonly password: string }
  /** Answers requests for births by itself. */
  readonly answers?: boolean
}

export interface SparkplugNode extends AsyncDisposable {
  /** `name=value` of each command that came. */
  readonly commands: readonly string[]
  connect(): Promise<void>
  births(): Promise<void>
  /** DDATA without data types, as the specification asks for. `lost`: counted, and never sent. */
  data(values: readonly MetricInput[], lost?: boolean): Promise<void>
  /** DDATA whose messages change places on the way. */
  swapped(first: readonly MetricInput[], second: readonly MetricInput[]): Promise<void>
  deviceDeath(): Promise<void>
  /** NDEATH of an earlier session. */
  oldDeath(): Promise<void>
  raw(type: string, payload: Uint8Array): Promise<void>
  /** As when its power is cut: the broker publishes its will. */
  cut(): void
}

export async function createSparkplugNode(options: SparkplugNodeOptions): Promise<SparkplugNode> {
  const { group, node, device, nowMs = Date.now } = options
  const commands: string[] = []
  let session = -1
  let seq = 0
  let client: mqtt.MqttClient | undefined
  const topic = (type: string) => `spBv1.0/${group}/${type}/${node}${type.startsWith('D') ? `/${device}` : ''}`
  const bdSeq = (value: number): MetricInput => ({ name: 'bdSeq', type: 'Int64', timeMs: nowMs(), value })
  const publish = async (type: string, payload: Uint8Array) => {
    await client?.publishAsync(topic(type), Buffer.from(payload), { qos: 0 })
  }
  const next = (metrics: readonly MetricInput[]) => {
    const payload = encodeSparkplug({ timeMs: nowMs(), seq, metrics })
    seq = (seq + 1) % 256
    return payload
  }
  const births = async () => {
    seq = 0
    const rebirth: MetricInput = { name: 'Node Control/Rebirth', type: 'Boolean', timeMs: nowMs(), value: false }
    await publish('NBIRTH', next([bdSeq(session), rebirth]))
    await publish('DBIRTH', next(options.metrics()))
  }
  const untyped = (values: readonly MetricInput[]) => values.map((value) => ({ withType: false, ...value }))
  return {
    commands,
    births,
    async connect() {
      session = (session + 1) % 256
      const will = Buffer.from(encodeSparkplug({ timeMs: nowMs(), metrics: [bdSeq(session)] }))
      client = await mqtt.connectAsync(options.url, {
        ...options.signIn,
        clean: true,
        reconnectPeriod: 0,
        will: { topic: topic('NDEATH'), payload: will, qos: 1, retain: false }
      })
      client.on('error', () => undefined)
      client.on('message', (_topic, payload) => {
        const command = decodeSparkplug(payload)
        commands.push(command.ok ? command.value.metrics.map(({ name, value }) => `${name}=${JSON.stringify(value?.value)}`).join() : 'bad')
        if (options.answers === true) void births()
      })
      await client.subscribeAsync(topic('NCMD'), { qos: 1 })
      await births()
    },
    async data(values, lost = false) {
      const payload = next(untyped(values))
      if (!lost) await publish('DDATA', payload)
    },
    async swapped(first, second) {
      const early = next(untyped(first))
      await publish('DDATA', next(untyped(second)))
      await publish('DDATA', early)
    },
    deviceDeath: () => publish('DDEATH', next([])),
    oldDeath: () => publish('NDEATH', encodeSparkplug({ timeMs: nowMs(), metrics: [bdSeq((session + 200) % 256)] })),
    raw: publish,
    cut: () => void client?.stream.destroy(),
    async [Symbol.asyncDispose]() {
      await client?.endAsync(true)
    }
  }
}
