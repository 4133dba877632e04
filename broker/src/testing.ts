/** What the tests of the broker share: known clients, a sink that can be looked into, and waits with a limit. For tests only. */
import assert from 'node:assert/strict'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Reason } from '@tracegate/model/errors'
import type { ClientIdentity, DeviceDirectory } from '@tracegate/service/identity'
import type { IncomingMessage, IngestSink } from '@tracegate/service/ingest'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics, type Metrics } from '@tracegate/service/metrics'
import { startBroker, type Broker, type BrokerOptions } from './broker.ts'
import { encodeConnect, openRawClient, packetTypes, type ConnectFields, type RawClient } from './raw-client.ts'

const identities: Readonly<Record<string, ClientIdentity>> = {
  'port-1/probe-1': { role: 'device', point: 'port-1', device: 'probe-1' },
  'port-1/probe-2': { role: 'device', point: 'port-1', device: 'probe-2' },
  'port-1/agent': { role: 'edge', point: 'port-1', device: 'agent' },
  collector: { role: 'service', point: '', device: 'collector' },
  api: { role: 'service', point: '', device: 'api' }
}

export const directory: DeviceDirectory = {
  async authenticate({ username, password }) {
    return Buffer.from(password ?? []).toString() === 'secret' ? identities[username ?? ''] : undefined
  }
}

export interface TestSink extends IngestSink {
  readonly messages: IncomingMessage[]
  readonly refused: { message: IncomingMessage; reason: Reason }[]
}

export function createSink(commit: (message: IncomingMessage) => Promise<void> = async () => {}): TestSink {
  const messages: IncomingMessage[] = []
  const refused: { message: IncomingMessage; reason: Reason }[] = []
  return {
    messages,
    refused,
    async commit(message) {
      messages.push(message)
      await commit(message)
    },
    async refuse(message, reason) {
      refused.push({ message, reason })
    }
  }
}

export interface TestBroker extends Broker {
  readonly metrics: Metrics
  /** A counter or gauge as it is now, summed over its labels but those given. */
  read(name: string, labels?: Readonly<Record<string, string>>): Promise<number>
}

export async function start(options: Partial<BrokerOptions> = {}): Promise<TestBroker> {
  const metrics = createMetrics()
  const broker = await startBroker({ host: '127.0.0.1', port: 0, directory, sink: createSink(), logger: silentLogger, metrics, ...options })
  return Object.assign(broker, {
    metrics,
    async read(name: string, labels: Readonly<Record<string, string>> = {}) {
      const lines = (await metrics.text()).split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
      const wanted = lines.filter((line) => Object.entries(labels).every(([key, value]) => line.includes(`${key}="${value}"`)))
      return wanted.reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0)
    }
  })
}

/** An accepted connection of the user `port-1/probe-1`, or of another. */
export async function login(broker: { readonly port: number }, fields: Partial<ConnectFields> = {}): Promise<RawClient> {
  const { client } = await loginTo(broker, fields)
  return client
}

export async function loginTo(broker: { readonly port: number }, fields: Partial<ConnectFields> = {}) {
  const client = await openRawClient(broker)
  const username = fields.username ?? 'port-1/probe-1'
  client.send(encodeConnect({ clientId: username, password: 'secret', ...fields, username }))
  const connack = await client.next(packetTypes.connack)
  assert.equal(connack.body[1], 0, 'connection accepted')
  return { client, sessionPresent: connack.body[0] === 1 }
}

export async function until(condition: () => boolean | Promise<boolean>, timeoutMs = 5_000): Promise<void> {
  const end = Date.now() + timeoutMs
  while (!(await condition())) {
    if (Date.now() > end) throw new Error(`condition not met within ${timeoutMs} ms`)
    await sleep(10)
  }
}

export const telemetry = 'tg/v1/port-1/probe-1/telemetry'
export const command = 'tg/v1/port-1/probe-1/command'
