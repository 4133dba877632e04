/** The hash is written into stored data, so it must never change. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { hash53 } from './hash53.ts'

test('hash53() gives what stored data holds', () => {
  assert.deepEqual(
    ['', 'a', 'https://id.gs1.org/01/09506000134352/21/1', '监测'].map(hash53),
    [3338908027751811, 7929297801672961, 5590277673340792, 8927755987837075]
  )
})
