/**
 * The trace rules on histories with known faults: what must be found is found, what only looks like a fault is not, and neither the
 * order of telling nor a restart in between changes what stands at the end.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createDetectionEngine } from '@tracegate/detect/create-engine'
import { createRandom } from '../world/random.ts'
import { judgeTale, tellingsOf, type Judged, type Telling } from './judge-tale.ts'
import { scoreTale } from './score-tale.ts'
import { tellTale } from './tale.ts'
import { taleWithFaults } from './with-faults.ts'

const startMs = Date.parse('2026-11-23T08:00:00Z')
const seed = 11

/** What stands open: ids with the goods they name. */
function standing({ anomalies }: Judged): string[] {
  const open = [...anomalies.values()].filter(({ status }) => status === 'open')
  return open.map(({ id, goods }) => `${id}: ${goods.toSorted().join(' ')}`).toSorted()
}

function shuffled(tellings: readonly Telling[], order: number): Telling[] {
  const random = createRandom(order, 'order of telling')
  return tellings
    .map((telling) => ({ telling, at: random.next() }))
    .toSorted((a, b) => a.at - b.at)
    .map(({ telling }) => telling)
}

test('a history without faults raises nothing that is not withdrawn', async () => {
  const tale = tellTale(seed, startMs)
  const judged = await judgeTale({ tale, tellings: tellingsOf(tale) })
  assert.deepEqual(
    scoreTale([], judged.anomalies.values()).falseAlarms.map(({ proof }) => proof.en),
    []
  )
})

test('every fault is found and nothing else: precision and recall of every trace rule are 1', async () => {
  const tale = taleWithFaults(seed, startMs)
  const tellings = tellingsOf(tale)
  const judged = await judgeTale({ tale, tellings })
  const score = scoreTale(tale.truths, judged.anomalies.values())
  assert.deepEqual(
    score.missed.map(({ type, what }) => `${type}: ${what}`),
    []
  )
  assert.deepEqual(
    score.falseAlarms.map(({ type, proof }) => `${type}: ${proof.en}`),
    []
  )
  assert.equal(score.rules.length, 11, 'every trace rule has faults')
  for (const { proof, witnesses, type } of judged.anomalies.values()) {
    assert.ok(proof.en.length > 30 && /[一-鿿]/.test(proof.zh) && !/\{\w+\}/.test(proof.en + proof.zh), proof.en)
    if (type !== 'massBalance') assert.ok(witnesses.length > 0, type)
  }
})

test('the order of telling and a restart after every batch change nothing of what stands in the end', async () => {
  const tale = taleWithFaults(seed, startMs)
  const tellings = tellingsOf(tale)
  const inOrder = standing(await judgeTale({ tale, tellings }))
  assert.ok(inOrder.length > 30, String(inOrder.length))
  const restarted = judgeTale({
    tale,
    tellings: shuffled(tellings, 1),
    together: 97,
    between(engine) {
      const next = createDetectionEngine()
      const restored = next.restore(JSON.parse(JSON.stringify(engine.snapshot())))
      assert.ok(restored.ok, restored.message)
      return next
    }
  })
  assert.deepEqual(standing(await restarted), inOrder)
  assert.deepEqual(standing(await judgeTale({ tale, tellings: tellings.toReversed(), together: 13 })), inOrder)
})
