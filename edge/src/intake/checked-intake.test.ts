/** What the agent does not let in, and what it makes of the rest. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Reason } from '@tracegate/model/errors'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import { createCheckedIntake } from './checked-intake.ts'
import { createReadingCheck } from '../checks/check.ts'
import type { EdgeDevice } from '../config.ts'
import { createEdgeEvents } from '../events.ts'
import type { SourceReading } from './intake.ts'
import { createLastReadings } from './last-readings.ts'

const probe: EdgeDevice = {
  id: 'd1',
  kind: 'probe',
  name: { zh: '探头', en: 'Probe' },
  metrics: [{ metric: 'temperature', unit: 'Cel', max: 30 }]
}
const reading = { device: 'd1', metric: 'temperature', unit: 'Cel', timeMs: 1_700_000_000_000, value: 4, quality: 2 } as const

function open(devicesMax = 2) {
  const taken: SourceReading[] = []
  const refused: Reason[] = []
  const events = createEdgeEvents({ logger: silentLogger, metrics: createMetrics(), agent: 'p1/agent' })
  const last = createLastReadings(10)
  const intake = createCheckedIntake({
    point: 'p1',
    events,
    last,
    rules: { devices: [probe], devicesMax, check: createReadingCheck([probe], []) },
    intake: {
      readings: (readings) => void taken.push(...readings),
      readingsDurably: async (readings) => void taken.push(...readings),
      scan: async () => undefined,
      event: async () => undefined,
      refuse: ({ reason }) => void refused.push(reason),
      flush: () => undefined
    }
  })
  return { intake, taken, refused, events, last }
}

test('a reading becomes one in the declared unit, and is judged there', () => {
  const { intake, taken, events, last } = open()
  intake.readings([reading, { ...reading, unit: '[degF]', value: 46.4 }, { ...reading, unit: 'K', value: 310.15 }])
  assert.deepEqual(
    taken.map(({ value, unit, quality }) => [value, unit, quality]),
    [
      [4, 'Cel', 2],
      [8, 'Cel', 2],
      [37, 'Cel', 4]
    ]
  )
  assert.deepEqual([events.counts.unitsConverted, events.counts.flagsLowered], [2, 1])
  assert.equal(last.of('d1').readings[0]?.value, 37)
})

test('a reading goes once more, before the next, when its final flag is not the one it went out with', () => {
  const { intake, taken, events } = open()
  const check = createReadingCheck([probe], [{ metric: 'temperature', spikeSuspect: 3 }])
  intake.configure({ devices: [probe], devicesMax: 2, check, settled: check.settled })
  intake.readings([4, 4, 10, 10, 10].map((value, index) => ({ ...reading, timeMs: reading.timeMs + index * 1_000, value })))
  assert.deepEqual(
    taken.map(({ timeMs, quality }) => [(timeMs - reading.timeMs) / 1_000, quality]),
    [
      [0, 2],
      [1, 2],
      [2, 3],
      [2, 2],
      [3, 2],
      [4, 2]
    ]
  )
  assert.equal(events.counts.flagsSettled, 1)
})

test('a unit that cannot become the declared one is refused with both, and counted', async () => {
  const { intake, taken, refused, events } = open()
  await intake.readingsDurably([{ ...reading, unit: 'kPa' }, reading])
  assert.equal(taken.length, 1)
  assert.equal(refused[0]?.code, 'UNIT_MISMATCH')
  assert.match(refused[0]?.message ?? '', /"kPa".*"Cel"/)
  assert.deepEqual([events.counts.unitsRefused, events.counts.readingsTaken], [1, 1])
})

test('a missing reading keeps being missing in the declared unit', () => {
  const { intake, taken } = open()
  intake.readings([{ ...reading, unit: 'kPa', value: Number.NaN, quality: 9 }])
  assert.deepEqual([taken[0]?.unit, taken[0]?.quality], ['Cel', 9])
})

test('devices that only a source names are bounded: of one more nothing is taken, and each is told once', async () => {
  const { intake, taken, refused, events } = open(2)
  for (const device of ['d1', 'new', 'more', 'more']) intake.readings([{ ...reading, device }])
  await intake.scan({ symbology: ']C1', data: 'x' }, { device: 'evenMore' })
  await intake.event({}, { device: 'evenMore' })
  assert.deepEqual(
    taken.map(({ device }) => device),
    ['d1', 'new']
  )
  assert.deepEqual([events.counts.devicesRefused, events.counts.readingsRefused, refused.length], [4, 2, 2])
  assert.ok(refused.every(({ code }) => code === 'DEVICES_TOO_MANY'))
  intake.configure({ devices: [probe], devicesMax: 3, check: (one) => one })
  assert.ok(intake.admit('more'))
})
