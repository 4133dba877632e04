/**
 * Decides what becomes of an order: carried out once, answered again when it comes again, refused after its deadline (TG-803, TG-805).
 * Pure: state and event in, state and effects out. It carries nothing out and knows no topic.
 */
import type { Command, CommandName, CommandReply, CommandStatus } from '@tracegate/model/command'
import { wireVersion } from '@tracegate/model/wire-limits'

export interface BookedOrder {
  readonly device: string
  readonly id: string
  readonly name: CommandName
  readonly deadlineMs: number
  /** `accepted` while it is being carried out. */
  readonly status: CommandStatus
  readonly message?: string
}

/** Oldest first. */
export type OrderBook = ReadonlyMap<string, BookedOrder>

export type OrderEvent =
  | { readonly type: 'order'; readonly device: string; readonly order: Command }
  /** It takes longer: says so, once. */
  | { readonly type: 'slow'; readonly device: string; readonly id: string }
  | { readonly type: 'ended'; readonly device: string; readonly id: string; readonly result: OrderResult }

export interface OrderResult {
  readonly status: 'done' | 'refused' | 'failed'
  readonly message?: string
}

export type OrderEffect =
  | { readonly type: 'carryOut'; readonly device: string; readonly order: Command }
  | { readonly type: 'reply'; readonly device: string; readonly reply: CommandReply }
  /** The book has to survive the end of the process. */
  | { readonly type: 'keep' }
  | { readonly type: 'count'; readonly outcome: 'taken' | 'repeated' | 'expired' | 'refused' | 'failed' | 'done' }

export interface OrderStep {
  readonly book: OrderBook
  readonly effects: readonly OrderEffect[]
}

/** Most orders that are remembered. */
export const ordersMax = 1_000
/** An order with a later deadline would hold its place too long. */
export const deadlineAheadMaxMs = 7 * 86_400_000
/** Longest message of a reply. */
const messageLengthMax = 512

export const orderKey = (device: string, id: string): string => `${device}/${id}`

export function reduceOrders(book: OrderBook, event: OrderEvent, nowMs: number): OrderStep {
  if (event.type === 'order') return takeOrder(book, event, nowMs)
  const booked = book.get(orderKey(event.device, event.id))
  if (booked === undefined || booked.status !== 'accepted') return { book, effects: [] }
  if (event.type === 'slow') return { book, effects: [replyTo(booked, nowMs)] }
  const ended = withResult(booked, event.result)
  return {
    book: new Map(book).set(orderKey(event.device, event.id), ended),
    effects: [...keepOf(ended.name), { type: 'count', outcome: event.result.status }, replyTo(ended, nowMs)]
  }
}

function takeOrder(before: OrderBook, { device, order }: { readonly device: string; readonly order: Command }, nowMs: number): OrderStep {
  const key = orderKey(device, order.id)
  const known = before.get(key)
  if (known !== undefined) return { book: before, effects: [{ type: 'count', outcome: 'repeated' }, replyTo(known, nowMs)] }
  const { id, name, deadlineMs } = order
  const answer = (status: 'expired' | 'refused', message: string): OrderStep => ({
    book: before,
    effects: [{ type: 'count', outcome: status }, replyTo({ device, id, name, deadlineMs, status, message }, nowMs)]
  })
  if (nowMs > deadlineMs)
    return answer('expired', `the deadline was ${new Date(deadlineMs).toISOString()}, it came ${nowMs - deadlineMs} ms later`)
  if (deadlineMs - nowMs > deadlineAheadMaxMs)
    return answer('refused', `the deadline is ${deadlineMs - nowMs} ms ahead, expected at most ${deadlineAheadMaxMs}`)
  const book = withRoom(before, nowMs)
  // Never by forgetting one that could still come again: it would be carried out twice.
  if (book === undefined) return answer('refused', `${ordersMax} orders are open, expected fewer`)
  const booked: BookedOrder = { device, id, name, deadlineMs, status: 'accepted' }
  return {
    book: new Map(book).set(key, booked),
    effects: [...keepOf(name), { type: 'count', outcome: 'taken' }, { type: 'carryOut', device, order }]
  }
}

/** With a place for one more: the oldest that ended and whose deadline has passed goes. Undefined when there is none. */
function withRoom(book: OrderBook, nowMs: number): OrderBook | undefined {
  if (book.size < ordersMax) return book
  for (const [key, { status, deadlineMs }] of book) {
    if (status === 'accepted' || deadlineMs >= nowMs) continue
    const next = new Map(book)
    next.delete(key)
    return next
  }
  return undefined
}

/** A rebirth may be made twice; everything else is remembered beyond a restart. */
function keepOf(name: CommandName): OrderEffect[] {
  return name === 'rebirth' ? [] : [{ type: 'keep' }]
}

function withResult({ device, id, name, deadlineMs }: BookedOrder, result: OrderResult): BookedOrder {
  return { device, id, name, deadlineMs, status: result.status, ...(result.message === undefined ? {} : { message: result.message }) }
}

function replyTo({ device, id, status, message }: BookedOrder, nowMs: number): OrderEffect {
  const text = message?.slice(0, messageLengthMax)
  return {
    type: 'reply',
    device,
    reply: { v: wireVersion, id, status, timeMs: Math.max(0, nowMs), ...(text === undefined ? {} : { message: text }) }
  }
}
