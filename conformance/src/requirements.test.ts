/** The requirements that the kit decides, and how they are chosen. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { rules } from './judge.ts'
import { kitRequirements, selectRequirements } from './requirements.ts'

test('every requirement that the kit has to prove has a rule, and every rule a requirement', () => {
  const ids = kitRequirements().map(({ id }) => id)
  assert.deepEqual(Object.keys(rules).sort(), [...ids].sort())
})

test('selectRequirements() takes ids and patterns, and leaves out what is to be skipped', () => {
  const ids = (only: string, skip: string) => selectRequirements(kitRequirements(), { only, skip }).map(({ id }) => id)
  assert.deepEqual(ids('TG-40x', 'TG-404,TG-405'), ['TG-401', 'TG-402', 'TG-403', 'TG-406', 'TG-407', 'TG-408', 'TG-409'])
  assert.equal(ids('', '').length, kitRequirements().length)
  assert.deepEqual(ids('TG-107', ''), ['TG-107'])
})

test('selectRequirements() refuses a pattern that fits nothing', () => {
  assert.throws(() => selectRequirements(kitRequirements(), { only: 'TG-999', skip: '' }), /pattern is "TG-999"/)
})
