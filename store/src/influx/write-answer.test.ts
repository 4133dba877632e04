/** What servers answer to a write, in their own words, and what it means. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { writeAnswerOf, type WriteAnswer } from './write-answer.ts'

const nowMs = Date.UTC(2026, 0, 1)

function meaning(status: number, body: string, retryAfter?: string): WriteAnswer {
  return writeAnswerOf({ status, body, ...(retryAfter === undefined ? {} : { retryAfter }) }, nowMs)
}

test('a stored write is stored, whatever the body', () => {
  for (const status of [200, 204]) assert.deepEqual(meaning(status, ''), { type: 'stored' })
})

test('what InfluxDB 1.x, 2.x and 3.x say of faulty points is a refusal', () => {
  const refusals: [status: number, body: string, partial: boolean, dropped: number | undefined][] = [
    [400, '{"error":"partial write: field type conflict: input field \\"v\\" on measurement \\"t\\" is type string, already exists as type float dropped=1"}', true, 1], // prettier-ignore
    [400, '{"error":"partial write: points beyond retention policy dropped=3"}', true, 3],
    [400, '{"error":"partial write: max-values-per-tag limit exceeded (100000/100000): measurement=\\"t\\" tag=\\"k\\" value=\\"x\\" dropped=2"}', true, 2], // prettier-ignore
    [400, '{"error":"partial write: unable to parse \'t v=x\': invalid boolean dropped=0"}', true, undefined],
    [400, '{"error":"unable to parse \'t v=x 2\': invalid number"}', false, undefined],
    [400, '{"error":"field type conflict: input field \\"v\\" on measurement \\"t\\" is type string, already exists as type float"}', false, undefined], // prettier-ignore
    [422, '{"code":"unprocessable entity","message":"failure writing points to database: partial write: field type conflict: input field \\"v\\" on measurement \\"t\\" is type string, already exists as type float dropped=1"}', true, 1], // prettier-ignore
    [400, '{"code":"invalid","message":"unable to parse \'t v\': missing fields"}', false, undefined],
    [400, '{"error":"partial write of line protocol occurred","data":[{"original_line":"t v=","line_number":2,"error_message":"invalid"}]}', true, undefined] // prettier-ignore
  ]
  for (const [status, body, partial, dropped] of refusals) {
    const answer = meaning(status, body)
    assert.ok(answer.type === 'refused', body)
    assert.deepEqual([answer.partial, answer.dropped, answer.certain], [partial, dropped, true], body)
  }
})

test('a bad request of unknown words is a refusal that is not certain', () => {
  const answer = meaning(400, '{"error":"database is required"}')
  assert.deepEqual(answer, { type: 'refused', partial: false, certain: false, detail: 'database is required' })
})

test('a server that asks for patience tells how long, within reason', () => {
  const waits: [string | undefined, number][] = [
    ['3', 3_000],
    [' 0 ', 0],
    [undefined, 1_000],
    ['soon', 1_000],
    ['99999999', 300_000],
    [new Date(nowMs + 7_000).toUTCString(), 7_000],
    [new Date(nowMs - 7_000).toUTCString(), 0]
  ]
  for (const status of [429, 503])
    for (const [header, wanted] of waits) {
      const answer = meaning(status, '', header)
      assert.ok(answer.type === 'busy')
      assert.equal(answer.retryAfterMs, wanted, String(header))
    }
})

test('everything else has a name of its own', () => {
  assert.deepEqual(meaning(413, '{"error":"Request Entity Too Large"}'), { type: 'tooLarge', detail: 'Request Entity Too Large' })
  assert.deepEqual(meaning(401, ''), { type: 'denied', status: 401, detail: 'status 401' })
  assert.equal(meaning(403, '{"error":"not authorized"}').type, 'denied')
  for (const status of [404, 408, 500, 502, 504]) assert.equal(meaning(status, 'x').type, 'failed')
  const long = meaning(500, 'x'.repeat(10_000))
  assert.ok('detail' in long && long.detail.length === 500)
})
