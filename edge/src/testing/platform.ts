/** The platform's side of orders for tests: publishes them and collects the answers, over a real connection. */
import { setTimeout as sleep } from 'node:timers/promises'
import { encodeMessage } from '@tracegate/model/codec'
import mqtt from 'mqtt'
import { isRecord } from './test-broker.ts'

interface Answer {
  readonly device: string
  readonly id: string
  readonly status: string
  readonly message: string
}

export interface Platform extends AsyncDisposable {
  readonly answers: Answer[]
  send(device: string, order: object): Promise<void>
  sendRaw(device: string, payload: Uint8Array): Promise<void>
  /** The last answer to an order that is not `accepted`. */
  final(id: string, timeoutMs?: number): Promise<Answer>
}

export async function startPlatform(url: string): Promise<Platform> {
  const client = await mqtt.connectAsync(url, { clientId: `platform-${process.hrtime.bigint()}`, username: 'platform', password: 'x' })
  const answers: Answer[] = []
  client.on('message', (topic, payload) => {
    const value: unknown = JSON.parse(payload.toString())
    if (!isRecord(value)) return
    const device = topic.split('/')[3] ?? ''
    answers.push({ device, id: String(value['id']), status: String(value['status']), message: textOf(value['message']) })
  })
  await client.subscribeAsync('tg/v1/+/+/command/reply', { qos: 1 })
  const sendRaw = async (device: string, payload: Uint8Array) => {
    await client.publishAsync(`tg/v1/p1/${device}/command`, Buffer.from(payload), { qos: 1 })
  }
  return {
    answers,
    sendRaw,
    send: (device, order) => sendRaw(device, encodeMessage(order)),
    async final(id, timeoutMs = 15_000) {
      const deadlineMs = performance.now() + timeoutMs
      while (performance.now() < deadlineMs) {
        const found = answers.findLast((answer) => answer.id === id && answer.status !== 'accepted')
        if (found !== undefined) return found
        await sleep(10)
      }
      throw new Error(`waited ${timeoutMs} ms for the answer to ${id}: ${JSON.stringify(answers)}`)
    },
    async [Symbol.asyncDispose]() {
      await client.endAsync(true)
    }
  }
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}

let count = 0
/** The members that all orders have. */
export function orderOf(
  name: string,
  rest: object = {}
): { readonly v: 1; readonly id: string; readonly issuedAtMs: number; readonly deadlineMs: number; readonly name: string } {
  const nowMs = Date.now()
  count += 1
  return { v: 1, id: `order-${count}`, issuedAtMs: nowMs, deadlineMs: nowMs + 20_000, name, ...rest }
}
