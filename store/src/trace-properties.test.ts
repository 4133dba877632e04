/** Trace answers do not depend on the order of arrival; adapters agree; back and forward are inverse. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import * as fc from 'fast-check'
import { createMemoryTraceStore } from './memory-trace.ts'
import { startMs } from './trace-suite-events.ts'
import { filled, history, items, lots, pallets, places, toEvents } from './trace-suite-history.ts'

describe('trace answers', () => {
  it('do not depend on the order in which events come in', async () => {
    await fc.assert(
      fc.asyncProperty(history, fc.infiniteStream(fc.nat()), async (made, random) => {
        const events = toEvents(made)
        const shuffled = events
          .map((one) => ({ one, by: Number(random.next().value) }))
          .sort((a, b) => a.by - b.by)
          .map(({ one }) => one)
        const inOrder = events.toSorted((a, b) => a.eventTimeMs - b.eventTimeMs)
        assert.deepEqual(await filled(createMemoryTraceStore(), shuffled), await filled(createMemoryTraceStore(), inOrder))
      }),
      { numRuns: 150 }
    )
  })

  it('lead back from a thing to exactly those that lead forward to it', async () => {
    await fc.assert(
      fc.asyncProperty(history, async (made) => {
        const store = createMemoryTraceStore()
        await store.capture(toEvents(made))
        const reach = async (direction: 'back' | 'forward'): Promise<Map<string, Set<string>>> => {
          const found = new Map<string, Set<string>>()
          for (const key of [...items, ...lots]) {
            const answer = await store.ask(direction, { of: key })
            found.set(key, new Set(answer.nodes.map((node) => node.key)))
          }
          return found
        }
        const back = await reach('back')
        const forward = await reach('forward')
        for (const from of items) {
          for (const to of items) {
            assert.equal(forward.get(from)?.has(to), back.get(to)?.has(from), `${from} to ${to}`)
          }
        }
      }),
      { numRuns: 150 }
    )
  })

  it('never gain by a shorter time or period', async () => {
    const ends = fc.tuple(fc.nat(20), fc.nat(20)).map(([a, b]) => [Math.min(a, b), Math.max(a, b)] as const)
    await fc.assert(
      fc.asyncProperty(history, ends, async (made, [early, late]) => {
        const store = createMemoryTraceStore()
        await store.capture(toEvents(made))
        const timeOf = (minute: number): number => startMs + minute * 60_000
        const eventsOf = async (of: string, minute: number): Promise<Set<string>> =>
          new Set((await store.ask('back', { of, atMs: timeOf(minute) })).events)
        for (const key of [...items, ...pallets])
          assert.ok((await eventsOf(key, early)).isSubsetOf(await eventsOf(key, late)), `${key}: up to ${early} and ${late}`)
        const goodsAt = async (place: string, fromMs: number, toMs: number): Promise<Set<string>> =>
          new Set((await store.ask('exposure', { place, fromMs, toMs })).goods.map(({ key, eventID }) => `${key} ${eventID}`))
        for (const place of places) {
          const short = await goodsAt(place, timeOf(early), timeOf(late))
          assert.ok(short.isSubsetOf(await goodsAt(place, timeOf(early - 3), timeOf(late + 3))), place)
        }
      }),
      { numRuns: 100 }
    )
  })
})
