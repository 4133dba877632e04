/** The book of orders: once, in time, bounded. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import type { Command } from '@tracegate/model/command'
import { deadlineAheadMaxMs, type OrderBook, ordersMax, reduceOrders } from './order-book.ts'

const order = (id: string, deadlineMs = 10_000): Command => ({ v: 1, id, issuedAtMs: 0, deadlineMs, name: 'rescan' })
const take = (book: OrderBook, id: string, nowMs = 0, deadlineMs = 10_000) =>
  reduceOrders(book, { type: 'order', device: 'd1', order: order(id, deadlineMs) }, nowMs)
const typesOf = (step: ReturnType<typeof reduceOrders>) => step.effects.map(({ type }) => type)

test('TG-805: whatever comes in whatever order, an order is carried out at most once', () => {
  const event = fc.record({ id: fc.constantFrom('a', 'b', 'c'), end: fc.boolean(), nowMs: fc.integer({ min: 0, max: 20_000 }) })
  fc.assert(
    fc.property(fc.array(event, { maxLength: 60 }), (events) => {
      let book: OrderBook = new Map()
      const carried: string[] = []
      for (const { id, end, nowMs } of events) {
        const step = end
          ? reduceOrders(book, { type: 'ended', device: 'd1', id, result: { status: 'done' } }, nowMs)
          : take(book, id, nowMs)
        book = step.book
        for (const effect of step.effects) if (effect.type === 'carryOut') carried.push(effect.order.id)
      }
      return new Set(carried).size === carried.length
    })
  )
})

test('TG-803: the deadline itself is in time, a millisecond later is not', () => {
  assert.ok(typesOf(take(new Map(), 'a', 10_000)).includes('carryOut'))
  const late = take(new Map(), 'a', 10_001)
  assert.deepEqual(typesOf(late), ['count', 'reply'])
  assert.equal(late.book.size, 0)
})

test('TG-804: a full book refuses, makes room of what ended and passed, and never of what is open', () => {
  let book: OrderBook = new Map()
  for (let index = 0; index < ordersMax; index += 1) book = take(book, `o${index}`).book
  const full = take(book, 'more')
  assert.ok(full.effects.some((effect) => effect.type === 'reply' && effect.reply.status === 'refused'))
  book = reduceOrders(book, { type: 'ended', device: 'd1', id: 'o0', result: { status: 'done' } }, 1).book
  assert.ok(!typesOf(take(book, 'more', 2)).includes('carryOut'))
  const roomy = take(book, 'more', 10_001, 30_000)
  assert.ok(typesOf(roomy).includes('carryOut'))
  assert.equal(roomy.book.size, ordersMax)
})

test('an order too far ahead is refused, and a result comes once', () => {
  assert.ok(!typesOf(take(new Map(), 'a', 0, deadlineAheadMaxMs + 1)).includes('carryOut'))
  const { book } = take(new Map(), 'a')
  const ended = reduceOrders(book, { type: 'ended', device: 'd1', id: 'a', result: { status: 'failed', message: 'x'.repeat(600) } }, 5)
  assert.deepEqual(typesOf(ended), ['keep', 'count', 'reply'])
  assert.ok(ended.effects.every((effect) => effect.type !== 'reply' || (effect.reply.message ?? '').length === 512))
  assert.deepEqual(reduceOrders(ended.book, { type: 'ended', device: 'd1', id: 'a', result: { status: 'done' } }, 6).effects, [])
})
