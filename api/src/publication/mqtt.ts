/** Notices and anomalies on the platform's topics: what is in force is retained until it is over. It keeps no queue: the outbox does. */
import type { Anomaly } from '@tracegate/model/anomaly'
import { encodeMessage } from '@tracegate/model/codec'
import { isEnded, noticePath, publicationId, type PublicNotice } from '@tracegate/model/notice'
import type { AnomalyMessage, RecallMessage, WarningList, WarningMessage } from '@tracegate/model/platform-messages'
import { buildTopic } from '@tracegate/model/topics'
import { warningLevels, type WarningLevel } from '@tracegate/model/warning'
import { payloadBytesMax, wireVersion } from '@tracegate/model/wire-limits'
import type { MessagePublisher } from '@tracegate/service/ingest'
import type { CarrierOutcome } from './carriers.ts'
import type { NoticeIndex } from './notice-index.ts'

const listMax = 200
const textLengthMax = 4_096

export interface MqttOptions {
  readonly publisher: MessagePublisher | undefined
  readonly index: NoticeIndex
  readonly base: string
  readonly nowMs: () => number
}

export interface MqttCarrier {
  /** Publishes what now holds of the notice's case: a delivery that comes late says the latest, never the past. */
  carry(notice: PublicNotice): Promise<CarrierOutcome>
  /** Everything in force, for a broker that has forgotten it. */
  republish(): Promise<void>
  anomaly(anomaly: Anomaly): Promise<void>
}

export function createMqttCarrier(options: MqttOptions): MqttCarrier {
  const { publisher, index, base } = options
  const put = async (topic: string, message: object | undefined, retain: boolean) => {
    const payload = message === undefined ? new Uint8Array(0) : encodeMessage(message)
    if (payload.length > payloadBytesMax)
      throw new RangeError(`Cannot publish on ${topic}: ${payload.length} bytes, expected at most ${payloadBytesMax}`)
    await publisher?.publish(topic, payload, { qos: 1, retain })
  }

  async function warning(notice: PublicNotice): Promise<string> {
    const level = notice.level ?? 'IV'
    const own = buildTopic({ type: 'warning', level, number: notice.number })
    const over = isEnded(notice)
    // Levels it had before must not keep it; the present one comes last, so that it is missing nowhere in between.
    const levels = new Set<WarningLevel>([...(index.find(notice.number)?.editions ?? []).flatMap((one) => one.level ?? []), level])
    await put(own, over ? undefined : warningMessage(notice, base), true)
    for (const other of levels)
      if (other !== level) await put(buildTopic({ type: 'warning', level: other, number: notice.number }), undefined, true)
    for (const one of levels) await put(buildTopic({ type: 'warning', level: one }), warningList(index, one, options.nowMs()), true)
    return over ? `${own} cleared` : own
  }

  return {
    async carry(notice) {
      if (publisher === undefined) return { type: 'failed', message: 'this process has no way to the broker' }
      const latest = index.find(notice.number)?.notice ?? notice
      try {
        if (latest.subject === 'warning') return { type: 'delivered', receipt: await warning(latest) }
        const topic = buildTopic({ type: 'recall' })
        await put(topic, recallMessage(notice, base), false)
        return { type: 'delivered', receipt: topic }
      } catch (error) {
        return { type: 'failed', message: error instanceof Error ? error.message.slice(0, 300) : 'the broker did not take it' }
      }
    },
    async republish() {
      if (publisher === undefined) return
      for (const { notice, channels } of index.all())
        if (notice.subject === 'warning' && channels.has('mqtt') && !isEnded(notice) && notice.level !== undefined)
          await put(buildTopic({ type: 'warning', level: notice.level, number: notice.number }), warningMessage(notice, base), true)
      for (const level of warningLevels) await put(buildTopic({ type: 'warning', level }), warningList(index, level, options.nowMs()), true)
    },
    async anomaly(anomaly) {
      if (publisher !== undefined) await put(buildTopic({ type: 'anomaly' }), anomalyMessage(anomaly), false)
    }
  }
}

function warningMessage(notice: PublicNotice, base: string): WarningMessage {
  const { kind, controlInstruction, advice, untilMs, areas, ports, subject: _subject } = notice
  if (kind === 'recallNotice') throw new TypeError(`Cannot tell of ${notice.number} as a warning: it is a recall`)
  const cap = `${base}/cap/${encodeURIComponent(publicationId(notice))}.xml`
  return {
    v: wireVersion,
    number: notice.number,
    edition: notice.edition,
    kind,
    level: notice.level ?? 'IV',
    ...(notice.drill ? { drill: true } : {}),
    title: cut(notice.title),
    matters: cut(notice.matters),
    ...(controlInstruction === undefined ? {} : { controlInstruction: cut(controlInstruction) }),
    ...(advice === undefined ? {} : { advice: cut(advice) }),
    startMs: notice.startMs,
    ...(untilMs === undefined ? {} : { untilMs }),
    publishedAtMs: notice.atMs,
    ports: [...new Set([...ports, ...areas.flatMap(({ unlocode }) => unlocode ?? [])])].slice(0, 256),
    ...goodsOf(notice),
    page: `${base}${noticePath(notice)}`,
    cap
  }
}

function recallMessage(notice: PublicNotice, base: string): RecallMessage {
  const { event, advice } = notice
  return {
    v: wireVersion,
    number: notice.number,
    edition: notice.edition,
    event: event === 'lifted' ? 'closed' : event === 'extended' || event === 'published' ? event : 'amended',
    title: cut(notice.title),
    hazard: cut(notice.matters),
    ...(advice === undefined ? {} : { instruction: cut(advice) }),
    publishedAtMs: notice.atMs,
    ...goodsOf(notice),
    page: `${base}${noticePath(notice)}`
  }
}

function goodsOf({ products, lots, hsCodes, truncated }: PublicNotice) {
  return {
    products: products.map(({ gtin }) => gtin).slice(0, listMax),
    lots: lots.slice(0, listMax),
    hsCodes: hsCodes.slice(0, listMax),
    truncated: truncated || products.length > listMax || lots.length > listMax
  }
}

function warningList(index: NoticeIndex, level: WarningLevel, asOfMs: number): WarningList {
  const inForce = index
    .all()
    .filter(({ notice, channels }) => notice.level === level && notice.subject === 'warning' && channels.has('mqtt') && !isEnded(notice))
  const warnings = inForce.slice(0, listMax).map(({ notice: { number, edition, title, startMs, drill } }) => ({
    number,
    edition,
    // 200 of them stay below the limit of a payload whatever the script.
    title: cut(title, 128),
    startMs,
    ...(drill ? { drill: true as const } : {})
  }))
  return { v: wireVersion, level, asOfMs, warnings, total: inForce.length }
}

function cut({ zh, en }: { readonly zh: string; readonly en: string }, lengthMax = textLengthMax): { zh: string; en: string } {
  return { zh: zh.slice(0, lengthMax), en: en.slice(0, lengthMax) }
}

function anomalyMessage(anomaly: Anomaly): AnomalyMessage {
  const { id, type, category, status, point, place, device, metric, onsetMs, openedMs, closedMs, proof } = anomaly
  return {
    v: wireVersion,
    id,
    type,
    category,
    status,
    ...(point === undefined ? {} : { point }),
    ...(place === undefined ? {} : { place }),
    ...(device === undefined ? {} : { device }),
    ...(metric === undefined ? {} : { metric }),
    onsetMs,
    openedMs,
    ...(closedMs === undefined ? {} : { closedMs }),
    proof: cut(proof)
  }
}
