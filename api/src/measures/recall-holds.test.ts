/** What measures of a recall hold: the frozen goods and no others, whole lots as such, and more units than a measure can name. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keysOfGoods } from '@tracegate/model/control-goods'
import { measureGoodsMax } from '@tracegate/model/measure'
import { fittingStep, report } from '@tracegate/model/recall-testing'
import type { RecallStepType } from '@tracegate/model/recall-steps'
import { itemOf, startMs, traceEvent, vaccine, yard, type World } from '../harness.ts'
import { type createListener, createMeasureWorld, itemA, itemB, lot, pallet } from './testing.ts'

/** A recall with its scope frozen from the trace, running. */
async function runRecall({ context }: World, of: readonly string[]): Promise<string> {
  const { recalls, nowMs } = context
  const id = 'R-2026-000001'
  const take = (type: RecallStepType, change: object = {}) =>
    recalls.book.act({ id, by: 'test', why: 'test', decide: (state) => ({ ...fittingStep(type, state, nowMs()), ...change }) })
  await take('reported', { report: { ...report, products: [vaccine] } })
  await take('planned')
  await recalls.freeze({ id, principal: undefined, asked: { of: [...of] } })
  await take('noticePublished')
  await take('started')
  return id
}

async function orderRecall(world: World, recall: string): Promise<string> {
  const addressees = [{ type: 'point' as const, point: 'port-1' }]
  const instruction = { zh: '召回', en: 'Recall them' }
  const [kept] = await world.context.measures.office.order({ type: 'recall', recall, addressees, instruction, why: 'a test' }, 'test')
  await world.context.measures.look()
  return kept?.state.id ?? ''
}

const heldAt = (listener: ReturnType<typeof createListener>) =>
  new Set([...listener.retained.values()].flatMap(({ orders }) => orders.flatMap(({ goods }) => [...keysOfGoods(goods)])))

test('a recall of a single unit holds the unit and the pallet it is on, not the rest of its lot', async () => {
  const { world, listener, desk } = await createMeasureWorld()
  const id = await orderRecall(world, await runRecall(world, [itemA]))
  assert.deepEqual((await desk.book.get(id)).state.goods, [itemA])
  const held = heldAt(listener)
  assert.ok(held.has(itemA) && held.has(pallet))
  assert.ok(!held.has(itemB) && !held.has(lot) && !held.has(vaccine))
})

test('a recall of a whole lot holds the lot and every unit of it', async () => {
  const { world, listener, desk } = await createMeasureWorld()
  const id = await orderRecall(world, await runRecall(world, [lot]))
  assert.deepEqual((await desk.book.get(id)).state.goods, [lot])
  const held = heldAt(listener)
  for (const key of [lot, itemA, itemB, pallet]) assert.ok(held.has(key), key)
})

test('a new scope changes the goods of the measure, and units past the bound of a measure are held all the same', async () => {
  const { world, clock, listener, desk } = await createMeasureWorld()
  const recall = await runRecall(world, [itemA])
  const id = await orderRecall(world, recall)
  const units = Array.from({ length: measureGoodsMax + 5 }, (_, at) => itemOf(vaccine, `U${at}`))
  const made = { atMs: startMs, action: 'ADD', bizStep: 'commissioning', bizLocation: yard, lot: 'L1' } as const
  await world.trace.capture([traceEvent({ ...made, id: 'e-many', objects: units })])
  clock.nowMs += 1_000
  await world.context.recalls.freeze({ id: recall, principal: undefined, asked: { of: [itemA, ...units] }, reason: 'more units' })
  await desk.look()
  const { goods } = (await desk.book.get(id)).state
  assert.equal(goods.length, measureGoodsMax)
  const held = heldAt(listener)
  for (const key of [itemA, ...units]) assert.ok(held.has(key), key)
  assert.ok(!held.has(itemB) && !held.has(lot))
})
