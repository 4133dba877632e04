/** Each scenario breaks what it says and puts it right again. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CodedError } from '@tracegate/model/errors'
import { silentLogger } from '@tracegate/service/log'
import { createPlant, type Plant } from './plant.ts'
import { scenarioNames } from './scenario-list.ts'
import { createScenarios, type Scenarios } from './scenarios.ts'
import { createWorld } from './world.ts'

const world = createWorld({ seed: 3 })
const startMs = 1_790_000_000_000

interface Port {
  readonly plant: Plant
  readonly scenarios: Scenarios
  /** Moves the rooms on by so many seconds of the wall clock. */
  readonly run: (seconds: number) => void
}

function createPort(): Port {
  let clockMs = startMs
  const plant = createPlant(world, clockMs)
  const absent = (): never => {
    throw new Error('not part of this test')
  }
  const scenarios = createScenarios({ world, plant, goods: absent, line: absent, probe: absent, nowMs: () => clockMs }, silentLogger)
  return {
    plant,
    scenarios,
    run(seconds) {
      for (let second = 0; second < seconds; second += 1) plant.advance((clockMs += 1_000))
    }
  }
}

const codeIs = (code: string) => (error: unknown) => error instanceof CodedError && error.code === code

test('scenarios() lists every scenario with both titles, none running at the start', () => {
  const listed = createPort().scenarios.scenarios()
  assert.deepEqual(
    listed.map((one) => one.name),
    [...scenarioNames]
  )
  for (const { title, running } of listed) {
    assert.ok(title.zh !== '' && title.en !== '')
    assert.equal(running, false)
  }
})

test('compressor-failure pushes the vaccine chamber over 8 °C within a minute of the wall clock, and ending it brings it back', async () => {
  const { plant, scenarios, run } = createPort()
  const started = await scenarios.start('compressor-failure')
  assert.equal(started.target, world.chambers.vaccine)
  assert.equal(scenarios.scenarios().find((one) => one.name === 'compressor-failure')?.running, true)
  run(60)
  assert.ok(plant.sample('vaccine').temperature1 > 8, String(plant.sample('vaccine').temperature1))
  assert.equal(plant.sample('vaccine').compressorCurrent, 0)
  assert.ok(plant.sample('fish').temperature1 < -18)
  await scenarios.stop('compressor-failure')
  run(120)
  assert.ok(plant.sample('vaccine').temperature1 < 7)
})

test('door-left-open takes a target and shows the door open until it is ended', async () => {
  const { plant, scenarios, run } = createPort()
  await scenarios.start('door-left-open', { target: 'fish' })
  run(5)
  assert.equal(plant.sample('fish').doorOpen, true)
  assert.equal(plant.sample('vaccine').doorOpen, false)
  await scenarios.stop('door-left-open')
  run(2)
  assert.equal(plant.sample('fish').doorOpen, false)
  await assert.rejects(scenarios.start('door-left-open', { target: 'cellar' }), codeIs('SCENARIO_TARGET'))
})

test('power-loss takes the power of every chamber and of no container', async () => {
  const { plant, scenarios, run } = createPort()
  await scenarios.start('power-loss')
  run(3)
  for (const chamber of ['vaccine', 'fish', 'ambient'] as const) assert.equal(plant.sample(chamber).power, 0)
  assert.ok(plant.sample('A1').power > 0)
  await scenarios.stop('power-loss')
  run(1)
  assert.ok(plant.sample('vaccine').power > 0)
})

test('stuck-sensor repeats one value for ever while the other sensor lives on', async () => {
  const { plant, scenarios, run } = createPort()
  run(5)
  await scenarios.start('stuck-sensor', { target: 'vaccine' })
  const stuck = plant.sample('vaccine').temperature1
  const others = new Set<number>()
  for (let second = 0; second < 30; second += 1) {
    run(1)
    assert.equal(plant.sample('vaccine').temperature1, stuck)
    others.add(plant.sample('vaccine').temperature2)
  }
  assert.ok(others.size > 10)
  await scenarios.stop('stuck-sensor')
  run(20)
  assert.notEqual(plant.sample('vaccine').temperature1, stuck)
})

test('drifting-sensor parts one sensor from the other and comes back when it is ended', async () => {
  const { plant, scenarios, run } = createPort()
  await scenarios.start('drifting-sensor')
  run(40)
  const apart = plant.sample('vaccine').temperature2 - plant.sample('vaccine').temperature1
  assert.ok(apart > 3, String(apart))
  await scenarios.stop('drifting-sensor')
  run(1)
  assert.ok(Math.abs(plant.sample('vaccine').temperature2 - plant.sample('vaccine').temperature1) < 1)
})

test('start() refuses an unknown scenario and one that runs; stop() of one that does not run is no error', async () => {
  const { scenarios } = createPort()
  await assert.rejects(scenarios.start('earthquake'), codeIs('SCENARIO_UNKNOWN'))
  await scenarios.start('power-loss')
  await assert.rejects(scenarios.start('power-loss'), codeIs('SCENARIO_RUNNING'))
  await scenarios.stop('line-cut')
  await scenarios[Symbol.asyncDispose]()
})

test('a scenario that cannot begin is not running afterwards', async () => {
  const { scenarios } = createPort()
  await assert.rejects(scenarios.start('line-cut'))
  assert.equal(
    scenarios.scenarios().some((one) => one.running),
    false
  )
})

test('the same seed gives the same readings', () => {
  const one = createPort()
  const two = createPort()
  one.run(50)
  two.run(50)
  assert.deepEqual(one.plant.sample('vaccine'), two.plant.sample('vaccine'))
  assert.deepEqual(one.plant.sample('B1'), two.plant.sample('B1'))
})
