/** Where goods are, in the suite of the trace store: stays and exposure, lots in several places, holders. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { event, item, lot, pallet, party, place } from './trace-suite-events.ts'
import { chamber, coldChain, factory, minutes, port, shop, type SuiteContext } from './trace-suite-story.ts'

export function stayTests({ store, capture }: SuiteContext): void {
  it('lets goods stay where what holds them stays', async () => {
    await capture(...coldChain())
    assert.deepEqual(
      (await store().ask('stays', item(1))).map(({ place, fromMs, toMs, within, eventID }) => ({ place, fromMs, toMs, within, eventID })),
      [
        { place: factory, fromMs: minutes(0), toMs: minutes(20), within: undefined, eventID: 'make' },
        { place: chamber, fromMs: minutes(30), toMs: minutes(50), within: pallet(1), eventID: 'receive' },
        { place: shop, fromMs: minutes(50), toMs: minutes(60), within: undefined, eventID: 'deliver' }
      ]
    )
  })

  it('exposes what was there, directly or inside, and nothing that came later or left before', async () => {
    await capture(
      ...coldChain(),
      event({ id: 'early', at: 25, bizLocation: chamber, objects: [item('early')] }),
      event({ id: 'gone', at: 31, bizLocation: shop, objects: [item('early')] }),
      event({ id: 'late', at: 45, bizLocation: chamber, objects: [item('late')] })
    )
    const exposed = async (asked: string, from: number, to: number): Promise<string[]> =>
      (await store().ask('exposure', { place: asked, fromMs: minutes(from), toMs: minutes(to) })).goods.map(({ key }) => key).sort()
    assert.deepEqual(await exposed(chamber, 32, 39), [pallet(1), item(1), item(2)])
    assert.deepEqual(await exposed(place(3), 32, 39), [pallet(1), item(1), item(2)])
    assert.deepEqual(await exposed(place(3, 'B'), 32, 39), [])
    assert.deepEqual(await exposed(chamber, 26, 29), [item('early')])
    assert.deepEqual(await exposed(chamber, 51, 99), [pallet(1), item(2), item('late')])
  })

  it('mends stays when an event comes late', async () => {
    const [make, pack, ship, ...rest] = coldChain()
    assert.ok(make !== undefined && pack !== undefined && ship !== undefined)
    await capture(make, ...rest)
    assert.equal((await store().ask('stays', item(2))).length, 1)
    await capture(pack, ship)
    assert.deepEqual(
      (await store().ask('stays', item(2))).map(({ place }) => place),
      [factory, chamber]
    )
    const exposed = await store().ask('exposure', { place: chamber, fromMs: minutes(32), toMs: minutes(39) })
    assert.equal(exposed.goods.length, 3)
  })

  it('cuts an exposure at its limit and says so', async () => {
    await capture(...coldChain())
    const answer = await store().ask('exposure', { place: chamber, fromMs: minutes(32), toMs: minutes(39), limit: 2 })
    assert.deepEqual([answer.goods.length, answer.truncated], [2, true])
  })
}

export function lotTests({ store, capture }: SuiteContext): void {
  const some = (quantity: number) => ({ key: lot('L'), quantity, uom: 'KGM' })

  it('lets a lot be in two places while a part of it travels', async () => {
    await capture(
      event({ id: 'make', at: 0, action: 'ADD', bizLocation: factory, objects: [some(100)] }),
      event({ id: 'ship', at: 10, bizStep: 'shipping', readPoint: factory, objects: [some(40)] }),
      event({ id: 'receive', at: 20, bizStep: 'receiving', bizLocation: port, objects: [some(40)] })
    )
    const open = (await store().ask('stays', lot('L'))).map(({ place, quantity, toMs }) => ({ place, quantity, toMs }))
    assert.deepEqual(open, [
      { place: factory, quantity: 60, toMs: undefined },
      { place: port, quantity: 40, toMs: undefined }
    ])
    await capture(event({ id: 'rest', at: 30, bizStep: 'shipping', readPoint: factory, objects: [some(60)] }))
    assert.deepEqual(
      (await store().ask('stays', lot('L'))).map(({ toMs }) => toMs),
      [minutes(30), undefined]
    )
  })

  it('ends the stay of a lot without quantities with its first leaving', async () => {
    await capture(
      event({ id: 'make', at: 0, action: 'ADD', bizLocation: factory, objects: [lot('M')] }),
      event({ id: 'ship', at: 10, bizStep: 'shipping', readPoint: factory, objects: [lot('M')] })
    )
    assert.deepEqual(
      (await store().ask('stays', lot('M'))).map(({ toMs }) => toMs),
      [minutes(10)]
    )
  })

  it('keeps the lot of each item that an event tells it of', async () => {
    const lots: Readonly<Record<string, string | undefined>> = {
      [item(1)]: lot('L'),
      [item(2)]: lot('L'),
      [item(3)]: lot('M'),
      [item(4)]: undefined
    }
    const made = event({ id: 'make', at: 0, action: 'ADD', bizLocation: factory, objects: Object.keys(lots) })
    const subjects = made.subjects.map((subject) => {
      const own = lots[subject.key]
      return own === undefined ? subject : { ...subject, lot: own }
    })
    await capture({ ...made, subjects })
    const [event1] = await store().ledger({ key: item(1) })
    assert.deepEqual(event1?.subjects, subjects)
    const histories = await store().histories({ keys: [item(3)], newest: 1 })
    assert.deepEqual(histories.get(item(3))?.[0]?.subjects, subjects)
  })

  it('follows a lot into the units it was packed in', async () => {
    await capture(
      event({ id: 'make', at: 0, action: 'ADD', bizLocation: factory, objects: [some(100)] }),
      event({ id: 'pack', at: 10, action: 'ADD', bizLocation: factory, parent: pallet(1), children: [some(100)] }),
      event({ id: 'receive', at: 20, bizLocation: chamber, objects: [pallet(1)] })
    )
    const stays = await store().ask('stays', lot('L'))
    assert.deepEqual(
      stays.map(({ place, within, fromMs, toMs }) => ({ place, within, fromMs, toMs })),
      [
        { place: factory, within: undefined, fromMs: minutes(0), toMs: minutes(10) },
        { place: factory, within: pallet(1), fromMs: minutes(10), toMs: minutes(20) },
        { place: chamber, within: pallet(1), fromMs: minutes(20), toMs: undefined }
      ]
    )
    const exposed = await store().ask('exposure', { place: chamber, fromMs: minutes(30), toMs: minutes(40) })
    assert.deepEqual(exposed.goods.map(({ key }) => key).sort(), [pallet(1), lot('L')])
  })
}

export function holderTests({ store, capture }: SuiteContext): void {
  it('says who holds the leaves, and in which state', async () => {
    await capture(
      event({ id: 'cut', at: -10, inputs: [lot('L')], outputs: [item(1), item(2)], bizLocation: factory }),
      ...coldChain(),
      event({ id: 'make3', at: 0, action: 'ADD', bizLocation: factory, objects: [item(3)] }),
      event({ id: 'cut3', at: 1, inputs: [lot('L')], outputs: [item(3), item(4)], bizLocation: factory }),
      event({ id: 'ship4', at: 5, bizStep: 'shipping', disposition: 'in_transit', objects: [item(4)], to: party(5) }),
      event({ id: 'burn', at: 9, action: 'DELETE', bizStep: 'destroying', bizLocation: factory, objects: [item(3)] })
    )
    const answer = await store().ask('holders', { of: [lot('L')] })
    const shown = answer.holdings.map(({ state, party, place, goods }) => [state, party, place, ...goods])
    assert.deepEqual(
      shown.toSorted((a, b) => ((a[0] ?? '') < (b[0] ?? '') ? -1 : 1)),
      [
        ['destroyed', undefined, undefined, item(3)],
        ['inStock', party(2), chamber, item(2)],
        ['inTransit', party(5), undefined, item(4)],
        ['sold', party(4), undefined, item(1)]
      ]
    )
    assert.deepEqual([answer.total, answer.truncated], [4, false])
    const earlier = await store().ask('holders', { of: [item(1)], atMs: minutes(25) })
    assert.deepEqual(
      earlier.holdings.map(({ state, party }) => [state, party]),
      [['inTransit', party(2)]]
    )
  })

  it('takes what is inside of a destroyed pallet for destroyed, units in it included, and of a decommissioned one for loose', async () => {
    const boxed = { key: lot('L'), quantity: 5, uom: 'KGM' }
    await capture(
      event({ id: 'make', at: 0, action: 'ADD', bizLocation: factory, objects: [item(1), item(2), boxed] }),
      event({ id: 'pack', at: 1, action: 'ADD', bizLocation: factory, parent: pallet(1), children: [item(1), boxed] }),
      event({ id: 'pack2', at: 2, action: 'ADD', bizLocation: factory, parent: pallet(3), children: [item(2)] }),
      event({ id: 'nest', at: 3, action: 'ADD', bizLocation: factory, parent: pallet(2), children: [pallet(1)] }),
      event({ id: 'burn', at: 4, action: 'DELETE', bizStep: 'destroying', bizLocation: factory, objects: [pallet(2)] }),
      event({ id: 'apart', at: 5, action: 'DELETE', bizStep: 'decommissioning', objects: [pallet(3)] }),
      event({ id: 'again', at: 6, action: 'ADD', bizLocation: chamber, parent: pallet(2), children: [item(2)] })
    )
    const answer = await store().ask('holders', { of: [item(1), item(2), lot('L')] })
    const product = item(1).slice(0, item(1).indexOf('/21/'))
    assert.equal((await store().ask('forward', { of: product })).nodes[0]?.kind, 'product')
    assert.deepEqual(
      answer.holdings.map(({ state, place, goods, quantities }) => [state, place, goods, quantities]),
      [
        ['destroyed', undefined, [item(1), lot('L')].sort(), [{ quantity: 5, uom: 'KGM' }]],
        ['inStock', chamber, [item(2)], undefined]
      ]
    )
    const ends = async (key: string): Promise<unknown> => (await store().ask('stays', key)).at(-1)?.toMs
    assert.deepEqual(await Promise.all([item(1), lot('L'), pallet(1)].map(ends)), [minutes(4), minutes(4), minutes(4)])
    const { accounts } = await store().ask('balance', { of: lot('L') })
    assert.deepEqual(
      accounts.map(({ destroyed, present }) => [destroyed, present]),
      [[5, 0]]
    )
  })
}
