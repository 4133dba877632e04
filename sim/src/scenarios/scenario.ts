/** What a scenario is: something that goes wrong at a target, until it is put right. */
import type { Goods } from '../goods.ts'
import type { Line } from '../line.ts'
import type { Plant } from '../plant.ts'
import type { World } from '../world.ts'
import type { NativeProbe } from '../devices/native-probe.ts'
import type { SlotName } from '../world/names.ts'

/** The things that can be broken. */
export interface Breakables {
  readonly world: World
  readonly plant: Plant
  readonly goods: () => Goods
  readonly line: () => Line
  readonly probe: (slot: SlotName) => NativeProbe | undefined
  readonly nowMs: () => number
  /** Hands a complaint in as anybody may; missing where there is no platform to hand it to. */
  readonly complain?: (complaint: Complaint) => Promise<void>
}

/** What somebody who bought a thing writes into the public form. */
export interface Complaint {
  readonly text: string
  /** What was scanned of the thing. */
  readonly code: string
  readonly injured: boolean
}

export interface Happening {
  /** What it happens to: a place key, device or product key. */
  readonly target: string
  /** Puts right what was broken. */
  end(): Promise<void> | void
}

export interface Scenario {
  /** Ends by itself after so long. */
  readonly lastsMs: number
  /** Whether its end by itself puts things right too; goods that went wrong stay wrong until somebody ends the scenario. */
  readonly mendsItself: boolean
  /** What may be given as the target; the first is taken when none is. Empty: no choice. */
  readonly targets: readonly string[]
  begin(target: string | undefined): Promise<Happening> | Happening
}
