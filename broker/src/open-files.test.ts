/** Too low a bound of open files is one clear line, before connections fail. */
import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { describe, it } from 'node:test'
import { tooFewFiles } from './open-files.ts'

const skip = existsSync('/proc/self/limits') ? false : 'needs /proc/self/limits'

describe('tooFewFiles()', () => {
  it('tells what there is, what is needed and how to raise it', { skip }, () => {
    assert.match(tooFewFiles(1_000_000_000) ?? '', /may open \d+ files, expected at least 1000000200 .*ulimit -n/)
    assert.equal(tooFewFiles(1), undefined)
  })
})
