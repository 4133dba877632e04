/** Births, ends and readings of Sparkplug devices as messages of our own contract. Pure. */
import { encodeMessage } from '@tracegate/model/codec'
import type { HostDevice, HostReading } from '@tracegate/model/sparkplug/host/host-types'
import type { Birth, Death } from '@tracegate/model/state'
import { droppedReadingsMetric, readingsPerMessageMax, type Telemetry, type WireReading } from '@tracegate/model/telemetry'
import { buildTopic } from '@tracegate/model/topics'
import { wireVersion } from '@tracegate/model/wire-limits'

const timeMsMax = 253_402_300_799_999
const reasonMax = 128

export interface DeviceName {
  readonly point: string
  readonly id: string
}

export interface WireMessage {
  readonly topic: string
  readonly payload: Uint8Array
}

export function birthMessage(
  device: DeviceName,
  parts: { readonly boot: string; readonly timeMs: number; readonly declared: HostDevice }
): WireMessage {
  const { boot, declared } = parts
  const body: Birth = {
    v: wireVersion,
    online: true,
    boot,
    timeMs: clamped(parts.timeMs),
    timeQuality: 'unknown',
    identity: declared.identity ?? { manufacturer: 'unknown', model: 'unknown', serialNumber: device.id, firmware: 'unknown' },
    capabilities: ['telemetry'],
    metrics: declared.metrics
  }
  return { topic: topicOf(device, 'state'), payload: encodeMessage(body) }
}

export function deathMessage(
  device: DeviceName,
  parts: { readonly boot: string; readonly timeMs: number; readonly reason: string }
): WireMessage {
  const { boot, timeMs, reason } = parts
  const body: Death = { v: wireVersion, online: false, boot, timeMs: clamped(timeMs), reason: reason.slice(0, reasonMax) }
  return { topic: topicOf(device, 'state'), payload: encodeMessage(body) }
}

export interface TelemetryParts {
  readonly boot: string
  /** Of the first message; each further one takes the next. */
  readonly seq: number
  /** When they came here: the clock of the device stands in each reading. */
  readonly receivedAtMs: number
}

export function telemetryMessages(device: DeviceName, readings: readonly HostReading[], parts: TelemetryParts): WireMessage[] {
  const messages: WireMessage[] = []
  for (let at = 0; at < readings.length; at += readingsPerMessageMax) {
    const body: Telemetry = {
      v: wireVersion,
      boot: parts.boot,
      seq: parts.seq + messages.length,
      timeMs: parts.receivedAtMs,
      timeQuality: 'unknown',
      readings: readings.slice(at, at + readingsPerMessageMax).map(wireReading)
    }
    messages.push({ topic: topicOf(device, 'telemetry'), payload: encodeMessage(body) })
  }
  return messages
}

/** Says in the stream of a device, and so in the gap ledger, that readings will never come. */
export function droppedReading(id: string, parts: { readonly count: number; readonly timeMs: number }): HostReading {
  return { device: id, metric: droppedReadingsMetric, unit: '1', timeMs: parts.timeMs, value: parts.count, quality: 1 }
}

/** The mark of a metric whose device is gone. */
export function staleReading(id: string, parts: { readonly metric: string; readonly unit: string; readonly timeMs: number }): HostReading {
  return { device: id, ...parts, value: Number.NaN, quality: 9 }
}

function wireReading({ metric, unit, timeMs, value, quality }: HostReading): WireReading {
  const isMissing = quality === 9 || !Number.isFinite(value)
  return { metric, value: isMissing ? null : value, unit, quality: isMissing ? 9 : quality, timeMs: clamped(timeMs) }
}

function topicOf({ point, id }: DeviceName, channel: 'state' | 'telemetry'): string {
  return buildTopic({ type: 'device', point, device: id, channel })
}

function clamped(timeMs: number): number {
  return Math.min(Math.max(0, Math.trunc(timeMs)), timeMsMax)
}
