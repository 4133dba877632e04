/** Says when a generated file is stale. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { generatedFiles } from './generated.ts'

test('the generated files are what the code gives: run "npm run generate" when they are stale', () => {
  const root = new URL('../../', import.meta.url)
  const stale = generatedFiles().filter(({ path, text }) => {
    const file = new URL(path, root)
    return !existsSync(file) || readFileSync(file, 'utf8') !== text
  })
  assert.deepEqual(
    stale.map(({ path }) => path),
    []
  )
})
