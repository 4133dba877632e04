/** Spreadsheets in and out: encodings, delimiters, header names, errors with their place, all or nothing, and the way back. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { authorization, createCheckedServer, createWorld } from '../harness.ts'
import { readCsv } from './csv-read.ts'
import { writeCsv } from './csv-write.ts'
import { importCsv } from './csv-import.ts'
import { kindSpecs } from './kinds.ts'
import { createMasterData } from './master-data.ts'
import { mendTornWrite } from './write-all.ts'

async function open() {
  const world = await createWorld({ withAccount: false })
  const app = await createCheckedServer(world)
  const post = async (kind: string, body: string | Uint8Array, query = '', type = 'text/csv') => {
    const payload = typeof body === 'string' ? body : Buffer.from(body)
    const answer = await app.inject({
      method: 'POST',
      url: `/api/v1/master-data/${kind}/import${query}`,
      headers: { authorization, 'content-type': type },
      payload
    })
    return { status: answer.statusCode, body: answer.json() }
  }
  const get = (url: string) => app.inject({ url: `/api/v1/master-data/${url}`, headers: { authorization } })
  return { world, app, post, get }
}

const products =
  'gtin,name_en,name_zh,brand,hs_code,inspection_required\n9506000134383,Cod,鳕鱼,Nord,0303.63,yes\n09506000134390,"Trout, ""fresh""\nfillet",,,,\n'
const run = '?dryRun=false'

test('a dry run says what every line would change and changes nothing; the run does it, once', async () => {
  const { post, get } = await open()
  const dry = await post('products', products)
  assert.equal(dry.status, 200, JSON.stringify(dry.body))
  assert.deepEqual([dry.body.done, dry.body.added, dry.body.rows, dry.body.delimiter, dry.body.encoding], [false, 2, 2, ',', 'utf-8'])
  assert.deepEqual(dry.body.changes[0], {
    line: 2,
    id: '09506000134383',
    change: 'added',
    fields: ['gtin', 'name.zh', 'name.en', 'brand', 'hsCode', 'regime', 'harm', 'hazard', 'inspectionRequired'],
    notes: []
  })
  assert.equal((await get('products/09506000134383')).statusCode, 404)
  const done = await post('products', products, run)
  assert.deepEqual([done.body.done, done.body.added], [true, 2])
  const trout = (await get('products/09506000134390')).json()
  assert.deepEqual(trout.value.name, { zh: 'Trout, "fresh"\nfillet', en: 'Trout, "fresh"\nfillet' })
  assert.deepEqual([trout.provenance['name.en'].via, trout.provenance['name.zh'].via], ['csv', 'assumed'])
  const again = await post('products', products, run)
  assert.deepEqual([again.body.unchanged, again.body.changed, again.body.added], [2, 0, 0])
  assert.equal((await get('products/09506000134390')).json().version, 1)
  const changed = await post('products', 'gtin;brand\n9506000134383;Süd\n', run)
  assert.deepEqual(changed.body.changes, [{ line: 2, id: '09506000134383', change: 'changed', fields: ['brand'], notes: [] }])
  assert.equal((await get('products/09506000134383')).json().value.hsCode, '030363', 'an empty cell and an absent column say nothing')
})

test('files are read as spreadsheets write them: BOM, GB18030, UTF-16, semicolons, tabs, Chinese headers', async () => {
  const { post, get } = await open()
  // 商品条码,中文名称,海关编码 in GB18030, with 鳕鱼 as the name.
  const gb = Buffer.from(
    'c9ccc6b7ccf5c2eb2cd6d0cec4c3fbb3c62cbaa3b9d8b1e0c2eb0d0a393530363030303133343338332cf7a8d3e32c303330333633303030300d0a',
    'hex'
  )
  const chinese = await post('products', gb, run, 'application/vnd.ms-excel')
  assert.equal(chinese.status, 200, JSON.stringify(chinese.body))
  assert.deepEqual([chinese.body.encoding, chinese.body.columns], ['gb18030', ['gtin', 'name_zh', 'hs_code']])
  assert.match(chinese.body.changes[0].notes[0], /kept as the subheading 030363/)
  assert.equal((await get('products/09506000134383')).json().value.name.zh, '鳕鱼')
  const tabs = `\uFEFFGLN\tName\tcountry\troles\r\n9506000134369\tNord AS\tno\timporter, 零售商\r\n\r\n`
  assert.equal((await post('parties', Buffer.from(tabs), run)).body.delimiter, '\t')
  assert.deepEqual((await get('parties/9506000134369')).json().value.roles, ['importer', 'retailer'])
  const wide = await post('parties', Buffer.from(`\uFEFF${tabs.slice(1)}`, 'utf16le'), run)
  assert.deepEqual([wide.body.encoding, wide.body.unchanged], ['utf-16le', 1])
  const places = 'gln;name_en;kind;parent\n9506000134369;Depot;场所;\nurn:epc:id:sgln:9506000.13436.H1;Hall;dock;9506000134369\n'
  assert.equal((await post('places', places, run)).body.added, 2)
  assert.equal((await post('parties', Buffer.from([0x67, 0x6c, 0x6e, 0x0a, 0xff, 0xff]), run)).body.code, 'CSV_ENCODING')
})

test('wrong lines are told with line and column, and nothing is changed unless the others are to proceed', async () => {
  const { post, get } = await open()
  const file =
    'gtin,name_en,hs_code,manufacturer_gln,harm\n9506000134384,"A\nB",x,9506000134352,9\n9506000134383,Cod,,,\n9.506E+12,C,,,\n9506000134383,Twice,,,\n9506000134390,,,,\n9506000134406,X,,,,surplus\n'
  const refused = await post('products', file, run)
  assert.deepEqual([refused.status, refused.body.code], [400, 'CSV_INVALID'])
  assert.match(refused.body.findings[0].message, /^line 2, column 1: gtin is "9506000134384": it has check digit 4, expected 3$/)
  assert.equal((await get('products/09506000134383')).statusCode, 404)
  const dry = await post('products', file, '?onError=proceed')
  assert.deepEqual(
    dry.body.findings.map((finding: { line: number; column: number; header: string }) => [finding.line, finding.column, finding.header]),
    [
      [2, 1, 'gtin'],
      [2, 3, 'hs_code'],
      [2, 5, 'harm'],
      [5, 1, 'gtin'],
      [6, 1, 'gtin'],
      [7, 2, 'name_en'],
      [8, 6, '']
    ]
  )
  assert.match(dry.body.findings[3].message, /format the column as text/)
  assert.match(dry.body.findings[4].message, /stands in line 4 already/)
  const proceeded = await post('products', file, `${run}&onError=proceed`)
  assert.deepEqual([proceeded.body.done, proceeded.body.added, proceeded.body.refused], [true, 1, 5])
  for (const [text, code] of [
    ['', 'CSV_EMPTY'],
    ['gtin,colour\n', 'CSV_HEADER'],
    ['gtin,GTIN\n', 'CSV_HEADER'],
    ['name_en\nx\n', 'CSV_HEADER'],
    ['gtin,name_en\n9506000134383,"open\n', 'CSV_BROKEN'],
    [`gtin\n${'9506000134383\n'.repeat(5_001)}`, 'CSV_TOO_MANY_ROWS']
  ] as const)
    assert.equal((await post('products', text || '\n', run)).body.code, code)
  assert.equal((await post('products', '{}', run, 'application/json')).status, 415)
})

test('what goes out comes in again unchanged, formulas and quotes included', async () => {
  const { post, get } = await open()
  const text = fc
    .oneof(
      fc.string({ minLength: 1, maxLength: 20 }),
      fc.constantFrom('=1+1', '@x', "'=x", "''a", '-5', '+86 21', '="007"', 'a\r\nb', '123', "'123", '中文;,"')
    )
    .filter((one) => one.trim() !== '')
  fc.assert(
    fc.property(text, text, (zh, en) => {
      const spec = kindSpecs.parties
      const record = { gln: '9506000134352', name: { zh: zh.trim(), en: en.trim() }, roles: ['importer', 'carrier'] }
      const table = readCsv(Buffer.from(writeCsv(spec, [record], 'zh')))
      const cells = table.rows[0]?.cells
      assert.deepEqual([cells?.[0], cells?.[1], cells?.[2], cells?.[4]], ['9506000134352', zh.trim(), en.trim(), 'importer carrier'])
    }),
    { numRuns: 200 }
  )
  await post('parties', 'gln,name_en,phone\n9506000134369,"=HYPERLINK(""x"")",+86 21 1\n', run)
  const file = await get('parties/export')
  assert.match(String(file.headers['content-type']), /^text\/csv; charset=utf-8/)
  assert.match(file.body, /"'=HYPERLINK\(""x""\)"/)
  for (const kind of ['products', 'parties', 'places']) {
    const written = await get(`${kind}/export?language=zh`)
    const back = await post(kind, written.rawPayload, run)
    assert.equal(back.status, 200, JSON.stringify(back.body))
    assert.equal(back.body.changed + back.body.added, 0, kind)
    assert.ok(back.body.unchanged > 0)
  }
})

test('an import that fails half-way leaves nothing behind, and neither does one that a crash ended', async () => {
  const { world } = await open()
  const rows = ['9506000134383', '9506000134390', '9506000134406'].map((gtin) => `${gtin},Name`)
  const bytes = Buffer.from(`gtin,name_en\n${rows.join('\n')}\n`)
  const options = { kind: 'products', bytes, dryRun: false, onError: 'rollback', by: 'test', nowMs: 1 } as const
  const failing = {
    ...world.cases,
    put: async (...call: Parameters<typeof world.cases.put>) => {
      if (call[1] === '09506000134390') throw new Error('disk full')
      return world.cases.put(...call)
    }
  }
  const masterData = createMasterData({ cases: failing, trace: world.trace, registers: world.context.registers, nowMs: () => 1 })
  const before = await world.cases.list('products')
  await assert.rejects(importCsv(masterData, options), /disk full/)
  assert.deepEqual(await world.cases.list('products'), before)
  // As a crash leaves it: the rows before, and one of them written.
  const after = { gtin: '09506000134383' }
  await world.cases.put('settings', 'master-data-write', {
    kind: 'products',
    rows: [
      { rowId: '09506000134383', version: 0, after },
      { rowId: 'vaccine', version: 1, before: {}, after }
    ]
  })
  await world.cases.put('products', '09506000134383', after)
  await mendTornWrite(world.cases)
  assert.deepEqual(await world.cases.list('products'), before)
  assert.equal(await world.cases.get('settings', 'master-data-write'), undefined)
})
