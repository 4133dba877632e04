/**
 * A device as the contract wants it, in one process and without storage, for tests of the kit: right as it is, and wrong in exactly one way
 * when it is given a flaw. Every connection is a new client, so that the client library resends nothing by itself.
 */
import { randomBytes } from 'node:crypto'
import type { MqttClient } from 'mqtt'
import { compileValidator, decodeMessage } from '@tracegate/model/codec'
import { Committed } from '@tracegate/model/committed'
import { withLimit } from '@tracegate/service/lifecycle'
import type { TimeQuality } from '@tracegate/model/wire'
import type { Flaw } from './flaws.ts'
import { connectReference, endReference } from './reference-client.ts'
import { createReferenceOrders } from './reference-orders.ts'
import { createSilence, type Kept, rewind } from './reference-silence.ts'
import { birthOf, bytesOf, type Draft, draftOf } from './reference-messages.ts'

export interface ReferenceDeviceOptions {
  readonly port: number
  readonly point: string
  readonly device: string
  readonly secret: string
  readonly timeScale: number
  readonly flaw?: Flaw
  readonly encoding?: 'json' | 'cbor'
  readonly mqttVersion?: 4 | 5
  /** Time between two messages. */
  readonly everyMs?: number
}

export interface ReferenceDevice extends AsyncDisposable {
  restart(): Promise<void>
  moveClock(seconds: number): Promise<void>
}

const committed = compileValidator(Committed)
const inFlightMax = 200
const keptMax = 5_000
const goodbyeLimitMs = 300

export function startReferenceDevice(options: ReferenceDeviceOptions): ReferenceDevice {
  const { point, device, flaw, timeScale } = options
  const is = (...names: Flaw[]): boolean => flaw !== undefined && names.includes(flaw)
  const everyMs = options.everyMs ?? 20
  const root = `tg/v1/${point}/${device}`
  let boot = randomBytes(6).toString('hex')
  let kept: Kept[] = []
  let nextSeq = is('seq-from-1') ? 1 : 0
  let lastMade = -1
  let births = 0
  let attempt = 0
  let offsetMs = is('local-time') ? 8 * 3_600_000 : is('clock-off') ? 300_000 + 7_000 : 0
  const rightOffsetMs = offsetMs
  let stopped = false
  let frozen = false
  let client: MqttClient | undefined
  let retry: NodeJS.Timeout | undefined
  let connects = 0
  let burst = false
  const silence = createSilence(timeScale)

  const stamp = (wallMs: number) => Math.round((wallMs + offsetMs) / (is('seconds') ? 1_000 : 1))
  const timeMs = () => stamp(Date.now())
  const moment = () => ({ boot, timeMs: timeMs(), timeQuality: timeQuality() })
  const timeQuality = (): TimeQuality => (offsetMs === rightOffsetMs || is('always-synchronized') ? 'synchronized' : 'unsynchronized')

  const publish = (topic: string, bytes: Buffer, retain: boolean, done: () => void = () => undefined): void => {
    const line = client
    const qos = is('qos-0') && !retain ? 0 : is('qos-2') && !retain ? 2 : 1
    line?.publish(topic, bytes, { qos, retain }, (error) => {
      if (!error && line === client && qos > 0) done()
    })
  }

  const publishBirth = (ofBoot: string = boot): void => {
    births += 1
    const value = birthOf({ ...moment(), boot: ofBoot }, { flaw, intervalMs: is('wrong-interval') ? everyMs * 5 : everyMs, births })
    publish(`${root}/state`, bytesOf(value, options.encoding ?? 'json', undefined), !is('state-not-retained'))
  }

  const messageBoot = () => (is('other-boot-in-messages') ? `${boot}x` : boot)

  const make = (channel: Draft['channel'] = 'telemetry', takenAtMs: number = Date.now()): void => {
    if (frozen) return
    if (is('drops-offline') && client?.connected !== true) {
      nextSeq += 1
      return
    }
    const seq = nextSeq
    nextSeq += is('seq-gaps') && seq % 10 === 9 ? 2 : 1
    const draft = draftOf(channel, seq, { ...moment(), timeMs: stamp(takenAtMs), boot: messageBoot() }, flaw)
    if (is('secret-in-payload') && draft.channel === 'scan') draft.value.scans = [{ symbology: ']Q1', data: `device;${options.secret}` }]
    const topic = `${root}/${draft.channel}`
    const broken = draft.channel === 'telemetry' && seq % 8 === 1 ? flaw : undefined
    const bytes = bytesOf(draft.value, options.encoding ?? 'json', broken)
    if (is('foreign-topic') && client?.connected === true && seq % 10 === 5) publish(`tg/v1/${point}/other/telemetry`, bytes, false)
    kept.push({ seq, topic, value: draft.value, bytes, sent: false, acked: false, everSent: false })
    if (kept.length > keptMax) kept.shift()
    lastMade = seq
    pump()
  }

  const pump = (): void => {
    if (client?.connected !== true || frozen) return
    let inFlight = kept.filter(({ sent, acked }) => sent && !acked).length
    const waiting = kept.filter(({ sent }) => !sent)
    if (is('out-of-order') && waiting.length === 1 && waiting[0]?.seq !== undefined && waiting[0].seq % 10 === 4) return
    if (is('out-of-order') && waiting.length > 1) waiting.reverse()
    for (const message of waiting) {
      if (inFlight >= inFlightMax && !is('no-window')) break
      inFlight += 1
      send(message)
    }
    if (is('frees-on-send')) kept = kept.filter(({ sent }) => !sent)
  }

  /** Without a window a device sends what is unanswered again and again. */
  const resendFirst = (): void => {
    const first = kept.find(({ sent, acked }) => sent && !acked)
    if (first !== undefined) publish(first.topic, first.bytes, false)
  }

  const send = (message: Kept): void => {
    const again = message.everSent
    message.sent = true
    message.everSent = true
    if ((again && is('resent-with-new-time')) || is('stamps-when-sending')) {
      if (again === is('resent-with-new-time')) message.value = { ...message.value, timeMs: timeMs() }
      message.bytes = bytesOf(message.value, options.encoding ?? 'json', undefined)
    }
    if (again && is('seq-reused') && Array.isArray(message.value.readings))
      message.bytes = bytesOf({ ...message.value, readings: [{ metric: 'humidity', value: 1, unit: '%', quality: 2 }] }, 'json', undefined)
    const own = boot
    publish(message.topic, message.bytes, is('retained-telemetry'), () => {
      if (own !== boot) return
      message.acked = true
      if (is('frees-on-puback')) kept = kept.filter((one) => one !== message)
      if (is('qos-2')) free(message.seq)
    })
    if (is('qos-0')) message.acked = true
  }

  const breakSilence = (): void => {
    if (is('silent-until-reconnect') || client?.connected !== true || !silence.isOver(kept[0], Date.now())) return
    rewind(kept.filter(({ acked }) => acked))
    pump()
  }

  const free = (upTo: number): void => {
    kept = kept.filter((message) => message.seq > upTo || (!message.acked && !is('believes-any-boot', 'believes-ahead')))
  }

  const onWatermark = (bytes: Buffer): void => {
    const decoded = decodeMessage(committed, bytes)
    if (!decoded.ok) {
      if (is('dies-on-bad-watermark')) client?.stream.destroy()
      return
    }
    if (decoded.value.boot !== messageBoot() && !is('believes-any-boot')) return
    const sentUpTo = Math.max(-1, ...kept.filter(({ everSent }) => everSent).map(({ seq }) => seq))
    if (decoded.value.upTo > lastMade && !is('believes-ahead', 'believes-any-boot')) return
    free(is('believes-ahead', 'believes-any-boot') ? Math.min(decoded.value.upTo, sentUpTo) : decoded.value.upTo)
    pump()
  }

  const orders = createReferenceOrders({
    is,
    nowMs: () => Date.now() + offsetMs - rightOffsetMs,
    stamp: () => (is('seconds') ? timeMs() : Math.round(Date.now() + offsetMs)),
    rebirth: () => publishBirth(is('new-boot-on-rebirth') ? `${boot}n` : boot),
    reply: (bytes) => publish(`${root}/command/reply`, bytes, false),
    die: () => client?.stream.destroy()
  })

  const onOpen = (line: MqttClient, sessionPresent: boolean): void => {
    attempt = 0
    burst = false
    if (is('trusts-session') && !sessionPresent && connects > 1) kept = kept.filter(({ sent, acked }) => !sent || acked)
    if (is('not-resent')) kept = kept.filter(({ sent }) => !sent)
    rewind(kept)
    silence.reset()
    if (!is('no-birth', 'birth-late')) publishBirth()
    if (!is('no-command-subscription')) line.subscribe(`${root}/command`, { qos: 1 })
    if (!is('subscribes-late')) line.subscribe(`${root}/committed`, { qos: 1 })
    if (is('birth-late')) make()
    pump()
    if (is('birth-late')) publishBirth()
    if (is('subscribes-late')) {
      make()
      line.subscribe(`${root}/committed`, { qos: 1 })
    }
  }

  const connect = (): void => {
    if (stopped) return
    connects += 1
    const line = connectReference({ ...options, is, boot, connects })
    client = line
    line.on('connect', (packet) => onOpen(line, packet.sessionPresent))
    line.on('message', (topic, bytes) => (topic.endsWith('/committed') ? onWatermark(bytes) : orders(bytes)))
    line.on('packetreceive', (packet) => {
      if (packet.cmd === 'puback' && packet.messageId === 65_535 && is('dies-on-second-puback')) line.stream.destroy()
    })
    let refused = false
    line.on('error', () => {
      refused = true
    })
    line.once('close', () => {
      line.end(true)
      if (client !== line || stopped) return
      client = undefined
      if (refused && is('gives-up-when-refused') && connects > 1) return
      retry = setTimeout(connect, waitMs())
    })
  }

  const waitMs = (): number => {
    attempt += 1
    if (is('reconnect-storm')) return 5
    if (is('constant-waits')) return 1_000 * timeScale
    return Math.min(10_000, 1_000 * 2 ** (attempt - 1)) * timeScale * (0.9 + Math.random() * 0.2)
  }

  const impatience = setInterval(
    () => {
      const oldest = kept.find(({ sent, acked }) => sent && !acked)
      if (oldest === undefined || Date.now() - waitingSince(oldest) < Math.max(200, 3_000 * timeScale)) return
      if (is('impatient')) client?.stream.destroy()
      if (is('no-window') && !burst) for (let count = 0; count < 1_100; count += 1) resendFirst()
      burst = true
    },
    Math.max(5, 200 * timeScale)
  )
  const sentAt = new WeakMap<Kept, { client: MqttClient | undefined; atMs: number }>()
  const waitingSince = (message: Kept): number => {
    const known = sentAt.get(message)
    if (known !== undefined && known.client === client) return known.atMs
    sentAt.set(message, { client, atMs: Date.now() })
    return Date.now()
  }

  const stop = async (): Promise<void> => {
    clearTimeout(retry)
    const line = client
    client = undefined
    if (line?.connected === true && !is('no-death')) {
      const death = { v: 1, online: false, boot, timeMs: timeMs(), reason: 'restart' }
      await withLimit(
        line.publishAsync(`${root}/state`, Buffer.from(JSON.stringify(death)), { qos: 1, retain: true }),
        goodbyeLimitMs,
        'the goodbye'
      ).catch(() => undefined)
    }
    await endReference(line)
  }

  const reset = (): void => {
    if (!is('boot-reused')) boot = randomBytes(6).toString('hex')
    kept = []
    lastMade = -1
    nextSeq = is('seq-from-1') ? 1 : 0
  }

  // Every measurement at its time, also when the timer comes late.
  let ticks = 0
  let dueMs = Date.now() + everyMs
  const ticker = setInterval(() => {
    for (; dueMs <= Date.now(); dueMs += everyMs) {
      ticks += 1
      make('telemetry', dueMs)
      if (ticks % 8 === 3) make('scan', dueMs)
      if (ticks % 8 === 6) make('event', dueMs)
    }
    breakSilence()
  }, everyMs)
  connect()
  return {
    async restart() {
      await stop()
      reset()
      connect()
    },
    async moveClock(seconds) {
      offsetMs += seconds * 1_000
      if (is('stops-when-clock-goes-back') && seconds < 0) frozen = true
      if (is('new-boot-on-clock-jump')) reset()
    },
    async [Symbol.asyncDispose]() {
      stopped = true
      clearInterval(ticker)
      clearInterval(impatience)
      await stop()
    }
  }
}
