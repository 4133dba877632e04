/**
 * The check of a Sparkplug source: listens under an id of its own, asks the edge nodes that speak for their births, shows what they hold,
 * and ends. It publishes no STATE: edge nodes that wait for their host do not take the check for it.
 */
import { sparkplugTopic } from '@tracegate/model/sparkplug/topic'
import { setTimeout as sleep } from 'node:timers/promises'
import { probeMqttConnection } from '../mqtt-probe-connection.ts'
import type { ProbeFinding, ProbeOptions } from '../source.ts'
import { createSparkplugHost } from '@tracegate/model/sparkplug/host/host'
import { filtersOf, rebirthCommand } from '@tracegate/model/sparkplug/host/filters'
import type { SparkplugSource } from './sparkplug-config.ts'

const shownMax = 20

export async function* probeSparkplug(config: SparkplugSource, options: ProbeOptions): AsyncGenerator<ProbeFinding> {
  const found = new Map<string, Map<string, string>>()
  const refusals = new Map<string, string>()
  const asked: { group: string; node: string }[] = []
  const host = createSparkplugHost({
    config,
    actions: {
      readings(readings) {
        for (const { device, metric, value, unit, quality, timeMs } of readings) {
          const metrics = found.get(device) ?? new Map<string, string>()
          const text = Number.isNaN(value) ? 'no value' : `${value} ${unit}`
          found.set(device, metrics.set(metric, `${metric} = ${text} (quality ${quality}, ${new Date(timeMs).toISOString()})`))
        }
      },
      device({ id, declared }) {
        if (declared !== undefined && !found.has(id)) found.set(id, new Map())
      },
      askRebirth: (node) => asked.push(node),
      gap: () => undefined,
      refuse: ({ topic, reason }) => refusals.set(topic, `${reason.code}: ${reason.message}`),
      stateSeen: () => undefined
    },
    now: Date.now
  })
  await using connection = await probeMqttConnection({
    connection: config,
    clientId: options.clientId,
    filters: filtersOf({ ...config, hostId: undefined }),
    signal: options.signal,
    onMessage(topic, payload) {
      host.take(topic, payload, Date.now())
      for (const node of asked.splice(0)) connection.publish(sparkplugTopic({ type: 'NCMD', ...node }), rebirthCommand(Date.now()))
    }
  })
  yield connection.finding
  if (!connection.finding.ok) return
  host.connected()
  for (const node of asked.splice(0)) connection.publish(sparkplugTopic({ type: 'NCMD', ...node }), rebirthCommand(Date.now()))
  await sleep(options.waitMs, undefined, { signal: options.signal }).catch(() => undefined)
  for (const [device, metrics] of found) {
    const shown = [...metrics.values()].slice(0, shownMax).join(', ')
    const more = metrics.size > shownMax ? `, and ${metrics.size - shownMax} more` : ''
    yield { item: device, ok: metrics.size > 0, detail: metrics.size > 0 ? `${shown}${more}` : 'born without a metric that holds a number' }
  }
  const expected = Object.values(config.devices ?? {}).filter((id) => !found.has(id))
  for (const id of expected) yield { item: id, ok: false, detail: `no birth within ${options.waitMs} ms, expected one of its edge node` }
  // What came before the births is no fault: the agent asks for them as the check did.
  for (const [topic, detail] of [...refusals].slice(0, shownMax))
    if (!/NOT_BORN|METRIC_UNKNOWN/.test(detail)) yield { item: topic, ok: false, detail }
  if (found.size === 0 && expected.length === 0)
    yield { item: config.url, ok: false, detail: `no edge node within ${options.waitMs} ms, expected a message below spBv1.0/` }
}
