/**
 * Keeps the faults of instruments as anomalies, by cause: one faulty sensor is one anomaly whatever tests it fails, sensors of one device
 * that fail the same test at about the same time are one, and a fault that comes back soon is the same one again with its returns counted.
 * It decides which faults are one, never whether there is a fault. Bounded.
 */
import { Type, type Static } from 'typebox'
import { Anomaly, seriesPerAnomalyMax, witnessesPerAnomalyMax, type AnomalyType, type Witness } from '@tracegate/model/anomaly'
import { seriesKeyOf, type Reading } from '@tracegate/model/telemetry'
import { anomalyIdOf } from '../anomaly-id.ts'
import type { RuleInEffect } from './reading-rules.ts'

const FaultGroup = Type.Object({ anomaly: Anomaly, members: Type.Record(Type.String(), Type.Boolean({ description: 'Still at fault' })) })
type FaultGroup = Static<typeof FaultGroup>

export const FaultState = Type.Object({
  /** Open faults by the id of their anomaly. */
  open: Type.Record(Type.String(), FaultGroup),
  /** Faults that closed a while ago, by cause, to know them when they come back; the oldest go first. */
  closed: Type.Array(Type.Object({ cause: Type.String(), anomaly: Anomaly }))
})
export type FaultState = Static<typeof FaultState>

/** Closed faults that are remembered. */
const closedFaultsMax = 2_000

export interface Fault {
  readonly type: AnomalyType
  readonly rule: RuleInEffect
  readonly reading: Reading
  readonly place: string | undefined
  readonly onsetMs: number
  readonly figures: Readonly<Record<string, number>>
  readonly proof: Anomaly['proof']
  readonly nowMs: number
  readonly historical: boolean
}

interface GroupingTimes {
  readonly togetherMs: number
  readonly reopenMs: number
}

export interface FaultBook {
  /** The sensor is at fault. Gives the anomaly when that is news. */
  raise(series: string, fault: Fault, times: GroupingTimes): Anomaly | undefined
  /** The sensor is well again. Gives the anomaly when it was the last of its group. */
  clear(series: string, atMs: number): Anomaly | undefined
  /** The type of fault that the sensor has now. */
  faultOf(series: string): AnomalyType | undefined
  /** Sensors at fault. */
  count(): number
  state(): FaultState
}

export function createFaultBook(before: FaultState = { open: {}, closed: [] }): FaultBook {
  const open = new Map(Object.entries(before.open))
  const closed = new Map(before.closed.map(({ cause, anomaly }) => [cause, anomaly]))
  const groupOf = new Map<string, FaultGroup>()
  for (const group of open.values()) for (const [series, faulty] of Object.entries(group.members)) if (faulty) groupOf.set(series, group)

  function add(group: FaultGroup, series: string): void {
    group.members[series] = true
    groupOf.set(series, group)
    open.set(group.anomaly.id, group)
  }

  function comeBack(series: string, fault: Fault, reopenMs: number): Anomaly | undefined {
    const cause = causeOf(fault.type, series)
    const last = closed.get(cause)
    if (last?.closedMs === undefined || fault.reading.timeMs - last.closedMs > reopenMs || fault.onsetMs < last.closedMs) return undefined
    closed.delete(cause)
    const { closedMs: _, ...rest } = last
    const anomaly: Anomaly = {
      ...rest,
      status: 'open',
      returns: (last.returns ?? 0) + 1,
      lastMs: Math.max(last.lastMs, fault.reading.timeMs),
      figures: { ...last.figures, ...fault.figures },
      proof: fault.proof,
      witnesses: withWitness(last.witnesses, fault.reading)
    }
    add({ anomaly, members: {} }, series)
    return anomaly
  }

  function join(series: string, fault: Fault, togetherMs: number): Anomaly | undefined {
    for (const group of open.values()) {
      const { anomaly } = group
      const same = anomaly.type === fault.type && anomaly.point === fault.reading.point && anomaly.device === fault.reading.device
      // Sensors of two places that part from their neighbours have two causes, whatever device reads them.
      const apart = (anomaly.type === 'drift' || anomaly.type === 'neighbour') && anomaly.place !== fault.place
      if (!same || apart || Math.abs(fault.reading.timeMs - anomaly.openedMs) > togetherMs) continue
      const known = anomaly.series ?? []
      if (!known.includes(series) && known.length >= seriesPerAnomalyMax) continue
      const { metric: _, place, ...rest } = anomaly
      group.anomaly = {
        ...rest,
        ...(place !== undefined && place === fault.place ? { place } : {}),
        lastMs: Math.max(anomaly.lastMs, fault.reading.timeMs),
        series: known.includes(series) ? known : [...known, series],
        figures: { ...anomaly.figures, seriesCount: known.includes(series) ? known.length : known.length + 1 },
        witnesses: withWitness(anomaly.witnesses, fault.reading)
      }
      add(group, series)
      return group.anomaly
    }
    return undefined
  }

  return {
    count: () => groupOf.size,
    faultOf: (series) => groupOf.get(series)?.anomaly.type,
    raise(series, fault, { togetherMs, reopenMs }) {
      if (!fault.rule.enabled || groupOf.has(series)) return undefined
      const known = comeBack(series, fault, reopenMs) ?? join(series, fault, togetherMs)
      if (known !== undefined) return known
      const anomaly = newAnomaly(series, fault)
      add({ anomaly, members: {} }, series)
      return anomaly
    },
    clear(series, atMs) {
      const group = groupOf.get(series)
      if (group === undefined) return undefined
      groupOf.delete(series)
      group.members[series] = false
      if (Object.values(group.members).includes(true)) return undefined
      const closedMs = Math.max(atMs, group.anomaly.openedMs)
      const anomaly: Anomaly = { ...group.anomaly, status: 'closed', lastMs: Math.max(group.anomaly.lastMs, closedMs), closedMs }
      open.delete(anomaly.id)
      for (const member of Object.keys(group.members)) remember(causeOf(anomaly.type, member), anomaly)
      return anomaly
    },
    state: () => ({
      open: Object.fromEntries(open),
      closed: [...closed].map(([cause, anomaly]) => ({ cause, anomaly }))
    })
  }

  function remember(cause: string, anomaly: Anomaly): void {
    closed.delete(cause)
    closed.set(cause, anomaly)
    for (const oldest of closed.keys()) {
      if (closed.size <= closedFaultsMax) break
      closed.delete(oldest)
    }
  }
}

function newAnomaly(series: string, fault: Fault): Anomaly {
  const { type, rule, reading, place } = fault
  return {
    id: anomalyIdOf(type, series, fault.onsetMs),
    type,
    category: 'device',
    rule: { id: rule.id, version: rule.version },
    status: 'open',
    point: reading.point,
    ...(place === undefined ? {} : { place }),
    device: reading.device,
    metric: reading.metric,
    goods: [],
    series: [series],
    onsetMs: fault.onsetMs,
    openedMs: reading.timeMs,
    lastMs: reading.timeMs,
    detectedAtMs: fault.nowMs,
    historical: fault.historical,
    figures: { ...fault.figures },
    witnesses: [witnessOf(reading)],
    proof: fault.proof
  }
}

function causeOf(type: AnomalyType, series: string): string {
  return `${type} ${series}`
}

function withWitness(witnesses: readonly Witness[], reading: Reading): Witness[] {
  return witnesses.length >= witnessesPerAnomalyMax ? [...witnesses] : [...witnesses, witnessOf(reading)]
}

export function witnessOf(reading: Reading): Witness {
  return {
    type: 'reading',
    series: seriesKeyOf(reading),
    timeMs: reading.timeMs,
    value: Number.isFinite(reading.value) ? reading.value : null,
    unit: reading.unit,
    quality: reading.quality
  }
}
