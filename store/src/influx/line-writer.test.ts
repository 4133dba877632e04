/** The line writer against a server that refuses by rule. The database here is a rule, as no server can be told which lines to refuse. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import * as fc from 'fast-check'
import { isStoreError } from '../errors.ts'
import type { InfluxDatabase } from './client.ts'
import { createLineWriter } from './line-writer.ts'
import type { WriteAnswer } from './write-answer.ts'

function ruled(answerOf: (lines: readonly string[], stored: Map<string, number>) => WriteAnswer) {
  const stored = new Map<string, number>()
  let requests = 0
  const database: InfluxDatabase = {
    kind: 'influx1',
    name: 'rule',
    prepare: async () => ({ version: '1' }),
    write: async (lines) => {
      requests += 1
      return answerOf(lines, stored)
    },
    select: async () => ({ rows: [], cut: false }),
    remove: async () => {},
    close: () => {}
  }
  return { database, stored, requests: () => requests }
}

const keep = (lines: readonly string[], stored: Map<string, number>): void => {
  for (const line of lines) stored.set(line, (stored.get(line) ?? 0) + 1)
}
const linesOf = (count: number): string[] => Array.from({ length: count }, (_, index) => `m v=${index} ${index}`)

test('whichever lines are refused, and however the server tells: those are found, all others are stored', async () => {
  const plan = fc.record({
    count: fc.integer({ min: 1, max: 60 }),
    poison: fc.uniqueArray(fc.integer({ min: 0, max: 59 }), { maxLength: 60 }),
    partial: fc.boolean(),
    tellsDropped: fc.boolean(),
    linesMax: fc.integer({ min: 1, max: 70 })
  })
  await fc.assert(
    fc.asyncProperty(plan, async ({ count, poison, partial, tellsDropped, linesMax }) => {
      const lines = linesOf(count)
      const bad = new Set(poison.map((index) => lines[index]))
      const { database, stored, requests } = ruled((sent, stored) => {
        const faulty = sent.filter((line) => bad.has(line))
        if (faulty.length === 0 || partial) keep(sent.filter((line) => !bad.has(line)), stored) // prettier-ignore
        if (faulty.length === 0) return { type: 'stored' }
        return { type: 'refused', partial, certain: true, detail: 'no', ...(partial && tellsDropped ? { dropped: faulty.length } : {}) }
      })
      const refused = await createLineWriter({ database, linesMax }).write(lines, 'ms')
      assert.deepEqual(
        refused.map(({ index }) => index),
        poison.filter((index) => index < count).sort((left, right) => left - right)
      )
      assert.deepEqual([...stored.keys()].sort(), lines.filter((line) => !bad.has(line)).sort())
      assert.ok(requests() <= 2 * count)
    }),
    { numRuns: 200 }
  )
})

test('a piece that is too large is halved, what fits is remembered, and one line that never fits is refused', async () => {
  const limit = 200
  const { database, stored, requests } = ruled((sent, stored) => {
    if (sent.join('\n').length > limit) return { type: 'tooLarge', detail: 'Request Entity Too Large' }
    keep(sent, stored)
    return { type: 'stored' }
  })
  const writer = createLineWriter({ database })
  const lines = [...linesOf(100), 'x'.repeat(limit + 1), 'last v=1']
  const refused = await writer.write(lines, 'ms')
  assert.deepEqual(refused, [{ index: 100, detail: 'Request Entity Too Large' }])
  assert.equal(stored.size, 101)
  assert.ok([...stored.values()].every((times) => times === 1))
  const before = requests()
  await writer.write(linesOf(100), 'ms')
  assert.ok(requests() - before < before)
})

test('all of a piece refused, and told so, costs one request', async () => {
  const { database, requests } = ruled((sent) => ({ type: 'refused', partial: true, dropped: sent.length, certain: true, detail: 'old' }))
  const refused = await createLineWriter({ database }).write(linesOf(1_000), 'ms')
  assert.deepEqual([refused.length, requests()], [1_000, 1])
})

test('while the server wants to be left alone it is not asked', async () => {
  const { database, requests } = ruled(() => ({ type: 'busy', retryAfterMs: 60_000, detail: 'later' }))
  const writer = createLineWriter({ database })
  for (let tries = 0; tries < 3; tries++)
    await assert.rejects(writer.write(['m v=1'], 'ms'), (error) => isStoreError(error, 'STORE_OVERLOADED'))
  assert.equal(requests(), 1)
})

test('a refusal in unknown words is believed only while the server takes a sound point', async () => {
  for (const soundIsTaken of [true, false]) {
    const { database } = ruled((sent) =>
      soundIsTaken && sent[0]?.startsWith('tracegate_canary') === true
        ? { type: 'stored' }
        : { type: 'refused', partial: false, certain: false, detail: 'what?' }
    )
    const written = createLineWriter({ database }).write(['m v=1'], 'ms')
    if (soundIsTaken) assert.deepEqual(await written, [{ index: 0, detail: 'what?' }])
    else await assert.rejects(written, (error) => isStoreError(error, 'STORE_SERVER'))
  }
})
