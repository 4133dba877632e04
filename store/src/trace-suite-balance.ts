/** Balances in the suite of the trace store; what the dairy must give was worked out by hand. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { adviceOne, box1, box2, box3, box4, boxLot, cheese, dairyStory, declaration, farm, market } from './trace-suite-dairy.ts'
import { event, lot } from './trace-suite-events.ts'
import { minutes, type SuiteContext } from './trace-suite-story.ts'

const told = () => [...dairyStory(), declaration(minutes(100))]

export function balanceTests({ store, capture }: SuiteContext): void {
  it('puts inputs against outputs in one unit, and names the rest', async () => {
    await capture(...told())
    const answer = await store().ask('balance', { of: cheese })
    const [account] = answer.accounts
    assert.deepEqual([account?.unit, account?.made, account?.consumed, account?.present, account?.unexplained], ['KGM', 98, 58, 40, 0])
    const [cook, cut] = answer.steps
    assert.deepEqual([cook?.id, cook?.events, cook?.inputsFound], ['urn:dairy:batch-1', ['cook', 'curd'], 2])
    assert.deepEqual(cook?.sums, [{ unit: 'KGM', input: 100, output: 98, rest: 2, restShare: 0.02, verdict: 'loss' }])
    assert.equal(cut?.id, 'cut')
    assert.deepEqual(
      cut?.notCompared.map(({ key, side, reason }) => [key, side, reason]),
      [
        [box1, 'output', 'noCounterpart'],
        [box2, 'output', 'noCounterpart'],
        [box3, 'output', 'noCounterpart'],
        [box4, 'output', 'noCounterpart'],
        [cheese, 'input', 'noCounterpart']
      ]
    )
    assert.deepEqual(answer.chain, [{ unit: 'KGM', input: 100, output: 98, rest: 2, restShare: 0.02, verdict: 'loss' }])
    const lenient = await store().ask('balance', { of: cheese, toleranceShare: 0.02 })
    assert.equal(lenient.steps[0]?.sums[0]?.verdict, 'balanced')
  })

  it('accounts for each serial number of a lot', async () => {
    await capture(...told())
    const { serials } = await store().ask('balance', { of: boxLot })
    assert.deepEqual(serials, { total: 4, made: 4, inStock: 1, inTransit: 1, sold: 1, consumed: 0, destroyed: 1, unexplained: 0 })
  })

  it('says what a stock count lacks, what came from nowhere, and what was told without a quantity', async () => {
    const some = (quantity: number) => ({ key: lot('S'), quantity, uom: 'KGM' })
    await capture(
      event({ id: 'make', at: 0, action: 'ADD', bizLocation: farm, objects: [some(100)] }),
      event({ id: 'count', at: 10, bizStep: 'stock_taking', bizLocation: farm, objects: [some(95)] }),
      event({ id: 'use', at: 20, bizLocation: farm, inputs: [some(20)], outputs: [{ key: lot('T'), quantity: 25, uom: 'KGM' }] }),
      event({ id: 'see', at: 30, bizStep: 'storing', bizLocation: farm, objects: [lot('S')] })
    )
    const answer = await store().ask('balance', { of: lot('S') })
    const [account] = answer.accounts
    assert.deepEqual(
      [account?.foundLess, account?.consumed, account?.present, account?.unexplained, account?.verdict],
      [5, 20, 75, 5, 'loss']
    )
    assert.deepEqual(answer.quantityUnknown, ['see'])
    assert.equal(answer.steps[0]?.sums[0]?.verdict, 'gain', 'more came out than went in')
  })

  it('compares what a shipment sent with what was received', async () => {
    const some = (quantity: number) => ({ key: lot('S'), quantity, uom: 'KGM' })
    await capture(
      event({ id: 'ship', at: 10, bizStep: 'shipping', objects: [some(40)], transactions: [adviceOne] }),
      event({ id: 'receive', at: 20, bizStep: 'receiving', bizLocation: market, objects: [some(30)], transactions: [adviceOne] })
    )
    const { steps } = await store().ask('balance', { of: adviceOne })
    assert.deepEqual(
      steps.map(({ kind, sums }) => [kind, sums[0]?.input, sums[0]?.output, sums[0]?.rest, sums[0]?.verdict]),
      [['shipment', 40, 30, 10, 'loss']]
    )
  })
}
