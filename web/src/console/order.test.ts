/** Orders and held rows. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compareAnomalies, compareWarnings, holdRows, worstLevels } from './order.ts'
import { fixtureAnomaly, fixtureWarning } from '../dev/fixture-cases.ts'

test('compareAnomalies() puts open before closed, goods before devices, new before old', () => {
  const base = fixtureAnomaly({ id: 'a', openedMs: 1_000 })
  const rows = [
    { ...base, id: 'closed', status: 'closed' as const, openedMs: 9_000 },
    { ...base, id: 'device', category: 'device' as const, openedMs: 8_000 },
    { ...base, id: 'old' },
    { ...base, id: 'new', openedMs: 2_000 }
  ]
  assert.deepEqual(
    rows.sort(compareAnomalies).map((row) => row.id),
    ['new', 'old', 'device', 'closed']
  )
})

test('compareWarnings() puts drafts first, then the graver level', () => {
  const rows = [
    fixtureWarning({ id: 'lifted', status: 'lifted', level: 'I' }),
    fixtureWarning({ id: 'published', status: 'published', level: 'I' }),
    fixtureWarning({ id: 'draftIII', status: 'draft', level: 'III' }),
    fixtureWarning({ id: 'draftI', status: 'draft', level: 'I' })
  ]
  assert.deepEqual(
    rows.sort(compareWarnings).map((row) => row.id),
    ['draftI', 'draftIII', 'published', 'lifted']
  )
})

test('holdRows() never moves a row that is on screen', () => {
  const held = holdRows(['b', 'gone', 'a'], [{ id: 'new' }, { id: 'a' }, { id: 'b' }])
  assert.deepEqual(held, { rows: [{ id: 'b' }, { id: 'a' }], newCount: 1 })
})

test('holdRows() shows every row exactly once or counts it as new', () => {
  const ids = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd', 'e'))
  fc.assert(
    fc.property(ids, ids, (shown, sorted) => {
      const held = holdRows(
        shown,
        sorted.map((id) => ({ id }))
      )
      assert.equal(held.rows.length + held.newCount, sorted.length)
      assert.deepEqual(
        held.rows.map((row) => row.id),
        shown.filter((id) => sorted.includes(id))
      )
    })
  )
})

test('worstLevels() gives the gravest level in force, whatever the order', () => {
  const warnings = [
    fixtureWarning({ id: 'a', status: 'draft', level: 'III' }),
    fixtureWarning({ id: 'b', status: 'published', level: 'II' }),
    fixtureWarning({ id: 'c', status: 'lifted', level: 'I' })
  ]
  assert.equal(worstLevels(warnings).get('bonded-store'), 'II')
  assert.equal(worstLevels(warnings.toReversed()).get('bonded-store'), 'II')
})
