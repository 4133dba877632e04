/** TG-4xx: boot and sequence, what is kept until when, and what must not disturb it. Pure. */
import { isDeepStrictEqual } from 'node:util'
import { droppedReadingsMetric } from '@tracegate/model/telemetry'
import type { Connection, Publish, Sequenced, View } from '../view.ts'
import { type Fault, faultOf, judged, mostOf, nameOf, notTested, type Rule, secondsOf } from './finding.ts'
import { byBoot, holeFault } from './holes.ts'
import { judgeSilence } from './silence.ts'
import { birthsOf, firstSends, harmAfter, lossesOf, restartsBetween, streamKeyOf } from './streams.ts'
import { foreignWatermarks, holesByCause, isCommitted } from './watermarks.ts'

const noMessages = 'no message with boot and seq came'

const newBoot: Rule = (view) => {
  const restarts = view.hooks.filter(({ name, ok }) => name === 'restart' && ok)
  const failed = view.hooks.find(({ name, ok }) => name === 'restart' && !ok)
  if (failed !== undefined) return notTested(`--restart-command failed: ${failed.detail}`)
  if (restarts.length === 0) return notTested('needs --restart-command')
  const births = birthsOf(view)
  const faults: Fault[] = []
  let at = 0
  for (const restart of restarts) {
    const next = births.find(({ publish }) => publish.line > restart.line && publish.connection.line > restart.line)
    if (next === undefined) continue
    at += 1
    const used = births.some(({ publish, birth }) => publish.line < restart.line && birth.boot === next.birth.boot)
    if (used)
      faults.push(faultOf(next.publish, { seen: `boot "${next.birth.boot}" again after a restart`, expected: 'a new one at every start' }))
  }
  return judged(faults, { at, what: 'restarts', without: 'no birth came after the restart' })
}

const counting: Rule = (view) => {
  const firsts = firstSends(view)
  const faults: Fault[] = []
  const births = birthsOf(view)
  const laterBoots = new Set(
    births.flatMap(({ birth }, index) => (births.slice(0, index).some((one) => one.birth.boot !== birth.boot) ? [birth.boot] : []))
  )
  for (const [boot, messages] of byBoot(firsts)) {
    const first = messages.reduce((least, one) => (one.seq < least.seq ? one : least), messages[0] ?? neverEmpty())
    if (laterBoots.has(boot.replace(/-a$/, '')) && births[0]?.birth.boot !== boot && first.seq > unreadBefore(view, first))
      faults.push(faultOf(first, { seen: `a new boot that begins with seq ${first.seq}`, expected: 'seq 0' }))
  }
  faults.push(...holesByCause(view).counting.map(holeFault))
  return judged(faults, { at: firsts.length, what: 'numbers', without: noMessages })
}

/** Messages on the same connection before this one whose number nobody can read. */
function unreadBefore(view: View, first: Sequenced): number {
  return view.publishes.filter(({ value, connection, line }) => value === undefined && connection === first.connection && line < first.line)
    .length
}

const sameContent: Rule = (view) => {
  const firsts = new Map<string, Sequenced>()
  const faults: Fault[] = []
  let at = 0
  for (const message of view.sequenced) {
    const key = streamKeyOf(message)
    const first = firsts.get(key)
    if (first === undefined) {
      firsts.set(key, message)
      continue
    }
    at += 1
    // A boot that is used again after a start is TG-401; readings that gave way are TG-413.
    if (restartsBetween(view, first.line, message.line).length > 0 || isMarker(message)) continue
    if (first.channel === message.channel && isDeepStrictEqual(first.value, message.value)) continue
    faults.push(faultOf(message, { seen: `${nameOf(message)} with other content than before`, expected: 'the same content' }))
  }
  return judged(faults, { at, what: 'messages sent again', without: 'no message was sent again' })
}

function isMarker(message: Sequenced): boolean {
  return message.message?.type === 'telemetry' && message.message.value.readings.every(({ metric }) => metric === droppedReadingsMetric)
}

/** What was lost with the line before its PUBACK and had not come again. */
const keptUntilAcknowledged =
  (cause: 'cut' | 'restart', without: string): Rule =>
  (view) => {
    const losses = lossesOf(view, false).filter((loss) => loss.cause === cause && !isCommitted(view, loss.message))
    const faults = losses
      .filter(({ resent, message }) => !resent && foreignWatermarks(view, message).length === 0)
      .map(({ message }) =>
        faultOf(message, {
          seen: `${nameOf(message)} had no PUBACK and was not sent again`,
          expected: 'that it is sent again after the reconnect'
        })
      )
    return judged(faults, { at: losses.length, what: 'messages without PUBACK', without })
  }

const keptUntilCommitted: Rule = (view) => {
  const losses = lossesOf(view, true).filter(({ message }) => !isCommitted(view, message))
  const silence = judgeSilence(view)
  const faults = losses
    .filter(({ resent, message }) => !resent && foreignWatermarks(view, message).length === 0)
    .map(({ message }) =>
      faultOf(message, {
        seen: `${nameOf(message)} was acknowledged, not committed, and not sent again`,
        expected: 'that it is kept until `committed` covers it'
      })
    )
  return judged([...faults, ...silence.faults], {
    at: losses.length + silence.at,
    what: 'messages acknowledged and not committed',
    without: 'every message was committed in time'
  })
}

const noHarmByPuback: Rule = (view) => {
  const odd = view.connections.flatMap((connection) => connection.oddAcknowledgements.map((puback) => ({ connection, puback })))
  const faults = odd.flatMap(({ connection, puback }): Fault[] => {
    const harm = harmAfter(view, connection, puback.atMs)
    return harm === undefined ? [] : [{ ...harm, expected: 'that a PUBACK too many harms nothing', entry: puback.line }]
  })
  return judged(faults.slice(0, 1), { at: odd.length, what: 'PUBACKs too many', without: 'no PUBACK came twice or for an unknown packet' })
}

const lateMs = 10_000
const lateFromMs = 5_000
const impatientMs = 1_000
/** Less is the answer of any busy machine. */
const leastLateMs = 150

const slowPuback: Rule = (view) => {
  const scaled = (ms: number) => ms * view.scene.timeScale
  const late = view.publishes.filter(({ atMs, ackedAtMs }) => ackedAtMs !== undefined && ackedAtMs - atMs >= scaled(lateFromMs))
  const closed = view.connections.flatMap((connection) => {
    const pending = oldestPending(connection)
    if (pending === undefined || connection.closedBy !== 'device' || connection.closedAtMs === undefined) return []
    const waitedMs = connection.closedAtMs - pending.atMs
    return waitedMs >= Math.max(scaled(impatientMs), leastLateMs) && waitedMs <= scaled(lateMs) ? [{ connection, pending, waitedMs }] : []
  })
  const faults = closed
    .filter(({ connection, pending }) => !wasToldToEnd(view, pending.atMs, connection.closedAtMs ?? 0))
    .map(({ connection, pending, waitedMs }) =>
      faultOf(pending, {
        seen: `the device closed connection ${connection.number} when a PUBACK was ${secondsOf(waitedMs)} late`,
        expected: 'that a PUBACK up to ten seconds late costs no connection'
      })
    )
  return judged(faults, { at: late.length, what: 'late PUBACKs', without: 'no PUBACK was late' })
}

function wasToldToEnd(view: View, fromMs: number, toMs: number): boolean {
  return view.hooks.some(({ name, atMs }) => name === 'restart' && atMs >= fromMs && atMs <= toMs)
}

function oldestPending(connection: Connection): Publish | undefined {
  return connection.publishes.find(({ ackedAtMs, entry }) => ackedAtMs === undefined && entry.qos === 1)
}

const order: Rule = (view) => {
  const faults: Fault[] = []
  const firsts = firstSends(view)
  for (const [, messages] of byBoot(firsts)) {
    let most = -1
    for (const message of messages) {
      if (message.seq < most)
        faults.push(faultOf(message, { seen: `seq ${message.seq} for the first time after ${most}`, expected: 'the order of seq' }))
      most = Math.max(most, message.seq)
    }
  }
  return judged(faults, { at: firsts.length, what: 'messages', without: noMessages })
}

const minuteMs = 60_000

const offline: Rule = (view) => {
  const faults = holesByCause(view)
    .offline.filter(({ before, after }) => restartsBetween(view, before.line, after.line).length === 0)
    .map(({ before, after }) =>
      faultOf(after, {
        seen: `seq ${after.seq} after ${before.seq}: ${after.seq - before.seq - 1} messages made without a connection never came`,
        expected: 'that they are kept for at least one minute'
      })
    )
  const away = outagesOf(view).filter(({ backlog }) => backlog)
  const long = away.filter(({ ms }) => ms >= minuteMs * view.scene.timeScale)
  if (faults.length === 0 && long.length === 0) {
    const longest = mostOf(away.map(({ ms }) => ms))
    return notTested(
      longest === 0 ? 'the device made no message without a connection' : `the longest time without a connection was ${secondsOf(longest)}`
    )
  }
  return { faults, checked: `${long.length} times without a connection` }
}

/** Times between two accepted connections, and whether the messages went on afterwards. */
function outagesOf(view: View): { readonly ms: number; readonly backlog: boolean }[] {
  const accepted = view.connections.filter(({ acceptedAtMs }) => acceptedAtMs !== undefined)
  return accepted.slice(1).map((connection, index) => {
    const before = accepted[index]
    const ms = (connection.acceptedAtMs ?? 0) - (before?.closedAtMs ?? connection.acceptedAtMs ?? 0)
    return {
      ms,
      backlog: connection.publishes.some(({ seq }) => seq !== undefined) && before?.publishes.some(({ seq }) => seq !== undefined) === true
    }
  })
}

function neverEmpty(): never {
  throw new TypeError('Cannot judge: a stream has no message, expected at least one')
}

export const deliveryRules: Readonly<Record<string, Rule>> = {
  'TG-401': newBoot,
  'TG-402': counting,
  'TG-403': sameContent,
  'TG-404': keptUntilAcknowledged('cut', 'no connection was lost while a PUBACK was missing'),
  'TG-405': keptUntilCommitted,
  'TG-407': noHarmByPuback,
  'TG-408': slowPuback,
  'TG-410': order,
  'TG-411': offline,
  'TG-415': keptUntilAcknowledged('restart', 'no broker restarted while a PUBACK was missing')
}
