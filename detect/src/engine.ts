/**
 * The detection engine: readings and events in, anomalies out. Pure: no I/O, no clock; the caller passes the time, keeps
 * the anomalies and feeds what it needs to know (places, profiles, products). State lives in the engine object and can be
 * taken out and put back.
 */
import type { Anomaly } from '@tracegate/model/anomaly'
import type { MonitoringPoint, Place, Product, ProductProfile } from '@tracegate/model/registers'
import type { RuleSetting } from '@tracegate/model/rules'
import type { Reading } from '@tracegate/model/telemetry'
import type { BalanceAnswer } from '@tracegate/model/trace-balance'
import type { BilingualText } from '@tracegate/model/text'
import type { TraceEvent, TraceFact } from '@tracegate/model/trace-event'

/**
 * Goods that must stay where they are, by a measure or a recall that runs. A key holds what it names: an item, a logistic unit
 * with what is in it, every item of a lot or of a product.
 */
export interface Hold {
  /** Canonical keys, at most `keysPerHoldMax`. */
  readonly keys: readonly string[]
  readonly reason: BilingualText
  readonly sinceMs: number
  /** When it ended; missing while it is in force. */
  readonly untilMs?: number
  /** Id of the measure or recall. A movement event that names it among its business transactions is allowed. */
  readonly order: string
  /** Only these steps are forbidden, e.g. those of a sale; without it every movement is. */
  readonly bizSteps?: readonly string[]
  /** Only movements read at these monitoring points are forbidden, by id; without it those at any place are. */
  readonly points?: readonly string[]
  /** Keys that the order does not hold although it names their lot, product or container. */
  readonly except?: readonly string[]
}
/** Further keys of a hold, and further holds, are not watched. */
export const keysPerHoldMax = 10_000
export const holdsMax = 1_000

/** Where an event came from: what a device tells late was kept during an outage; what a partner tells late is told late. */
export type EventOrigin = 'device' | 'partner'

export interface DetectionRegisters {
  readonly places: readonly Place[]
  readonly profiles: readonly ProductProfile[]
  readonly products: readonly Product[]
  readonly points: readonly MonitoringPoint[]
  /** Settings that take the place of the defaults of their rules, checked against the rules' schemas; a rule not named here has its defaults. */
  readonly rules?: readonly RuleSetting[]
  /** Filled from measures and recalls; those that ended stay as long as late events may still tell of the time before. */
  readonly holds?: readonly Hold[]
}

/** Looks up what earlier events said of one key; the engine asks for the keys of an event before it judges the event. */
export interface TraceHistory {
  /** Events naming the key, oldest first, at most the newest 200; the judged event itself included or not. */
  of(key: string): readonly TraceFact[]
}

export interface DetectionEngine {
  /** Replaces the registers; open anomalies and series states stay. */
  configure(registers: DetectionRegisters): void
  /** Judges readings of any series in the order given. `nowMs` is the wall clock. Gives opened, changed and closed anomalies. */
  onReadings(readings: readonly Reading[], nowMs: number, options?: { readonly historical?: boolean }): Anomaly[]
  /** `origin` is `partner` where it is not given. */
  onEvents(events: readonly TraceEvent[], history: TraceHistory, nowMs: number, options?: { readonly origin?: EventOrigin }): Anomaly[]
  /** Time passes without readings: gaps open here. */
  onTick(nowMs: number): Anomaly[]
  /**
   * The keys whose history `onEvents` will ask for. Ask again with what was found until nothing new comes (four rounds are
   * enough): lots and containers of the goods show only in the goods' own history.
   */
  keysToKnow(events: readonly TraceEvent[], known?: TraceHistory): string[]
  /** Lots of which something was taken and whose balance is to be asked of the trace store (`balance`) now; a few at a time. */
  balancesDue(nowMs: number): string[]
  /** Judges the balances that were asked for; `of` tells which lot each is of. */
  onBalances(balances: readonly BalanceAnswer[], nowMs: number): Anomaly[]
  /** Everything needed to go on after a restart, as plain JSON. */
  snapshot(): unknown
  /** Takes a snapshot of the same version; anything else is refused with the reason and the engine starts empty. */
  restore(snapshot: unknown): { readonly ok: boolean; readonly message: string }
}
