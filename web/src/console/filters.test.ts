/** Filters from and to the address. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { anomalyMatches, readAnomalyFilter, readWarningFilter, warningMatches, writeFilter } from './filters.ts'
import { fixtureAnomaly, fixtureWarning } from '../dev/fixture-cases.ts'

test('readAnomalyFilter() leaves out what it does not know', () => {
  assert.deepEqual(readAnomalyFilter('?status=open&category=nonsense&point=store'), { status: 'open', point: 'store' })
})

test('readWarningFilter() reads level and status', () => {
  assert.deepEqual(readWarningFilter('?level=II&status=draft'), { level: 'II', status: 'draft' })
  assert.deepEqual(readWarningFilter('?level=V'), {})
})

test('writeFilter() keeps the other members of the address and drops empty ones', () => {
  assert.equal(writeFilter('?lang=zh&status=open', { status: undefined, level: 'I' }), '?lang=zh&level=I')
  assert.equal(writeFilter('?status=open', { status: '' }), '')
})

test('a filter without members matches everything', () => {
  assert.equal(anomalyMatches(fixtureAnomaly({ id: 'a' }), {}), true)
  assert.equal(warningMatches(fixtureWarning({ id: 'w', status: 'draft', level: 'II' }), {}), true)
})

test('a filter matches only what has all of its members', () => {
  const warning = fixtureWarning({ id: 'w', status: 'draft', level: 'II' })
  assert.equal(warningMatches(warning, { level: 'II', status: 'draft' }), true)
  assert.equal(warningMatches(warning, { level: 'II', status: 'lifted' }), false)
  assert.equal(anomalyMatches(fixtureAnomaly({ id: 'a' }), { status: 'closed' }), false)
})
