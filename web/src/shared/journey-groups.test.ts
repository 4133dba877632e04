/** Stages of a journey. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { fixtureJourney } from '../dev/fixture-trace.ts'
import { groupSteps, mergeReadings, stageEvidence, zoneOfOffset } from './journey-groups.ts'

const journey = fixtureJourney('https://id.gs1.org/01/09506000134352')

test('groupSteps() orders by time and begins a group where the stage changes', () => {
  const groups = groupSteps(journey.steps.toReversed())
  assert.deepEqual(
    groups.map((group) => group.stage),
    ['production', 'logistics', 'inspection', 'logistics', 'sale']
  )
  assert.equal(groups.flatMap((group) => group.steps).length, journey.steps.length)
})

test('stageEvidence() names a missing stage', () => {
  assert.deepEqual(stageEvidence({ stagesSeen: ['production', 'use'] }), [
    { stage: 'production', seen: true },
    { stage: 'inspection', seen: false },
    { stage: 'logistics', seen: false },
    { stage: 'sale', seen: false },
    { stage: 'use', seen: true }
  ])
})

test('zoneOfOffset() gives a zone', () => {
  assert.equal(zoneOfOffset('+08:00'), '+08:00')
  assert.equal(zoneOfOffset('-05:00'), '-05:00')
  assert.equal(zoneOfOffset('Z'), 'utc')
})

test('mergeReadings() joins the sensors of one quantity', () => {
  const reading = { series: 'a', quantity: 'temperature', unit: 'Cel', min: 2, max: 4, mean: 3, count: 10 }
  assert.deepEqual(
    mergeReadings([reading, { ...reading, min: 1, max: 9, mean: 6, count: 20 }, { ...reading, quantity: 'humidity', unit: '%' }]),
    [
      { ...reading, min: 1, max: 9, mean: 5, count: 30 },
      { ...reading, quantity: 'humidity', unit: '%' }
    ]
  )
})

test('mergeReadings() does not divide by nothing', () => {
  const none = { series: 'a', quantity: 'temperature', unit: 'Cel', min: 0, max: 0, mean: 0, count: 0 }
  assert.deepEqual(mergeReadings([none, none]), [none])
})
