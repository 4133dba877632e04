/**
 * Orders to devices: gives each an id and a deadline, publishes it on the device's `command` topic and waits for the reply.
 * It decides nothing about who may give one, and sends none a second time.
 */
import { randomUUID } from 'node:crypto'
import { encodeMessage, compileValidator } from '@tracegate/model/codec'
import { Command, type CommandReply } from '@tracegate/model/command'
import type { OrderAnswer, OrderRequest } from '@tracegate/model/http-orders'
import { buildTopic } from '@tracegate/model/topics'
import { wireVersion } from '@tracegate/model/wire-limits'
import type { Bus } from '@tracegate/service/bus'
import type { MessagePublisher } from '@tracegate/service/ingest'
import { apiError } from './errors.ts'

/** Orders that wait for their reply; one more is refused. */
const waitingMax = 1_000
const waitDefaultMs = 10_000
/** Time for the reply to travel after the deadline. */
const graceMs = 1_000

export interface Orders {
  send(order: OrderRequest & { readonly point: string; readonly device: string }): Promise<OrderAnswer>
  close(): void
}

export interface OrdersOptions {
  readonly bus: Bus
  /** Undefined where this process has no way to the broker. */
  readonly publisher: MessagePublisher | undefined
  readonly nowMs: () => number
}

const command = compileValidator(Command)

export function createOrders(options: OrdersOptions): Orders {
  const waiting = new Map<string, { readonly device: string; readonly take: (reply: CommandReply | undefined) => void }>()
  const unsubscribe = options.bus.subscribe('commandReply', ({ point, device, reply }) => {
    const order = waiting.get(reply.id)
    // Only the device that was asked may answer.
    if (order?.device === `${point}/${device}` && reply.status !== 'accepted') order.take(reply)
  })
  return {
    async send({ point, device, name, args, waitMs = waitDefaultMs }) {
      const { publisher } = options
      if (publisher === undefined) throw apiError('ORDERS_ABSENT')
      if (waiting.size >= waitingMax) throw apiError('ORDERS_FULL', { waiting: waiting.size, waitingMax })
      const issuedAtMs = options.nowMs()
      const id = randomUUID()
      const checked = command.check({
        v: wireVersion,
        id,
        name,
        issuedAtMs,
        deadlineMs: issuedAtMs + waitMs,
        ...(args === undefined ? {} : { args })
      })
      if (!checked.ok) throw apiError('ORDER_INVALID', { detail: `${checked.reason.pointer} ${checked.reason.message}` })
      const { promise, resolve } = Promise.withResolvers<CommandReply | undefined>()
      const timer = setTimeout(() => resolve(undefined), waitMs + graceMs)
      waiting.set(id, { device: `${point}/${device}`, take: resolve })
      try {
        const topic = buildTopic({ type: 'device', point, device, channel: 'command' })
        await publisher.publish(topic, encodeMessage(checked.value), { qos: 1, retain: false })
        const reply = await promise
        if (reply === undefined) return { id, status: 'silent', issuedAtMs }
        const { status, message, timeMs } = reply
        return { id, status, issuedAtMs, answeredAtMs: timeMs, ...(message === undefined ? {} : { message }) }
      } finally {
        clearTimeout(timer)
        waiting.delete(id)
      }
    },
    close() {
      unsubscribe()
      for (const { take } of waiting.values()) take(undefined)
    }
  }
}
