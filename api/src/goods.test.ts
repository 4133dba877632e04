/** The lot of an item, from the event that made it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keyKind } from '@tracegate/model/gs1/key'
import { createMemoryTraceStore } from '@tracegate/store/memory-trace'
import { lotsOfItems } from './goods.ts'
import { fish, itemOf, startMs, traceEvent, vaccine } from './harness.ts'

const made = (item: string, input: string) => {
  const event = traceEvent({ id: `made-${item}`, atMs: startMs, bizStep: 'commissioning' })
  const subject = (key: string, role: 'input' | 'output') => ({ key, kind: keyKind(key), role })
  return { ...event, type: 'TransformationEvent' as const, subjects: [subject(input, 'input'), subject(item, 'output')] }
}

test('an item has the lot its making names, or the lot of its own product that it was filled from', async () => {
  const trace = createMemoryTraceStore()
  await trace.capture([
    traceEvent({ id: 'a', atMs: startMs, action: 'ADD', objects: [itemOf(vaccine, 1)], lot: 'L/1' }),
    made(itemOf(vaccine, 2), `${vaccine}/10/L2`),
    made(itemOf(vaccine, 3), `${fish}/10/L3`),
    traceEvent({ id: 'b', atMs: startMs, action: 'ADD', objects: [itemOf(vaccine, 4)] })
  ])
  const keys = [1, 2, 3, 4, 5].map((serial) => itemOf(vaccine, serial))
  const lots = await lotsOfItems(trace, [...keys, vaccine])
  assert.deepEqual(
    [...lots],
    [
      [itemOf(vaccine, 1), `${vaccine}/10/L%2F1`],
      [itemOf(vaccine, 2), `${vaccine}/10/L2`]
    ]
  )
})
