/** TG-406 and TG-409: the commit watermark, and the ones that must free nothing. Pure. */
import { compileValidator, decodeMessage } from '@tracegate/model/codec'
import { Committed } from '@tracegate/model/committed'
import { buildTopic } from '@tracegate/model/topics'
import { filterCovers } from '../topic-filter.ts'
import type { Sent, Sequenced, View } from '../view.ts'
import { type Fault, faultOf, type Finding, judged, nameOf, notTested, type Rule } from './finding.ts'
import { type Hole, holeFault, holesOf } from './holes.ts'
import { acceptedConnections, harmAfter, lossesOf, subscribes } from './streams.ts'

const committed = compileValidator(Committed)

export interface WatermarkSeen {
  readonly sent: Sent
  readonly kind: 'genuine' | 'old' | 'unknown boot' | 'ahead' | 'not readable'
  readonly genuine: boolean
  /** What was in it: as far as it can be read. */
  readonly boot: string | undefined
  readonly upTo: number | undefined
}

function topicOf(view: View): string {
  return buildTopic({ type: 'device', point: view.scene.point, device: view.scene.device, channel: 'committed' })
}

const known = new WeakMap<View, WatermarkSeen[]>()

/** Every watermark of the run, judged by what the device had sent by then. */
function watermarksOf(view: View): WatermarkSeen[] {
  const before = known.get(view)
  if (before !== undefined) return before
  const topic = topicOf(view)
  const sentUpTo = new Map<string, number>()
  const last = new Map<string, number>()
  const sent = view.connections
    .flatMap((connection) => connection.sent.filter((one) => one.topic === topic))
    .sort((a, b) => a.line - b.line)
  let next = 0
  const found = sent.map((one): WatermarkSeen => {
    for (let message = view.sequenced[next]; message !== undefined && message.line < one.line; message = view.sequenced[(next += 1)])
      sentUpTo.set(message.boot, Math.max(sentUpTo.get(message.boot) ?? -1, message.seq))
    const decoded = decodeMessage(committed, one.bytes)
    if (!decoded.ok) return { sent: one, kind: 'not readable', genuine: false, boot: undefined, upTo: undefined }
    const { boot, upTo } = decoded.value
    const made = sentUpTo.get(boot)
    const kind = made === undefined ? 'unknown boot' : upTo > made ? 'ahead' : upTo < (last.get(boot) ?? -1) ? 'old' : 'genuine'
    if (kind === 'genuine') last.set(boot, upTo)
    return { sent: one, kind, genuine: kind === 'genuine', boot, upTo }
  })
  known.set(view, found)
  return found
}

/** The true watermarks of each boot in the order of time; their numbers never fall. */
export function trueWatermarks(view: View): Map<string, { readonly atMs: number; readonly upTo: number }[]> {
  const found = new Map<string, { atMs: number; upTo: number }[]>()
  for (const { genuine, boot, upTo, sent } of watermarksOf(view)) {
    if (!genuine || boot === undefined || upTo === undefined) continue
    const list = found.get(boot) ?? []
    list.push({ atMs: sent.atMs, upTo })
    found.set(boot, list)
  }
  return found
}

/** The watermarks after a message that cover it by their numbers and are of its boot. */
function watermarksCovering(view: View, message: Sequenced): WatermarkSeen[] {
  return watermarksOf(view).filter(
    ({ boot, upTo, sent }) => boot === message.boot && upTo !== undefined && upTo >= message.seq && sent.line > message.line
  )
}

/** The misleading watermarks that came on the message's connection after it. */
export function foreignWatermarks(view: View, message: Sequenced): WatermarkSeen[] {
  return watermarksOf(view).filter(({ genuine, sent }) => !genuine && sent.connection === message.connection && sent.line > message.line)
}

/** Whether a true watermark covered a message before its connection was followed by another. */
export function isCommitted(view: View, message: Sequenced): boolean {
  const next = view.connections.find(({ number, acceptedAtMs }) => number > message.connection.number && acceptedAtMs !== undefined)
  return watermarksCovering(view, message).some(({ genuine, sent }) => genuine && (next === undefined || sent.line < next.line))
}

/** Whether the device was told of a watermark beyond what it had sent of a boot, between these two messages. */
function wasLedAhead(view: View, { before, after }: Hole): boolean {
  return watermarksOf(view).some(
    ({ kind, boot, sent }) => kind === 'ahead' && boot === after.boot && sent.line > before.line && sent.line < after.line
  )
}

/** Missing numbers by what made them missing: wrong counting, a watermark ahead of the device, or the time without a connection. */
export function holesByCause(view: View): { readonly counting: Hole[]; readonly ahead: Hole[]; readonly offline: Hole[] } {
  const holes = holesOf(view)
  const counting = holes.filter((hole) => hole.sameConnection && !wasLedAhead(view, hole))
  // A device that counts wrongly while it is connected and left alone counts wrongly elsewhere, too.
  const miscounts = new Set(counting.map(({ after }) => after.boot))
  const others = holes.filter(({ after }) => !miscounts.has(after.boot))
  return {
    counting,
    ahead: others.filter(({ sameConnection }) => sameConnection),
    offline: others.filter(({ sameConnection }) => !sameConnection)
  }
}

const subscribedFirst: Rule = (view) => {
  const topic = topicOf(view)
  const connections = acceptedConnections(view)
  if (!connections.some((connection) => subscribes(connection, topic)))
    return notTested('the device does not subscribe to its `committed` topic')
  const used = connections.filter(({ publishes }) => publishes.some(({ seq }) => seq !== undefined))
  const faults = used.flatMap((connection): Fault[] => {
    const first = connection.publishes.find(({ seq }) => seq !== undefined)
    const subscribed = connection.subscriptions.some(({ filter, line }) => line < (first?.line ?? 0) && filterCovers(filter, topic))
    if (first === undefined || subscribed || connection.sessionPresent) return []
    return [faultOf(first, { seen: `${nameOf(first)} before a subscription to ${topic}`, expected: 'the subscription first' })]
  })
  return judged(faults, { at: used.length, what: 'connections', without: 'no message came' })
}

/** Misleading watermarks: no harm, nothing freed. */
const misleading: Rule = (view): Finding => {
  const bad = watermarksOf(view).filter(({ genuine }) => !genuine)
  const faults: Fault[] = []
  for (const { sent, kind } of bad) {
    const harm = harmAfter(view, sent.connection, sent.atMs)
    if (harm !== undefined)
      faults.push({
        ...harm,
        expected: `that a watermark that is ${kind} harms nothing`,
        entry: sent.line,
        topic: sent.topic,
        hex: Buffer.from(sent.bytes).toString('hex').slice(0, 128)
      })
  }
  const losses = [...lossesOf(view, false), ...(keepsForWatermark(view) ? lossesOf(view, true) : [])]
  for (const { message, resent } of losses) {
    const foreign = foreignWatermarks(view, message)
    if (resent || foreign.length === 0 || isCommitted(view, message)) continue
    const kinds = [...new Set(foreign.map(({ kind }) => kind))].join(', ')
    faults.push(
      faultOf(message, {
        seen: `${nameOf(message)} was not sent again after watermarks that are: ${kinds}`,
        expected: 'that they free nothing'
      })
    )
  }
  for (const hole of holesByCause(view).ahead)
    faults.push({ ...holeFault(hole), seen: `seq ${hole.after.seq} after ${hole.before.seq}, with a watermark beyond what was sent` })
  return judged(faults, {
    at: bad.length,
    what: 'misleading watermarks',
    without: 'the device does not subscribe to its `committed` topic'
  })
}

/** Whether acknowledged messages came again where nothing but the watermark was missing. */
function keepsForWatermark(view: View): boolean {
  return lossesOf(view, true).some(({ resent }) => resent)
}

export const watermarkRules: Readonly<Record<string, Rule>> = { 'TG-406': subscribedFirst, 'TG-409': misleading }
