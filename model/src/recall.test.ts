/** Recall scopes and who holds what. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { exposedMax, goodsPerHoldingMax, heldGoods, recallScope } from './recall.ts'
import type { Holding, Stay } from './trace.ts'

const product = 'https://id.gs1.org/01/09506000134352'
const place = 'https://id.gs1.org/414/9506000134338'
const other = 'https://id.gs1.org/414/9506000134345'
const stay = (key: string): Stay => ({ key, kind: 'item', place, fromMs: 1, eventID: 'e' })
const holding = (change: Partial<Holding>): Holding => ({ place, state: 'inStock', goods: [], count: 1, lastMs: 1, ...change })

test('recallScope() names products and lots once, lots of items included', () => {
  const item = `${product}/21/1`
  const scope = recallScope({
    stays: [stay(item), stay(item), stay(`${product}/10/L2`), stay('https://id.gs1.org/00/095060001343520001')],
    goods: [`${product}/21/2`],
    holdings: [],
    lotOf: new Map([[item, `${product}/10/L1`]]),
    total: 3,
    truncated: false,
    asOfMs: 5
  })
  assert.deepEqual(scope.products, [product])
  assert.deepEqual(scope.lots, [`${product}/10/L1`, `${product}/10/L2`])
  assert.equal(scope.truncated, false)
})

test('recallScope() cuts long lists, says so, and keeps counts', () => {
  const stays = Array.from({ length: exposedMax + 1 }, (_, at) => stay(`${product}/21/${at}`))
  const goods = stays.map((one) => one.key)
  const scope = recallScope({
    stays,
    goods: [],
    holdings: [holding({ goods, count: goods.length })],
    lotOf: new Map(),
    total: goods.length,
    truncated: false,
    asOfMs: 5
  })
  assert.equal(scope.exposed.length, exposedMax)
  assert.equal(scope.truncated, true)
  assert.equal(scope.holdings[0]?.goods.length, goodsPerHoldingMax)
  assert.equal(scope.holdings[0].count, goods.length)
})

test('heldGoods() tells goods here from goods elsewhere and leaves destroyed ones out of the holders', () => {
  const party = 'https://id.gs1.org/417/9506000134352'
  const held = heldGoods(
    [
      holding({ count: 2 }),
      holding({ place: other, count: 3, party }),
      holding({ state: 'sold', count: 4, party }),
      holding({ state: 'destroyed', count: 5, party: 'https://id.gs1.org/417/9506000134369' })
    ],
    (key) => key === place
  )
  assert.equal(held.elsewhere, 3)
  assert.equal(held.holders, 2)
  assert.deepEqual(held.byState, { inStock: 5, inTransit: 0, sold: 4, destroyed: 5, unknown: 0 })
})
