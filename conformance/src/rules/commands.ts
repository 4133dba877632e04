/** TG-8xx: orders. Pure. */
import { buildTopic } from '@tracegate/model/topics'
import { filterCovers } from '../topic-filter.ts'
import type { View } from '../view.ts'
import { type Fault, faultOf, type Finding, judged, notTested, type Rule, secondsOf } from './finding.ts'
import { type Order, ordersOf, repliesTo, type ReplySeen } from './orders.ts'
import { acceptedConnections, birthsOf, claims, harmAfter, lengthMs } from './streams.ts'

const noCapability = 'the birth does not name the capability command'
const noOrders = 'no such order was sent: the device did not subscribe to its command topic'
const subscribeWithinMs = 5_000
const answerWithinMs = 10_000
/** How long what an order must not bring about is waited for. */
const effectWithinMs = 3_000

const ifCapable =
  (rule: Rule): Rule =>
  (view) =>
    claims(view, 'command') ? rule(view) : notTested(noCapability)

const subscribed: Rule = (view) => {
  const { point, device } = view.scene
  const topic = buildTopic({ type: 'device', point, device, channel: 'command' })
  const connections = acceptedConnections(view).filter(
    (connection) => connection.publishes.length > 0 && lengthMs(view, connection) >= view.watchMs(subscribeWithinMs)
  )
  const faults = connections.flatMap((connection): Fault[] => {
    const subscriptions = connection.subscriptions.filter(({ filter }) => filterCovers(filter, topic))
    const expected = `a subscription to ${topic} with QoS 1`
    if (subscriptions.length === 0) return [{ seen: `none on connection ${connection.number}`, expected, entry: connection.line }]
    if (subscriptions.some(({ qos }) => qos >= 1)) return []
    return [{ seen: `one with QoS 0 on connection ${connection.number}`, expected, entry: subscriptions[0]?.line ?? connection.line }]
  })
  return judged(faults, { at: connections.length, what: 'connections', without: 'no connection lasted long enough' })
}

/** Orders whose connection lasted until their answer was due, or that were answered anyway. */
function overOrders(
  view: View,
  options: { readonly wanted: (order: Order) => boolean; readonly judge: (order: Order, replies: readonly ReplySeen[]) => Fault[] }
): Finding {
  const orders = ordersOf(view)
  const asked = orders.filter(options.wanted).filter((order) => {
    const { connection, atMs } = order.sent
    const lasted =
      (connection.closedAtMs ?? view.endedAtMs) - atMs >= Math.min(view.limitMs(answerWithinMs), Math.max(0, order.deadlineMs - atMs))
    return lasted || connection.closedBy === 'device' || repliesTo(view, order, orders).length > 0
  })
  const faults = asked.flatMap((order) => options.judge(order, repliesTo(view, order, orders)))
  return judged(faults, { at: asked.length, what: 'orders', without: noOrders })
}

const answered: Rule = (view) =>
  overOrders(view, {
    wanted: ({ readable, expired }) => readable && !expired,
    judge(order, replies) {
      const first = replies[0]
      const expected = `a reply with id "${order.id}" within ${secondsOf(order.deadlineMs - order.sent.atMs)}`
      if (first === undefined) return [{ seen: `no reply to the order ${order.name}`, expected, entry: order.sent.line }]
      if (first.publish.atMs <= order.deadlineMs) return []
      return [faultOf(first.publish, { seen: `a reply ${secondsOf(first.publish.atMs - order.deadlineMs)} after the deadline`, expected })]
    }
  })

function birthsAfter(view: View, order: Order): number {
  const untilMs = order.sent.atMs + view.watchMs(effectWithinMs)
  return birthsOf(view).filter(
    ({ publish }) => publish.connection === order.sent.connection && publish.line > order.sent.line && publish.atMs <= untilMs
  ).length
}

const expiredOrders: Rule = (view) =>
  overOrders(view, {
    wanted: ({ readable, expired, repeated }) => readable && expired && !repeated,
    judge(order, replies) {
      const faults: Fault[] = []
      const first = replies[0]
      const births = birthsAfter(view, order)
      const entry = order.sent.line
      if (births > 0) faults.push({ seen: `a rebirth was carried out after its deadline (${births} births)`, expected: 'no birth', entry })
      if (first === undefined) faults.push({ seen: 'no reply to an order after its deadline', expected: 'a reply "expired"', entry })
      else if (first.reply.status !== 'expired')
        faults.push(faultOf(first.publish, { seen: `status "${first.reply.status}"`, expected: '"expired"' }))
      return faults
    }
  })

const refusedOrders: Rule = (view) =>
  overOrders(view, {
    wanted: ({ readable, expired, valid }) => readable && !expired && !valid,
    judge(order, replies) {
      const first = replies[0]
      const expected = '"refused" with a message'
      if (first === undefined) return [{ seen: `no reply to the unknown order "${order.name}"`, expected, entry: order.sent.line }]
      const { status, message } = first.reply
      if (status === 'refused' && message !== undefined && message !== '') return []
      return [faultOf(first.publish, { seen: `"${status}"${message === undefined ? ' without a message' : ''}`, expected })]
    }
  })

const repeatedOrders: Rule = (view) =>
  overOrders(view, {
    wanted: ({ readable, expired, repeated, name }) => readable && !expired && repeated && name === 'rebirth',
    judge(order, replies) {
      const births = birthsAfter(view, order)
      const faults: Fault[] = []
      if (births > 0)
        faults.push({
          seen: `the order ${order.id} was carried out again`,
          expected: 'that it is carried out once',
          entry: order.sent.line
        })
      if (replies.length === 0)
        faults.push({
          seen: `no reply to the order ${order.id} that came again`,
          expected: 'the same answer again',
          entry: order.sent.line
        })
      return faults
    }
  })

const unreadableOrders: Rule = (view) => {
  const orders = ordersOf(view).filter(({ readable }) => !readable)
  const faults = orders.flatMap((order): Fault[] => {
    const harm = harmAfter(view, order.sent.connection, order.sent.atMs)
    const expected = 'that an order which cannot be read changes nothing and ends nothing'
    return harm === undefined
      ? []
      : [{ ...harm, expected, entry: order.sent.line, hex: Buffer.from(order.sent.bytes).toString('hex').slice(0, 128) }]
  })
  return judged(faults.slice(0, 1), { at: orders.length, what: 'orders', without: noOrders })
}

export const commandRules: Readonly<Record<string, Rule>> = {
  'TG-801': ifCapable(subscribed),
  'TG-802': ifCapable(answered),
  'TG-803': ifCapable(expiredOrders),
  'TG-804': ifCapable(refusedOrders),
  'TG-805': ifCapable(repeatedOrders),
  'TG-806': ifCapable(unreadableOrders)
}
