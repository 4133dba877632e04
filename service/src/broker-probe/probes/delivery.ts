/** QoS 1 as the collector uses it: delivered, in order, acknowledged; and what the time of a PUBACK can tell. */
import { differs, median, milliseconds, type Outcome, type Probe, refusalOf, unknown, works } from '../probe.ts'
import { knownDurability } from '../known-brokers.ts'

const orderedMessages = 200
const timedMessages = 15

/** The first probe: without it none of the others can tell anything. */
export const probeQos1: Probe = async (context) => {
  await using client = await context.open({ name: 'qos1' })
  const topic = context.topic('qos-1')
  const grant = await client.subscribe(topic)
  const refusal = refusalOf(grant, `subscription of ${topic} with QoS 1`)
  if (refusal !== undefined) return { 'qos-1': refusal }
  if (grant !== 1) return { 'qos-1': differs(`asked for QoS 1, granted ${grant}`, { granted: grant ?? 0 }) }
  const startedMs = performance.now()
  const answer = await client.publish({ topic, payload: 'canary' })
  await client.until(() => client.received.length > 0)
  const [delivery] = client.received
  return { 'qos-1': judgeQos1(answer, delivery, (delivery?.atMs ?? 0) - startedMs) }
}

function judgeQos1(
  answer: { readonly type: string; readonly code: number },
  delivery: { readonly qos: number } | undefined,
  tookMs: number
): Outcome {
  const right = 'may this user publish below the topic prefix?'
  if (answer.type === 'closed') return differs(`the connection was closed at a PUBLISH with QoS 1; ${right}`)
  if (answer.type === 'silent') return differs('no PUBACK came')
  if (answer.code >= 0x80) return differs(`PUBACK says ${answer.code}; ${right}`, { puback: answer.code })
  if (delivery === undefined) return differs(`acknowledged, and never delivered to its subscriber; ${right}`)
  if (delivery.qos !== 1) return differs(`delivered with QoS ${delivery.qos} in place of 1`, { qos: delivery.qos })
  return works(`delivered and acknowledged, round trip ${milliseconds(tookMs)}`, { roundTripMs: tookMs })
}

export const probeOrder: Probe = async (context) => {
  await using subscriber = await context.open({ name: 'order-s' })
  await using publisher = await context.open({ name: 'order-p' })
  const topic = context.topic('order')
  const refusal = refusalOf(await subscriber.subscribe(topic), 'subscription')
  if (refusal !== undefined) return { order: refusal }
  let unanswered: Promise<unknown>[] = []
  for (let index = 0; index < orderedMessages; index += 1) {
    unanswered.push(publisher.publish({ topic, payload: `${index}` }))
    // What brokers keep in flight for a client is bounded; here only the order matters.
    if (unanswered.length < 20) continue
    await Promise.all(unanswered)
    unanswered = []
  }
  await subscriber.until(() => subscriber.received.length >= orderedMessages)
  await context.quiet()
  const numbers = subscriber.received.filter(({ dup }) => !dup).map(({ payload }) => Number(payload.toString()))
  const wrong = numbers.findIndex((number, index) => number !== index)
  if (new Set(numbers).size < orderedMessages)
    return { order: differs(`only ${new Set(numbers).size} of ${orderedMessages} messages came`, { came: new Set(numbers).size }) }
  return {
    order:
      wrong < 0
        ? works(`${orderedMessages} messages of a publisher came in its order`, { messages: orderedMessages })
        : differs(`message ${numbers[wrong]} of a publisher came in place of ${wrong}`, { firstWrong: wrong })
  }
}

/** What can be told without killing the broker: the times, and what is known of it. */
export function createAcknowledgementProbe(nameOf: () => string | undefined): Probe {
  return async (context) => {
    await using subscriber = await context.open({ name: 'ack-s' })
    await using publisher = await context.open({ name: 'ack-p' })
    const topic = context.topic('acknowledgement')
    const refusal = refusalOf(await subscriber.subscribe(topic, 0), 'subscription')
    if (refusal !== undefined) return { acknowledgement: refusal }
    const pubacks: number[] = []
    const roundTrips: number[] = []
    for (let index = 0; index < timedMessages; index += 1) {
      const startedMs = performance.now()
      publisher.send({ topic, payload: 'time', qos: 0 })
      const came = index + 1
      if (await subscriber.until(() => subscriber.received.length >= came)) roundTrips.push(performance.now() - startedMs)
      const answer = await publisher.publish({ topic: `${topic}/nobody`, payload: 'time' })
      if (answer.type === 'acknowledged') pubacks.push(answer.tookMs)
    }
    const pubackMs = median(pubacks)
    const roundTripMs = median(roundTrips)
    const times = `PUBACK after ${milliseconds(pubackMs)}, QoS 0 round trip ${milliseconds(roundTripMs)}`
    const known = knownDurability(nameOf())
    return {
      acknowledgement: unknown(
        `${times}: whether it is stored first cannot be told from outside without --restart${known === undefined ? '' : `; ${known}`}`,
        { pubackMs, roundTripMs, ...(known === undefined ? {} : { known }) }
      )
    }
  }
}
