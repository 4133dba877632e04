/** The figures of a status in the Prometheus text format, after those that are counted as they happen. */
import type { AgentStatus } from './agent-status.ts'

type Labels = Readonly<Record<string, string>>
type Sample = readonly [labels: Labels, value: number]

export function statusMetrics(status: AgentStatus, nowMs: number): string {
  const agent = `${status.point}/${status.agent}`
  const own = { agent }
  const { configuration } = status
  return [
    family('outbox_messages', 'Messages that wait in the outbox', [[own, status.outboxMessages]]),
    family('outbox_bytes', 'Bytes of the outbox', [[own, status.outboxBytes]]),
    family('outbox_limit_bytes', 'Most bytes of the outbox', [[own, status.outboxBytesMax]]),
    family('outbox_oldest_age_seconds', 'How long the oldest message has waited', [
      [own, status.outboxOldestAtMs === undefined ? 0 : Math.max(0, nowMs - status.outboxOldestAtMs) / 1_000]
    ]),
    family('in_flight_messages', 'Messages sent and not yet committed', [[own, status.inFlightMessages]]),
    family('uplink_down_seconds', 'Time without a connection to the broker', [[own, status.downMs / 1_000]]),
    family('start_time_seconds', 'When the agent started, since the epoch', [[own, status.startedAtMs / 1_000]]),
    family('configuration_info', 'The configuration that holds', [
      [{ ...own, version: configuration.version, remote: String(configuration.remoteVersion ?? '') }, 1]
    ]),
    family('configuration_refused', '1 while the last configuration offered was refused', [
      [own, configuration.problems.length > 0 ? 1 : 0]
    ]),
    family('configuration_on_trial', '1 while a signed configuration is on trial', [[own, configuration.onTrial ? 1 : 0]]),
    family('control_revision', 'Revision of the control orders that holds', [[own, status.control.revision]]),
    family('control_keys', 'Keys that are held by control orders', [[own, status.control.keys]]),
    family('control_refused_scans', 'Scans refused since the start of the agent', [[own, status.control.refusedScans]]),
    family('gates_held', 'Gates with refused goods', [[own, status.control.gates.length]]),
    family(
      'source_connected',
      '1 while the source is connected',
      status.sources.map(({ name, type, connected }): Sample => [{ ...own, source: name, type }, connected ? 1 : 0])
    ),
    family(
      'device_online',
      '1 while the device is reached',
      status.devices.map(({ device, online }): Sample => [{ ...own, device: device.id }, online === true ? 1 : 0])
    ),
    family(
      'device_reading_age_seconds',
      'Age of the newest reading or scan of the device',
      status.devices.flatMap(({ device, readings, scannedAtMs }): Sample[] => {
        const newestMs = Math.max(scannedAtMs ?? -Infinity, ...readings.map(({ timeMs }) => timeMs))
        return Number.isFinite(newestMs) ? [[{ ...own, device: device.id }, (nowMs - newestMs) / 1_000]] : []
      })
    )
  ].join('')
}

function family(name: string, help: string, samples: readonly Sample[]): string {
  if (samples.length === 0) return ''
  const full = `tracegate_edge_${name}`
  const seen = new Set<string>()
  const lines = samples.flatMap(([labels, value]) => {
    const text = Object.entries(labels)
      .map(([label, content]) => `${label}="${escape(content)}"`)
      .join(',')
    // Two sources may have one name; Prometheus takes each series once.
    if (seen.has(text)) return []
    seen.add(text)
    return [`${full}{${text}} ${value}`]
  })
  return `# HELP ${full} ${help}\n# TYPE ${full} gauge\n${lines.join('\n')}\n`
}

function escape(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
}
