/** What really was in which chamber when: the truth that the platform's answers are measured against. It hears nothing from the platform. */
import { Type, type Static } from 'typebox'

export const TrueStay = Type.Object({
  key: Type.String(),
  place: Type.String(),
  fromMs: Type.Integer(),
  toMs: Type.Optional(Type.Integer())
})
export type TrueStay = Static<typeof TrueStay>

/** Past this the oldest ended stays are forgotten; those that go on never are. */
export const staysMax = 20_000

export interface GroundTruth {
  /** Keys of pallets, items and lots that were at the place at some time in [fromMs, toMs], sorted. */
  exposed(place: string, fromMs: number, toMs: number): string[]
  /** Every stay at the place, ended ones first. */
  staysAt(place: string): readonly TrueStay[]
}

export interface GroundTruthRecorder extends GroundTruth {
  enter(keys: readonly string[], place: string, atMs: number): void
  leave(keys: readonly string[], atMs: number): void
  /** Pallets, items and lots now at the place. */
  inside(place: string): string[]
  stays(): TrueStay[]
}

export function createGroundTruth(before: readonly TrueStay[] = []): GroundTruthRecorder {
  let ended = before.filter((stay) => stay.toMs !== undefined)
  // A lot comes on several pallets, so one key may have several stays that go on; the oldest ends first.
  let open = before.filter((stay) => stay.toMs === undefined)
  return {
    enter(keys, place, atMs) {
      for (const key of keys) open.push({ key, place, fromMs: atMs })
    },
    leave(keys, atMs) {
      const leaving = new Set(keys)
      open = open.filter((stay) => {
        if (!leaving.delete(stay.key)) return true
        ended.push({ ...stay, toMs: atMs })
        return false
      })
      if (ended.length > staysMax) ended = ended.slice(-staysMax)
    },
    inside: (place) => open.filter((stay) => stay.place === place).map((stay) => stay.key),
    exposed(place, fromMs, toMs) {
      const met = (stay: TrueStay) => stay.place === place && stay.fromMs <= toMs && (stay.toMs ?? Infinity) >= fromMs
      return [...new Set([...ended, ...open].filter(met).map((stay) => stay.key))].toSorted()
    },
    staysAt: (place) => [...ended, ...open].filter((stay) => stay.place === place),
    stays: () => [...ended, ...open]
  }
}
