/**
 * The one promise, end to end: a compressor fails, the chamber warms, the anomaly opens with the right place and times, exactly
 * the goods that were inside are exposed, and a reasoned warning draft with its recall scope stands within a second.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compileValidator } from '@tracegate/model/codec'
import { AnomalyPage, ExposureAnswerOfPlace, WarningPage } from './answers.ts'
import { startProduct, temporaryFolder, waitFor } from './product.ts'

const anomalies = compileValidator(AnomalyPage)
const warnings = compileValidator(WarningPage)
const exposures = compileValidator(ExposureAnswerOfPlace)
const promisedMs = 1_000

test('a compressor failure leads from the reading to the recall scope within a second', { timeout: 180_000 }, async (context) => {
  await using folder = await temporaryFolder()
  await using product = await startProduct(folder.path, { speed: 240 })
  const { client, all } = product
  const simulator = all.simulator
  assert.ok(simulator)
  const place = simulator.world.chambers.vaccine
  await waitFor('goods in the chamber', 60_000, () =>
    simulator.groundTruth.exposed(place, Date.now(), Date.now()).length > 0 ? true : undefined
  )

  const startedMs = Date.now()
  await simulator.control.start('compressor-failure', { target: 'vaccine' })
  const anomaly = await waitFor('the anomaly', 90_000, async () => {
    const page = anomalies.check((await client.ask('/api/v1/anomalies?state=open')).body)
    assert.ok(page.ok)
    return page.value.items.find((one) => one.category === 'product')
  })
  assert.equal(anomaly.type, 'excursion')
  assert.equal(anomaly.place, place)
  assert.ok(anomaly.onsetMs >= startedMs, 'the onset lies after the failure')
  assert.ok(anomaly.openedMs > anomaly.onsetMs, 'the on-delay was kept')
  assert.ok(
    anomaly.detectedAtMs - anomaly.openedMs < promisedMs,
    `detected ${anomaly.detectedAtMs - anomaly.openedMs} ms after the reading that made it fire`
  )
  assert.ok((anomaly.figures['peak'] ?? 0) > (anomaly.figures['limitHigh'] ?? Infinity))
  assert.ok(anomaly.witnesses.length >= 1)

  const warning = await waitFor('the warning draft', 10_000, async () => {
    const page = warnings.check((await client.ask('/api/v1/warnings')).body)
    assert.ok(page.ok)
    return page.value.items.find((one) => one.anomaly === anomaly.id)
  })
  assert.equal(warning.status, 'draft')
  assert.ok(warning.draftedAfterMs < promisedMs, `drafted ${warning.draftedAfterMs} ms after the reading came`)
  assert.ok(
    warning.draftedAtMs - anomaly.openedMs < promisedMs,
    `drafted ${warning.draftedAtMs - anomaly.openedMs} ms after the reading was taken`
  )
  const { harm, urgency, scope } = warning.proposal.criteria
  assert.equal(harm.value, 4, 'vaccines')
  assert.equal(warning.proposal.level, Math.max(urgency.value, scope.value) >= 3 ? 'I' : 'II')
  for (const criterion of [harm, urgency, scope]) assert.ok(criterion.reason.zh.length > 0 && criterion.reason.en.length > 0)
  assert.ok(warning.scope.holdings.length > 0)
  assert.equal(
    warning.scope.holdings.reduce((sum, holding) => sum + holding.count, 0),
    warning.scope.total
  )

  const untilMs = anomaly.openedMs
  const answer = exposures.check((await client.ask(`/api/v1/exposure?${exposureQuery(place, anomaly.onsetMs, untilMs)}`)).body)
  assert.ok(answer.ok, answer.ok ? '' : answer.reason.message)
  const got = new Set(answer.value.goods.map((stay) => stay.key))
  const wanted = simulator.groundTruth.exposed(place, anomaly.onsetMs, untilMs)
  assert.ok(wanted.length > 0)
  assert.deepEqual([...got].sort(), [...wanted].sort(), 'exactly the goods that were inside')
  const exposed = new Set(warning.scope.exposed.map((stay) => stay.key))
  for (const key of wanted) assert.ok(exposed.has(key), `${key} was inside and is not in the recall scope`)
  const stays = simulator.groundTruth.staysAt(place)
  const gone = stays.filter((stay) => (stay.toMs ?? Infinity) < anomaly.onsetMs)
  assert.ok(gone.length > 0, 'goods that left before')
  for (const stay of gone)
    if (!wanted.includes(stay.key)) assert.ok(!got.has(stay.key) && !exposed.has(stay.key), `${stay.key} had left before`)
  // Asked of the time of those, the goods of today are the ones that came after.
  const then = gone[0]
  assert.ok(then)
  const before = exposures.check((await client.ask(`/api/v1/exposure?${exposureQuery(place, then.fromMs, then.fromMs)}`)).body)
  assert.ok(before.ok)
  assert.deepEqual(
    [...new Set(before.value.goods.map((stay) => stay.key))].sort(),
    simulator.groundTruth.exposed(place, then.fromMs, then.fromMs)
  )
  await simulator.control.stop('compressor-failure')
  const closed = await waitFor('the anomaly to close', 90_000, async () => {
    const page = anomalies.check((await client.ask('/api/v1/anomalies?state=closed')).body)
    return page.ok ? page.value.items.find((one) => one.id === anomaly.id) : undefined
  })
  assert.ok((closed.closedMs ?? 0) > anomaly.openedMs)
  context.diagnostic(
    `fired to draft ${warning.draftedAtMs - anomaly.openedMs} ms, received to draft ${warning.draftedAfterMs} ms, ${wanted.length} goods exposed, level ${warning.proposal.level}`
  )
})

function exposureQuery(place: string, fromMs: number, toMs: number): string {
  return new URLSearchParams({ place, from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() }).toString()
}
