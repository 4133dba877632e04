/** What the address of a notice takes. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createCheckedServer, createWorld } from '../harness.ts'

test('one notice takes so many files an hour, however its address is written, and no other one has fewer for it', async () => {
  const app = await createCheckedServer(await createWorld({ withAccount: false }))
  const send = async (recall: string) => {
    const url = `/api/v1/public/recall-notices/${recall}/0123456789abcdef/${'A'.repeat(43)}/proofs`
    const answer = await app.inject({ method: 'POST', url, payload: '%PDF-1.7', headers: { 'content-type': 'application/pdf' } })
    return answer.statusCode
  }
  for (let count = 0; count < 40; count += 1) assert.equal(await send(count % 2 === 0 ? 'R-1' : '%52-1'), 404)
  assert.equal(await send('R-1'), 429)
  assert.equal(await send('R-2'), 404)
})
