/** Finding the goods of a report, and how alike two texts are. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { reportsDefaults } from './policy/reports.ts'
import type { Product } from './registers.ts'
import type { ReportedGoods } from './report.ts'
import { findGoods, indexProducts, linkOfKeys } from './report-linking.ts'
import { similarityOf, sketchOf, bandsOf } from './report-similarity.ts'

const product = (gtin: string, brand: string, zh: string, en: string): Product => ({
  gtin,
  key: `https://id.gs1.org/01/${gtin}`,
  name: { zh, en },
  brand,
  regime: 'general',
  harm: 3,
  hazard: 'physical',
  inspectionRequired: true
})
const car = product('09506000134352', 'Spielhaus', '木制玩具车', 'Wooden toy car')
const horse = product('09506000134369', 'Spielhaus', '木制摇马', 'Wooden rocking horse')
const index = indexProducts([car, horse, product('09506000134376', 'Nordlys', '电热水壶', 'Electric kettle')])
const find = (goods: ReportedGoods, text = 'It broke') => findGoods({ text, goods }, index, reportsDefaults.linking)

test('findGoods() takes any code of the goods, with lot and serial as printed beside it', () => {
  assert.deepEqual(find({ codes: ['9506000134352'], lot: 'L7' }).link, {
    product: car.key,
    lots: [`${car.key}/10/L7`],
    items: [],
    ground: 'code',
    score: 1
  })
  assert.deepEqual(find({ codes: ['(01)09506000134352(21)S1'] }).link?.items, [`${car.key}/21/S1`])
  assert.equal(find({ codes: ['urn:epc:id:sgtin:9506000.013435.S1'] }).link?.product, car.key)
})

test('findGoods() finds codes of registered products in the text, and takes no telephone number for one', () => {
  assert.equal(find({}, 'see https://example.com/01/09506000134352/10/L7 please').link?.lots[0], `${car.key}/10/L7`)
  assert.equal(find({}, '条码9506000134352，轮子掉了').link?.product, car.key)
  assert.equal(find({}, 'call me at 4006000134357 or 13800138000').link, undefined)
})

test('findGoods() links by brand and name when it is sure, and gives candidates when it is not', () => {
  const byName = find({ name: 'wooden Toy-Car', brand: 'SPIELHAUS' })
  assert.equal(byName.link?.product, car.key)
  assert.equal(byName.link.ground, 'name')
  assert.equal(find({ name: '木制玩具车', brand: 'Spielhaus' }).link?.product, car.key)
  const unsure = find({ name: 'wooden toy', brand: 'Spielhaus' })
  assert.equal(unsure.link, undefined)
  assert.equal(unsure.candidates[0]?.product, car.key)
  assert.equal(find({ name: 'Wooden toy car' }).link, undefined)
  assert.deepEqual(find({ name: 'hoverboard' }).candidates, [])
})

test('linkOfKeys() makes the link that a person names', () => {
  assert.equal(linkOfKeys([`${car.key}/10/L7`])?.ground, 'person')
  assert.equal(linkOfKeys(['https://id.gs1.org/414/9506000134352']), undefined)
})

test('sketches agree as much as their texts do', () => {
  const text = 'The front wheel of the wooden toy car came off and my daughter of two years put it into her mouth and nearly choked'
  const edited = text.replace('nearly choked', 'almost choked on it!')
  const other = 'The kettle got so hot at its handle that I burnt two fingers when I poured the water out of it this morning'
  assert.equal(similarityOf(sketchOf(text), sketchOf(text.toUpperCase())), 1)
  assert.ok(similarityOf(sketchOf(text), sketchOf(edited)) > 0.65)
  assert.ok(similarityOf(sketchOf(text), sketchOf(other)) < 0.15)
  const shared = new Set(bandsOf(sketchOf(text)))
  assert.ok(bandsOf(sketchOf(edited)).some((band) => shared.has(band)))
  assert.ok(!bandsOf(sketchOf(other)).some((band) => shared.has(band)))
  const zh = '孩子玩的时候前轮脱落，放进嘴里差点窒息，请尽快调查这一批产品'
  assert.ok(similarityOf(sketchOf(zh), sketchOf(`${zh}。`)) === 1)
})
