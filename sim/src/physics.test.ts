/** The thermal model: stays in its limits when healthy, warms without cooling. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import {
  ambientRoom,
  frozenRoom,
  initialRoom,
  outsideTemperature,
  reeferCool,
  reeferDry,
  reeferFrozen,
  stepRoom,
  vaccineRoom,
  type RoomDesign
} from './physics.ts'

const rooms: readonly (readonly [name: string, design: RoomDesign, low: number, high: number])[] = [
  ['vaccine', vaccineRoom, 2, 8],
  ['frozen', frozenRoom, -60, -18],
  ['ambient', ambientRoom, 5, 25],
  ['reefer cool', reeferCool, 2, 8],
  ['reefer frozen', reeferFrozen, -60, -18],
  ['reefer dry', reeferDry, 5, 25]
]
const healthy = { doorOpen: false, powered: true, compressorWorks: true }

for (const [name, design, low, high] of rooms) {
  test(`a healthy ${name} room stays within its limits for two days, with short door openings and any load`, () => {
    fc.assert(
      fc.property(
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        fc.integer({ min: 20, max: 90 }),
        (phase, load, doorEvery) => {
          let room = initialRoom(design, phase)
          for (let minute = 0; minute < 2_880; minute += 1) {
            const doorOpen = minute % doorEvery === 0
            room = stepRoom(room, 1, design, {
              ...healthy,
              doorOpen,
              outside: outsideTemperature(minute % 1_440),
              setPoint: design.setPoint,
              load
            })
            assert.ok(room.air >= low + 0.2 && room.air <= high - 0.2, `${room.air} at minute ${minute}`)
            assert.ok(room.humidity > 0 && room.humidity < 100)
          }
        }
      ),
      { numRuns: 30 }
    )
  })

  test(`a ${name} room only warms while its compressor is broken, and passes its limit within the hour`, () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 1, noNaN: true }), fc.double({ min: 0, max: 1, noNaN: true }), (phase, load) => {
        let room = initialRoom(design, phase)
        const inputs = { ...healthy, outside: 28, setPoint: design.setPoint, load }
        for (let minute = 0; minute < 200; minute += 1) room = stepRoom(room, 1, design, inputs)
        let passedAt = 0
        for (let minute = 1; minute <= 400; minute += 1) {
          const next = stepRoom(room, 1, design, { ...inputs, compressorWorks: false })
          assert.ok(next.air >= Math.min(room.air, room.goods), `${next.air} after ${room.air}`)
          assert.equal(next.amperes, 0)
          room = next
          if (passedAt === 0 && room.air > high) passedAt = minute
        }
        assert.ok(passedAt > 5 && passedAt < 150, `passed after ${passedAt} min`)
      }),
      { numRuns: 30 }
    )
  })
}

test('a vaccine room whose compressor breaks passes 8 °C after a quarter of an hour at the earliest and within the hour, whatever the phase of its thermostat', () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 1_439 }), (warmUpMinutes, startMinute) => {
      const outside = outsideTemperature(startMinute)
      const inputs = { ...healthy, outside, setPoint: 5, load: 0.4 }
      let room = stepRoom(initialRoom(vaccineRoom), 100 + warmUpMinutes, vaccineRoom, inputs)
      let minutes = 0
      while (room.air <= 8 && minutes < 200) {
        room = stepRoom(room, 1, vaccineRoom, { ...inputs, compressorWorks: false })
        minutes += 1
      }
      assert.ok(minutes >= 15 && minutes <= 50, `passed after ${minutes} min at ${outside} °C`)
    })
  )
})

test('a door left open pushes the vaccine room over 8 °C although its compressor runs', () => {
  const inputs = { ...healthy, outside: 24, setPoint: 5, load: 0.4 }
  const room = stepRoom(initialRoom(vaccineRoom), 200, vaccineRoom, inputs)
  const open = stepRoom(room, 40, vaccineRoom, { ...inputs, doorOpen: true })
  assert.ok(open.air > 8, String(open.air))
  assert.ok(open.running)
})

test('a room without power neither cools nor draws, and finds back to its set point when power returns', () => {
  const inputs = { ...healthy, outside: 26, setPoint: 5, load: 0.5 }
  const dark = stepRoom(initialRoom(vaccineRoom), 90, vaccineRoom, { ...inputs, powered: false })
  assert.equal(dark.kilowatts, 0)
  assert.equal(dark.running, false)
  assert.ok(dark.air > 8)
  const back = stepRoom(dark, 120, vaccineRoom, inputs)
  assert.ok(back.air < 6.5, String(back.air))
})

test('stepRoom() gives the same state in one long step as in many short ones', () => {
  const inputs = { ...healthy, outside: 26, setPoint: 5, load: 0.5 }
  const once = stepRoom(initialRoom(vaccineRoom), 60, vaccineRoom, inputs)
  let many = initialRoom(vaccineRoom)
  for (let minute = 0; minute < 60; minute += 1) many = stepRoom(many, 1, vaccineRoom, inputs)
  assert.ok(Math.abs(once.air - many.air) < 1e-9)
})
