/** TG-5xx: the clock of the device against the clock of this computer, which is taken as right. Pure. */
import type { HookCall, Sequenced, View } from '../view.ts'
import { byBoot } from './holes.ts'
import { type Fault, faultOf, type Finding, judged, mostOf, nameOf, notTested, type Rule, secondsOf } from './finding.ts'
import { memberFaults } from './messages.ts'
import { birthsOf, firstSends, harmAfter, usualIntervalMs } from './streams.ts'

const quarterHourMs = 900_000

/** Every time that a message states. */
function timesOf(message: View['publishes'][number]): number[] {
  const inside =
    message.message?.type === 'telemetry'
      ? message.message.value.readings
      : message.message?.type === 'scan'
        ? message.message.value.scans
        : []
  return [
    ...(message.timeMs === undefined ? [] : [message.timeMs]),
    ...inside.flatMap(({ timeMs }) => (timeMs === undefined ? [] : [timeMs]))
  ]
}

function qualityOf(message: View['publishes'][number]): string | undefined {
  const read = message.message
  if (read?.type === 'birth' || read?.type === 'telemetry' || read?.type === 'scan') return read.value.timeQuality
  return read?.type === 'event' ? read.value?.timeQuality : undefined
}

const synchronizedWithinMs = 10_000

const milliseconds: Rule = (view) => {
  const faults = memberFaults(view, 'TG-501')
  const hours: Fault[] = []
  for (const publish of view.publishes) {
    for (const timeMs of timesOf(publish)) {
      if (isSeconds(timeMs, publish.atMs)) {
        faults.push(
          faultOf(publish, {
            seen: `${nameOf(publish)}: time ${timeMs}, which is seconds`,
            expected: `milliseconds, about ${Math.round(publish.atMs)}`
          })
        )
        break
      }
    }
    const offsetMs = localOffsetMs(view, publish)
    if (offsetMs !== undefined)
      hours.push(
        faultOf(publish, {
          seen: `a birth with a time ${secondsOf(offsetMs)} off, a whole number of quarter hours: local time`,
          expected: 'UTC'
        })
      )
  }
  return judged([...faults, ...hours], { at: view.publishes.length, what: 'messages', without: 'nothing was published' })
}

/** Seconds of about these decades, taken for milliseconds, are days of January 1970. */
function isSeconds(timeMs: number, atMs: number): boolean {
  return timeMs * 1_000 > atMs / 2 && timeMs < atMs / 100
}

/** By how many quarter hours a birth is off that claims to be synchronized and was not moved by the kit. */
function localOffsetMs(view: View, publish: View['publishes'][number]): number | undefined {
  if (publish.message?.type !== 'birth' || publish.message.value.timeQuality !== 'synchronized' || clockMovedBefore(view, publish.line))
    return undefined
  const offsetMs = publish.message.value.timeMs - publish.atMs
  const quarters = Math.round(offsetMs / quarterHourMs)
  const local =
    quarters !== 0 && Math.abs(offsetMs) <= 15 * 3_600_000 && Math.abs(offsetMs - quarters * quarterHourMs) < synchronizedWithinMs
  return local ? offsetMs : undefined
}

function clockCalls(view: View): HookCall[] {
  return view.hooks.filter(({ name, ok }) => name === 'clock' && ok)
}

function clockMovedBefore(view: View, line: number): boolean {
  return clockCalls(view).some((call) => call.line < line)
}

function withoutClock(view: View): Finding | undefined {
  const failed = view.hooks.find(({ name, ok }) => name === 'clock' && !ok)
  if (failed !== undefined) return notTested(`--clock-command failed: ${failed.detail}`)
  return clockCalls(view).length > 0 ? undefined : notTested('needs --clock-command')
}

const honestQuality: Rule = (view) => {
  const faults: Fault[] = []
  for (const { publish, birth } of birthsOf(view)) {
    const offsetMs = birth.timeMs - publish.atMs
    if (birth.timeQuality !== 'synchronized' || clockMovedBefore(view, publish.line) || localOffsetMs(view, publish) !== undefined) continue
    // Seconds and the like are TG-501.
    if (Math.abs(offsetMs) > synchronizedWithinMs && !isSeconds(birth.timeMs, publish.atMs))
      faults.push(
        faultOf(publish, { seen: `a clock that is "synchronized" and ${secondsOf(offsetMs)} off`, expected: 'another timeQuality' })
      )
  }
  const calls = clockCalls(view)
  for (const [index, call] of calls.entries()) {
    const next = calls[index + 1]?.line ?? view.observations.length
    const wrong = firstSends(view).find(
      (message) =>
        message.line > call.line && message.line < next && qualityOf(message) === 'synchronized' && isMoved(message, movedMs(calls, index))
    )
    if (wrong !== undefined)
      faults.push(
        faultOf(wrong, {
          seen: `"synchronized" in ${nameOf(wrong)} after the clock jumped by ${call.seconds} s`,
          expected: 'another timeQuality until it is disciplined again'
        })
      )
  }
  if (faults.length > 0) return { faults, checked: '' }
  return withoutClock(view) ?? { faults, checked: `${calls.length} jumps of the clock` }
}

/** By how much the clock is off after the calls so far. */
function movedMs(calls: readonly HookCall[], index: number): number {
  return calls.slice(0, index + 1).reduce((sum, { seconds }) => sum + seconds * 1_000, 0)
}

/** Whether a message was made under a clock that is off by about so much. */
function isMoved(message: Sequenced, offMs: number): boolean {
  const { timeMs } = message
  return timeMs !== undefined && Math.abs(offMs) > 1_000 && Math.abs(timeMs - message.atMs - offMs) < Math.abs(offMs) / 2
}

const backlogMin = 4
/** A shorter time without a connection leaves a backlog of which nothing can be said. */
const awayMinMs = 5_000

/** A backlog that is sent at once must not carry one time: its readings were taken one after the other. */
const measured: Rule = (view) => {
  const usualMs = usualIntervalMs(view) ?? 0
  const faults: Fault[] = []
  let at = 0
  const firsts = firstSends(view)
  const accepted = view.connections.filter(({ acceptedAtMs }) => acceptedAtMs !== undefined)
  for (const [index, connection] of accepted.slice(1).entries()) {
    const awayMs = (connection.acceptedAtMs ?? 0) - (accepted[index]?.closedAtMs ?? connection.acceptedAtMs ?? 0)
    if (awayMs < view.watchMs(awayMinMs) || clockMovedBefore(view, connection.line)) continue
    for (const fresh of byBoot(firsts.filter((message) => message.connection === connection)).values()) {
      const burst = burstOf(fresh, usualMs)
      const times = burst.map((message) => mostOf(timesOf(message)))
      const [first] = burst
      // Seconds are TG-501.
      if (first === undefined || burst.length < backlogMin || times.some((time) => isSeconds(time, first.atMs))) continue
      at += 1
      const spanMs = mostOf(times) - times.reduce((least, time) => Math.min(least, time), times[0] ?? 0)
      const wantedMs = Math.min(awayMs, (burst.length - 1) * usualMs)
      if (spanMs >= wantedMs / 4) continue
      const seen = `${burst.length} messages of ${secondsOf(awayMs)} without a connection with times within ${secondsOf(spanMs)}`
      faults.push(faultOf(first, { seen, expected: `the times of their measurements, about ${secondsOf(wantedMs)} from first to last` }))
    }
  }
  return judged(faults, { at, what: 'backlogs', without: 'no backlog was sent after a time without a connection' })
}

/** The longest row of messages, from the first on, that came much faster than they are usually made. */
function burstOf(messages: readonly Sequenced[], usualMs: number): readonly Sequenced[] {
  let length = 0
  const first = messages[0]?.atMs ?? 0
  for (const [index, message] of messages.entries()) if (message.atMs - first < (index * usualMs) / 3) length = index + 1
  return messages.slice(0, length)
}

const clockJump: Rule = (view) => {
  const calls = clockCalls(view)
  const faults = calls.flatMap((call): Fault[] => {
    const before = view.sequenced.findLast(({ line }) => line < call.line)
    const connection = before?.connection
    if (before === undefined || connection === undefined) return []
    const expected = 'that boot and seq go on and nothing stops'
    const next = calls.find(({ line }) => line > call.line)?.line ?? view.observations.length
    const other = view.sequenced.find((message) => message.line > call.line && message.line < next && isOther(view, before, message))
    if (other !== undefined && !view.hooks.some(({ name, line }) => name === 'restart' && line < other.line && line > call.line))
      return [faultOf(other, { seen: `${nameOf(other)} after ${nameOf(before)} and a jump of the clock by ${call.seconds} s`, expected })]
    const open = (connection.closedAtMs ?? view.endedAtMs) > call.atMs
    const harm = open ? harmAfter(view, connection, call.atMs) : undefined
    return harm === undefined ? [] : [{ ...harm, expected, entry: call.line }]
  })
  return faults.length > 0 ? { faults, checked: '' } : (withoutClock(view) ?? { faults, checked: `${calls.length} jumps of the clock` })
}

/** Whether a message is of a boot that had not been there. */
function isOther(view: View, before: Sequenced, message: Sequenced): boolean {
  if (message.boot === before.boot) return false
  return !view.sequenced.some(({ boot, line }) => boot === message.boot && line <= before.line) && message.boot !== `${before.boot}-a`
}

export const timeRules: Readonly<Record<string, Rule>> = {
  'TG-501': milliseconds,
  'TG-502': honestQuality,
  'TG-503': measured,
  'TG-504': clockJump
}
