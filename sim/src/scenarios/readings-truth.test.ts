/** Ground truth of the scenarios that break machines, sensors and lines: each gives exactly the anomalies it should, and no others. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { pointIds, probeOf, slotNames } from '../world/names.ts'
import { createReadingsPort, readingTruths, runTruth } from './readings-truth.ts'

const options = { seed: 3, speed: 60 }
const coldStore = (metric: string) => `${pointIds.coldStore}/plc/${metric}`

for (const truth of readingTruths)
  test(`${truth.name} ${truth.target ?? ''} tells what it should, once, and closes it`, async () => {
    for (const speed of [60, 240]) {
      const { missed, false: unexpected, open } = await runTruth(truth, { ...options, speed })
      assert.deepEqual({ missed, unexpected, open }, { missed: [], unexpected: [], open: [] }, `speed ${speed}`)
    }
  })

test('a compressor failure names both thermometers of its chamber in one anomaly', async () => {
  const port = createReadingsPort(options)
  port.run(120)
  await port.scenarios.start('compressor-failure', { target: 'vaccine' })
  const told = port.run(75)
  assert.equal(new Set(told.map((one) => one.id)).size, 1)
  assert.deepEqual(new Set(told.at(-1)?.series), new Set([coldStore('vaccine.temperature1'), coldStore('vaccine.temperature2')]))
})

test('a drifting sensor does not hide that the chamber warms', async () => {
  const port = createReadingsPort(options)
  port.run(120)
  await port.scenarios.start('drifting-sensor', { target: 'vaccine' })
  const before = port.run(60)
  assert.deepEqual([...new Set(before.map((one) => one.type))], ['drift'])
  await port.scenarios.start('compressor-failure', { target: 'vaccine' })
  const told = port.run(75).filter((one) => one.type === 'excursion' && one.place === port.world.chambers.vaccine)
  assert.equal(new Set(told.map((one) => one.id)).size, 1)
})

test('a cut line is one gap that names every probe of the yard', () => {
  const port = createReadingsPort(options)
  port.run(120)
  const told = port.run(40, (readings) => readings.filter((one) => one.point !== pointIds.yard))
  const series = told.at(-1)?.series ?? []
  for (const slot of slotNames) assert.ok(series.includes(`${pointIds.yard}/${probeOf(slot)}/temperature`), slot)
})
