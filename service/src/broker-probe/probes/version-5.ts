/** What only MQTT 5 has: flow control by Receive Maximum, and topic aliases. */
import { differs, hex, type Probe, refusalOf, refused, works } from '../probe.ts'

const receiveMaximum = 3
const messages = 10

export const probeReceiveMaximum: Probe = async (context) => {
  await using subscriber = await context.open({ name: 'recvmax-s', version: 5, acknowledges: false, properties: { receiveMaximum } })
  await using publisher = await context.open({ name: 'recvmax-p', version: 5 })
  const topic = context.topic('receive-maximum')
  const refusal = refusalOf(await subscriber.subscribe(topic), 'subscription')
  if (refusal !== undefined) return { 'receive-maximum': refusal }
  for (let index = 0; index < messages; index += 1) await publisher.publish({ topic, payload: `${index}` })
  await subscriber.until(() => subscriber.received.length >= receiveMaximum)
  await context.quiet()
  const before = subscriber.received.length
  for (const { messageId } of subscriber.received) if (messageId !== undefined) subscriber.acknowledge(messageId)
  subscriber.inbox.acknowledges = true
  await subscriber.until(() => subscriber.received.length >= messages)
  const value = {
    receiveMaximum,
    withoutPuback: before,
    atLast: subscriber.received.length,
    ofBroker: publisher.connack.properties.receiveMaximum ?? 65_535
  }
  if (before > receiveMaximum)
    return { 'receive-maximum': differs(`with a Receive Maximum of ${receiveMaximum} the broker sent ${before} without a PUBACK`, value) }
  if (value.atLast < messages)
    return { 'receive-maximum': differs(`after PUBACK only ${value.atLast} of ${messages} messages came`, value) }
  return { 'receive-maximum': works(`no more than ${receiveMaximum} messages were sent without PUBACK, and the rest after it`, value) }
}

export const probeTopicAlias: Probe = async (context) => {
  await using subscriber = await context.open({ name: 'alias-s', version: 5 })
  await using publisher = await context.open({ name: 'alias-p', version: 5 })
  const topic = context.topic('alias')
  const most = publisher.connack.properties.topicAliasMaximum ?? 0
  if (most === 0) return { 'topic-alias': refused('CONNACK allows none', { topicAliasMaximum: 0 }) }
  const refusal = refusalOf(await subscriber.subscribe(topic), 'subscription')
  if (refusal !== undefined) return { 'topic-alias': refusal }
  await publisher.publish({ topic, payload: 'named', properties: { topicAlias: 1 } })
  const answer = await publisher.publish({ topic: '', payload: 'by alias', properties: { topicAlias: 1 } })
  await subscriber.until(() => subscriber.received.length >= 2)
  const came = subscriber.received.filter((delivery) => delivery.topic === topic).length
  const value = { topicAliasMaximum: most, came }
  return {
    'topic-alias':
      came === 2
        ? works(`up to ${most} aliases are allowed, and one works`, value)
        : differs(
            `${most} aliases are allowed, but a message by alias ${answer.type === 'closed' ? 'ends the connection' : `is lost (${hex(answer.code)})`}`,
            value
          )
  }
}
