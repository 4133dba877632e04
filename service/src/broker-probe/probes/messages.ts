/** What else a broker does with a message: QoS 2, retain, last will, and how long it may be. */
import { payloadBytesMax } from '@tracegate/model/wire-limits'
import type { ProbeClient } from '../probe-client.ts'
import { differs, type Probe, type ProbeContext, refusalOf, refused, unknown, works } from '../probe.ts'

/** The same message is sent twice before it is released: it must be delivered once (MQTT 3.1.1 §4.3.3). */
export const probeQos2: Probe = async (context) => {
  await using subscriber = await context.open({ name: 'qos2-s' })
  await using publisher = await context.open({ name: 'qos2-p' })
  const topic = context.topic('qos-2')
  const grant = await subscriber.subscribe(topic, 2)
  const refusal = refusalOf(grant, 'subscription with QoS 2')
  if (refusal !== undefined) return { 'qos-2': refusal }
  const maximum = publisher.connack.properties.maximumQoS
  if (maximum !== undefined && maximum < 2) return { 'qos-2': refused(`CONNACK allows QoS ${maximum} at most`, { maximumQos: maximum }) }
  const publish = { topic, payload: 'once', qos: 2 } as const
  const messageId = publisher.send(publish)
  const first = await publisher.answerOf(messageId, 'pubrec')
  if (first.type === 'closed') return { 'qos-2': refused('the connection is closed at a PUBLISH with QoS 2') }
  if (first.type === 'silent') return { 'qos-2': differs('no PUBREC came') }
  publisher.send({ ...publish, dup: true }, messageId)
  const second = await publisher.answerOf(messageId, 'pubrec')
  if (second.type === 'closed') return { 'qos-2': differs('the connection is closed when a message is sent again before PUBREL') }
  const released = await publisher.release(messageId)
  await subscriber.until(() => subscriber.received.length > 0)
  await context.quiet()
  const times = subscriber.received.length
  const qos = subscriber.received[0]?.qos ?? 0
  const value = { times, granted: grant ?? 0, qos }
  if (released.type !== 'acknowledged') return { 'qos-2': differs('no PUBCOMP came', value) }
  if (times !== 1) return { 'qos-2': differs(`one message with QoS 2, sent twice before PUBREL, was delivered ${times} times`, value) }
  if (qos < 2) return { 'qos-2': differs(`taken from the publisher, and delivered with QoS ${qos}`, value) }
  return { 'qos-2': works('sent twice before PUBREL, delivered exactly once', value) }
}

export const probeRetained: Probe = async (context) => {
  await using publisher = await context.open({ name: 'retain-p' })
  await using present = await context.open({ name: 'retain-s' })
  const topic = context.topic('retained/one')
  const wildcard = context.topic('retained/+')
  const refusal = refusalOf(await present.subscribe(wildcard), 'subscription')
  if (refusal !== undefined) return { retained: refusal }
  if (publisher.connack.properties.retainAvailable === false) return { retained: refused('CONNACK says that nothing is retained') }
  const answer = await context.retain(publisher, topic, 'kept')
  if (answer.type === 'closed') return { retained: refused('the connection is closed at a PUBLISH with the retain flag') }
  await present.until(() => present.received.length > 0)
  const late = await lateSubscriber(context, { name: 'retain-l', filter: wildcard, waits: true })
  const value = { kept: late.length > 0, flag: late[0]?.retain ?? false, flagOfPresent: present.received[0]?.retain ?? false }
  if (late.length === 0) return { retained: differs('a later subscriber does not get the retained message', value) }
  if (!value.flag) return { retained: differs('a later subscriber gets the message without the retain flag (MQTT-3.3.1-8)', value) }
  await publisher.publish({ topic, payload: '', retain: true })
  const afterwards = await lateSubscriber(context, { name: 'retain-c', filter: wildcard, waits: false })
  if (afterwards.length > 0) return { retained: differs('an empty payload does not clear the retained message (MQTT-3.3.1-10)', value) }
  const flag = value.flagOfPresent ? '; a subscriber who was there got the flag, too (MQTT-3.3.1-9)' : ''
  return { retained: works(`kept for later subscribers, also by wildcard, and cleared by an empty payload${flag}`, value) }
}

async function lateSubscriber(
  context: ProbeContext,
  { name, filter, waits }: { readonly name: string; readonly filter: string; readonly waits: boolean }
): Promise<ProbeClient['received']> {
  await using late = await context.open({ name })
  await late.subscribe(filter)
  if (waits) await late.until(() => late.received.length > 0)
  else await context.quiet()
  return [...late.received]
}

export const probeWill: Probe = async (context) => {
  await using subscriber = await context.open({ name: 'will-s' })
  const topic = context.topic('will')
  const refusal = refusalOf(await subscriber.subscribe(topic), 'subscription')
  if (refusal !== undefined) return { will: refusal }
  const orderly = await context.open({ name: 'will-d', will: { topic, payload: 'orderly' } })
  await orderly.end()
  await using cut = await context.open({ name: 'will-c', will: { topic, payload: 'cut' } })
  cut.cut()
  await subscriber.until(() => subscriber.received.length > 0)
  await context.quiet()
  const wills = subscriber.received.map(({ payload }) => payload.toString())
  const value = { afterCut: wills.includes('cut'), afterDisconnect: wills.includes('orderly') }
  if (!value.afterCut) return { will: differs('the last will of a client whose line was cut is not published', value) }
  if (value.afterDisconnect) return { will: differs('a last will is published after a DISCONNECT, too (MQTT-3.14.4-3)', value) }
  return { will: works('published when the line is cut, not after a DISCONNECT', value) }
}

const keepaliveS = 1
const keepAliveLimitMs = 8_000

export const probeKeepAlive: Probe = async (context) => {
  await using client = await context.open({ name: 'keepalive', keepaliveS })
  const imposed = client.connack.properties.serverKeepAlive
  if (imposed !== undefined && imposed * 1_500 > keepAliveLimitMs)
    return { 'keep-alive': unknown(`the broker imposes ${imposed} s, too long to be waited for here`, { keepAliveS: imposed }) }
  const startedMs = performance.now()
  const ended = await client.until(() => client.closed, keepAliveLimitMs)
  const tookMs = performance.now() - startedMs
  if (context.signal.aborted && !ended) return { 'keep-alive': unknown('not finished within the time limit') }
  return {
    'keep-alive': ended
      ? works(`a client that is silent with a keep alive of ${keepaliveS} s is ended after ${(tookMs / 1_000).toFixed(1)} s`, { tookMs })
      : differs(`a client that is silent with a keep alive of ${keepaliveS} s is not ended within ${keepAliveLimitMs / 1_000} s`)
  }
}

const bisectionsMax = 6
/** A long message over a slow line takes its time: Mosquitto moves 4 KiB of a WebSocket a turn. */
const patienceMs = 8_000

/** Few attempts: a broker may note each message that is too long, ours as a dead letter. */
export function createPacketSizeProbe(boundBytes: number): Probe {
  return async (context) => {
    let tries = 0
    const attempt = (bytes: number): ReturnType<typeof tryPayload> => {
      tries += 1
      return tryPayload(context, { name: `size-${tries}`, bytes })
    }
    const contract = await attempt(payloadBytesMax)
    if (contract === 'slow')
      return {
        'packet-size': unknown(`a payload of ${payloadBytesMax} bytes was neither answered nor refused within ${patienceMs / 1_000} s`)
      }
    let most = contract === 'passed' ? payloadBytesMax : 0
    let least = most === 0 ? payloadBytesMax : boundBytes
    if (most > 0 && boundBytes > most && (await attempt(boundBytes)) === 'passed') most = boundBytes
    for (let step = 0; step < bisectionsMax && most < least && most < boundBytes; step += 1) {
      const middle = Math.floor((most + least) / 2)
      if ((await attempt(middle)) === 'passed') most = middle
      else least = middle
    }
    const value = { payloadBytes: most, contractBytes: payloadBytesMax, boundBytes, tries }
    if (most < payloadBytesMax)
      return {
        'packet-size': differs(`payloads of about ${most} bytes come through, and the contract has up to ${payloadBytesMax}`, value)
      }
    const limit = most >= boundBytes ? 'no bound was met' : `more than about ${Math.round(least / 1_024)} KiB does not`
    return { 'packet-size': works(`a payload of ${Math.floor(most / 1_024)} KiB comes through (the contract needs 256); ${limit}`, value) }
  }
}

/** slow: nothing happened within the time, which tells nothing. */
async function tryPayload(
  context: ProbeContext,
  { name, bytes }: { readonly name: string; readonly bytes: number }
): Promise<'passed' | 'refused' | 'slow'> {
  const topic = context.topic('packet-size')
  await using client = await context.open({ name })
  const stated = client.connack.properties.maximumPacketSize
  if (stated !== undefined && bytes + topic.length + 16 > stated) return 'refused'
  await client.subscribe(topic)
  const messageId = client.send({ topic, payload: Buffer.alloc(bytes, 0x20) })
  const came = () => client.received.some(({ payload }) => payload.length === bytes)
  await client.until(() => came() || client.answered(messageId), patienceMs)
  if (!came() && client.answered(messageId)) await client.until(came, patienceMs)
  if (came()) return 'passed'
  return client.closed || client.answered(messageId) ? 'refused' : 'slow'
}
