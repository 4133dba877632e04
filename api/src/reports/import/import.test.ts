/** Lists of institutions and real notices of other regulators, read by their adapters. */
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import { compileValidator } from '@tracegate/model/codec'
import { CodedError } from '@tracegate/model/errors'
import { BulkAnswer } from '@tracegate/model/http-reports'
import { ReportTold } from '@tracegate/model/report'
import { authorization, createCheckedServer, createWorld } from '../../harness.ts'
import { importFormats, readImport, type ImportFormat } from './import-reports.ts'
import type { Imported } from './imported.ts'

const folder = fileURLToPath(new URL('../../../../../shared/testdata/recalls', import.meta.url))
const needsFiles = { skip: existsSync(folder) || process.env['CI'] === 'true' ? false : `needs the folder ${folder}` }
const tolds = compileValidator(ReportTold)
const answerSchema = compileValidator(BulkAnswer)

const files: readonly (readonly [ImportFormat, string, number])[] = [
  ['cpscJson', 'cpsc.json', 3],
  ['cpscXml', 'cpsc.xml', 2],
  ['openFdaJson', 'openfda-one-recall.json', 1],
  ['openFdaText', 'openfda-one-recall.txt', 1],
  ['rss', 'food-recalls.rss', 5],
  ['nhtsa', 'nhtsa-recalls.txt', 4]
]

function read(format: ImportFormat, file: string): Imported[] {
  return readImport(readFileSync(join(folder, file)), format).map((one) => {
    assert.ok(!('wrong' in one))
    return one
  })
}

test('notices of other regulators are read whole, each word of them kept', needsFiles, () => {
  for (const [format, file, count] of files) {
    const reports = read(format, file)
    assert.equal(reports.length, count, file)
    for (const { told } of reports) {
      const checked = tolds.check(told)
      assert.ok(checked.ok, checked.ok ? '' : `${file} ${checked.reason.pointer} ${checked.reason.message}`)
    }
  }
  const original: unknown = JSON.parse(readFileSync(join(folder, 'cpsc.json'), 'utf8'))
  assert.deepEqual(
    read('cpscJson', 'cpsc.json').map(({ raw }): unknown => JSON.parse(raw.text)),
    original
  )
  const lines = readFileSync(join(folder, 'nhtsa-recalls.txt'), 'utf8')
    .split(/\r?\n/)
    .filter((line) => line !== '')
  assert.deepEqual(
    read('nhtsa', 'nhtsa-recalls.txt').map(({ raw }) => raw.text),
    lines
  )
})

test('an openFDA notice says the same as JSON and as the text it came from', needsFiles, () => {
  const [json] = read('openFdaJson', 'openfda-one-recall.json')
  const [text] = read('openFdaText', 'openfda-one-recall.txt')
  assert.deepEqual(json?.told, text?.told)
  assert.equal(json?.sourceId, 'FDA Z-1004-04')
  assert.equal(json.told.goods.lot, '20118000')
})

test('an RSS feed with an entity of HTML is read, its times in their zone', needsFiles, () => {
  const items = read('rss', 'food-recalls.rss')
  assert.ok(items[1]?.told.text.includes('Bob Evans® Maple Links'))
  assert.equal(items[0]?.told.occurredMs, Date.UTC(2013, 3, 12, 21, 3))
})

test('rows of one recall are one report, with all codes', needsFiles, () => {
  const [bottles, beds] = read('cpscXml', 'cpsc.xml')
  assert.deepEqual(bottles?.told.goods.codes, ['987654321', '876543219'])
  assert.equal(beds?.told.goods.manufacturer, 'PBteen')
  assert.match(beds.told.text, /Ottoman Beds; pbTEEN Ottoman Beds/)
})

test('any bytes are refused with a code or read, by every adapter', () => {
  const odd = [
    '',
    '{}',
    '[1]',
    '<rss/>',
    '<message><results/></message>',
    'PRODUCT',
    'a\tb',
    '\u0000',
    '[{"RecallID":1}]',
    'text\n1',
    '<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><rss>&e;</rss>'
  ]
  for (const format of importFormats)
    for (const text of odd) {
      try {
        readImport(Buffer.from(text), format)
      } catch (error) {
        assert.ok(error instanceof CodedError, `${format} ${text} ${String(error)}`)
      }
    }
})

test('a list of an institution is taken row by row, and again changes nothing', async () => {
  const world = await createWorld({ withAccount: false })
  const app = await createCheckedServer(world)
  const post = async (format: string, payload: string, type: string) => {
    const url = `/api/v1/reports/import?format=${format}&source=injurySurvey`
    const answer = await app.inject({ method: 'POST', url, payload, headers: { authorization, 'content-type': type } })
    assert.equal(answer.statusCode, 200, answer.body)
    const checked = answerSchema.check(answer.json())
    assert.ok(checked.ok)
    return checked.value
  }
  const csv =
    'sourceId,text,code,lot,worst,injured\nH-1,Needle broke,09506000134352,L7,treated,1\nH-2,Burnt hand,,,hospitalised,1\nH-3,,,,,\nH-4,Fell,,,,x\n'
  const first = await post('reportsCsv', csv, 'text/csv')
  assert.deepEqual([first.received, first.refused], [2, 2])
  const again = await post('reportsCsv', csv, 'text/csv')
  assert.deepEqual([again.received, again.known, again.refused], [0, 2, 2])
  const rows = [{ sourceId: 'J-1', report: { text: 'Cut', goods: {} } }, { report: { text: 'No goods' } }]
  const json = await post('reportsJson', JSON.stringify(rows), 'application/json')
  assert.deepEqual([json.received, json.refused], [1, 1])
  await app.close()
})
