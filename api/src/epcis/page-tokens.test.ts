/** Tokens of pages: for one question, until they expire or are given back. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createPageTokens, tokenLifeMs } from './page-tokens.ts'
import { document, headers, numbered, start } from './testing/rest.ts'

test('a token turns the page of its own question until it expires', () => {
  let nowMs = Date.UTC(2026, 10, 23)
  const tokens = createPageTokens(() => nowMs)
  const { token, expiresAtMs } = tokens.write('question', { cursor: 'abc.1', given: 30 })
  assert.deepEqual(tokens.read(token, 'question'), { cursor: 'abc.1', given: 30 })
  assert.throws(() => tokens.read(token, 'another'), /not one of ours/)
  assert.throws(() => tokens.read('x'.repeat(5_000), 'question'), /not one of ours/)
  nowMs += tokenLifeMs + 1_000
  assert.ok(expiresAtMs <= nowMs)
  assert.throws(() => tokens.read(token, 'question'), /was given back|worked until/)
})

test('a token that was given back works no longer, whichever way it is written', () => {
  const tokens = createPageTokens(Date.now)
  const { token } = tokens.write('question', { cursor: 'abc.1', given: 30 })
  const kept = tokens.write('question', { cursor: 'abc.2', given: 60 })
  tokens.forget(token)
  tokens.forget('nonsense')
  assert.throws(() => tokens.read(token, 'question'), /was given back/)
  assert.throws(() => tokens.read(`${token}==`, 'question'), /was given back/)
  assert.equal(tokens.read(kept.token, 'question').given, 60)
})

test('pages stay as they are while events are captured, and DELETE /nextPageToken ends them', async () => {
  const { app, capture, query } = await start()
  const at = (number: number) => ({ eventTime: `2026-11-20T00:00:${String(number).padStart(2, '0')}Z` })
  await capture(document(...[10, 20, 30, 40].map((number) => numbered(number, at(number)))))
  const first = await query('?perPage=2')
  assert.ok(Date.parse(String(first.headers['gs1-next-page-token-expires'])) > Date.now())
  const link = /<([^>]*)>; rel="next"/.exec(String(first.headers.link))?.[1] ?? ''
  // One before and one behind the place where the page ended.
  await capture(document(numbered(50, at(50)), numbered(15, at(15))))
  const rest = (await app.inject({ url: link.replace('perPage=2', 'perPage=10'), headers })).json()
  const numbers = rest.epcisBody.queryResults.resultsBody.eventList.map(({ eventTime }: { eventTime: string }) =>
    Number(eventTime.slice(17, 19))
  )
  assert.deepEqual(numbers, [20, 15, 10])
  const token = new URLSearchParams(link.slice(link.indexOf('?'))).get('nextPageToken') ?? ''
  assert.equal((await app.inject({ method: 'DELETE', url: `/epcis/v2/nextPageToken/${token}`, headers })).statusCode, 204)
  const gone = await app.inject({ url: link, headers })
  assert.deepEqual([gone.statusCode, gone.json().type], [400, 'epcisException:QueryParameterException'])
})
