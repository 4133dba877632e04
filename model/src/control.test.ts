/** Control lists: what they fit, how they are bounded and put together again. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compileValidator, encodeMessage } from './codec.ts'
import { ControlList, controlPartBytesMax, type ControlOrder } from './control.ts'
import { refusesStep } from './control-actions.ts'
import { goodsOfKeys, indexOrders, judgeScan, keysOfGoods } from './control-goods.ts'
import { planLists, type PlannedOrder } from './control-plan.ts'
import { type ControlState, noControl, takeControlList } from './control-reader.ts'
import { controlPartsMax } from './wire-limits.ts'

const product = 'https://id.gs1.org/01/09506000134352'
const lists = compileValidator(ControlList)
const head = {
  id: 'M-2026-000001',
  action: 'hold',
  reason: { zh: '超温', en: 'Too warm' },
  reference: { measure: 'M-2026-000001' },
  issuedAtMs: 1
} as const
const order = (change: Partial<ControlOrder>, keys: readonly string[]): ControlOrder => {
  const goods = goodsOfKeys(keys)
  assert.ok(goods !== undefined)
  return { ...head, ...change, goods }
}
const judge = (orders: readonly ControlOrder[], keys: readonly string[], bizStep?: string) =>
  judgeScan(indexOrders(orders), { keys, bizStep, nowMs: 100 })?.order.id

test('TG-1201: an order fits by product, lot, unit, container and any other key', () => {
  for (const key of [
    product,
    `${product}/10/L1`,
    `${product}/21/a%2Fb`,
    'https://id.gs1.org/00/095060001343520001',
    'https://id.gs1.org/8003/095060001343520001'
  ])
    assert.equal(judge([order({}, [key])], [key]), head.id, key)
  assert.equal(judge([order({}, [`${product}/10/L1`])], [`${product}/10/L2`, product]), undefined)
})

test('TG-1206: a release lifts its order for the goods it names and for no others', () => {
  const held = order({}, [`${product}/10/L1`])
  const released = order({ id: 'R-1', action: 'release', of: head.id }, [`${product}/21/5`])
  assert.equal(judge([held, released], [`${product}/21/5`, `${product}/10/L1`]), undefined)
  assert.equal(judge([held, released], [`${product}/21/6`, `${product}/10/L1`]), head.id)
  const other = order({ id: 'M-2' }, [`${product}/10/L1`])
  assert.equal(judge([held, other, released], [`${product}/21/5`, `${product}/10/L1`]), 'M-2')
})

test('an order that has run out stands no more, and a drill never comes before a real order', () => {
  assert.equal(judge([order({ untilMs: 100 }, [product])], [product]), undefined)
  const orders = [order({ id: 'D', drill: true, action: 'recall' }, [product]), order({ id: 'R' }, [product])]
  assert.equal(judge(orders, [product]), 'R')
})

test('TG-1207: looking at goods, storing and destroying them is never refused, and what a recall asks for neither', () => {
  for (const bizStep of ['inspecting', 'sampling', 'storing', 'holding', 'destroying', 'decommissioning'])
    assert.ok(!refusesStep('hold', { bizStep }))
  assert.ok(refusesStep('recall', { bizStep: 'shipping', disposition: 'in_transit' }))
  assert.ok(!refusesStep('recall', { bizStep: 'shipping', disposition: 'returned' }))
  assert.ok(refusesStep('refuseSale', { bizStep: 'retail_selling' }) && !refusesStep('refuseSale', { bizStep: 'shipping' }))
  assert.ok(refusesStep('refuseImport', { bizStep: 'arriving' }) && !refusesStep('refuseImport', { bizStep: 'departing' }))
})

const anyKey = fc.oneof(
  fc.nat(40).map((serial) => `${product}/21/S${serial}`),
  fc.nat(9).map((lot) => `${product}/10/L${lot}`),
  fc.nat(9).map((sscc) => `https://id.gs1.org/00/09506000134352000${sscc}`),
  fc.constant(product)
)

test('keys survive the way into the goods of an order and back', () => {
  fc.assert(
    fc.property(fc.uniqueArray(anyKey, { minLength: 1, maxLength: 40 }), (keys) => {
      const goods = goodsOfKeys(keys)
      assert.deepEqual([...keysOfGoods(goods ?? {})].toSorted(), keys.toSorted())
    })
  )
})

test('TG-1202: parts in any order and with repeats give the whole list of the newest revision, and never a mixture', () => {
  const plan = (revision: number, count: number) =>
    planLists({
      point: 'p1',
      revision,
      issuedAtMs: revision,
      orders: [
        { head, ordered: [product], found: Array.from({ length: count }, (_, index) => `${product}/21/R${revision}-${index}-xxxxxxxxxx`) }
      ]
    }).lists
  const old = plan(1, 4_000)
  const fresh = plan(2, 6_000)
  assert.ok(old.length > 1 && fresh.length > old.length)
  fc.assert(
    fc.property(fc.shuffledSubarray([...old, ...old, ...fresh, ...fresh], { minLength: 2 * (old.length + fresh.length) }), (messages) => {
      let state: ControlState = noControl
      for (const list of messages) {
        state = takeControlList(state, list).state
        const marks = new Set(
          state.orders.flatMap(({ goods }) => goods.items ?? []).flatMap(({ serials }) => serials.map((serial) => serial.slice(0, 3)))
        )
        assert.ok(marks.size <= 1)
      }
      assert.equal(state.revision, 2)
      assert.deepEqual(
        state.orders,
        fresh.flatMap(({ orders }) => orders)
      )
    }),
    { numRuns: 10 }
  )
})

test('TG-1203: a list without end is cut at sixteen parts of bounded size, units first, and says how many are left out', () => {
  const lots = Array.from({ length: 300 }, (_, index) => `${product}/10/L${index}`)
  const units = Array.from({ length: 60_000 }, (_, index) => `${product}/21/SERIAL-${String(index).padStart(10, '0')}`)
  const orders: PlannedOrder[] = [{ head, ordered: lots, found: units }]
  const { lists: planned, leftOut } = planLists({ point: 'p1', revision: 7, issuedAtMs: 1, orders })
  assert.equal(planned.length, controlPartsMax)
  assert.ok(leftOut > 0)
  let keys = 0
  for (const [part, list] of planned.entries()) {
    const bytes = encodeMessage(list)
    assert.ok(bytes.length <= controlPartBytesMax, `${bytes.length}`)
    assert.ok(lists.check(list).ok)
    assert.deepEqual([list.part, list.parts, list.leftOut], [part, controlPartsMax, leftOut])
    for (const { goods } of list.orders) keys += [...keysOfGoods(goods)].length
  }
  assert.equal(keys + leftOut, lots.length + units.length)
  assert.equal(planned[0]?.orders[0]?.goods.lots?.[0]?.lots.length, lots.length)
})

test('an empty list is one part that lifts everything', () => {
  const { lists: planned } = planLists({ point: 'p1', revision: 3, issuedAtMs: 1, orders: [] })
  assert.deepEqual(planned, [{ v: 1, point: 'p1', revision: 3, part: 0, parts: 1, issuedAtMs: 1, orders: [] }])
})
