/** Finds the declaration of a metric in the births of its edge node, and its value by it. Pure. */
import type { Decoded } from '../codec.ts'
import type { DeclaredMetric, EdgeNodeState, NodeMessage, ResolvedMetric } from './edge-node-types.ts'
import { metricValue, type SparkplugMetric, type SparkplugPayload } from './payload.ts'

/** A name goes before an alias: names are of the device, and DATA should carry one of the two only. */
export function declarationOf(state: EdgeNodeState, device: string, metric: SparkplugMetric): DeclaredMetric | undefined {
  if (metric.name !== undefined && metric.name !== '') return state.subjects.get(device)?.metrics.get(metric.name)
  const known = metric.alias === undefined ? undefined : state.aliases.get(metric.alias)
  return known?.device === device ? known.metric : undefined
}

export function resolveMetric(metric: SparkplugMetric, declared: DeclaredMetric, message: NodeMessage): Decoded<ResolvedMetric> {
  const value = metricValue(metric, declared.type)
  if (!value.ok) return { ok: false, reason: { ...value.reason, message: `metric "${declared.name}": ${value.reason.message}` } }
  const timeMs = metric.timeMs ?? message.payload.timeMs ?? message.receivedAtMs
  return {
    ok: true,
    // Properties may come anew with each value; those of the birth hold until then.
    value: {
      ...declared,
      ...(metric.properties === undefined ? {} : { properties: metric.properties }),
      value: value.value,
      timeMs,
      isHistorical: metric.isHistorical
    }
  }
}

/** The number of the session; in NBIRTH and NDEATH. */
export function bdSeqOf(payload: SparkplugPayload): number | undefined {
  const metric = payload.metrics.find(({ name }) => name === 'bdSeq')
  if (metric === undefined) return undefined
  const value = metricValue(metric, 'Int64')
  return value.ok && typeof value.value === 'number' ? value.value : undefined
}
