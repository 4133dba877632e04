/** Which measures hold goods for the trace rules. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MeasureOrder } from '@tracegate/model/measure'
import { keysPerHoldMax } from '@tracegate/detect/engine'
import type { RecallCase } from '@tracegate/model/recall-case'
import { manifestHash, packManifest } from '@tracegate/model/recall-manifest'
import { reduceRecall } from '@tracegate/model/recall-reducer'
import type { RecallStep } from '@tracegate/model/recall-steps'
import { fittingStep, toy } from '@tracegate/model/recall-testing'
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

/** A recall that runs, with the goods in its journal; `frozen` are those that are hashed. */
async function putRecall(id: string, of: readonly string[], goodsKeys: readonly string[], frozen = goodsKeys) {
  const cases = createMemoryCaseStore()
  const goodsOf = (keys: readonly string[]) =>
    keys.map((one) => ({ key: one, state: 'inStock' as const, holder: 'https://id.gs1.org/417/9506000134001' }))
  let state: RecallCase | undefined
  for (const [index, type] of (['reported', 'planned', 'scopeFrozen', 'noticePublished', 'started'] as const).entries()) {
    const fitting = fittingStep(type, state, 100 + index)
    const step: RecallStep =
      fitting.type === 'scopeFrozen'
        ? {
            ...fitting,
            manifest: packManifest(goodsOf(goodsKeys)),
            scope: {
              ...fitting.scope,
              asked: { of: [...of] },
              goods: frozen.length,
              lots: [`${toy}/10/L1`],
              sha256: manifestHash(goodsOf(frozen))
            }
          }
        : fitting
    state = reduceRecall(state, step, { id, atMs: 100 + index, by: 'x', why: 'y' })
    const told = { atMs: 100 + index, by: 'x', action: type, why: 'y', data: step }
    await cases.append({ kind: 'recall', id, expectedLength: index, step: told, head: { open: true, state } })
  }
  return cases
}

test('a recall of single units holds them and not their lot, one of a lot the lot, and one that was tampered with its lots', async () => {
  const units = [`${toy}/21/A`, `${toy}/21/B`]
  const lot = `${toy}/10/L1`
  const keysOf = async (cases: Awaited<ReturnType<typeof putRecall>>) => (await readHolds(cases)).flatMap(({ keys }) => keys)
  assert.deepEqual(await keysOf(await putRecall('R-1', units, units)), units)
  assert.ok((await keysOf(await putRecall('R-1', [lot], units))).includes(lot))
  assert.deepEqual(await keysOf(await putRecall('R-1', units, units.slice(1), units)), [lot])
  const many = Array.from({ length: keysPerHoldMax + 1 }, (_, at) => `${toy}/21/${at}`)
  const holds = await readHolds(await putRecall('R-1', many.slice(0, 1), many))
  assert.deepEqual(
    holds.map(({ keys }) => keys.length).toSorted((left, right) => left - right),
    [1, keysPerHoldMax]
  )
})
