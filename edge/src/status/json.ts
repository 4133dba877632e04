/** The status as JSON for programs: times as ISO 8601 UTC beside what people need to compare, and no value that JSON has no word for. */
import type { AgentStatus } from './agent-status.ts'

export function statusJson(status: AgentStatus, nowMs: number): string {
  const { devices, startedAtMs, outboxOldestAtMs, sources, configuration, ...rest } = status
  const { takenAtMs, problemsAtMs, ...others } = configuration
  return `${JSON.stringify(
    {
      ...rest,
      time: iso(nowMs),
      startedAt: iso(startedAtMs),
      outboxOldestAt: iso(outboxOldestAtMs),
      configuration: { ...others, takenAt: iso(takenAtMs), problemsAt: iso(problemsAtMs) },
      sources: sources.map(({ lastDataAtMs, ...source }) => ({ ...source, lastDataAt: iso(lastDataAtMs) })),
      devices: devices.map(({ device, online, reason, readings, scannedAtMs }) => ({
        id: device.id,
        kind: device.kind,
        name: device.name,
        online: online ?? null,
        reason,
        scannedAt: iso(scannedAtMs),
        readings: readings.map(({ timeMs, value, ...reading }) => ({
          ...reading,
          value: Number.isFinite(value) ? value : null,
          time: iso(timeMs)
        }))
      }))
    },
    undefined,
    2
  )}\n`
}

function iso(timeMs: number | undefined): string | null {
  return timeMs === undefined || !Number.isFinite(timeMs) || Math.abs(timeMs) > 8.64e15 ? null : new Date(timeMs).toISOString()
}
