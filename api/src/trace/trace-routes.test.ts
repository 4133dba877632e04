/** The trace over HTTP: its forms, what it is asked by, and the recall scope with names and contacts. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { parse } from 'csv-parse/sync'
import { parseXml, type XmlElement } from '@tracegate/model/epcis/xml/tree'
import {
  authorization,
  chamber,
  createCheckedServer,
  createWorld,
  importer,
  itemOf,
  minuteMs,
  shop,
  startMs,
  traceEvent,
  vaccine
} from '../harness.ts'
import { escapeXml } from './graphml.ts'

const headers = { authorization }
const pallet = 'https://id.gs1.org/00/095060001343520001'
const advice = 'urn:epcglobal:cbv:bt:9506000134352:DESADV-7'
/** A URI that a spreadsheet would run if it stood in a cell as it is. */
const evil = 'urn:x:"=1+1",<b>&'
const at = (minutes: number): number => startMs + minutes * minuteMs
const iso = (minutes: number): string => new Date(at(minutes)).toISOString()

async function createServer() {
  const world = await createWorld()
  await world.cases.put('parties', '9506000134352', {
    gln: '9506000134352',
    key: importer,
    name: { zh: '进口商', en: '=Importer' },
    country: 'CN',
    roles: ['importer'],
    contact: 'Recall desk',
    phone: '+86 21 5555 0100'
  })
  const shipping = traceEvent({ id: 'ship', atMs: at(20), objects: [pallet], bizStep: 'shipping', disposition: 'in_transit', to: importer })
  await world.trace.capture([
    traceEvent({
      id: 'make',
      atMs: at(0),
      objects: [1, 2, 3].map((serial) => itemOf(vaccine, serial)),
      action: 'ADD',
      bizLocation: chamber,
      lot: 'LOT7'
    }),
    traceEvent({
      id: 'pack',
      atMs: at(10),
      parent: pallet,
      children: [itemOf(vaccine, 1), itemOf(vaccine, 2)],
      action: 'ADD',
      bizLocation: chamber
    }),
    { ...shipping, bizTransactions: [{ type: 'desadv', id: advice }] },
    traceEvent({
      id: 'sell',
      atMs: at(30),
      objects: [itemOf(vaccine, 3)],
      bizStep: 'retail_selling',
      disposition: 'retail_sold',
      bizLocation: shop
    }),
    traceEvent({ id: 'odd', atMs: at(5), objects: [evil], bizLocation: chamber })
  ])
  const app = await createCheckedServer(world)
  const ask = (url: string, accept?: string) => app.inject({ url, headers: accept === undefined ? headers : { ...headers, accept } })
  const post = (url: string, payload: object) => app.inject({ method: 'POST', url, headers, payload })
  return { app, ask, post }
}

const lot = encodeURIComponent(`${vaccine}/10/LOT7`)

test('the recall scope names holders with contact, whither goods go and by which shipment', async () => {
  const { ask } = await createServer()
  const answer = (await ask(`/api/v1/recall-scope?of=${lot}`)).json()
  const transit = answer.holders.find((holder: { state: string }) => holder.state === 'inTransit')
  assert.deepEqual(
    [transit.count, transit.partyName.en, transit.contact, transit.to, transit.shipments, transit.sinceMs],
    [2, '=Importer', { contact: 'Recall desk', phone: '+86 21 5555 0100' }, { party: importer }, [advice], at(20)]
  )
  const sold = answer.holders.find((holder: { state: string }) => holder.state === 'sold')
  assert.deepEqual([sold.goods, sold.untilMs], [[itemOf(vaccine, 3)], at(30)])
  assert.deepEqual(answer.totals.map((total: { state: string; count: number }) => [total.state, total.count]).sort(), [
    ['inTransit', 2],
    ['sold', 1]
  ])
  const then = (await ask(`/api/v1/recall-scope?of=${lot}&at=${iso(5)}`)).json()
  const [stock] = then.holders
  assert.deepEqual(
    [stock.state, stock.place, stock.placeName.en, stock.party],
    ['inStock', chamber, 'Place chamber', 'https://id.gs1.org/417/9506000134338']
  )
})

test('a trace is asked by shipment, by place and period, and by a list of things in a body', async () => {
  const { ask, post } = await createServer()
  const keysOf = (answer: { json(): { nodes: { key: string; depth: number }[] } }) => answer.json().nodes.map(({ key }) => key)
  const shipment = await ask(`/api/v1/trace/forward?of=${encodeURIComponent(advice)}`)
  assert.deepEqual(keysOf(shipment), [advice, pallet, itemOf(vaccine, 1), itemOf(vaccine, 2)])
  assert.equal(shipment.json().definition, 'timeScoped')
  const place = await ask(`/api/v1/trace/forward?place=${encodeURIComponent(chamber)}&from=${iso(11)}&to=${iso(12)}`)
  assert.ok(keysOf(place).includes(itemOf(vaccine, 3)))
  const list = await post('/api/v1/trace/back', { of: [itemOf(vaccine, 1), itemOf(vaccine, 3)], depth: 1 })
  assert.deepEqual([list.statusCode, list.json().asked.length, list.json().truncated], [200, 2, false])
  assert.deepEqual(list.json().nodes.find(({ key }: { key: string }) => key === itemOf(vaccine, 1))?.depth, 0)
  const holders = await post('/api/v1/trace/holders', { of: [pallet] })
  assert.equal(holders.json().holdings[0].serials, 2)
  const twice = await ask(`/api/v1/trace/back?of=${encodeURIComponent(itemOf(vaccine, 1))}&of=${encodeURIComponent(itemOf(vaccine, 2))}`)
  assert.equal(twice.json().asked.length, 2)
})

test('an answer is cut where it is asked to be, and says so in every form', async () => {
  const { ask } = await createServer()
  const cut = await ask(`/api/v1/trace/forward?of=${lot}&breadth=1`)
  const [root] = cut.json().nodes
  assert.deepEqual(
    [root.cuts, cut.json().truncated, cut.headers['tracegate-truncated']],
    [[{ limit: 'breadth', notFollowed: 2 }], true, 'true']
  )
  const csv = await ask(`/api/v1/trace/forward?of=${lot}&breadth=1&format=csv`)
  assert.equal(parse(csv.body, { bom: true })[1]?.at(-1), 'breadth: 2')
  assert.equal(csv.headers['tracegate-truncated'], 'true')
})

test('a table and a CSV hold the same rows, and no cell runs as a formula', async () => {
  const { ask } = await createServer()
  const url = `/api/v1/recall-scope?of=${lot}&rows=goods`
  const table = (await ask(`${url}&format=table`)).json()
  const answer = await ask(url, 'text/csv')
  assert.equal(answer.headers['content-type'], 'text/csv; charset=utf-8; header=present')
  const rows = parse(answer.body, { bom: true })
  assert.deepEqual(rows[0], table.columns)
  assert.equal(rows.length, table.rows.length + 1)
  for (const row of rows) for (const cell of row) assert.doesNotMatch(cell, /^[=@\t\r]|^[+-](?!\d+$)/)
  assert.ok(answer.body.includes("'=Importer"))
  for (const path of [
    `trace/back?of=${lot}&rows=edges`,
    `trace/holders?of=${lot}&rows=goods`,
    `trace/journey?of=${lot}`,
    `trace/balance?of=${lot}`,
    `exposure?place=${encodeURIComponent(chamber)}&from=${iso(0)}&to=${iso(30)}`
  ]) {
    const file = await ask(`/api/v1/${path}`, 'text/csv')
    assert.equal(file.statusCode, 200, path)
    const lines = parse(file.body, { bom: true })
    assert.ok(
      lines.every((line) => line.length === lines[0]?.length),
      path
    )
    const asTable = (await ask(`/api/v1/${path}&format=table`)).json()
    assert.equal(asTable.rows.length, lines.length - 1, path)
  }
})

test('a graph is well-formed GraphML whose edges join its nodes, whatever the keys are', async () => {
  const { ask, post } = await createServer()
  const answer = await post('/api/v1/trace/forward', { of: [`${vaccine}/10/LOT7`, evil.replaceAll('"', '%22')], format: 'graphml' })
  assert.equal(answer.headers['content-type'], 'application/graphml+xml')
  const parsed = parseXml(answer.body)
  assert.ok(parsed.ok)
  const { root } = parsed.tree
  assert.deepEqual([root.name, root.uri], ['graphml', 'http://graphml.graphdrawing.org/xmlns'])
  const graph = root.children.find(({ name }) => name === 'graph')
  const all = (name: string, inside: XmlElement | undefined): XmlElement[] => inside?.children.filter((child) => child.name === name) ?? []
  const valueOf = ({ attributes }: XmlElement, wanted: string): string => attributes.find(({ name }) => name === wanted)?.value ?? ''
  const declared = new Set(all('key', root).map((key) => valueOf(key, 'id')))
  const nodes = new Set(all('node', graph).map((node) => valueOf(node, 'id')))
  const edges = all('edge', graph)
  const ends = edges.flatMap((edge) => [valueOf(edge, 'source'), valueOf(edge, 'target')])
  const used = new Set([...all('node', graph), ...edges].flatMap((part) => all('data', part).map((data) => valueOf(data, 'key'))))
  assert.equal(nodes.size, 6)
  assert.equal(ends.length, 2 * 5)
  assert.ok(ends.every((end) => nodes.has(end)))
  assert.ok(used.isSubsetOf(declared))
  const accepted = await ask(`/api/v1/trace/back?of=${lot}`, 'application/graphml+xml, application/json;q=0.5')
  assert.equal(accepted.headers['content-type'], 'application/graphml+xml')
  assert.equal(escapeXml('a\u0000<b>&"\uD800'), 'a\uFFFD&lt;b&gt;&amp;&quot;\uFFFD')
})

test('what cannot be answered is refused with what is wanted', async () => {
  const { ask, post } = await createServer()
  const codes = async (answer: ReturnType<typeof ask>) => {
    const { statusCode, json } = await answer
    return [statusCode, json().code]
  }
  assert.deepEqual(await codes(ask('/api/v1/trace/back')), [400, 'TRACE_NOTHING_ASKED'])
  assert.deepEqual(await codes(ask(`/api/v1/recall-scope?place=${encodeURIComponent(chamber)}&from=${iso(0)}`)), [
    400,
    'TRACE_NOTHING_ASKED'
  ])
  assert.deepEqual(await codes(ask(`/api/v1/trace/back?place=${encodeURIComponent(chamber)}&from=${iso(9)}&to=${iso(0)}`)), [
    400,
    'RANGE_INVALID'
  ])
  assert.deepEqual(await codes(ask(`/api/v1/trace/back?of=${lot}&depht=3`)), [400, 'REQUEST_INVALID'])
  assert.deepEqual(await codes(ask(`/api/v1/trace/back?of=${lot}`, 'image/png')), [406, 'ACCEPT_UNSUPPORTED'])
  assert.deepEqual(await codes(ask(`/api/v1/trace/journey?of=${lot}&format=graphml`)), [400, 'REQUEST_INVALID'])
  assert.deepEqual(await codes(post('/api/v1/trace/forward', { of: ['hello'] })), [400, 'CODE_UNREADABLE'])
  assert.deepEqual(await codes(post('/api/v1/recall-scope', { of: [] })), [400, 'REQUEST_INVALID'])
})

test('answers are given as they were known at a time', async () => {
  const { ask } = await createServer()
  const state = async (query: string): Promise<string> =>
    (await ask(`/api/v1/trace/holders?of=${encodeURIComponent(itemOf(vaccine, 3))}${query}`)).json().holdings[0].state
  assert.equal(await state(''), 'sold')
  assert.equal(await state(`&knownAt=${iso(25)}`), 'inStock')
  assert.equal(await state(`&knownAt=${iso(25)}&withDeclared=true`), 'inStock')
})
