/**
 * Takes the orders of the platform off the wire, has them carried out in time, and answers (TG-801 to TG-806). What an order means for a
 * device is for `carryOut`; whether it may be carried out at all was decided by the order book.
 */
import { join } from 'node:path'
import { compileValidator, decodePayload, encodeMessage } from '@tracegate/model/codec'
import { Command, commandNames, type CommandReply, commandStatuses } from '@tracegate/model/command'
import { wireVersion } from '@tracegate/model/wire-limits'
import type { Logger } from '@tracegate/service/log'
import { Type } from 'typebox'
import { isRecord, memberOf } from '../configuration/schema-members.ts'
import type { EdgeEvents } from '../events.ts'
import type { Intake } from '../intake/intake.ts'
import { createJsonFile } from './json-file.ts'
import {
  type BookedOrder,
  type OrderBook,
  type OrderEffect,
  type OrderEvent,
  orderKey,
  type OrderResult,
  reduceOrders
} from './order-book.ts'

export interface OrdersOptions {
  readonly dataDir: string
  readonly logger: Logger
  readonly events: EdgeEvents
  readonly refuse: Intake['refuse']
  /** Undefined: the answer comes later, by `finish`. Must heed the signal, which aborts at the deadline. */
  readonly carryOut: (device: string, order: Command, signal: AbortSignal) => Promise<OrderResult | undefined>
  /** False while there is no connection. */
  readonly reply: (device: string, payload: Uint8Array, taken: () => void) => boolean
  /** Of an order that was open when the last process ended: whether it is taken up again. */
  readonly goesOn: (device: string, id: string) => boolean
  readonly now?: () => number
}

export interface Orders extends Disposable {
  /** A message on the command topic of a device. */
  take(device: string, payload: Uint8Array): void
  /** The end of an order that took its time. */
  finish(device: string, id: string, result: OrderResult): void
  /** Sends the answers that had no connection. */
  connected(): void
}

const commandValidator = compileValidator(Command)
const BookFile = Type.Object({
  orders: Type.Array(
    Type.Object({
      device: Type.String(),
      id: Type.String(),
      name: Type.Enum(commandNames),
      deadlineMs: Type.Number(),
      status: Type.Enum(commandStatuses),
      message: Type.Optional(Type.String())
    })
  )
})

/** An order that is not done by then is told to be accepted. */
const slowAfterMs = 500
/** Answers that wait for a connection; of more the oldest is given up: the order is answered again when it comes again. */
const waitingRepliesMax = 256

export function createOrders(options: OrdersOptions): Orders {
  const { events, logger } = options
  const now = options.now ?? Date.now
  const file = createJsonFile({
    path: join(options.dataDir, 'orders.json'),
    schema: BookFile,
    onDamage: (detail) => logger.error({ detail }, 'the book of orders is damaged and begun anew')
  })
  let book: OrderBook = restored(file.read()?.orders ?? [], options.goesOn)
  const waiting: { readonly device: string; readonly reply: CommandReply }[] = []
  const running = new Set<AbortController>()
  let ended = false

  const dispatch = (event: OrderEvent) => {
    const step = reduceOrders(book, event, now())
    book = step.book
    for (const effect of step.effects) perform(effect)
  }

  const perform = (effect: OrderEffect) => {
    switch (effect.type) {
      case 'keep':
        return keep()
      case 'count':
        return events.order(effect.outcome)
      case 'reply':
        return answer(effect.device, effect.reply)
      case 'carryOut':
        return void carryOut(effect.device, effect.order)
      default:
        return effect satisfies never
    }
  }

  const keep = () => {
    try {
      file.write({ orders: [...book.values()].filter(({ name }) => name !== 'rebirth') })
    } catch (error) {
      logger.error({ detail: error instanceof Error ? error.message : String(error) }, 'the book of orders cannot be written')
    }
  }

  const answer = (device: string, reply: CommandReply) => {
    const entry = { device, reply }
    waiting.push(entry)
    if (waiting.length > waitingRepliesMax) waiting.shift()
    send(entry)
  }

  const send = (entry: (typeof waiting)[number]) => {
    options.reply(entry.device, encodeMessage(entry.reply), () => {
      const index = waiting.indexOf(entry)
      if (index >= 0) waiting.splice(index, 1)
    })
  }

  const carryOut = async (device: string, order: Command) => {
    logger.info({ device, id: order.id, name: order.name }, 'order taken')
    const control = new AbortController()
    running.add(control)
    const late = setTimeout(() => control.abort(), Math.max(0, order.deadlineMs - now()))
    const slow = setTimeout(() => dispatch({ type: 'slow', device, id: order.id }), slowAfterMs)
    let result: OrderResult | undefined
    try {
      result = await Promise.race([options.carryOut(device, order, control.signal), whenAborted(control.signal)])
    } catch (error) {
      result = { status: 'failed', message: error instanceof Error ? error.message : String(error) }
    }
    clearTimeout(late)
    clearTimeout(slow)
    running.delete(control)
    // What the end of the agent cut short is told after its next start.
    if (ended) return
    if (result === undefined) dispatch({ type: 'slow', device, id: order.id })
    else dispatch({ type: 'ended', device, id: order.id, result })
  }

  return {
    take(device, payload) {
      const decoded = decodePayload(payload)
      const checked = decoded.ok ? commandValidator.check(decoded.value) : decoded
      if (checked.ok) return dispatch({ type: 'order', device, order: checked.value })
      events.order('unreadable')
      options.refuse({ source: 'command', device, reason: checked.reason, payload })
      const id = decoded.ok ? memberOf(decoded.value, 'id') : undefined
      if (!decoded.ok || !isRecord(decoded.value) || typeof id !== 'string' || !/^[A-Za-z0-9_-]{1,64}$/.test(id)) return
      const repeated = book.get(orderKey(device, id))
      if (repeated !== undefined) return
      const name = memberOf(decoded.value, 'name')
      const known = commandNames.some((one) => one === name)
      const message = known
        ? checked.reason.message
        : `name is ${JSON.stringify(name)?.slice(0, 80)}, expected one of ${commandNames.join(', ')}`
      answer(device, { v: wireVersion, id, status: 'refused', timeMs: Math.max(0, now()), message: message.slice(0, 512) })
    },
    finish: (device, id, result) => dispatch({ type: 'ended', device, id, result }),
    connected() {
      for (const entry of waiting.slice()) send(entry)
    },
    [Symbol.dispose]() {
      ended = true
      for (const control of running) control.abort()
    }
  }
}

/** An order that was open when the agent ended has failed, but a configuration on trial, which is taken up again. */
function restored(orders: readonly BookedOrder[], goesOn: OrdersOptions['goesOn']): OrderBook {
  return new Map(
    orders.map((order) => [
      orderKey(order.device, order.id),
      order.status === 'accepted' && !goesOn(order.device, order.id)
        ? { ...order, status: 'failed' as const, message: 'the agent ended while it carried this out' }
        : order
    ])
  )
}

async function whenAborted(signal: AbortSignal): Promise<OrderResult> {
  const { promise, resolve } = Promise.withResolvers<void>()
  if (signal.aborted) resolve()
  signal.addEventListener('abort', () => resolve(), { once: true })
  await promise
  return { status: 'failed', message: 'it was not done before its deadline' }
}
