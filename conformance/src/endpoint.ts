/**
 * A broker for one device that can misbehave on purpose: it withholds, delays, repeats and invents PUBACKs, refuses, cuts, restarts and
 * forgets. It also plays the host that publishes the commit watermark. It keeps no message and judges nothing.
 */
import { createServer, type Server, type Socket } from 'node:net'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { Type } from 'typebox'
import { compileValidator, decodePayload, encodeMessage } from '@tracegate/model/codec'
import { buildTopic, parseTopic } from '@tracegate/model/topics'
import { wireVersion } from '@tracegate/model/wire-limits'
import type { IPublishPacket } from 'mqtt-packet'
import type { Blotter } from './blotter.ts'
import { kitError } from './errors.ts'
import { type Acknowledge, type Line, type LineHost, openLine } from './line.ts'
import type { Admit } from './line-connect.ts'
import type { Observation } from './observation.ts'
import { filterCovers } from './topic-filter.ts'
import { createWatermarks, type Watermarks } from './watermark.ts'

interface Behaviour {
  admit: Admit
  acknowledge: Acknowledge
  /** Whether the host publishes its watermarks. */
  commit: boolean
}

export interface EndpointOptions {
  readonly host: string
  readonly port: number
  readonly blotter: Blotter
  readonly record: (observation: Observation) => void
  readonly nowMs: () => number
  readonly timeScale: number
}

export interface Endpoint extends AsyncDisposable {
  readonly port: number
  readonly behaviour: Behaviour
  readonly watermarks: Watermarks
  /** The connection that was accepted last, while it lasts. */
  readonly line: Line | undefined
  /** Cuts every connection. */
  cut(): Promise<void>
  /** Ends the listener, cuts every connection, forgets every session, and listens again after a while. */
  restart(downMs: number): Promise<void>
}

const linesMax = 16
const commitEveryMs = 200
const holePatienceMs = 5_000
const sequenced = compileValidator(Type.Object({ boot: Type.String(), seq: Type.Integer({ minimum: 0 }) }))
const sequencedChannels: readonly string[] = ['telemetry', 'scan', 'event']

export async function startEndpoint(options: EndpointOptions): Promise<Endpoint> {
  const { record, nowMs, timeScale } = options
  const behaviour: Behaviour = { admit: 'accept', acknowledge: 'now', commit: true }
  const watermarks = createWatermarks(holePatienceMs * timeScale)
  const lines = new Set<Line>()
  const sessions = new Map<string, Set<string>>()
  let current: Line | undefined
  let connections = 0

  const host: LineHost = {
    blotter: options.blotter,
    record,
    nowMs,
    behaviour: () => behaviour,
    signedIn(line, { clientId, clean }) {
      // MQTT 3.1.1 §3.1.4-2: a second connection of a client ends the first.
      for (const other of lines) if (other !== line && other.clientId === clientId) other.destroy()
      current = line
      if (clean) {
        sessions.delete(clientId)
        return undefined
      }
      const kept = sessions.get(clientId)
      const filters = kept ?? new Set<string>()
      sessions.set(clientId, filters)
      return { present: kept !== undefined, filters }
    },
    acknowledged: (packet) => noteSequenced(packet, watermarks, nowMs()),
    closed(line) {
      lines.delete(line)
      if (current === line) current = undefined
    }
  }

  const onSocket = (socket: Socket): void => {
    connections += 1
    record({ type: 'open', atMs: nowMs(), connection: connections })
    const line = openLine(socket, connections, host)
    lines.add(line)
    if (behaviour.admit === 'drop' || lines.size > linesMax) line.destroy()
  }

  let server = await listen(options, options.port, onSocket)
  const port = portOf(server)
  const timer = setInterval(
    () => {
      if (!behaviour.commit || current?.live !== true) return
      for (const watermark of watermarks.take(nowMs())) publishWatermark(current, watermark)
    },
    Math.max(5, commitEveryMs * timeScale)
  )

  const cut = async (): Promise<void> => {
    await Promise.all([...lines].map((line) => line.cut()))
  }
  return {
    port,
    behaviour,
    watermarks,
    get line() {
      return current?.live === true ? current : undefined
    },
    cut,
    async restart(downMs) {
      record({ type: 'listener', atMs: nowMs(), open: false })
      const closed = closeServer(server)
      await cut()
      await closed
      sessions.clear()
      await sleep(downMs)
      server = await listen(options, port, onSocket)
      record({ type: 'listener', atMs: nowMs(), open: true })
    },
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      const closed = closeServer(server)
      for (const line of lines) line.destroy()
      await closed
    }
  }
}

function noteSequenced(packet: IPublishPacket, watermarks: Watermarks, nowMs: number): void {
  const parsed = parseTopic(packet.topic)
  if (!parsed.ok || parsed.topic.type !== 'device' || !sequencedChannels.includes(parsed.topic.channel)) return
  const decoded = decodePayload(Buffer.from(packet.payload))
  const checked = decoded.ok ? sequenced.check(decoded.value) : decoded
  if (!checked.ok) return
  const { point, device } = parsed.topic
  watermarks.note({ point, device, boot: checked.value.boot, seq: checked.value.seq }, nowMs)
}

function publishWatermark(
  line: Line,
  watermark: { readonly point: string; readonly device: string; readonly boot: string; readonly upTo: number }
): void {
  const { point, device, boot, upTo } = watermark
  const topic = buildTopic({ type: 'device', point, device, channel: 'committed' })
  if ([...line.filters].some((filter) => filterCovers(filter, topic))) line.publish(topic, encodeMessage({ v: wireVersion, boot, upTo }))
}

const listenAttemptsMax = 20

async function listen(options: EndpointOptions, port: number, onSocket: (socket: Socket) => void): Promise<Server> {
  for (let attempt = 1; ; attempt += 1) {
    const server = createServer(onSocket)
    try {
      server.listen(port, options.host)
      await once(server, 'listening')
      return server
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error)
      if (port === options.port || attempt >= listenAttemptsMax)
        throw kitError('KIT_LISTEN', { address: `${options.host}:${port}`, detail }, error)
      await sleep(100)
    }
  }
}

function portOf(server: Server): number {
  const address = server.address()
  if (address === null || typeof address === 'string')
    throw new TypeError(`Cannot listen: address is "${String(address)}", expected a port`)
  return address.port
}

async function closeServer(server: Server): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>()
  server.close(() => resolve())
  await promise
}
