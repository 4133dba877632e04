/** What the judge of readings keeps over a restart, and how an older snapshot becomes a new one. */
import { Type, type Static } from 'typebox'
import { Anomaly } from '@tracegate/model/anomaly'
import { compileValidator } from '@tracegate/model/codec'
import { seriesKeyOf } from '@tracegate/model/telemetry'
import { DeviceState, SilenceState } from './device-watch.ts'
import { FaultState } from './fault-book.ts'
import { CompareState } from './neighbours.ts'
import { NoveltyGroups } from './novelty-groups.ts'
import { PlaceState } from './place-watch.ts'
import { SeriesState } from './series-watch.ts'

export const ReadingState = Type.Object({
  places: Type.Record(Type.String(), PlaceState),
  series: Type.Record(Type.String(), SeriesState),
  compared: Type.Record(Type.String(), CompareState),
  devices: Type.Record(Type.String(), DeviceState),
  faults: FaultState,
  silence: SilenceState,
  novelties: Type.Optional(NoveltyGroups),
  /** As the judge of novelty wrote it. */
  novelty: Type.Optional(Type.Unknown())
})
export type ReadingState = Static<typeof ReadingState>

/** Of the engine that kept the faults of a series and the silence of a device beside them. */
const StateBefore = Type.Object({
  places: Type.Record(Type.String(), PlaceState),
  series: Type.Record(
    Type.String(),
    Type.Object({
      open: Type.Object({ grossRange: Type.Optional(Anomaly), rate: Type.Optional(Anomaly), flatLine: Type.Optional(Anomaly) })
    })
  ),
  devices: Type.Record(Type.String(), Type.Object({ ...DeviceState.properties, open: Type.Optional(Anomaly) }))
})

const validator = compileValidator(ReadingState)
const validatorBefore = compileValidator(StateBefore)

export function emptyReadingState(): ReadingState {
  return { places: {}, series: {}, compared: {}, devices: {}, faults: { open: {}, closed: [] }, silence: { open: [], closed: [] } }
}

/** The state, or what is wrong with it. */
export function readReadingState(snapshot: unknown): ReadingState | string {
  const now = validator.check(snapshot)
  if (now.ok) return structuredClone(now.value)
  const before = validatorBefore.check(snapshot)
  return before.ok ? upgraded(structuredClone(before.value)) : now.reason.message
}

/** What is open stays open and can close; the short memory of each series begins anew. */
function upgraded({ places, series, devices }: Static<typeof StateBefore>): ReadingState {
  const state = emptyReadingState()
  state.places = places
  for (const { open } of Object.values(series))
    for (const anomaly of [open.grossRange, open.flatLine, open.rate]) {
      const { point, device, metric } = anomaly ?? {}
      if (anomaly === undefined || point === undefined || device === undefined || metric === undefined) continue
      state.faults.open[anomaly.id] = { anomaly, members: { [seriesKeyOf({ point, device, metric })]: true } }
    }
  for (const [name, { open, ...device }] of Object.entries(devices)) {
    state.devices[name] = device
    if (open !== undefined) state.silence.open.push({ anomaly: open, devices: { [name]: true } })
  }
  return state
}
