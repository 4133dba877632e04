/** TG-405 while the connection lasts: what was acknowledged and is covered by no watermark comes again by itself. Pure. */
import type { Connection, Publish, Sequenced, View } from '../view.ts'
import { type Fault, faultOf, nameOf, secondsOf } from './finding.ts'
import { acceptedConnections, streamKeyOf } from './streams.ts'
import { trueWatermarks } from './watermarks.ts'

/** The first wait is ten seconds; a device may look at its clock as seldom. */
const firstWaitMs = 20_000
/** The longest wait that the requirement allows, with room to act. */
const longestWaitMs = 43_000

type Marks = ReadonlyMap<string, readonly { readonly atMs: number; readonly upTo: number }[]>

/** Messages that no watermark covered while their connection lasted: those that came again on it, and as faults those that did not. */
export function judgeSilence(view: View): { readonly faults: readonly Fault[]; readonly at: number } {
  const marks = trueWatermarks(view)
  const judgedConnections = acceptedConnections(view).map((connection) => judgeConnection(view, connection, marks))
  return {
    faults: judgedConnections.flatMap(({ faults }) => faults),
    at: judgedConnections.reduce((sum, { at }) => sum + at, 0)
  }
}

function judgeConnection(view: View, connection: Connection, marks: Marks): { readonly faults: Fault[]; readonly at: number } {
  const endMs = connection.closedAtMs ?? view.endedAtMs
  const seen = new Set<string>()
  const faults: Fault[] = []
  let at = 0
  for (const { message, ackedAtMs, sentAgainAtMs } of firstSendsOf(connection)) {
    const own = marks.get(message.boot) ?? []
    const coveredAtMs = timeOfCover(own, message.seq)
    if (coveredAtMs <= ackedAtMs) continue
    // The first message behind a watermark begins a silence, for which the device waits ten seconds; the others may fall into a later wait.
    const silence = `${message.boot}/${countUntil(own, ackedAtMs)}`
    const waitMs = view.watchMs(seen.has(silence) ? longestWaitMs : firstWaitMs)
    seen.add(silence)
    if (sentAgainAtMs !== undefined) {
      at += 1
    } else if (Math.min(coveredAtMs, endMs) - ackedAtMs >= waitMs) {
      at += 1
      faults.push(
        faultOf(message, {
          seen: `${nameOf(message)} was acknowledged and not committed for ${secondsOf(waitMs)}, and was not sent again on its connection`,
          expected: 'that it is sent again after ten seconds, without waiting for a reconnect'
        })
      )
    }
  }
  return { faults, at }
}

interface FirstSend {
  readonly message: Sequenced
  readonly ackedAtMs: number
  sentAgainAtMs: number | undefined
}

/** What was sent and acknowledged on a connection, in the order of the PUBACKs, with the second sending after it. */
function firstSendsOf(connection: Connection): FirstSend[] {
  const found = new Map<string, FirstSend>()
  for (const message of connection.publishes.filter(isNumbered)) {
    const key = streamKeyOf(message)
    const first = found.get(key)
    if (first !== undefined && message.atMs >= first.ackedAtMs) first.sentAgainAtMs ??= message.atMs
    if (first === undefined && message.ackedAtMs !== undefined)
      found.set(key, { message, ackedAtMs: message.ackedAtMs, sentAgainAtMs: undefined })
  }
  return [...found.values()].toSorted((a, b) => a.ackedAtMs - b.ackedAtMs)
}

function isNumbered(publish: Publish): publish is Sequenced {
  return publish.channel !== 'state' && publish.channel !== 'command/reply' && publish.boot !== undefined && publish.seq !== undefined
}

function timeOfCover(own: readonly { readonly atMs: number; readonly upTo: number }[], seq: number): number {
  let low = 0
  let high = own.length
  while (low < high) {
    const middle = (low + high) >> 1
    if ((own[middle]?.upTo ?? seq) >= seq) high = middle
    else low = middle + 1
  }
  return own[low]?.atMs ?? Number.POSITIVE_INFINITY
}

function countUntil(own: readonly { readonly atMs: number }[], atMs: number): number {
  const later = own.findIndex((mark) => mark.atMs > atMs)
  return later === -1 ? own.length : later
}
