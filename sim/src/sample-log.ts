/** What the instruments of each room really showed: the truth that stored readings are measured against. It hears nothing from the platform. */
import type { RoomName, RoomSample } from './plant.ts'

/** A quarter of an hour at one sample a second; older ones are forgotten. */
const samplesPerRoomMax = 900

export interface SampleLog {
  /** Samples taken in [fromMs, toMs], oldest first. */
  between(room: RoomName, fromMs: number, toMs: number): readonly RoomSample[]
}

export interface SampleRecorder extends SampleLog {
  note(room: RoomName, sample: RoomSample): void
}

export function createSampleLog(): SampleRecorder {
  const samples = new Map<RoomName, RoomSample[]>()
  return {
    note(room, sample) {
      const own = samples.get(room) ?? []
      if (own.push(sample) > samplesPerRoomMax) own.shift()
      samples.set(room, own)
    },
    between: (room, fromMs, toMs) => (samples.get(room) ?? []).filter(({ timeMs }) => timeMs >= fromMs && timeMs <= toMs)
  }
}
