/** What every adapter finds by every parameter of the EPCIS query, in pages that stay whole while events come in. */
import assert from 'node:assert/strict'
import { it } from 'node:test'
import fc from 'fast-check'
import { worldContext, worldNameOf, worldNames, worldTraceEvents, type WorldName } from '@tracegate/model/epcis/query/case-world'
import { worldMasterData } from '@tracegate/model/epcis/query/case-master-data'
import { combinedCases, queryCases } from '@tracegate/model/epcis/query/cases'
import type { EventFilter } from '@tracegate/model/epcis/query/filter'
import { createFilterMatcher } from '@tracegate/model/epcis/query/matcher'
import { readQuery } from '@tracegate/model/epcis/query/query'
import type { TraceEvent } from '@tracegate/model/trace-event'
import type { SuiteContext } from './trace-suite-story.ts'
import type { EventQuery, TraceStore } from './trace-store.ts'

/** Calls that one query may take before a test gives up: pages may be short, not endless. */
const callsMax = 1_000

function filterOf(parameters: Readonly<Record<string, string>>): EventFilter | undefined {
  const read = readQuery(parameters, { form: 'url', context: worldContext, masterData: worldMasterData })
  if (!read.ok) assert.fail(JSON.stringify(read.findings))
  return read.query.nothing ? undefined : read.query.filter
}

type Ordered = Partial<Pick<EventQuery, 'order' | 'orderBy' | 'limit'>>

/** All pages of a filter. */
async function everyEvent(store: TraceStore, filter: EventFilter | undefined, ordered: Ordered = {}): Promise<string[]> {
  const json: string[] = []
  let cursor: string | undefined
  if (filter === undefined) return json
  for (let call = 0; call < callsMax; call += 1) {
    const asked = { order: 'ascending', orderBy: 'eventTime', limit: 1_000, ...ordered, ...filter } as const
    const page = await store.events({ ...asked, ...(cursor === undefined ? {} : { cursor }) })
    json.push(...page.json)
    cursor = page.next
    if (cursor === undefined) return json
  }
  return assert.fail('the pages do not end')
}

const named = (json: readonly string[]): WorldName[] => {
  const found = json.map(worldNameOf)
  return worldNames.filter((name) => found.includes(name))
}
const inOrder = (names: readonly WorldName[]): WorldName[] => worldNames.filter((name) => names.includes(name))

/** The table is judged whole where the matcher is; a store needs one finding case of each name. */
const onePerName = [...Map.groupBy(queryCases, ({ name }) => name).values()].flatMap(
  (cases) => cases.find(({ finds }) => finds.length > 0) ?? cases.slice(0, 1)
)

export function conditionTests({ store, capture }: SuiteContext): void {
  it('finds by every parameter of the EPCIS query what it means', async () => {
    await capture(...worldTraceEvents().map(({ event }) => event))
    for (const { name, url, finds } of onePerName) {
      const json = await everyEvent(store(), filterOf({ [name]: url }))
      assert.deepEqual(named(json), inOrder(finds), `${name}=${url}`)
      assert.equal(json.length, finds.length, `${name}=${url}`)
    }
    for (const { url, finds } of combinedCases.filter((one) => one.url['eventCountLimit'] === undefined))
      assert.deepEqual(named(await everyEvent(store(), filterOf(url))), inOrder(finds), JSON.stringify(url))
  })

  it('gives the pages of a condition whole and in order, however small they are', async () => {
    const events = manyEvents(60)
    await capture(...events)
    const filter = filterOf({ 'GE_ex:count': '3', 'EQ_INNER_ex:deep': '1' })
    const wanted = events.filter((event) => filter !== undefined && createFilterMatcher(filter)(event, () => event.json))
    assert.ok(wanted.length > 5 && wanted.length < events.length)
    for (const orderBy of ['eventTime', 'recordTime'] as const)
      for (const order of ['ascending', 'descending'] as const)
        for (const limit of [1, 4, 1_000]) {
          const json = await everyEvent(store(), filter, { order, orderBy, limit })
          assert.deepEqual(json.toSorted(), wanted.map((event) => event.json).sort(), `${orderBy} ${order} ${limit}`)
          const times = json.map((text) => events.find((event) => event.json === text)?.[`${orderBy}Ms`] ?? 0)
          assert.deepEqual(
            times,
            times.toSorted((a, b) => (order === 'ascending' ? a - b : b - a))
          )
        }
  })

  it('neither loses nor repeats what was there when the first page was asked for, while other events come in', async () => {
    const events = manyEvents(40)
    await capture(...events)
    const filter = filterOf({ 'EXISTS_ex:count': 'true' })
    assert.ok(filter !== undefined)
    const others = manyEvents(80).slice(40)
    const seen: string[] = []
    let cursor: string | undefined
    for (let call = 0; call < callsMax; call += 1) {
      const asked = { ...filter, order: 'descending', orderBy: 'eventTime', limit: 7 } as const
      const page = await store().events({ ...asked, ...(cursor === undefined ? {} : { cursor }) })
      seen.push(...page.json)
      cursor = page.next
      if (cursor === undefined) break
      await capture(...others.splice(0, 3))
    }
    assert.equal(cursor, undefined)
    assert.equal(new Set(seen).size, seen.length)
    assert.deepEqual(
      events.filter((event) => !seen.includes(event.json)),
      []
    )
  })

  it('answers any filter as a look through all events does', async () => {
    const world = worldTraceEvents().map(({ event }) => event)
    await capture(...world)
    const some = fc.uniqueArray(fc.constantFrom(...queryCases), { minLength: 1, maxLength: 3, selector: ({ name }) => name })
    await fc.assert(
      fc.asyncProperty(some, fc.integer({ min: 1, max: 4 }), async (cases, limit) => {
        const filter = filterOf(Object.fromEntries(cases.map(({ name, url }) => [name, url])))
        const json = await everyEvent(store(), filter, { limit })
        const wanted = world.filter((event) => filter !== undefined && createFilterMatcher(filter)(event, () => event.json))
        assert.deepEqual(json.toSorted(), wanted.map((event) => event.json).sort())
      }),
      { numRuns: 25 }
    )
  })
}

/** Events with extensions, ten of one time, some of one record time. */
function manyEvents(count: number): TraceEvent[] {
  const [first] = worldTraceEvents()
  assert.ok(first !== undefined)
  const { event } = first
  return Array.from({ length: count }, (_, index) => {
    const eventID = `urn:example:event:many${index}`
    const recordTimeMs = event.recordTimeMs + (index % 4) * 1_000
    const json = event.json
      .replaceAll(event.eventID, eventID)
      .replace('"ex:count":1', `"ex:count":${index % 7}`)
      .replace(new Date(event.recordTimeMs).toISOString(), new Date(recordTimeMs).toISOString())
    return { ...event, eventID, eventTimeMs: event.eventTimeMs + (index % 10) * 60_000, recordTimeMs, json }
  })
}
