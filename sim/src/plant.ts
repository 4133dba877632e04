/**
 * The machines of the port: every room with its sensors, moved on by the wall clock times the speed. Holds what can be broken
 * (doors, compressors, power, sensors); who breaks it and when is not known here.
 */
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
  type RoomDesign,
  type RoomState
} from './physics.ts'
import { createSensor, type Sensor, type SensorFault } from './sensors.ts'
import type { World } from './world.ts'
import { slotNames, slotProfiles, type SlotName } from './world/names.ts'
import { chamberNames, type ChamberName } from './world/products.ts'
import { createRandom } from './world/random.ts'

export type RoomName = ChamberName | SlotName

type SensorName = 'temperature1' | 'temperature2' | 'humidity'

/** What the instruments of a room show. Temperatures in °C, humidity in percent, current in ampere, power in kilowatt. */
export interface RoomSample {
  readonly timeMs: number
  readonly temperature1: number
  readonly temperature2: number
  readonly humidity: number
  readonly doorOpen: boolean
  readonly compressorRunning: boolean
  readonly compressorCurrent: number
  readonly setPoint: number
  readonly power: number
}

export interface Plant {
  /** Moves every room to this moment of the wall clock. A jump of more than ten seconds (a sleeping machine) counts as ten. */
  advance(nowMs: number): void
  sample(room: RoomName): RoomSample
  /** Lets the door stand open; one opening lasts at most until the next `closeDoor`. Without `fromMs`: from the last `advance` on. */
  openDoor(room: RoomName, untilMs: number, fromMs?: number): void
  closeDoor(room: RoomName): void
  breakCompressor(room: RoomName): void
  mendCompressor(room: RoomName): void
  setPower(on: boolean): void
  setFault(room: RoomName, sensor: SensorName, fault: SensorFault | undefined): void
  setLoad(room: RoomName, share: number): void
}

const designs: Readonly<Record<ChamberName, RoomDesign>> = { vaccine: vaccineRoom, fish: frozenRoom, ambient: ambientRoom }
const reefers: Readonly<Record<string, RoomDesign>> = { 'vaccine-2-8': reeferCool, 'frozen-18': reeferFrozen, 'ambient-25': reeferDry }

const stepMsMax = 10_000
const startMinuteOfDay = 9 * 60
const settleMinutes = 240

interface Room {
  readonly design: RoomDesign
  readonly sensors: Readonly<Record<SensorName, Sensor>>
  state: RoomState
  doorFromMs: number
  doorUntilMs: number
  compressorWorks: boolean
  load: number
  sample: RoomSample
}

export function createPlant(world: World, startMs: number): Plant {
  const rooms = new Map<RoomName, Room>()
  for (const name of chamberNames) rooms.set(name, createRoom(world.seed, name, designs[name], startMs))
  for (const name of slotNames) rooms.set(name, createRoom(world.seed, name, reefers[slotProfiles[name]] ?? reeferDry, startMs))
  const chambers: ReadonlySet<string> = new Set(chamberNames)
  let lastMs = startMs
  let minutes = 0
  let powered = true
  const room = (name: RoomName): Room => {
    const found = rooms.get(name)
    if (found === undefined) throw new RangeError(`Cannot find room: name is "${name}", expected one of ${[...rooms.keys()].join(', ')}`)
    return found
  }
  return {
    advance(nowMs) {
      const fromMs = lastMs
      const spanMs = Math.min(stepMsMax, Math.max(0, nowMs - lastMs))
      lastMs = nowMs
      if (spanMs === 0) return
      const span = (spanMs / 60_000) * world.speed
      minutes += span
      const outside = outsideTemperature((startMinuteOfDay + minutes) % 1_440)
      for (const [name, one] of rooms) advanceRoom(one, { fromMs, nowMs, span, outside, powered: powered || !chambers.has(name) })
    },
    sample: (name) => room(name).sample,
    openDoor(name, untilMs, fromMs = lastMs) {
      const one = room(name)
      if (one.doorUntilMs <= fromMs) one.doorFromMs = fromMs
      one.doorUntilMs = Math.max(one.doorUntilMs, untilMs)
    },
    closeDoor(name) {
      room(name).doorUntilMs = 0
    },
    breakCompressor(name) {
      room(name).compressorWorks = false
    },
    mendCompressor(name) {
      room(name).compressorWorks = true
    },
    setPower(on) {
      powered = on
    },
    setFault(name, sensor, fault) {
      room(name).sensors[sensor].fault = fault
    },
    setLoad(name, share) {
      room(name).load = Math.min(1, Math.max(0, share))
    }
  }
}

function createRoom(seed: number, name: RoomName, design: RoomDesign, startMs: number): Room {
  const random = createRandom(seed, `room/${name}`)
  const thermometer = () =>
    createSensor(
      { offset: random.normal() * 0.06, noise: 0.03, resolution: 0.01, low: -40, high: 60 },
      createRandom(random.integer(0, 1e9), name)
    )
  const sensors = {
    temperature1: thermometer(),
    temperature2: thermometer(),
    humidity: createSensor(
      { offset: random.normal(), noise: 0.4, resolution: 0.1, low: 1, high: 99 },
      createRandom(random.integer(0, 1e9), name)
    )
  }
  const inputs = {
    outside: outsideTemperature(startMinuteOfDay),
    doorOpen: false,
    powered: true,
    compressorWorks: true,
    setPoint: design.setPoint,
    load: 0.3
  }
  const state = stepRoom(initialRoom(design, random.next()), settleMinutes, design, inputs)
  const room = { design, sensors, state, doorFromMs: 0, doorUntilMs: 0, compressorWorks: true, load: 0.3 }
  return { ...room, sample: sampleOf(room, { fromMs: startMs, timeMs: startMs }, 0) }
}

interface Span {
  readonly fromMs: number
  readonly nowMs: number
  /** In minutes of simulated time. */
  readonly span: number
  readonly outside: number
  readonly powered: boolean
}

/** A door that was open for a part of the span lets warmth in for that part only. */
function advanceRoom(room: Room, { fromMs, nowMs, span, outside, powered }: Span): void {
  const openMs = Math.min(nowMs, room.doorUntilMs) - Math.max(fromMs, room.doorFromMs)
  const openSpan = nowMs > fromMs ? span * Math.min(1, Math.max(0, openMs / (nowMs - fromMs))) : 0
  const inputs = { outside, powered, compressorWorks: room.compressorWorks, setPoint: room.design.setPoint, load: room.load }
  const opened = stepRoom(room.state, openSpan, room.design, { ...inputs, doorOpen: true })
  room.state = stepRoom(opened, span - openSpan, room.design, { ...inputs, doorOpen: false })
  room.sample = sampleOf(room, { fromMs, timeMs: nowMs }, span)
}

function sampleOf(room: Omit<Room, 'sample'>, { fromMs, timeMs }: { fromMs: number; timeMs: number }, minutes: number): RoomSample {
  const { state, sensors } = room
  return {
    timeMs,
    temperature1: sensors.temperature1.measure(state.air, minutes),
    temperature2: sensors.temperature2.measure(state.air, minutes),
    humidity: sensors.humidity.measure(state.humidity, minutes),
    // A contact that was open since the last sample is shown, however short it was.
    doorOpen: room.doorUntilMs > fromMs,
    compressorRunning: state.running,
    compressorCurrent: Math.round(state.amperes * 100) / 100,
    setPoint: room.design.setPoint,
    power: Math.round(state.kilowatts * 100) / 100
  }
}
