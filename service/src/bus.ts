/**
 * What one process tells itself: typed hand-off between apps that must not import each other (collector and api in the
 * all-in-one). Synchronous and lossy by design: a listener that fails is counted and logged, never the teller's problem.
 * It must not carry anything whose loss matters; that is in the store already.
 */
import type { Anomaly } from '@tracegate/model/anomaly'
import type { CommandReply } from '@tracegate/model/command'
import type { MeasureCase } from '@tracegate/model/measure'
import type { RecallCase } from '@tracegate/model/recall-case'
import type { Device } from '@tracegate/model/registers'
import type { ReportCase } from '@tracegate/model/report'
import type { Reading } from '@tracegate/model/telemetry'
import type { TraceEvent } from '@tracegate/model/trace-event'
import type { WarningCase } from '@tracegate/model/warning'

export interface BusMessages {
  /** Readings just stored, with when the first of them reached the collector. */
  readings: { readonly readings: readonly Reading[]; readonly receivedAtMs: number }
  /** Events just stored, by whichever way they came. */
  events: { readonly events: readonly TraceEvent[]; readonly receivedAtMs: number }
  /** An anomaly opened, changed or closed; stored already. */
  anomaly: { readonly anomaly: Anomaly; readonly receivedAtMs: number }
  warning: { readonly warning: WarningCase }
  /** A step of a measure was stored. */
  measure: { readonly measure: MeasureCase }
  /** A step of a recall was stored. */
  recall: { readonly recall: RecallCase }
  device: { readonly device: Device }
  /** A report came in or changed; never one that keeps no identity. */
  report: { readonly report: ReportCase }
  /** Rules, profiles or other registers that detection is set by were changed; what they are now is in the store. */
  rules: { readonly ids: readonly string[] }
  /** A device answered an order. */
  commandReply: { readonly point: string; readonly device: string; readonly reply: CommandReply }
}
export type BusTopic = keyof BusMessages

export interface Bus {
  publish<Name extends BusTopic>(name: Name, message: BusMessages[Name]): void
  /** Gives the function that ends the subscription. */
  subscribe<Name extends BusTopic>(name: Name, listener: (message: BusMessages[Name]) => void): () => void
}

export function createBus(onListenerError: (name: BusTopic, error: unknown) => void): Bus {
  const listeners: { [Name in BusTopic]: Set<(message: BusMessages[Name]) => void> } = {
    readings: new Set(),
    events: new Set(),
    anomaly: new Set(),
    warning: new Set(),
    measure: new Set(),
    recall: new Set(),
    device: new Set(),
    report: new Set(),
    rules: new Set(),
    commandReply: new Set()
  }
  return {
    publish(name, message) {
      for (const listener of listeners[name]) {
        try {
          listener(message)
        } catch (error) {
          onListenerError(name, error)
        }
      }
    },
    subscribe(name, listener) {
      listeners[name].add(listener)
      return () => listeners[name].delete(listener)
    }
  }
}
