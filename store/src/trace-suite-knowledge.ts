/** What was known when, in the suite of the trace store: answers as they were right at a time, and declared-wrong events on request. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { box4, dairy, dairyStory, declaration, wrongShipping } from './trace-suite-dairy.ts'
import { event, item, pallet, party, place } from './trace-suite-events.ts'
import { chamber, minutes, type SuiteContext } from './trace-suite-story.ts'

/** When the declaration came in; the story's events are recorded a second after they happened. */
const declaredMs = minutes(100)

export function knowledgeTests({ store, capture }: SuiteContext): void {
  const stateOf = async (knowledge: { knownAtMs?: number; withDeclared?: boolean }): Promise<string> => {
    const { holdings } = await store().ask('holders', { of: box4, ...knowledge })
    return holdings.map(({ state, party: holder = '-', place: at = '-' }) => `${state} ${holder} ${at}`).join()
  }

  it('answers as was known at a time: before and after an event was declared wrong', async () => {
    await capture(...dairyStory())
    await capture(declaration(declaredMs))
    assert.equal(await stateOf({}), `inStock - ${dairy}`)
    assert.equal(await stateOf({ knownAtMs: declaredMs - 1 }), `inTransit ${party(9)} -`)
    assert.equal(await stateOf({ knownAtMs: declaredMs }), `inStock - ${dairy}`)
    assert.equal(await stateOf({ knownAtMs: minutes(35) }), `inStock - ${dairy}`, 'what came later was not known')
    assert.equal(await stateOf({ knownAtMs: minutes(-5) }), 'unknown - -')
  })

  it('shows declared-wrong events on request, marked', async () => {
    await capture(...dairyStory())
    await capture(declaration(declaredMs))
    assert.equal(await stateOf({ withDeclared: true }), `inTransit ${party(9)} -`)
    const trace = await store().ask('back', { of: box4, withDeclared: true })
    assert.deepEqual(trace.declaredWrong, [wrongShipping.id])
    assert.equal(trace.events.filter((id) => id === wrongShipping.id).length, 1)
    const plain = await store().ask('back', { of: box4 })
    assert.deepEqual([plain.declaredWrong, plain.events.includes(wrongShipping.id)], [undefined, false])
    const scope = await store().ask('scope', { of: box4, withDeclared: true })
    assert.equal(scope.declaredWrong, 1)
    const life = await store().ask('life', { of: box4, withDeclared: true })
    assert.deepEqual(
      life.events.filter(({ fact }) => fact.declaredWrong === true).map(({ fact }) => fact.eventID),
      [wrongShipping.id]
    )
  })

  it('marks the edges that a declared-wrong event made', async () => {
    const packing = { id: 'pack', at: 10, action: 'ADD', parent: pallet(1), children: [item(1)] } as const
    await capture(event({ id: 'make', at: 0, action: 'ADD', bizLocation: place(1), objects: [item(1)] }), event(packing))
    await capture(event({ ...packing, declaredAt: 90, recordMs: declaredMs }))
    assert.deepEqual((await store().ask('back', { of: item(1) })).edges, [])
    const [edge] = (await store().ask('back', { of: item(1), withDeclared: true })).edges
    assert.deepEqual([edge?.kind, edge?.declaredWrong], ['contains', true])
    const [known] = (await store().ask('back', { of: item(1), knownAtMs: declaredMs - 1 })).edges
    assert.deepEqual([known?.kind, known?.declaredWrong], ['contains', undefined], 'nobody had declared it yet')
  })

  it('exposes what was known to be at a place', async () => {
    const seen = { id: 'seen', at: 10, bizLocation: chamber, objects: [item(1)] } as const
    await capture(event(seen), event({ id: 'late', at: 11, bizLocation: chamber, objects: [item(2)], recordMs: minutes(50) }))
    await capture(event({ ...seen, declaredAt: 90, recordMs: declaredMs }))
    const exposed = async (knowledge: { knownAtMs?: number; withDeclared?: boolean }): Promise<string[]> => {
      const { goods } = await store().ask('exposure', { place: chamber, fromMs: minutes(15), toMs: minutes(20), ...knowledge })
      return goods.map(({ key }) => key).sort()
    }
    assert.deepEqual(await exposed({}), [item(2)])
    assert.deepEqual(await exposed({ knownAtMs: minutes(40) }), [item(1)])
    assert.deepEqual(await exposed({ knownAtMs: minutes(60) }), [item(1), item(2)])
    assert.deepEqual(await exposed({ withDeclared: true }), [item(1), item(2)])
  })

  it('gives the ledger of a key as it was known', async () => {
    await capture(...dairyStory())
    await capture(declaration(declaredMs))
    const ledger = async (knowledge: { knownAtMs?: number; withDeclared?: boolean }): Promise<string[]> =>
      (await store().ledger({ key: box4, ...knowledge })).map(({ eventID }) => eventID)
    assert.deepEqual(await ledger({}), ['cut'])
    assert.deepEqual(await ledger({ knownAtMs: declaredMs - 1 }), ['cut', wrongShipping.id])
    assert.ok((await ledger({ withDeclared: true })).includes(wrongShipping.id))
  })
}
