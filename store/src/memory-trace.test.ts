/** The trace store in memory under the shared suite, and what a call does that has judged enough events. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import type { EventFilter } from '@tracegate/model/epcis/query/filter'
import { createFilterMatcher } from '@tracegate/model/epcis/query/matcher'
import type { TraceEvent } from '@tracegate/model/trace-event'
import { createMemoryTraceStore } from './memory-trace.ts'
import { judgedEventsMax } from './trace-rules.ts'
import { runTraceSuite } from './trace-suite.ts'
import { event, item, lot } from './trace-suite-events.ts'

runTraceSuite({ name: 'memory', open: () => Promise.resolve(createMemoryTraceStore()) })

it('a page ends when so many events were judged, and says where to go on', async () => {
  const store = createMemoryTraceStore()
  const others = Array.from({ length: judgedEventsMax + 5 }, (_, index) => event({ id: `e${index}`, at: index, objects: [item(1)] }))
  await store.capture([...others, event({ id: 'wanted', at: judgedEventsMax + 9, objects: [item(1)], declaredAt: 1 })])
  const conditions = [{ type: 'exists', member: 'errorDeclaration' }] as const
  const query = { conditions, order: 'ascending', orderBy: 'eventTime', limit: 10 } as const
  const first = await store.events(query)
  assert.deepEqual(first.json, [])
  assert.ok(first.next !== undefined)
  const second = await store.events({ ...query, cursor: first.next })
  assert.deepEqual([second.json.length, second.next], [1, undefined])
  const feed = await store.feed({ limit: 10, filter: { conditions } })
  assert.deepEqual([feed.json.length, feed.more], [0, true])
  const rest = await store.feed({ limit: 10, filter: { conditions }, after: feed.next })
  assert.deepEqual([rest.json.length, rest.more], [1, false])
  await store.close()
})

it('pages together are the whole, whatever comes in between them', async () => {
  const made = fc.record({ at: fc.nat(4), kilograms: fc.nat(3) })
  const filter: EventFilter = { conditions: [{ type: 'quantity', comparison: 'GE', values: [2_000], uom: 'GRM' }] }
  const matches = createFilterMatcher(filter)
  await fc.assert(
    fc.asyncProperty(
      fc.array(made, { maxLength: 20 }),
      fc.array(fc.array(made, { maxLength: 3 }), { maxLength: 8 }),
      fc.record({ order: fc.constantFrom('ascending', 'descending'), orderBy: fc.constantFrom('eventTime', 'recordTime') }),
      fc.integer({ min: 1, max: 5 }),
      async (first, batches, ordered, limit) => {
        const store = createMemoryTraceStore()
        let number = 0
        const eventsOf = (all: readonly { readonly at: number; readonly kilograms: number }[]): TraceEvent[] =>
          all.map(({ at, kilograms }) =>
            event({
              id: `e${(number += 1)}`,
              at,
              recordMs: 1_000 * (number % 3),
              objects: [{ key: lot('A'), quantity: kilograms, uom: 'KGM' }]
            })
          )
        const early = eventsOf(first)
        await store.capture(early)
        const pages: string[] = []
        let cursor: string | undefined
        do {
          const page = await store.events({ ...filter, ...ordered, limit, ...(cursor === undefined ? {} : { cursor }) })
          pages.push(...page.json)
          cursor = page.next
          await store.capture(eventsOf(batches.shift() ?? []))
        } while (cursor !== undefined)
        const whole: string[] = []
        for (let next: string | undefined, page = await store.events({ ...filter, ...ordered, limit: 1_000 }); ;) {
          whole.push(...page.json)
          next = page.next
          if (next === undefined) break
          page = await store.events({ ...filter, ...ordered, limit: 1_000, cursor: next })
        }
        // In the order of the whole, nothing twice, and everything that was there from the start.
        assert.deepEqual(
          pages,
          whole.filter((json) => pages.includes(json))
        )
        for (const one of early)
          assert.equal(
            pages.includes(one.json),
            matches(one, () => one.json)
          )
        await store.close()
      }
    ),
    { numRuns: 100 }
  )
})
