/**
 * Looks at the broker as the agent would: sign-in, TLS, rights, watermark. Under a client id of its own, without a last will, and with no
 * message that is stored, so that an agent that runs is not disturbed.
 */
import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { encodeMessage } from '@tracegate/model/codec'
import { buildTopic, parseTopic, topicRoot } from '@tracegate/model/topics'
import { type CommandReply } from '@tracegate/model/command'
import { wireVersion } from '@tracegate/model/wire-limits'
import mqtt, { type MqttClient } from 'mqtt'
import { type EdgeConfig, withDefaults } from '../config.ts'
import type { ProbeFinding } from '../source/source.ts'
import { connectOptions } from '../uplink/connect-options.ts'

export interface CheckBrokerOptions {
  readonly waitMs: number
  readonly signal: AbortSignal
}

export async function* checkBroker(config: EdgeConfig, options: CheckBrokerOptions): AsyncIterable<ProbeFinding> {
  const resolved = withDefaults(config)
  let client: MqttClient | undefined
  try {
    client = mqtt.connect(config.brokerUrl, connectOptions(resolved, `edge-check-${randomUUID().slice(0, 13)}`))
    let lastError = ''
    client.on('error', (error) => {
      lastError = error.message
    })
    const watermarks: string[] = []
    client.on('message', (topic) => {
      const parsed = parseTopic(topic)
      if (parsed.ok && parsed.topic.type === 'device' && parsed.topic.channel === 'committed') watermarks.push(parsed.topic.device)
    })
    const connected = await outcome(client, 'connect', options)
    const item = `${config.brokerUrl} as ${config.point}/${config.agent}`
    yield {
      item: `broker: sign in to ${item}`,
      ok: connected,
      detail: connected ? 'signed in' : `refused or not reached: ${lastError || 'no answer'}`
    }
    if (!connected) return
    if (config.brokerUrl.startsWith('mqtts:')) yield tlsFinding(client)
    for (const channel of ['committed', 'command'] as const)
      yield await subscription(client, `${topicRoot}/${config.point}/+/${channel}`, options)
    yield await publication(client, config, options)
    const deadlineMs = performance.now() + options.waitMs
    while (watermarks.length === 0 && performance.now() < deadlineMs && !options.signal.aborted) await sleep(50)
    const seen =
      watermarks.length === 0 ? `none within ${options.waitMs} ms, which is right while nothing is sent` : `seen for ${watermarks[0]}`
    yield { item: 'broker: commit watermark', ok: true, detail: seen }
  } catch (error) {
    yield { item: `broker: ${config.brokerUrl}`, ok: false, detail: error instanceof Error ? error.message : String(error) }
  } finally {
    client?.end(true)
  }
}

async function outcome(client: MqttClient, event: 'connect', { waitMs, signal }: CheckBrokerOptions): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  client.once(event, () => resolve(true))
  client.once('close', () => resolve(false))
  const timer = setTimeout(() => resolve(false), waitMs)
  signal.addEventListener('abort', () => resolve(false), { once: true })
  const result = await promise
  clearTimeout(timer)
  return result
}

function tlsFinding(client: MqttClient): ProbeFinding {
  const { stream } = client
  const version = 'getProtocol' in stream && typeof stream.getProtocol === 'function' ? String(stream.getProtocol()) : 'TLS'
  return { item: 'broker: TLS', ok: true, detail: `${version}, certificate of the broker verified` }
}

async function subscription(client: MqttClient, filter: string, { waitMs }: CheckBrokerOptions): Promise<ProbeFinding> {
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  client.subscribe(filter, { qos: 1 }, (error, granted) => {
    if (error) resolve(error.message)
    else resolve(granted?.some((grant) => grant.qos > 2) === true ? 'not granted' : undefined)
  })
  const refused = await within(promise, waitMs)
  return { item: `broker: subscribe ${filter}`, ok: refused === undefined, detail: refused ?? 'granted' }
}

/** An answer to no order: the one message of a device that is handed on and never stored. */
async function publication(client: MqttClient, config: EdgeConfig, { waitMs }: CheckBrokerOptions): Promise<ProbeFinding> {
  const topic = buildTopic({ type: 'device', point: config.point, device: config.agent, channel: 'command/reply' })
  const reply: CommandReply = {
    v: wireVersion,
    id: `edge-check-${randomUUID()}`,
    status: 'refused',
    timeMs: Date.now(),
    message: 'edge check: no order'
  }
  const { promise, resolve } = Promise.withResolvers<string | undefined>()
  client.once('close', () => resolve('the broker ended the connection: no right to publish there'))
  client.publish(topic, Buffer.from(encodeMessage(reply)), { qos: 1 }, (error) => resolve(error ? error.message : undefined))
  const refused = await within(promise, waitMs)
  return { item: `broker: publish ${topic}`, ok: refused === undefined, detail: refused ?? 'acknowledged' }
}

async function within(promise: Promise<string | undefined>, waitMs: number): Promise<string | undefined> {
  const control = new AbortController()
  const late = sleep(waitMs, `no answer within ${waitMs} ms`, { signal: control.signal }).catch(() => undefined)
  const result = await Promise.race([promise, late])
  control.abort()
  return result
}
