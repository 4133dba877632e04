/** Which measures hold goods for the trace rules. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MeasureOrder } from '@tracegate/model/measure'
import { type MeasureStep, reduceMeasure } from '@tracegate/model/measure-reducer'
import { createMemoryCaseStore } from '@tracegate/store/memory-case'
import { holdsVersion, readHolds } from './holds.ts'

const key = 'https://id.gs1.org/01/09506000134352/10/L1'
const order = (change: Partial<MeasureOrder> = {}): MeasureStep => ({
  type: 'ordered',
  order: {
    type: 'sealDetain',
    warning: 'W-1',
    level: 'II',
    drill: false,
    addressee: { type: 'goods' },
    goods: [key],
    followsScope: true,
    instruction: { zh: '查', en: 'Seal' },
    reason: { zh: '因', en: 'Too warm' },
    deadlines: { acknowledgeMs: 1_000, executeMs: 2_000 },
    policyVersion: 1,
    ...change
  }
})

test('seizures and recalls hold their goods until they are withdrawn; drills, bans of sale and released goods do not', async () => {
  const cases = createMemoryCaseStore()
  const put = async (id: string, steps: readonly MeasureStep[]) => {
    let state: ReturnType<typeof reduceMeasure> | undefined
    for (const [index, data] of steps.entries()) {
      state = reduceMeasure(state, data, { id, atMs: 100 + index, by: 'x', why: 'y' })
      const step = { atMs: 100 + index, by: 'x', action: data.type, why: 'y', data }
      await cases.append({ kind: 'measure', id, expectedLength: index, step, head: { open: state.status !== 'withdrawn', state } })
    }
  }
  const before = await holdsVersion(cases)
  await put('M-1', [order()])
  await put('M-2', [order({ type: 'recall' }), { type: 'withdrawn', cause: 'lifted' }])
  await put('M-3', [order({ drill: true })])
  await put('M-4', [order({ type: 'suspendSale' })])
  await put('M-5', [order(), { type: 'exempted', keys: [key] }])
  const holds = await readHolds(cases)
  assert.deepEqual(
    holds
      .map(({ order: id, sinceMs, untilMs, keys }) => [id, sinceMs, untilMs, keys])
      .toSorted((left, right) => (String(left[0]) < String(right[0]) ? -1 : 1)),
    [
      ['M-1', 100, undefined, [key]],
      ['M-2', 100, 101, [key]]
    ]
  )
  assert.notEqual(await holdsVersion(cases), before)
})
