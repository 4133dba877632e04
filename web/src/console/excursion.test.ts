/** The window of an anomaly. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fixtureAnomaly } from '../dev/fixture-cases.ts'
import { excursionOf, seriesOf } from './excursion.ts'

test('excursionOf() shades from the onset to the end and shows what came before and after', () => {
  const anomaly = fixtureAnomaly({ id: 'a', onsetMs: 1_000_000, openedMs: 1_030_000, lastMs: 1_600_000, closedMs: 1_660_000 })
  const view = excursionOf(anomaly)
  assert.deepEqual(view.shade, { fromMs: 1_000_000, toMs: 1_660_000 })
  assert.ok(view.fromMs < 1_000_000 && view.toMs > 1_660_000)
})

test('excursionOf() shows at most a day before the end', () => {
  const view = excursionOf(fixtureAnomaly({ id: 'a', onsetMs: 0, openedMs: 1, lastMs: 10 * 86_400_000 }))
  assert.equal(view.shade.toMs - view.fromMs, 86_400_000)
})

test('seriesOf() names the series, by a witness where the anomaly does not', () => {
  assert.equal(seriesOf(fixtureAnomaly({ id: 'a' })), 'bonded-store/plc/chamber1.temperature')
  assert.equal(seriesOf({ witnesses: fixtureAnomaly({ id: 'a' }).witnesses }), 'bonded-store/plc/chamber1.temperature')
  assert.equal(seriesOf({ witnesses: [] }), undefined)
})
