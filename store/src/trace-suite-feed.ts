/** What every adapter lists: the words and keys that its events use, and its events in the order in which they were stored. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import { worldTraceEvents } from '@tracegate/model/epcis/query/case-world'
import { readQuery } from '@tracegate/model/epcis/query/query'
import { event, item, lot, pallet } from './trace-suite-events.ts'
import { coldChain, minutes, type SuiteContext } from './trace-suite-story.ts'
import { vocabularyNames, type FeedQuery, type TraceStore, type VocabularyName } from './trace-store.ts'

const callsMax = 200

async function everyWord(store: TraceStore, name: VocabularyName, limit: number, between?: () => Promise<unknown>): Promise<string[]> {
  const values: string[] = []
  let after: string | undefined
  for (let call = 0; call < callsMax; call += 1) {
    const page = await store.vocabulary({ name, limit, ...(after === undefined ? {} : { after }) })
    assert.ok(page.values.length <= limit)
    values.push(...page.values)
    after = page.next
    if (after === undefined) return values
    await between?.()
  }
  return assert.fail('the pages do not end')
}

export function vocabularyTests({ store, capture }: SuiteContext): void {
  it('lists each word and key that events use, once', async () => {
    await capture(...coldChain())
    const wanted: Readonly<Record<VocabularyName, Set<string | undefined>>> = {
      eventType: new Set(coldChain().map(({ type }) => type)),
      epc: new Set(coldChain().flatMap(({ subjects }) => subjects.map(({ key }) => key))),
      bizStep: new Set(coldChain().map(({ bizStep }) => bizStep)),
      bizLocation: new Set(coldChain().map(({ bizLocation }) => bizLocation)),
      readPoint: new Set(coldChain().map(({ readPoint }) => readPoint)),
      disposition: new Set(coldChain().map(({ disposition }) => disposition))
    }
    for (const name of vocabularyNames)
      for (const limit of [1, 2, 1_000]) {
        const words = await everyWord(store(), name, limit)
        assert.deepEqual(words.toSorted(), [...wanted[name]].filter((word) => word !== undefined).sort(), `${name} by ${limit}`)
      }
  })

  it('knows of no words before the first event, and of long ones as they are', async () => {
    for (const name of vocabularyNames) assert.deepEqual(await store().vocabulary({ name, limit: 10 }), { values: [] })
    const long = `https://example.com/${'x'.repeat(1_500)}`
    await capture(event({ id: 'long', at: 0, bizStep: long, objects: [long] }))
    assert.deepEqual(await everyWord(store(), 'bizStep', 10), [long])
    assert.deepEqual(await everyWord(store(), 'epc', 10), [long])
  })

  it('repeats no key and loses none while others come in', async () => {
    const first = Array.from({ length: 30 }, (_, index) => item(index))
    await capture(event({ id: 'first', at: 0, objects: first }))
    let more = 0
    const keys = await everyWord(store(), 'epc', 4, () => capture(event({ id: `more${more}`, at: 1, objects: [item(`m${(more += 1)}`)] })))
    assert.equal(new Set(keys).size, keys.length)
    assert.deepEqual(
      first.filter((key) => !keys.includes(key)),
      []
    )
  })

  it('counts goods of every role as keys, and nothing that only refers to them', async () => {
    await capture(
      event({ id: 'pack', at: 0, action: 'ADD', parent: pallet(1), children: [{ key: lot('A'), quantity: 2, uom: 'EA' }] }),
      event({ id: 'mix', at: 1, inputs: [item('a')], outputs: [item('b')], transformationID: 'mix' })
    )
    assert.deepEqual((await everyWord(store(), 'epc', 100)).sort(), [pallet(1), lot('A'), item('a'), item('b')].sort())
  })
}

/** Everything that the feed gives, in its order, and where it ended. */
async function everything(store: TraceStore, query: FeedQuery): Promise<{ readonly ids: string[]; readonly next: string }> {
  const ids: string[] = []
  let { after } = query
  for (let call = 0; call < callsMax; call += 1) {
    const page = await store.feed({ ...query, ...(after === undefined ? {} : { after }) })
    assert.ok(page.json.length <= query.limit)
    ids.push(...page.json.map((json) => /"eventID":"([^"]*)"/.exec(json)?.[1] ?? ''))
    after = page.next
    if (!page.more) return { ids, next: page.next }
  }
  return assert.fail('the feed does not end')
}

export function feedTests({ store, capture }: SuiteContext): void {
  const seen = (id: string, at: number, recordMs = minutes(at)) => event({ id, at, recordMs, objects: [item(1)] })

  it('gives events in the order in which they were stored, each once', async () => {
    await capture(seen('b', 5), seen('a', 1))
    await capture(seen('c', 3))
    for (const limit of [1, 2, 100]) assert.deepEqual((await everything(store(), { limit })).ids, ['b', 'a', 'c'])
    const { next } = await everything(store(), { limit: 10 })
    assert.deepEqual((await everything(store(), { after: next, limit: 10 })).ids, [])
    await capture(seen('b', 5), seen('d', 0))
    const further = await everything(store(), { after: next, limit: 10 })
    assert.deepEqual(further.ids, ['d'])
    assert.deepEqual((await everything(store(), { after: further.next, limit: 10 })).ids, [])
  })

  it('begins where it is told, and moves on when nothing fits', async () => {
    const empty = await everything(store(), { limit: 10 })
    await capture(seen('a', 1), seen('b', 2), seen('c', 3))
    assert.deepEqual((await everything(store(), { fromRecordMs: minutes(2), limit: 10 })).ids, ['b', 'c'])
    assert.deepEqual((await everything(store(), { after: empty.next, limit: 10 })).ids, ['a', 'b', 'c'])
    const none = await everything(store(), { limit: 1, filter: { bizSteps: ['unheard_of'] } })
    assert.deepEqual(none.ids, [])
    assert.deepEqual((await everything(store(), { after: none.next, limit: 10 })).ids, [])
  })

  it('leaves out what the filter does, its conditions included', async () => {
    const names = async (parameters: Readonly<Record<string, string>>, limit: number): Promise<(string | undefined)[]> => {
      const read = readQuery(parameters, { form: 'url' })
      assert.ok(read.ok)
      return (await everything(store(), { limit, filter: read.query.filter })).ids.map((id) => id.split(':').at(-1))
    }
    await capture(...worldTraceEvents().map((one) => one.event))
    assert.deepEqual(await names({ GE_quantity_GRM: '4500' }, 1), ['pack', 'mix'])
    assert.deepEqual(await names({ GE_quantity_GRM: '4500', EQ_bizStep: 'packing' }, 5), ['pack'])
    assert.deepEqual(await names({ GE_value_KEL: '290', EQ_type: 'gs1:Temperature' }, 2), ['sense', 'senseInReport'])
  })

  it('gives declarations of error as the events that they are', async () => {
    await capture(seen('a', 1))
    const { next } = await everything(store(), { limit: 10 })
    await capture(event({ id: 'a', at: 1, objects: [item(1)], declaredAt: 9 }))
    assert.deepEqual((await everything(store(), { after: next, limit: 10 })).ids, ['a'])
    assert.deepEqual((await everything(store(), { limit: 10 })).ids, ['a', 'a'])
  })

  it('refuses a place to go on from that it never gave', async () => {
    await assert.rejects(store().feed({ after: 'no place', limit: 1 }), { code: 'STORE_QUERY' })
  })
}
