/** Recall scope, life and limits of a trace in the suite of the trace store; what the dairy must give was worked out by hand. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import type { ScopeAnswer } from '@tracegate/model/trace-scope'
import type { ThingsAsked } from '@tracegate/model/trace-graph'
import {
  adviceOne,
  adviceTwo,
  box1,
  box2,
  box3,
  box4,
  boxLot,
  bulk,
  cheese,
  dairy,
  dairyStory,
  declaration,
  farm,
  market,
  milkA,
  milkB,
  retailer,
  reused,
  second,
  stranger,
  warehouse,
  warehouseKeeper
} from './trace-suite-dairy.ts'
import { event, item, lot, startMs } from './trace-suite-events.ts'
import { minutes, type SuiteContext } from './trace-suite-story.ts'

const told = () => [...dairyStory(), declaration(minutes(100))]
const sorted = (keys: Iterable<string>): string[] => [...keys].sort()

/** Each holder in one line: state, party or -, place or -, goods. */
function linesOf({ holders }: Pick<ScopeAnswer, 'holders'>): string[] {
  return holders
    .map(({ state, party = '-', place = '-', goods, quantities }) => {
      const amounts = quantities.map(({ quantity, uom = 'C62' }) => `${quantity}${uom}`)
      return [state, party, place, ...goods, ...amounts].join(' ')
    })
    .sort()
}

export function recallTests(context: SuiteContext): void {
  traceTests(context)
  scopeTests(context)
  limitTests(context)
}

function traceTests({ store, capture }: SuiteContext): void {
  it('leads back through lot, chain and pallets, and leaves out what a pallet held before or after', async () => {
    await capture(...told())
    const back = await store().ask('back', { of: box2 })
    assert.deepEqual(sorted(back.nodes.map(({ key }) => key)), sorted([box2, boxLot, cheese, milkA, milkB, reused, second]))
    assert.deepEqual(
      sorted(back.events),
      sorted(['milk-a', 'milk-b', 'cook', 'curd', 'cut', 'pack', 'ship-1', 'receive-1', 'take-out', 'empty', 'repack', 'ship-2'])
    )
    assert.deepEqual([back.definition, back.truncated], ['timeScoped', false])
    const held = back.edges.filter(({ kind, to }) => kind === 'contains' && to === box2)
    assert.deepEqual(
      held.map(({ from, fromMs, toMs }) => [from, fromMs, toMs]),
      [
        [reused, minutes(40), minutes(60)],
        [second, minutes(65), undefined]
      ]
    )
    const early = await store().ask('back', { of: box1 })
    assert.deepEqual(
      early.edges.filter(({ kind }) => kind === 'contains').map(({ from, toMs }) => [from, toMs]),
      [[reused, minutes(55)]],
      'taken out before the pallet was emptied'
    )
  })

  it('leads forward through the chain into every box and unit, and to no stranger', async () => {
    await capture(...told())
    const forward = await store().ask('forward', { of: milkB })
    const wanted = [milkB, cheese, box1, box2, box3, box4, reused, second, bulk]
    assert.deepEqual(sorted(forward.nodes.map(({ key }) => key)), sorted(wanted))
    assert.ok(!forward.events.includes('strange'))
    assert.ok(!forward.events.includes('ship-3'))
  })

  it('tells the life of a box with what it was inside of and the making of its lot', async () => {
    await capture(...told())
    const life = await store().ask('life', { of: box1 })
    assert.deepEqual(
      life.events.map(({ fact, within }) => [fact.eventID, within]),
      [
        ['cut', undefined],
        ['pack', undefined],
        ['ship-1', reused],
        ['receive-1', reused],
        ['take-out', undefined],
        ['sell', undefined]
      ]
    )
    assert.deepEqual([life.lot, life.truncated], [boxLot, false])
    const cut = await store().ask('life', { of: box1, eventsMax: 2 })
    assert.deepEqual([cut.events.length, cut.truncated, cut.cuts], [2, true, [{ key: box1, limit: 'events', notFollowed: 4 }]])
    const flat = await store().ask('life', { of: box1, depthMax: 0 })
    assert.deepEqual([flat.events.length, flat.cuts], [4, [{ key: box1, limit: 'depth', notFollowed: 1 }]])
    const shipment = await store().ask('life', { of: adviceOne })
    assert.deepEqual(
      shipment.events.map(({ fact }) => fact.eventID),
      ['ship-1', 'receive-1']
    )
  })
}

const boxesEnd = [
  `destroyed - - ${box3}`,
  `inStock - ${dairy} ${box4}`,
  `inTransit ${retailer} - ${box2}`,
  `sold ${warehouseKeeper} - ${box1}`
]

function scopeTests({ store, capture }: SuiteContext): void {
  const scope = (asked: ThingsAsked): Promise<ScopeAnswer> => store().ask('scope', asked)

  it('says where everything is that came of a lot, with quantities', async () => {
    await capture(...told())
    const answer = await scope({ of: milkB })
    const wanted = [
      `consumed - - ${milkB} ${cheese} 98KGM`,
      `destroyed - - ${box3}`,
      `inStock - ${dairy} ${box4} ${cheese} ${cheese} 40KGM`,
      `inStock - ${farm} ${milkB} 10KGM`,
      ...boxesEnd.slice(2)
    ]
    const goodsInOrder = (line: string): string => line.split(' ').sort().join(' ')
    assert.deepEqual(linesOf(answer).map(goodsInOrder).sort(), wanted.map(goodsInOrder).sort())
    const transit = answer.holders.find(({ state }) => state === 'inTransit')
    assert.deepEqual(
      [transit?.to, transit?.sinceMs, transit?.shipments, transit?.serials],
      [{ party: retailer }, minutes(66), [adviceTwo], 1]
    )
    assert.equal(answer.holders.find(({ state }) => state === 'sold')?.sinceMs, minutes(90))
    assert.deepEqual(
      answer.totals.map(({ state, count, serials, quantities }) => [state, count, serials, quantities]),
      [
        ['inStock', 4, 1, [{ quantity: 50, uom: 'KGM' }]],
        ['inTransit', 1, 1, []],
        ['sold', 1, 1, []],
        ['destroyed', 1, 1, []],
        ['consumed', 2, 0, [{ quantity: 98, uom: 'KGM' }]]
      ]
    )
    assert.ok(answer.lots.includes(boxLot))
    assert.equal(answer.truncated, false)
  })

  it('is asked by lot, shipment, pallet and its time, and place and period', async () => {
    await capture(...told())
    assert.deepEqual(linesOf(await scope({ of: boxLot })), boxesEnd)
    assert.deepEqual(linesOf(await scope({ of: adviceTwo })), [boxesEnd[2]])
    assert.deepEqual(linesOf(await scope({ of: adviceOne })), boxesEnd.slice(2))
    assert.deepEqual(linesOf(await scope({ of: second })), [boxesEnd[2]])
    const at = { place: warehouse, fromMs: minutes(51), toMs: minutes(54) }
    assert.deepEqual(linesOf(await scope({ at })), boxesEnd.slice(2))
    const later = { place: market, fromMs: minutes(81), toMs: minutes(82) }
    assert.deepEqual(
      (await scope({ at: later })).holders.flatMap(({ goods }) => goods),
      [stranger]
    )
    const product = await scope({ of: item('c1').replace(/\/21\/.*/, '') })
    assert.equal(product.totals.find(({ state }) => state === 'inTransit')?.count, 1)
    assert.deepEqual(sorted(product.lots), sorted([boxLot, cheese, milkA, milkB]))
  })

  it('finds other goods of the same inputs when asked to', async () => {
    await capture(...told(), event({ id: 'yoghurt', at: 15, bizLocation: dairy, inputs: [lot('MILK-A')], outputs: [item('y1')] }))
    const answer = await store().ask('scope', { of: box2, withSiblings: true })
    assert.deepEqual(linesOf(answer), [boxesEnd[2]])
    const siblings = (answer.siblings?.holders ?? []).filter(({ state }) => state !== 'consumed').flatMap(({ goods }) => goods)
    assert.deepEqual(sorted(new Set(siblings)), sorted([box1, box3, box4, item('y1')]))
    assert.deepEqual(answer.siblings?.inputs, sorted([cheese, milkA, milkB]))
  })

  it('counts exactly when its lists are cut', async () => {
    await capture(...told())
    const answer = await store().ask('scope', { of: boxLot, holdersMax: 2, goodsMax: 0 })
    assert.deepEqual([answer.holders.length, answer.holdersFound, answer.truncated], [2, 4, true])
    assert.equal(
      answer.totals.reduce((sum, { count }) => sum + count, 0),
      4
    )
  })

  it('tells the part of a lot that is under way', async () => {
    const some = (quantity: number) => ({ key: lot('L'), quantity, uom: 'KGM' })
    await capture(
      event({ id: 'make', at: 0, action: 'ADD', bizLocation: farm, objects: [some(100)] }),
      event({ id: 'ship', at: 10, bizStep: 'shipping', readPoint: farm, objects: [some(40)], to: retailer, transactions: [adviceTwo] }),
      event({ id: 'receive', at: 20, bizStep: 'receiving', bizLocation: market, objects: [some(38)] })
    )
    const answer = await scope({ of: lot('L') })
    assert.deepEqual(linesOf(answer), [
      `inStock - ${farm} ${lot('L')} 60KGM`,
      `inStock - ${market} ${lot('L')} 38KGM`,
      `inTransit ${retailer} - ${lot('L')} 2KGM`
    ])
    const { accounts } = await store().ask('balance', { of: lot('L') })
    const [account] = accounts
    assert.deepEqual(
      [account?.made, account?.shipped, account?.received, account?.present, account?.underWay, account?.unexplained],
      [100, 40, 38, 98, 2, 0]
    )
  })
}

function limitTests({ store, capture }: SuiteContext): void {
  it('marks the node where it was cut with the limit and what was not followed', async () => {
    await capture(
      event({ id: 'one', at: 10, inputs: [item('a')], outputs: [item('b'), item('c'), item('d')] }),
      event({ id: 'two', at: 20, inputs: [item('b')], outputs: [item('e')] })
    )
    const cutsOf = async (limits: { depthMax?: number; breadthMax?: number; nodesMax?: number; timeMaxMs?: number }) => {
      const answer = await store().ask('forward', { of: item('a'), ...limits })
      assert.equal(answer.truncated, true)
      return answer.nodes.flatMap(({ key, cuts = [] }) => cuts.map((cut) => [key, cut.limit, cut.notFollowed]))
    }
    assert.deepEqual(await cutsOf({ depthMax: 1 }), [[item('b'), 'depth', 1]])
    assert.deepEqual(await cutsOf({ breadthMax: 1 }), [[item('a'), 'breadth', 2]])
    assert.deepEqual(await cutsOf({ nodesMax: 3 }), [
      [item('a'), 'nodes', 1],
      [item('b'), 'nodes', 1]
    ])
    assert.deepEqual(await cutsOf({ timeMaxMs: -1 }), [[item('a'), 'time', undefined]])
    const whole = await store().ask('forward', { of: item('a') })
    assert.ok(whole.nodes.every(({ cuts }) => cuts === undefined))
    const exposed = await store().ask('exposure', { place: farm, fromMs: startMs, toMs: minutes(9), limit: 1 })
    assert.deepEqual([exposed.total, exposed.truncated], [0, false])
  })
}
