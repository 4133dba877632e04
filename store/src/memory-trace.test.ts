/** The trace store in memory under the shared suite, and what a call does that has judged enough events. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { createMemoryTraceStore } from './memory-trace.ts'
import { judgedEventsMax } from './trace-rules.ts'
import { runTraceSuite } from './trace-suite.ts'
import { event, item } from './trace-suite-events.ts'

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
