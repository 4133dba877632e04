/** The graph of a trace answer. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { TraceAnswer } from '@tracegate/model/trace'
import { boxesMax, layOutGraph } from './graph-layout.ts'

function pallet(items: number): TraceAnswer {
  const keys = Array.from({ length: items }, (_, index) => `item${index}`)
  return {
    of: 'pallet',
    definition: 'timeScoped',
    nodes: [{ key: 'pallet', kind: 'logistic', depth: 0 }, ...keys.map((key) => ({ key, kind: 'item' as const, depth: 1 }))],
    edges: keys.map((key) => ({ from: 'pallet', to: key, kind: 'contains' as const, eventID: 'e' })),
    events: ['e'],
    truncated: false,
    tookMs: 1
  }
}

test('layOutGraph() draws equal siblings as one box with their number', () => {
  const view = layOutGraph(pallet(24), new Set())
  assert.deepEqual(
    view.boxes.map((box) => box.count).sort((left, right) => left - right),
    [1, 24]
  )
  assert.equal(view.lines.length, 1)
})

test('layOutGraph() shows the members of an expanded group', () => {
  const group = layOutGraph(pallet(24), new Set()).boxes.find((box) => box.count > 1)
  assert.ok(group !== undefined)
  assert.equal(layOutGraph(pallet(24), new Set([group.id])).boxes.length, 25)
})

test('layOutGraph() leaves few siblings apart and does not let boxes overlap', () => {
  const { boxes } = layOutGraph(pallet(3), new Set())
  assert.equal(boxes.length, 4)
  assert.equal(new Set(boxes.map((box) => `${box.x},${box.y}`)).size, 4)
})

test('layOutGraph() is bounded and says how many boxes are hidden', () => {
  const answer = pallet(700)
  const group = layOutGraph(answer, new Set()).boxes.find((box) => box.count > 1)
  assert.ok(group !== undefined)
  const view = layOutGraph(answer, new Set([group.id]))
  assert.equal(view.boxes.length, boxesMax)
  assert.equal(view.hidden, 701 - boxesMax)
})
