/** What a data value of a variable gives: a reading, or a refusal. Counts what is odd about it. */
import type { DataValue } from 'node-opcua-client'
import type { SourceReading } from '../../intake/intake.ts'
import type { SourceDependencies } from '../source.ts'
import type { OpcuaSource } from './opcua-config.ts'
import type { OpcuaVariable } from './opcua-item-config.ts'
import { hasOverflow, numberOfValue, qualityOfStatus, timeOfValue } from './opcua-value.ts'

/** Shown in the status of the source. */
export interface OpcuaCounts {
  /** Data values with the overflow bit, and overflow events: the server's queue was full. */
  overflows: number
  /** Readings with the time of the server, as the value had no source timestamp. */
  serverTimes: number
  /** Variables that were monitored anew. */
  remonitored: number
  /** Values that came after a reconnect to a server with other namespace indexes, and were thrown away. */
  misaddressed: number
}

export interface TakenItem {
  readonly variable: OpcuaVariable
  refused: boolean
  serverTimeTold: boolean
}

export interface ReadingContext {
  readonly config: OpcuaSource
  readonly dependencies: Pick<SourceDependencies, 'events' | 'intake' | 'logger'>
  readonly counts: OpcuaCounts
}

/** `proof`: the value was read because nothing came; it is as new as the server says. */
export function readingOf(item: TakenItem, dataValue: DataValue, proof: boolean, context: ReadingContext): SourceReading | undefined {
  const { config, dependencies, counts } = context
  const { variable } = item
  const status = dataValue.statusCode.value
  if (hasOverflow(status)) {
    counts.overflows += 1
    dependencies.events.sourceOverflowed(config.endpoint)
  }
  const raw: unknown = dataValue.value?.value
  const quality = qualityOfStatus(status)
  const number = quality === 9 || raw === null || raw === undefined ? Number.NaN : numberOfValue(raw)
  const device = variable.device ?? config.device
  if (number === undefined) {
    refuseValue(item, dataValue, device, context)
    return undefined
  }
  const receivedAtMs = Date.now()
  const source = dataValue.sourceTimestamp
  if (!proof && (source === null || source === undefined)) noteServerTime(item, context)
  const timeMs = timeOfValue({ source, server: dataValue.serverTimestamp }, { proof, receivedAtMs })
  const stale = isStale(variable, source, receivedAtMs)
  return {
    device,
    metric: variable.metric,
    unit: variable.unit,
    timeMs: stale ? receivedAtMs : timeMs,
    value: stale ? Number.NaN : number * (variable.scale ?? 1),
    quality: stale ? 9 : quality
  }
}

/** What is told when a variable gives no value at all. */
export function missingReading(variable: OpcuaVariable, config: OpcuaSource): SourceReading {
  return {
    device: variable.device ?? config.device,
    metric: variable.metric,
    unit: variable.unit,
    timeMs: Date.now(),
    value: Number.NaN,
    quality: 9
  }
}

function isStale(variable: OpcuaVariable, source: Date | null | undefined, nowMs: number): boolean {
  if (variable.staleAfterMs === undefined || source === null || source === undefined) return false
  return nowMs - source.getTime() > variable.staleAfterMs
}

function noteServerTime(item: TakenItem, { config, dependencies, counts }: ReadingContext): void {
  counts.serverTimes += 1
  if (item.serverTimeTold) return
  item.serverTimeTold = true
  dependencies.logger.warn(
    { endpoint: config.endpoint, node: item.variable.node },
    'variable has no source timestamp: the time of the server is taken'
  )
}

/** Once per variable: every further sample would say the same. */
function refuseValue(item: TakenItem, dataValue: DataValue, device: string, { config, dependencies }: ReadingContext): void {
  if (item.refused) return
  item.refused = true
  const { node } = item.variable
  const raw: unknown = dataValue.value?.value
  const found = Array.isArray(raw) || ArrayBuffer.isView(raw) ? 'array' : typeof raw
  const message = `value of "${node}" is ${found}, expected a number or a boolean`
  const payload = Buffer.from(String(dataValue.value))
  dependencies.intake.refuse({
    source: config.endpoint,
    device,
    topic: node,
    reason: { code: 'VALUE_NOT_NUMERIC', pointer: '', message },
    payload
  })
}
