/** The FSMA 204 spreadsheet and the file of events over HTTP: captured as partners send them, exported as a regulator reads them. */
import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { parse } from 'csv-parse/sync'
import { strFromU8, unzipSync } from 'fflate'
import { parseCapture } from '@tracegate/model/epcis/document'
import { toTraceEvent } from '@tracegate/model/epcis/normalise'
import { fsmaColumns } from '@tracegate/model/fsma'
import { verifyJournal } from '@tracegate/store/journal'
import { authorization, chamber, createCheckedServer, createWorld, fish, startMs, vaccine, type World } from '../harness.ts'
import { csvCell } from './csv.ts'

const headers = { authorization, 'content-type': 'application/json' }
const farm = 'https://id.gs1.org/414/9506000134338'
const packer = 'https://id.gs1.org/414/9506000134345'
const rawLot = 'https://id.gs1.org/01/09506000134390/10/RAW1'
const packedLot = `${fish}/10/PK1`
const pallet = 'https://id.gs1.org/00/095060001343520006'
const hour = 3_600_000

const event = (number: number, rest: object) => ({
  type: 'ObjectEvent',
  eventID: `urn:uuid:22222222-2222-4222-8222-${String(number).padStart(12, '0')}`,
  eventTime: new Date(startMs + number * hour).toISOString(),
  eventTimeZoneOffset: '-05:00',
  ...rest
})
const quantity = (epcClass: string, amount: number, uom: string) => [{ epcClass, quantity: amount, uom }]
const order = (type: string, number: string) => ({
  bizTransactionList: [{ type, bizTransaction: `urn:epcglobal:cbv:bt:9506000134345:${number}` }]
})
/** In the pattern of "EPCIS Recommendations for FSMA 204 CTEs" of GS1 US. */
const story = [
  event(1, {
    action: 'ADD',
    bizStep: 'creating_class_instance',
    readPoint: { id: farm },
    quantityList: quantity(rawLot, 250, 'LBR'),
    ...order('prodorder', 'H-1')
  }),
  event(2, {
    type: 'TransformationEvent',
    bizStep: 'creating_class_instance',
    readPoint: { id: packer },
    bizLocation: { id: packer },
    inputQuantityList: quantity(rawLot, 250, 'LBR'),
    outputQuantityList: quantity(packedLot, 25, 'CS'),
    ...order('prodorder', '=1+cmd')
  }),
  event(3, {
    type: 'AggregationEvent',
    action: 'ADD',
    bizStep: 'packing',
    parentID: pallet,
    readPoint: { id: packer },
    childQuantityList: quantity(packedLot, 25, 'CS')
  }),
  event(4, {
    action: 'OBSERVE',
    bizStep: 'shipping',
    epcList: [pallet],
    readPoint: { id: packer },
    ...order('bol', 'BOL-7'),
    destinationList: [{ type: 'location', destination: chamber }]
  }),
  event(5, {
    action: 'OBSERVE',
    bizStep: 'receiving',
    epcList: [pallet],
    readPoint: { id: chamber },
    bizLocation: { id: chamber },
    ...order('recadv', 'R-1')
  }),
  event(6, { action: 'OBSERVE', bizStep: 'shipping', readPoint: { id: packer }, quantityList: quantity(`${vaccine}/10/V1`, 3, 'EA') })
]

async function start() {
  const world = await createWorld({ withAccount: false })
  const app = await createCheckedServer(world)
  for (const payload of story) {
    const answer = await app.inject({ method: 'POST', url: '/epcis/v2/events', headers, payload })
    assert.equal(answer.statusCode, 201, answer.body)
  }
  const get = (url: string) => app.inject({ url: `/api/v1/exports/${url}`, headers })
  return { world, app, get }
}
const rowsOf = (body: string): Record<string, string>[] => parse(body, { bom: true, columns: true, relax_column_count: false })
const cte = 'Critical tracking event'
const number = 'Reference document number'

test('the chain of a traceability lot comes as CSV that no spreadsheet runs', async () => {
  const { get } = await start()
  const answer = await get(`fsma204?of=${encodeURIComponent(fish)}&lot=PK1`)
  assert.equal(answer.statusCode, 200, answer.body)
  assert.ok(answer.body.startsWith('\uFEFF'))
  const rows = rowsOf(answer.body)
  assert.deepEqual(
    rows.map((row) => [row[cte], row['Traceability lot code'], row['Quantity']]),
    [
      ['Harvesting', '(01)09506000134390(10)RAW1', '250'],
      ['Initial packing', '(01)09506000134369(10)PK1', '25'],
      ['Shipping', '(01)09506000134369(10)PK1', '25'],
      ['Receiving', '(01)09506000134369(10)PK1', '25']
    ]
  )
  assert.equal(rows[1]?.[number], "'=1+cmd")
  assert.equal(rows[2]?.['Where it happened: business name'], 'Point shop-1')
  assert.match(String(rows[3]?.['Immediate previous source: GLN']), /9506000134345/)
  assert.match(String(rows[1]?.['Missing key data elements']), /1\.1330\(a\)\(2\) date received/)
})

test('the same by product, place and period; goods that are no food are left out and counted', async () => {
  const { get } = await start()
  const period = `from=${new Date(startMs).toISOString()}&to=${new Date(startMs + 24 * hour).toISOString()}`
  const kinds = async (query: string) => (await get(`fsma204?format=json&${query}`)).json().rows.map((row: { cte: string }) => row.cte)
  assert.deepEqual(await kinds(`of=${encodeURIComponent(fish)}`), ['Initial packing'])
  assert.deepEqual(await kinds(`place=${encodeURIComponent(packer)}&${period}`), ['Initial packing', 'Shipping'])
  assert.deepEqual(await kinds('of=09506000134369&lot=PK1'), ['Harvesting', 'Initial packing', 'Shipping', 'Receiving'])
  assert.deepEqual(await kinds('of=(01)09506000134369(10)PK1'), ['Harvesting', 'Initial packing', 'Shipping', 'Receiving'])
  assert.deepEqual(await kinds('place=9506000134345'), ['Initial packing', 'Shipping'])
  assert.deepEqual(await kinds(`place=${encodeURIComponent(farm)}`), ['Harvesting', 'Receiving'], 'the chamber lies below the GLN')
  const all = (await get(`fsma204?format=json&${period}`)).json()
  assert.equal(all.summary.total, 4)
  assert.deepEqual(all.summary.leftOut, { notTracked: 1, notFood: 1 })
  assert.deepEqual(all.summary.cut, [])
  assert.ok(all.summary.missing['1.1340(a)(3) product description'] === 1, JSON.stringify(all.summary.missing))
  const then = await kinds(`${period}&knownAt=2001-01-01T00:00:00Z`)
  assert.deepEqual(then, [], 'nothing was known then')
})

test('the workbook has a sheet for each tracking event, dates and numbers, a filter and a frozen header', async () => {
  const { get } = await start()
  const answer = await get(`fsma204?of=${encodeURIComponent(packedLot)}&format=xlsx`)
  assert.equal(answer.statusCode, 200, answer.body)
  const parts = unzipSync(answer.rawPayload)
  const text = (name: string) => strFromU8(parts[name] ?? new Uint8Array())
  assert.deepEqual(
    [...text('xl/workbook.xml').matchAll(/<sheet [^>]*name="([^"]+)"/g)].map((match) => match[1]),
    ['all', 'Harvesting', 'Cooling', 'Initial packing', 'First land-based receiving', 'Shipping', 'Receiving', 'Transformation', 'about']
  )
  const all = text('xl/worksheets/sheet1.xml')
  assert.match(all, /<pane [^>]*ySplit="1"[^>]*state="frozen"/)
  assert.match(all, new RegExp(`</sheetData><autoFilter ref="A1:[A-Z]+5"/>`))
  assert.match(all, /<c r="H3"[^>]*><v>25<\/v>/, 'a quantity is a number')
  assert.match(all, /<c r="C3"[^>]*><v>46349\.\d+<\/v>/, 'a time is a serial number of a day')
  assert.ok(fsmaColumns[7]?.name === 'quantity' && fsmaColumns[2]?.name === 'eventTime')
  assert.doesNotMatch(all, /<f>/)
})

test('what an event was declared wrong for is no row, and the events file keeps both', async () => {
  const { app, get } = await start()
  const declared = {
    ...story[4],
    errorDeclaration: { declarationTime: new Date(startMs + 30 * hour).toISOString(), reason: 'did_not_occur' }
  }
  assert.equal((await app.inject({ method: 'POST', url: '/epcis/v2/events', headers, payload: declared })).statusCode, 201)
  const answer = (await get(`fsma204?of=${encodeURIComponent(packedLot)}&format=json`)).json()
  assert.ok(answer.rows.every((row: { cte: string }) => row.cte !== 'Receiving'))
  const period = `from=${new Date(startMs).toISOString()}&to=${new Date(startMs + 24 * hour).toISOString()}`
  const lines = (await get(`events?${period}`)).body.trimEnd().split('\n')
  assert.equal(lines.length, story.length + 1)
  assert.deepEqual(
    lines.map((line) => JSON.parse(line).eventID).slice(0, 2),
    story.slice(0, 2).map(({ eventID }) => eventID)
  )
  const csv = rowsOf((await get(`events?${period}&format=csv`)).body)
  assert.equal(csv.length, story.length + 1)
  assert.equal(csv[1]?.['outputs'], `${packedLot} × 25 CS`)
})

test('events of any EPCIS query for a period come as a file, and a wrong parameter is told before anything is sent', async () => {
  const { get } = await start()
  const steps = async (query: string) => {
    const answer = await get(`events?${query}`)
    assert.equal(answer.statusCode, 200, answer.body)
    return answer.body === ''
      ? []
      : answer.body
          .trimEnd()
          .split('\n')
          .map((line) => JSON.parse(line).bizStep)
  }
  const until = `to=${new Date(startMs + 5 * hour).toISOString()}`
  assert.deepEqual(await steps('EQ_bizStep=shipping'), ['shipping', 'shipping'])
  assert.deepEqual(await steps(`EQ_bizStep=shipping|receiving&${until}`), ['shipping', 'receiving'])
  assert.deepEqual(await steps(`MATCH_anyEPC=${encodeURIComponent(pallet)}&orderDirection=DESC&orderBy=eventTime&eventCountLimit=1`), [
    'receiving'
  ])
  assert.deepEqual(await steps('EQ_quantity=250'), ['creating_class_instance', 'creating_class_instance'])
  const wrong = await get('events?EQ_bizStp=shipping')
  assert.equal(wrong.statusCode, 400)
  assert.match(wrong.json().detail, /EQ_bizStep/)
  assert.equal((await get(`events?EQ_bizStep=shipping&of=${encodeURIComponent(pallet)}`)).statusCode, 400)
  assert.equal((await get('events?EQ_bizStep=shipping&perPage=3')).statusCode, 400)
})

test('an export without a question is refused, and every other is in the journal', async () => {
  const { world, app, get } = await start()
  for (const query of [
    '',
    'of=nonsense',
    `of=${encodeURIComponent(fish)}&place=${encodeURIComponent(farm)}`,
    'from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z'
  ])
    assert.equal((await get(`fsma204?${query}`)).statusCode, 400, query)
  assert.equal((await app.inject({ url: '/api/v1/exports/fsma204?of=x' })).statusCode, 401)
  await app.inject({ method: 'POST', url: '/api/v1/exports/fsma204', headers, payload: { of: packedLot, format: 'json' } })
  const journal = await world.cases.journal('audit', `exports:${new Date().toISOString().slice(0, 7)}`)
  assert.deepEqual(
    journal.map(({ action, by }) => [action, by]),
    [['export fsma204', 'bootstrap']]
  )
  assert.equal(verifyJournal(journal).ok, true)
})

test('cells are guarded against formulas and nothing else', () => {
  const cells: [string | number, string][] = [
    ['=1+1', "'=1+1"],
    ['+cmd|x', "'+cmd|x"],
    ['-2+3', "'-2+3"],
    ['@SUM(A1)', "'@SUM(A1)"],
    ['  =1', "'  =1"],
    ['\t=1', "'\t=1"],
    ['＝1', "'＝1"],
    ['-05:00', '-05:00'],
    ['-12.5', '-12.5'],
    [-12.5, '-12.5'],
    ['a,"b"', '"a,""b"""'],
    ['two\nlines', '"two\nlines"'],
    ['冷冻鱼', '冷冻鱼']
  ]
  for (const [cell, written] of cells) assert.equal(csvCell(cell), written)
})

const pedigrees = new URL('../../../../shared/testdata/epcis/pedigrees/normalised/', import.meta.url)
const missing = existsSync(pedigrees) || process.env['CI'] === 'true' ? false : 'the folder of test data is not there'

test('pedigrees of others: every event goes through, and what is no food event is counted', { skip: missing }, async () => {
  const world: World = await createWorld({ withAccount: false })
  const app = await createCheckedServer(world)
  let events = 0
  for (const file of readdirSync(pedigrees, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.jsonld'))) {
    const parsed = parseCapture(JSON.parse(readFileSync(new URL(file, pedigrees), 'utf8')))
    if (!parsed.ok) continue
    const captured = parsed.events.map((one) =>
      toTraceEvent(one, { recordTimeMs: startMs, context: parsed.form === 'event' ? undefined : parsed.context })
    )
    events += (await world.trace.capture(captured)).filter(({ outcome }) => outcome === 'stored').length
  }
  const period = 'from=2000-01-01T00:00:00Z&to=2100-01-01T00:00:00Z'
  const { summary, rows } = (await app.inject({ url: `/api/v1/exports/fsma204?format=json&${period}`, headers })).json()
  const leftOut = Object.values<number>(summary.leftOut).reduce((sum, count) => sum + count, 0)
  const told = new Set(rows.map((row: { eventId: string }) => row.eventId))
  assert.ok(events > 15)
  assert.equal(told.size + leftOut, events, JSON.stringify(summary))
})
