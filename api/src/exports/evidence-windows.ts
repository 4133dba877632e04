/** Which series to read for which time, from the places that goods stayed at. Pure. */
import type { Place } from '@tracegate/model/registers'
import type { Stay } from '@tracegate/model/trace'

export interface Window {
  readonly series: string
  readonly fromMs: number
  readonly toMs: number
}

export function windowsOfPlace({ point, watches }: Place, fromMs: number, toMs: number): Window[] {
  return point === undefined || fromMs > toMs
    ? []
    : watches.map(({ device, metric }) => ({ series: `${point}/${device}/${metric}`, fromMs, toMs }))
}

export function windowsOfStays(stays: readonly Stay[], places: readonly Place[], knownAtMs: number): Window[] {
  const byKey = new Map(places.map((place) => [place.key, place]))
  return stays.flatMap((stay) => {
    const place = byKey.get(stay.place)
    return place === undefined ? [] : windowsOfPlace(place, stay.fromMs, Math.min(stay.toMs ?? knownAtMs, knownAtMs))
  })
}

/** Overlapping stretches of a series as one, by series and time. */
export function mergeWindows(windows: readonly Window[]): Window[] {
  const sorted = windows.toSorted((left, right) =>
    left.series < right.series ? -1 : left.series > right.series ? 1 : left.fromMs - right.fromMs
  )
  const merged: Window[] = []
  for (const window of sorted) {
    const last = merged.at(-1)
    if (last?.series === window.series && window.fromMs <= last.toMs)
      merged[merged.length - 1] = { ...last, toMs: Math.max(last.toMs, window.toMs) }
    else merged.push(window)
  }
  return merged
}
