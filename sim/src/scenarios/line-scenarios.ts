/** Scenarios between a device and the platform: a clock that jumps, and a line that is cut. */
import { isNativeSlot, pointIds, probeOf, slotNames } from '../world/names.ts'
import type { Breakables, Scenario } from './scenario.ts'

const minuteMs = 60_000
/** An hour back: a device that lost its battery comes up with an old time. */
const jumpMs = -60 * minuteMs

export function clockJump({ probe }: Breakables): Scenario {
  const slots = slotNames.filter(isNativeSlot)
  return {
    lastsMs: 2 * minuteMs,
    mendsItself: true,
    targets: slots,
    begin(target) {
      const slot = slots.find((name) => name === target) ?? 'B1'
      probe(slot)?.setClockOffset(jumpMs)
      return { target: `${pointIds.yard}/${probeOf(slot)}`, end: () => probe(slot)?.setClockOffset(0) }
    }
  }
}

/** The whole yard, agent and probes, loses the platform; what they measure meanwhile comes when the line is back. */
export function lineCut({ world, line }: Breakables): Scenario {
  const yard = world.points.find((point) => point.id === pointIds.yard)?.key ?? ''
  return {
    lastsMs: minuteMs,
    mendsItself: true,
    targets: [],
    begin() {
      line().cut()
      return { target: yard, end: () => line().mend() }
    }
  }
}
