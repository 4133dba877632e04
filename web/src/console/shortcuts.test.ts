/** Keys. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { chordMs, readKey } from './shortcuts.ts'

test('g then w goes to the warnings', () => {
  const first = readKey('g', undefined, 0)
  assert.deepEqual(readKey('w', first.chord, 100).action, { type: 'go', path: '/warnings' })
})

test('a chord that waited too long is forgotten', () => {
  const first = readKey('g', undefined, 0)
  assert.equal(readKey('w', first.chord, chordMs + 1).action, undefined)
})

test('an unknown key after g does nothing', () => {
  assert.deepEqual(readKey('j', { key: 'g', atMs: 0 }, 10), {})
})
