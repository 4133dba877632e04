/** TG-3xx: births and deaths. Pure. */
import { compileValidator, decodeMessage } from '@tracegate/model/codec'
import { Death } from '@tracegate/model/state'
import { droppedReadingsMetric } from '@tracegate/model/telemetry'
import type { Connection, Publish } from '../view.ts'
import { ordersOf } from './orders.ts'
import { type Fault, faultOf, judged, nameOf, notTested, type Rule, secondsOf } from './finding.ts'
import { acceptedConnections, birthFor, birthsOf, claims, lengthMs } from './streams.ts'

const noBirth = 'no birth came'
const birthWithinMs = 10_000

const birthFirst: Rule = (view) => {
  const connections = acceptedConnections(view)
  const faults = connections.flatMap((connection): Fault[] => {
    const expected = 'the birth of the device before any other message'
    const first = connection.publishes[0]
    if (first !== undefined)
      return first.claimsBirth ? [] : [faultOf(first, { seen: `${nameOf(first)} came first on connection ${connection.number}`, expected })]
    if (view.scene.agent !== undefined || connection.disconnectLine !== undefined) return []
    if (lengthMs(view, connection) < view.watchMs(birthWithinMs)) return []
    return [
      {
        seen: `nothing came on connection ${connection.number} for ${secondsOf(lengthMs(view, connection))}`,
        expected,
        entry: connection.line
      }
    ]
  })
  return judged(faults, {
    at: connections.filter(({ publishes }) => publishes.length > 0).length,
    what: 'connections',
    without: 'nothing was published'
  })
}

const death = compileValidator(Death)

/** Boots that were there before the run of this birth: a backlog of an earlier run may come under its own. */
const sameBoot: Rule = (view) => {
  const births = birthsOf(view)
  if (births.length === 0) return notTested(noBirth)
  const faults: Fault[] = []
  for (const connection of view.scene.agent === undefined ? acceptedConnections(view) : []) faults.push(...willFaults(connection))
  for (const message of view.sequenced) {
    const run = births.findLast(({ publish }) => publish.line < message.line)
    if (run === undefined || message.boot === run.birth.boot || message.boot.startsWith(`${run.birth.boot}-`)) continue
    const earlier = births.some(({ birth, publish }) => publish.line < message.line && birth.boot === message.boot)
    // A birth that comes after its messages is TG-301.
    const late = births.some(({ birth, publish }) => publish.connection === message.connection && birth.boot === message.boot)
    const madeBefore = message.timeMs !== undefined && message.timeMs < run.birth.timeMs
    if (earlier || late || madeBefore) continue
    faults.push(faultOf(message, { seen: `${nameOf(message)} in the run of boot "${run.birth.boot}"`, expected: 'the boot of the birth' }))
  }
  return judged(faults, { at: view.sequenced.length + births.length, what: 'messages', without: noBirth })
}

function willFaults(connection: Connection): Fault[] {
  const first = connection.publishes.find(({ claimsBirth }) => claimsBirth)
  const will = connection.connect?.will
  if (first?.boot === undefined || will === undefined) return []
  const decoded = decodeMessage(death, Buffer.from(will.hex, 'hex'))
  if (!decoded.ok || decoded.value.boot === first.boot) return []
  const seen = `a birth of boot "${first.boot}" on a connection whose last will says "${decoded.value.boot}"`
  return [faultOf(first, { seen, expected: 'the same boot in both' })]
}

const declared: Rule = (view) => {
  const births = birthsOf(view)
  if (births.length === 0) return notTested(noBirth)
  const faults: Fault[] = []
  const told = new Set<string>()
  const fault = (publish: Publish, key: string, text: { readonly seen: string; readonly expected: string }) => {
    if (told.has(key)) return
    told.add(key)
    faults.push(faultOf(publish, text))
  }
  const firstUnits = new Map<string, string>()
  for (const message of view.sequenced) {
    const birth = birthFor(births, message)
    if (birth === undefined || message.channel === 'state' || message.channel === 'command/reply') continue
    const { channel } = message
    if (!birth.capabilities.includes(channel))
      fault(message, channel, {
        seen: `${nameOf(message)}, births name ${birth.capabilities.join(', ') || 'none'}`,
        expected: `the capability ${channel}`
      })
    if (message.message?.type !== 'telemetry') continue
    for (const { metric, unit } of message.message.value.readings) {
      if (metric === droppedReadingsMetric) continue
      const declaration = birth.metrics.find((one) => one.metric === metric)
      const key = `${message.boot}/${metric}`
      // A unit that changes later is TG-601.
      const first = firstUnits.get(key) ?? unit
      firstUnits.set(key, first)
      if (declaration === undefined)
        fault(message, key, { seen: `metric "${metric}", which the birth does not declare`, expected: 'a declaration with its unit' })
      else if (declaration.unit !== unit && first === unit)
        fault(message, key, { seen: `"${metric}" in "${unit}"`, expected: `"${declaration.unit}" as the birth declares` })
    }
  }
  const reply = view.publishes.find(({ channel }) => channel === 'command/reply')
  if (reply !== undefined && !claims(view, 'command'))
    fault(reply, 'command', { seen: 'a reply to an order', expected: 'the capability command in the birth' })
  return judged(faults, { at: births.length, what: 'births', without: noBirth })
}

const orderlyEnd: Rule = (view) => {
  const births = birthsOf(view)
  const ends = view.connections.filter((connection) => {
    if (connection.disconnectLine === undefined || connection.publishes.length === 0) return false
    // The same boot afterwards: the device has not ended, only the connection.
    const boot = connection.publishes.find(({ claimsBirth }) => claimsBirth)?.boot
    return !births.some(({ publish, birth }) => publish.line > connection.line && publish.connection !== connection && birth.boot === boot)
  })
  const faults = ends.flatMap((connection): Fault[] => {
    const state = connection.publishes.findLast(({ channel }) => channel === 'state')
    const message = state?.message
    if (message?.type === 'death' && message.value.reason !== undefined) return []
    const seen = message?.type === 'death' ? 'a death without a reason before DISCONNECT' : 'DISCONNECT without a death before it'
    return [{ seen, expected: 'a death with a reason, then DISCONNECT', entry: connection.disconnectLine ?? connection.line }]
  })
  return judged(faults, { at: ends.length, what: 'orderly ends', without: 'the device never ended in good order: needs --restart-command' })
}

const rebirthWithinMs = 5_000

const rebirth: Rule = (view) => {
  if (!claims(view, 'command')) return notTested('the birth does not name the capability command')
  const births = birthsOf(view)
  const orders = ordersOf(view).filter(({ name, valid, expired, repeated }) => name === 'rebirth' && valid && !expired && !repeated)
  const limitMs = view.limitMs(rebirthWithinMs)
  const faults = orders.flatMap((order): Fault[] => {
    const { sent } = order
    const boot = births.findLast(({ publish }) => publish.line < sent.line)?.birth.boot
    const after = births.filter(({ publish }) => publish.line > sent.line && publish.connection === sent.connection)
    const answer = after.find(({ publish }) => publish.atMs <= sent.atMs + limitMs)
    const cutShort = (sent.connection.closedAtMs ?? view.endedAtMs) < sent.atMs + limitMs
    if (answer === undefined) {
      if (cutShort && sent.connection.closedBy !== 'device') return []
      return [
        {
          seen: `no birth within ${secondsOf(limitMs)} after the order ${order.id}`,
          expected: 'a new birth of the same boot',
          entry: sent.line
        }
      ]
    }
    if (answer.birth.boot === boot) return []
    return [faultOf(answer.publish, { seen: `a birth of boot "${answer.birth.boot}" after the order`, expected: `the boot "${boot}"` })]
  })
  return judged(faults, {
    at: orders.length,
    what: 'orders',
    without: 'no order was sent: the device did not subscribe to its command topic'
  })
}

const sameIdentity: Rule = (view) => {
  const births = birthsOf(view)
  const first = births[0]
  const faults = births.flatMap(({ publish, birth }): Fault[] =>
    (['manufacturer', 'model', 'serialNumber'] as const).flatMap((member) => {
      const [was, is] = [first?.birth.identity[member], birth.identity[member]]
      return was === is ? [] : [faultOf(publish, { seen: `${member} "${is}"`, expected: `"${was}" as in the first birth` })]
    })
  )
  return judged(faults, { at: births.length, what: 'births', without: noBirth })
}

export const stateRules: Readonly<Record<string, Rule>> = {
  'TG-301': birthFirst,
  'TG-302': sameBoot,
  'TG-303': declared,
  'TG-304': orderlyEnd,
  'TG-305': rebirth,
  'TG-306': sameIdentity
}
