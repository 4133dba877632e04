/** TG-1xx: how a device connects, signs in, comes back and publishes. Pure. */
import { compileValidator, decodeMessage } from '@tracegate/model/codec'
import { Death } from '@tracegate/model/state'
import { buildTopic, deviceChannels, namePattern, parseTopic, topicBytesMax } from '@tracegate/model/topics'
import { payloadBytesMax } from '@tracegate/model/wire-limits'
import type { Scene } from '../observation.ts'
import type { Connection, View } from '../view.ts'
import { type Fault, faultOf, type Finding, gapsOf, judged, mostOf, nameOf, notTested, type Rule, secondsOf } from './finding.ts'
import { lengthMs } from './streams.ts'

const noConnect = 'no CONNECT came'
const noPublish = 'nothing was published'

const connectsOf = (view: View) => view.connections.flatMap((one) => (one.connect === undefined ? [] : [{ one, connect: one.connect }]))
const agentOf = (scene: Scene) => scene.agent ?? scene.device

/** Protocol level, and bytes that are MQTT at all. */
const protocol: Rule = (view) => {
  const connects = connectsOf(view)
  const faults: Fault[] = connects
    .filter(({ connect }) => connect.version !== 4 && connect.version !== 5)
    .map(({ one, connect }) => ({
      seen: `protocol level ${connect.version}`,
      expected: '4 (MQTT 3.1.1) or 5 (MQTT 5)',
      entry: one.connectLine
    }))
  for (const { line, detail, hex } of view.malformed)
    faults.push({
      seen: `bytes that are no MQTT packet here: ${detail}`,
      expected: 'packets of MQTT 3.1.1 or 5, CONNECT first',
      entry: line,
      hex
    })
  return judged(faults, { at: connects.length, what: 'CONNECTs', without: noConnect })
}

const signIn: Rule = (view) => {
  const connects = connectsOf(view)
  const username = `${view.scene.point}/${agentOf(view.scene)}`
  const first = connects[0]?.connect.clientId
  const faults = connects.flatMap(({ one, connect }): Fault[] => {
    const wrong: Omit<Fault, 'entry'>[] = []
    if (connect.username !== username)
      wrong.push({
        seen: `user name ${connect.username === undefined ? 'is missing' : `"${connect.username}"`}`,
        expected: `"${username}"`
      })
    if (connect.password !== 'right') wrong.push({ seen: `password is ${connect.password}`, expected: 'the secret of the device' })
    if (connect.clientId === '') wrong.push({ seen: 'client id is empty', expected: 'one that is not, and stays the same' })
    else if (connect.clientId !== first) wrong.push({ seen: `client id "${connect.clientId}"`, expected: `"${first}" as before` })
    return wrong.map((fault) => ({ ...fault, entry: one.connectLine }))
  })
  return judged(faults, { at: connects.length, what: 'CONNECTs', without: noConnect })
}

const attemptsMax = 10
const attemptWindowMs = 10_000
const waitMaxMs = 300_000

/** How long a device may stay away after its last wait between attempts was so long. */
export function patienceMsOf(view: Pick<View, 'scene'>, lastWaitMs: number): number {
  const { patienceMs, timeScale } = view.scene
  return Math.min(Math.max(patienceMs * timeScale, 3 * lastWaitMs), waitMaxMs * 1.1)
}

const returns: Rule = (view) => {
  const ended = view.connections.filter(({ closedAtMs }) => closedAtMs !== undefined)
  const faults = storms(view)
  const last = ended.at(-1)
  const open = view.connections.some((one) => one.closedAtMs === undefined)
  if (last?.closedAtMs !== undefined && !open && last.number === view.connections.at(-1)?.number && last.disconnectLine === undefined) {
    const awayMs = view.endedAtMs - last.closedAtMs
    const patienceMs = patienceMsOf(view, mostOf(waitsOf(view)))
    if (awayMs >= patienceMs)
      faults.push({
        seen: `no attempt within ${secondsOf(awayMs)} after ${endOf(last)}`,
        expected: 'that the device tries again by itself, without end',
        entry: last.line
      })
  }
  const at = ended.filter(({ number }) => number < view.connections.length || faults.length > 0).length
  return judged(faults, { at, what: 'ends of a connection', without: 'no connection was refused or lost' })
}

function endOf(connection: Connection): string {
  if (connection.code !== undefined && connection.code !== 0) return `CONNACK refused it with code ${connection.code}`
  return `connection ${connection.number} ended (by the ${connection.closedBy ?? 'kit'})`
}

function storms(view: View): Fault[] {
  const opens = view.connections.map((one) => one.openedAtMs)
  const windowMs = attemptWindowMs * view.scene.timeScale
  for (let index = attemptsMax; index < opens.length; index += 1) {
    const spanMs = (opens[index] ?? 0) - (opens[index - attemptsMax] ?? 0)
    if (spanMs >= windowMs) continue
    const seen = `${attemptsMax + 1} attempts within ${secondsOf(spanMs)}`
    return [{ seen, expected: `at most ${attemptsMax} in any ${secondsOf(windowMs)}`, entry: view.connections[index]?.line ?? 0 }]
  }
  return []
}

/** The waits after each connection that ended, until the next attempt. */
function waitsOf(view: View): number[] {
  return view.connections
    .slice(1)
    .map((one, index) => Math.max(0, one.openedAtMs - (view.connections[index]?.closedAtMs ?? one.openedAtMs)))
}

const runLengthMin = 4
const growthMin = 1.5

const backOff: Rule = (view) => {
  const runs = failedRuns(view)
  const faults: Fault[] = []
  for (const run of runs) {
    const [first = 0, ...rest] = run.waits
    if (mostOf(rest) >= growthMin * first) continue
    const seen = `waits of ${run.waits.slice(0, 8).map(secondsOf).join(', ')} between attempts in vain`
    faults.push({ seen, expected: 'waits that grow, doubling with jitter', entry: run.line })
  }
  const longest = mostOf(runs.flatMap((run) => run.waits))
  if (longest > waitMaxMs * 1.1) faults.push({ seen: `a wait of ${secondsOf(longest)}`, expected: 'at most five minutes' })
  return judged(faults, {
    at: runs.length,
    what: 'rows of attempts in vain',
    without: `fewer than ${runLengthMin} attempts in a row were in vain`
  })
}

/** Rows of attempts that were all refused or dropped, with the waits after each of them. */
function failedRuns(view: View): { waits: number[]; line: number }[] {
  const runs: { waits: number[]; line: number }[] = []
  let waits: number[] = []
  for (const [index, connection] of view.connections.entries()) {
    const before = view.connections[index - 1]
    if (before?.closedAtMs !== undefined && before.acceptedAtMs === undefined)
      waits.push(Math.max(0, connection.openedAtMs - before.closedAtMs))
    if (connection.acceptedAtMs === undefined && index < view.connections.length - 1) continue
    if (waits.length >= runLengthMin - 1) runs.push({ waits, line: connection.line })
    waits = []
  }
  return runs
}

const secrecy: Rule = (view) => {
  const faults: Fault[] = []
  let at = 0
  for (const [entry, observation] of view.observations.entries()) {
    if (observation.type !== 'connect' && (observation.type !== 'publish' || observation.from !== 'device')) continue
    at += 1
    for (const place of observation.secretIn ?? [])
      faults.push({
        seen: `the secret stands in the ${place} of ${observation.type === 'connect' ? 'CONNECT' : 'PUBLISH'}`,
        expected: 'it as the password of CONNECT and nowhere else',
        entry,
        ...(observation.type === 'publish' ? { topic: observation.topic } : {})
      })
  }
  return judged(faults, { at, what: 'packets', without: noConnect })
}

const ownTopics: Rule = (view) => {
  const faults: Fault[] = []
  let at = 0
  for (const { entries } of view.connections)
    for (const { line, entry } of entries) {
      at += 1
      const wrong = topicFault(entry.topic, view.scene)
      if (wrong !== undefined) faults.push({ ...wrong, entry: line, topic: entry.topic })
    }
  return judged(faults, { at, what: 'messages', without: noPublish })
}

function topicFault(topic: string, scene: Scene): Pick<Fault, 'seen' | 'expected'> | undefined {
  // Length is TG-110.
  const parsed = parseTopic(topic.length > topicBytesMax ? topic.slice(0, topicBytesMax) : topic)
  const { point, device } = scene
  const expected = `tg/v1/${point}/${device}/ and ${deviceChannels.join(', ')}`
  if (topic.length > topicBytesMax && topic.startsWith(`tg/v1/${point}/${device}/`)) return undefined
  if (!parsed.ok) return { seen: parsed.reason.message, expected }
  const found = parsed.topic
  if (found.type !== 'device') return { seen: `a topic of the platform, "${topic}"`, expected }
  // An agent speaks for the devices behind it, at its point.
  const own = found.point === point && (scene.agent !== undefined || found.device === device) && namePattern.test(found.device)
  if (!own) return { seen: `a topic of ${found.point}/${found.device}`, expected }
  if (!deviceChannels.some((name) => name === found.channel)) return { seen: `channel ${found.channel}`, expected }
  return undefined
}

const flags: Rule = (view) => {
  const faults = view.publishes.flatMap((publish): Fault[] => {
    const { qos, retain } = publish.entry
    const wantRetain = publish.channel === 'state'
    const wrong: Fault[] = []
    if (qos !== 1) wrong.push(faultOf(publish, { seen: `${nameOf(publish)} with QoS ${qos}`, expected: 'QoS 1' }))
    if (retain !== wantRetain)
      wrong.push(
        faultOf(publish, {
          seen: `${nameOf(publish)} is ${retain ? 'retained' : 'not retained'}`,
          expected: `${wantRetain ? 'retained' : 'not retained'}: state is, nothing else`
        })
      )
    return wrong
  })
  return judged(faults, { at: view.publishes.length, what: 'messages', without: noPublish })
}

const keepAlive: Rule = (view) => {
  const connects = connectsOf(view)
  const faults = connects.flatMap(({ one, connect }): Fault[] => {
    const { keepAliveS } = connect
    if (keepAliveS < 1 || keepAliveS > 300)
      return [{ seen: `keep alive of ${keepAliveS} s`, expected: '1 to 300 s', entry: one.connectLine }]
    const times = [...one.heardAtMs, one.closedAtMs ?? view.endedAtMs]
    const silentMs = mostOf(gapsOf(times))
    // MQTT 3.1.1 §3.1.2.10: a broker waits one and a half times the keep alive.
    if (silentMs <= keepAliveS * 1_500) return []
    return [
      { seen: `silence of ${secondsOf(silentMs)} under a keep alive of ${keepAliveS} s`, expected: 'a packet within it', entry: one.line }
    ]
  })
  return judged(faults, { at: connects.length, what: 'CONNECTs', without: noConnect })
}

const death = compileValidator(Death)

const lastWill: Rule = (view) => {
  const connects = connectsOf(view)
  const topic = buildTopic({ type: 'device', point: view.scene.point, device: agentOf(view.scene), channel: 'state' })
  const faults = connects.flatMap(({ one, connect }): Fault[] => {
    const { will } = connect
    const at = { entry: one.connectLine }
    if (will === undefined) return [{ ...at, seen: 'no last will', expected: `a death on ${topic}, QoS 1, retained` }]
    const wrong: Fault[] = []
    const bytes = { topic: will.topic, hex: will.hex }
    if (will.topic !== topic) wrong.push({ ...at, seen: `a last will on "${will.topic}"`, expected: `"${topic}"` })
    if (will.qos !== 1) wrong.push({ ...at, seen: `a last will with QoS ${will.qos}`, expected: 'QoS 1' })
    if (!will.retain) wrong.push({ ...at, seen: 'a last will that is not retained', expected: 'a retained one' })
    const decoded = decodeMessage(death, Buffer.from(will.hex, 'hex'))
    if (!decoded.ok)
      return [...wrong, { ...at, ...bytes, seen: `a last will that is no death: ${decoded.reason.message}`, expected: 'a death' }]
    const boot = one.publishes.find(({ claimsBirth }) => claimsBirth)?.boot
    if (view.scene.agent === undefined && boot !== undefined && decoded.value.boot !== boot)
      wrong.push({ ...at, ...bytes, seen: `a last will of boot "${decoded.value.boot}"`, expected: `boot "${boot}" of this connection` })
    return wrong
  })
  return judged(faults, { at: connects.length, what: 'CONNECTs', without: noConnect })
}

const sizes: Rule = (view) => {
  const faults: Fault[] = []
  let at = 0
  for (const { entries } of view.connections)
    for (const { line, entry } of entries) {
      at += 1
      const bytes = entry.hex.length / 2
      if (bytes > payloadBytesMax)
        faults.push({ seen: `a payload of ${bytes} bytes`, expected: `at most ${payloadBytesMax}`, entry: line, topic: entry.topic })
      if (entry.topic.length > topicBytesMax)
        faults.push({
          seen: `a topic of ${entry.topic.length} characters`,
          expected: `at most ${topicBytesMax}`,
          entry: line,
          topic: entry.topic
        })
    }
  return judged(faults, { at, what: 'messages', without: noPublish })
}

const inFlightMax = 1_000

const inFlight: Rule = (view): Finding => {
  const used = view.connections.filter((one) => one.entries.length > 0)
  if (used.length === 0) return notTested(noPublish)
  const faults = used
    .filter((one) => one.inFlightMax > inFlightMax)
    .map((one): Fault => ({ seen: `${one.inFlightMax} messages in flight`, expected: `at most ${inFlightMax}`, entry: one.line }))
  const most = mostOf(used.map((one) => one.inFlightMax))
  const longestMs = mostOf(used.map((one) => lengthMs(view, one)))
  return { faults, checked: `${used.length} connections of up to ${secondsOf(longestMs)}, at most ${most} messages in flight` }
}

export const connectionRules: Readonly<Record<string, Rule>> = {
  'TG-101': protocol,
  'TG-102': signIn,
  'TG-103': returns,
  'TG-104': backOff,
  'TG-105': secrecy,
  'TG-106': ownTopics,
  'TG-107': flags,
  'TG-108': keepAlive,
  'TG-109': lastWill,
  'TG-110': sizes,
  'TG-111': inFlight
}
