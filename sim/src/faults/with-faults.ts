/** A history with every kind of fault in it and what looks like faults, the same for the same seed; with the truth about each. */
import { cloneSerials, mismatchPacking, travelImpossibly, useAfterEnd } from './faults-serials.ts'
import { breakSequences, letDwell, meetStrangers, moveHeld, skipInspections, tellLate, unbalance } from './faults-routes.ts'
import { addInnocents } from './innocents.ts'
import { createPicker, type Picker } from './pick.ts'
import { tellTale, type Tale } from './tale.ts'

const faults: readonly ((tale: Tale, pick: Picker) => void)[] = [
  // Those that take whole consignments come first.
  skipInspections,
  letDwell,
  moveHeld,
  unbalance,
  travelImpossibly,
  breakSequences,
  cloneSerials,
  useAfterEnd,
  mismatchPacking,
  meetStrangers,
  tellLate,
  addInnocents
]

export function taleWithFaults(seed: number, startMs: number): Tale {
  const tale = tellTale(seed, startMs)
  const pick = createPicker(tale)
  for (const add of faults) add(tale, pick)
  return tale
}
