/** Questions that several rules ask of a log: which births there were, what was lost on the line and came again, what did harm. Pure. */
import type { Birth } from '@tracegate/model/state'
import { filterCovers } from '../topic-filter.ts'
import type { Connection, HookCall, Publish, Sequenced, View } from '../view.ts'
import { type Fault, gapsOf, mostOf, secondsOf } from './finding.ts'

export interface BirthSeen {
  readonly publish: Publish
  readonly birth: Birth
}

export function birthsOf(view: View): BirthSeen[] {
  return view.publishes.flatMap((publish) => (publish.message?.type === 'birth' ? [{ publish, birth: publish.message.value }] : []))
}

/** The birth that a message is to be held against: the last one of its boot before it, else the first one after. */
export function birthFor(births: readonly BirthSeen[], message: Sequenced): Birth | undefined {
  const own = births.filter(({ birth }) => message.boot === birth.boot || message.boot.startsWith(`${birth.boot}-`))
  return (own.findLast(({ publish }) => publish.line < message.line) ?? own[0])?.birth
}

export function claims(view: View, capability: Birth['capabilities'][number]): boolean {
  return birthsOf(view).some(({ birth }) => birth.capabilities.includes(capability))
}

export function streamKeyOf(message: Sequenced): string {
  return `${message.boot}/${message.seq}`
}

/** The first sending of each message, in the order of the log. */
export function firstSends(view: View): Sequenced[] {
  const seen = new Set<string>()
  return view.sequenced.filter((message) => {
    const key = streamKeyOf(message)
    if (seen.has(key)) return false
    seen.add(key)
    return true
  })
}

export function acceptedConnections(view: View): Connection[] {
  return view.connections.filter(({ acceptedAtMs }) => acceptedAtMs !== undefined)
}

/** How long a connection was there to be used. */
export function lengthMs(view: View, connection: Connection): number {
  return connection.acceptedAtMs === undefined ? 0 : (connection.closedAtMs ?? view.endedAtMs) - connection.acceptedAtMs
}

export function restartsBetween(view: View, fromLine: number, toLine: number): HookCall[] {
  return view.hooks.filter(({ name, ok, line }) => name === 'restart' && ok && line > fromLine && line < toLine)
}

export function subscribes(connection: Connection, topic: string): boolean {
  return connection.subscriptions.some(({ filter }) => filterCovers(filter, topic))
}

export interface Loss {
  readonly message: Sequenced
  readonly cause: 'cut' | 'restart'
  /** Whether it came again on a later connection. */
  readonly resent: boolean
}

/** Time on later connections after which what has not come again is taken as lost. */
const resendWithinMs = 8_000

/**
 * The messages whose connection ended before (`acked` false) or after (`acked` true) their PUBACK came, each once a connection, with whether
 * they came again. What a restart of the device lies behind, and what had too little time to come again, is left out.
 */
export function lossesOf(view: View, acked: boolean): Loss[] {
  const found = new Map<string, Loss>()
  const connections = acceptedConnections(view)
  const acknowledged = new Set<string>()
  for (const connection of connections) {
    const own = connection.publishes.filter(isPlaced)
    for (const message of own) if (message.ackedAtMs !== undefined) acknowledged.add(streamKeyOf(message))
    if (connection.closedAtMs === undefined) continue
    // What came before a restart of the device may be gone with it: only the time until then counts.
    const restart = view.hooks.find(({ name, ok, line }) => name === 'restart' && ok && line > connection.line)
    const later = connections.filter(({ number }) => number > connection.number)
    const laterMs = later.reduce((sum, one) => sum + usableMs(view, one, restart), 0)
    const laterMessages = new Set(later.flatMap((one) => one.publishes.filter(isPlaced).map(streamKeyOf)))
    for (const message of own) {
      const isWanted = acked ? message.ackedAtMs !== undefined : !acknowledged.has(streamKeyOf(message))
      if (message.entry.qos !== 1 || !isWanted) continue
      const resent = laterMessages.has(streamKeyOf(message))
      if (!resent && laterMs < view.watchMs(resendWithinMs)) continue
      found.set(`${connection.number}/${streamKeyOf(message)}`, { message, cause: connection.brokerDown ? 'restart' : 'cut', resent })
    }
  }
  return [...found.values()]
}

function usableMs(view: View, connection: Connection, restart: HookCall | undefined): number {
  if (restart === undefined) return lengthMs(view, connection)
  const endMs = Math.min(connection.closedAtMs ?? view.endedAtMs, restart.atMs)
  return Math.max(0, endMs - (connection.acceptedAtMs ?? endMs))
}

function isPlaced(publish: Publish): publish is Sequenced {
  return publish.channel !== 'state' && publish.channel !== 'command/reply' && publish.boot !== undefined && publish.seq !== undefined
}

const closesWithinMs = 3_000
const silentForMs = 15_000

/** Whether the device closed the connection or fell silent after something that should not have moved it. */
export function harmAfter(view: View, connection: Connection, atMs: number): Pick<Fault, 'seen'> | undefined {
  const { closedAtMs, closedBy } = connection
  // A device that was told to end meanwhile ends for that reason.
  const toldWithin = (untilMs: number) =>
    view.hooks.some(({ name, atMs: calledAtMs }) => name === 'restart' && calledAtMs >= atMs && calledAtMs <= untilMs)
  if (closedBy === 'device' && closedAtMs !== undefined && closedAtMs - atMs <= view.watchMs(closesWithinMs))
    return toldWithin(closedAtMs)
      ? undefined
      : { seen: `the device closed connection ${connection.number} ${secondsOf(closedAtMs - atMs)} later` }
  const times = connection.publishes.filter(isPlaced).map((publish) => publish.atMs)
  const before = times.filter((time) => time <= atMs)
  const longest = mostOf(gapsOf(before))
  const waitMs = Math.max(view.watchMs(silentForMs), 4 * longest)
  const watchedMs = (closedAtMs ?? view.endedAtMs) - atMs
  if (before.length < 3 || watchedMs < waitMs || toldWithin(atMs + waitMs) || times.some((time) => time > atMs && time <= atMs + waitMs))
    return undefined
  return { seen: `no message came on connection ${connection.number} for ${secondsOf(waitMs)} after it` }
}

/** A connection begins with what was kept: only later on a device sends as it usually does. */
const backlogWithinMs = 1_000

/** How often the device usually sends: the lower quartile of the times between first sendings, as a busy machine makes them longer. */
export function usualIntervalMs(view: View): number | undefined {
  const gaps: number[] = []
  let before: Sequenced | undefined
  for (const message of firstSends(view)) {
    const { connection } = message
    const early = message.atMs - (connection.acceptedAtMs ?? 0) < Math.max(backlogWithinMs * view.scene.timeScale, 50)
    const gap = message.atMs - (before?.atMs ?? 0)
    // What was made at the same moment, such as a scan beside a reading, is one sending.
    if (!early && before?.connection === connection && gap > 2) gaps.push(gap)
    before = message
  }
  return gaps.toSorted((a, b) => a - b)[Math.floor(gaps.length / 4)]
}
