/** What a broker keeps for a subscriber: its session while it is away, and what it has not acknowledged. */
import type { Delivery } from '../probe-inbox.ts'
import { differs, type Outcome, type Probe, refusalOf, works } from '../probe.ts'

const queuedMessages = 20
/** In MQTT 5 a session ends with its connection unless it is given a time; longer than any run takes. */
const properties = { sessionExpiryInterval: 300 } as const

export const probePersistentSession: Probe = async (context) => {
  const connect = { name: 'session', clean: false, properties }
  const topic = context.topic('session')
  {
    await using first = await context.open(connect)
    const refusal = refusalOf(await first.subscribe(topic), 'subscription of a session that is kept')
    if (refusal !== undefined) return { 'persistent-session': refusal }
  }
  await using publisher = await context.open({ name: 'session-p' })
  for (let index = 0; index < queuedMessages; index += 1) await publisher.publish({ topic, payload: `${index}` })
  await using again = await context.open(connect)
  await again.until(() => again.received.length >= queuedMessages)
  const present = again.connack.sessionPresent
  const came = again.received.map(({ payload }) => payload.toString())
  const inOrder = came.every((payload, index) => payload === `${index}`)
  const value = { sessionPresent: present, queued: new Set(came).size, inOrder }
  return { 'persistent-session': judgeSession(value, came.length) }
}

function judgeSession(
  value: { readonly sessionPresent: boolean; readonly queued: number; readonly inOrder: boolean },
  came: number
): Outcome {
  const { sessionPresent, queued, inOrder } = value
  if (queued === 0)
    return differs(
      `${sessionPresent ? 'the session is said to be there, but' : 'the session is forgotten, and'} nothing was kept for it`,
      value
    )
  if (queued < queuedMessages) return differs(`of ${queuedMessages} messages for a subscriber that was away ${queued} were kept`, value)
  if (came > queued) return differs(`messages for a subscriber that was away came more than once`, value)
  if (!inOrder) return differs('messages for a subscriber that was away came in another order', value)
  const flag = sessionPresent ? '' : ', although CONNACK says that there is no session'
  return works(`${queuedMessages} messages for a subscriber that was away were kept and came in order${flag}`, value)
}

const unacknowledgedMessages = 4

/** Of some messages the first is acknowledged, the line is cut: the others must come again, the first must not. */
export const probeRedelivery: Probe = async (context) => {
  const connect = { name: 'redeliver', clean: false, properties }
  const topic = context.topic('redelivery')
  await using first = await context.open({ ...connect, acknowledges: false })
  const refusal = refusalOf(await first.subscribe(topic), 'subscription of a session that is kept')
  if (refusal !== undefined) return { redelivery: refusal }
  await using publisher = await context.open({ name: 'redeliver-p' })
  for (let index = 0; index < unacknowledgedMessages; index += 1) await publisher.publish({ topic, payload: `${index}` })
  const allCame = await first.until(() => first.received.length >= unacknowledgedMessages)
  if (!allCame)
    return {
      redelivery: differs(`with no PUBACK only ${first.received.length} of ${unacknowledgedMessages} messages came`, {
        came: first.received.length
      })
    }
  const settled = first.received[0]?.messageId
  if (settled !== undefined) first.acknowledge(settled)
  // An answer on the same connection shows that the PUBACK was read.
  await first.subscribe(context.topic('redelivery-read'))
  first.cut()
  await using again = await context.open(connect)
  await again.until(() => again.received.length >= unacknowledgedMessages - 1)
  await context.quiet()
  return judgeRedelivery(again.received)
}

function judgeRedelivery(received: readonly Delivery[]): Awaited<ReturnType<Probe>> {
  const came = received.map(({ payload }) => Number(payload.toString()))
  const expected = unacknowledgedMessages - 1
  const missing = expected - new Set(came.filter((number) => number > 0)).size
  if (missing > 0)
    return {
      redelivery: differs(`${missing} of ${expected} messages without PUBACK were not sent again after a reconnect: they are lost`, {
        missing
      })
    }
  const withDup = received.filter(({ dup }) => dup).length
  const settled = came.includes(0) ? ', and one with PUBACK, too' : ''
  return {
    redelivery: works(`${expected} messages without PUBACK were sent again after a reconnect${settled}`, { again: came.length }),
    'dup-flag':
      withDup >= expected
        ? works('what is sent again says so (MQTT-3.3.1-1)', { withDup })
        : differs(`${expected - withDup} of ${expected} messages that are sent again do not say so (MQTT-3.3.1-1)`, { withDup })
  }
}

export const probeTakeover: Probe = async (context) => {
  await using first = await context.open({ name: 'takeover' })
  await using second = await context.open({ name: 'takeover' })
  const ended = await first.until(() => first.closed)
  const answers = (await second.publish({ topic: context.topic('takeover'), payload: 'still there' })).type === 'acknowledged'
  if (!answers) return { takeover: differs('a second connection of a client id is taken and ended again') }
  return {
    takeover: ended
      ? works('a second connection of a client id ends the first (MQTT-3.1.4-2)')
      : differs(`both connections of a client id stay (MQTT-3.1.4-2)`)
  }
}
