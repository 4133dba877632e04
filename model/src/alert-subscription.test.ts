/** Which notice fits which subscription, as a table. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { matchesSubscription, type AlertFilter, type AlertSubscription } from './alert-subscription.ts'
import type { PublicNotice } from './notice.ts'

const text = { zh: '题', en: 'title' }
const warning: PublicNotice = {
  subject: 'warning',
  case: 'W-1',
  number: 'TG-2026-0001',
  edition: 1,
  event: 'published',
  kind: 'publicAnnouncement',
  audience: 'public',
  level: 'II',
  drill: false,
  firstAtMs: 1,
  atMs: 1,
  startMs: 1,
  title: text,
  matters: text,
  hazard: 'chemical',
  certainty: 'Observed',
  products: [{ gtin: '06901234567892' }, { gtin: '09506000134352' }],
  lots: [{ gtin: '06901234567892', lot: 'A1' }],
  hsCodes: ['950300'],
  brands: ['Ｔｏｙ Co'],
  truncated: false,
  areas: [{ name: text, unlocode: 'CNSHG', point: 'port-1' }],
  ports: ['CNNGB'],
  operators: [],
  measures: [],
  recalls: []
}
const { level: _level, ...withoutLevel } = warning
const recall: PublicNotice = { ...withoutLevel, subject: 'recall', kind: 'recallNotice' }

const rows: readonly (readonly [what: string, filter: AlertFilter, notice: PublicNotice, fits: boolean])[] = [
  ['no filter takes everything', {}, warning, true],
  ['a heading takes its subheadings', { hsPrefixes: ['9503'] }, warning, true],
  ['a line is concerned by a warning of its subheading', { hsPrefixes: ['9503002100'] }, warning, true],
  ['another chapter does not fit', { hsPrefixes: ['84', '30'] }, warning, false],
  ['one of several values is enough', { hsPrefixes: ['84', '95'] }, warning, true],
  ['a brand in another case, width and spacing', { brands: ['toyco'] }, warning, true],
  ['part of a brand is another brand', { brands: ['toy'] }, warning, false],
  ['a GTIN-13 is the same as its GTIN-14', { products: ['6901234567892'] }, warning, true],
  ['another product does not fit', { products: ['4006381333931'] }, warning, false],
  ['the lot that is named', { lots: [{ gtin: '6901234567892', lot: 'A1' }] }, warning, true],
  ['another lot of a product whose lots are named', { lots: [{ gtin: '6901234567892', lot: 'A2' }] }, warning, false],
  ['another lot where the list of lots is cut', { lots: [{ gtin: '6901234567892', lot: 'A2' }] }, { ...warning, truncated: true }, true],
  ['any lot of a product that is named as a whole', { lots: [{ gtin: '9506000134352', lot: 'X' }] }, warning, true],
  ['the port of the area', { ports: ['CNSHG'] }, warning, true],
  ['a port it is addressed to', { ports: ['CNNGB'] }, warning, true],
  ['another port', { ports: ['CNTAO'] }, warning, false],
  ['the point', { points: ['port-1'] }, warning, true],
  ['another point', { points: ['port-2'] }, warning, false],
  ['its level', { levels: ['I', 'II'] }, warning, true],
  ['another level', { levels: ['I'] }, warning, false],
  ['its kind', { kinds: ['publicAnnouncement'] }, warning, true],
  ['another kind', { kinds: ['recallNotice'] }, warning, false],
  ['every facet must fit', { hsPrefixes: ['95'], brands: ['other'] }, warning, false],
  ['a recall has no level and is not held back by one', { levels: ['I'] }, recall, true],
  ['a recall by its kind', { kinds: ['recallNotice'] }, recall, true]
]

const subscriber = { audience: 'public', drills: false } as const

test('a notice fits a subscription by every facet of its filter', () => {
  for (const [what, filter, notice, fits] of rows) assert.equal(matchesSubscription({ ...subscriber, filter }, notice), fits, what)
})

test('nobody gets more than he is cleared for, nor a drill that he did not ask for', () => {
  const one = (change: Partial<AlertSubscription>, notice: Partial<PublicNotice>) =>
    matchesSubscription({ ...subscriber, filter: {}, ...change }, { ...warning, ...notice })
  assert.deepEqual(
    [
      one({}, { audience: 'operators' }),
      one({ audience: 'operators' }, { audience: 'operators' }),
      one({ audience: 'operators' }, { audience: 'ports' }),
      one({ audience: 'ports' }, { audience: 'operators' }),
      one({}, { drill: true }),
      one({ drills: true }, { drill: true })
    ],
    [false, true, false, true, false, true]
  )
})
