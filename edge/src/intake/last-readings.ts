/** Remembers the last reading of each metric, for people who look at the agent. Bounded; nothing is decided by it. */
import type { SourceReading } from './intake.ts'

export interface LastReading {
  readonly metric: string
  readonly value: number
  readonly unit: string
  readonly quality: number
  readonly timeMs: number
}

export interface LastReadings {
  saw(reading: SourceReading): void
  /** A scan or event was taken of the device. */
  sawScan(device: string, timeMs: number): void
  of(device: string): { readonly readings: readonly LastReading[]; readonly scannedAtMs: number | undefined }
  forget(device: string): void
}

const metricsPerDeviceMax = 64

export function createLastReadings(devicesMax: number): LastReadings {
  const readings = new Map<string, Map<string, LastReading>>()
  const scans = new Map<string, number>()
  return {
    saw({ device, metric, value, unit, quality, timeMs }) {
      let own = readings.get(device)
      if (own === undefined) {
        if (readings.size >= devicesMax) return
        own = new Map()
        readings.set(device, own)
      }
      if (own.size >= metricsPerDeviceMax && !own.has(metric)) return
      const before = own.get(metric)
      if (before === undefined || before.timeMs <= timeMs) own.set(metric, { metric, value, unit, quality, timeMs })
    },
    sawScan(device, timeMs) {
      if (scans.has(device) || scans.size < devicesMax) scans.set(device, timeMs)
    },
    of: (device) => ({ readings: [...(readings.get(device)?.values() ?? [])], scannedAtMs: scans.get(device) }),
    forget(device) {
      readings.delete(device)
      scans.delete(device)
    }
  }
}
