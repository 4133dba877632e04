/** Scenarios that break machines and sensors: door, compressor, power, stuck and drifting sensor. */
import type { RoomName } from '../plant.ts'
import { deviceIds, pointIds, probeOf, slotNames } from '../world/names.ts'
import { chamberNames, type ChamberName } from '../world/products.ts'
import type { Breakables, Scenario } from './scenario.ts'

const minuteMs = 60_000

export function doorLeftOpen({ world, plant }: Breakables): Scenario {
  return {
    lastsMs: 2 * minuteMs,
    mendsItself: true,
    targets: chamberNames,
    begin(target) {
      const chamber = chamberOf(target)
      plant.openDoor(chamber, Number.POSITIVE_INFINITY)
      return { target: world.chambers[chamber], end: () => plant.closeDoor(chamber) }
    }
  }
}

export function compressorFailure({ world, plant }: Breakables): Scenario {
  return {
    lastsMs: 3 * minuteMs,
    mendsItself: true,
    targets: chamberNames,
    begin(target) {
      const chamber = chamberOf(target)
      plant.breakCompressor(chamber)
      return { target: world.chambers[chamber], end: () => plant.mendCompressor(chamber) }
    }
  }
}

export function powerLoss({ world, plant }: Breakables): Scenario {
  const site = world.points.find((point) => point.id === pointIds.coldStore)?.key ?? ''
  return {
    lastsMs: 3 * minuteMs,
    mendsItself: true,
    targets: [],
    begin() {
      plant.setPower(false)
      return { target: site, end: () => plant.setPower(true) }
    }
  }
}

/** By default the thermometer of a container probe: its readings go on and never change. */
export function stuckSensor({ plant }: Breakables): Scenario {
  return {
    lastsMs: 8 * minuteMs,
    mendsItself: true,
    targets: [...slotNames, ...chamberNames],
    begin(target) {
      const room = roomOf(target, 'A1')
      plant.setFault(room, 'temperature1', { type: 'stuck' })
      return { target: sensorOf(room, 'temperature1'), end: () => plant.setFault(room, 'temperature1', undefined) }
    }
  }
}

/** By default the second thermometer of the vaccine chamber, so that it parts from the first. */
export function driftingSensor({ plant }: Breakables): Scenario {
  return {
    lastsMs: 4 * minuteMs,
    mendsItself: true,
    targets: [...chamberNames, ...slotNames],
    begin(target) {
      const room = roomOf(target, 'vaccine')
      const sensor = isChamber(room) ? 'temperature2' : 'temperature1'
      plant.setFault(room, sensor, { type: 'drift', perMinute: 0.1 })
      return { target: sensorOf(room, sensor), end: () => plant.setFault(room, sensor, undefined) }
    }
  }
}

function sensorOf(room: RoomName, sensor: 'temperature1' | 'temperature2'): string {
  return isChamber(room) ? `${pointIds.coldStore}/${deviceIds.plc}/${room}.${sensor}` : `${pointIds.yard}/${probeOf(room)}/temperature`
}

function isChamber(room: string): room is ChamberName {
  return chamberNames.some((name) => name === room)
}

function chamberOf(target: string | undefined): ChamberName {
  return chamberNames.find((name) => name === target) ?? 'vaccine'
}

function roomOf(target: string | undefined, otherwise: RoomName): RoomName {
  return [...chamberNames, ...slotNames].find((name) => name === target) ?? otherwise
}
