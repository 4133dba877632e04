/** What goes out on the wire for an outbox message, and the births and deaths of devices. Pure. */
import { encodeMessage } from '@tracegate/model/codec'
import type { Birth, Death } from '@tracegate/model/state'
import { droppedReadingsMetric, type Telemetry } from '@tracegate/model/telemetry'
import { type TimeQuality } from '@tracegate/model/wire'
import { wireVersion } from '@tracegate/model/wire-limits'
import type { EdgeDevice } from '../config.ts'
import type { OutboxMessage } from '../outbox/message.ts'

/**
 * The payload of a message. A message that lost its readings goes out all the same, with their number in their place:
 * its sequence number must arrive, or the watermark would stand still before it.
 */
export function payloadOf(message: OutboxMessage, timeQuality: TimeQuality): Uint8Array {
  if (!message.lost) return message.payload
  const marker: Telemetry = {
    v: wireVersion,
    boot: message.boot,
    seq: message.seq,
    timeMs: message.createdAtMs,
    timeQuality,
    readings: [{ metric: droppedReadingsMetric, value: message.droppedReadings, unit: '1', quality: 1 }]
  }
  return encodeMessage(marker)
}

/** A message whose payload is gone is telemetry on the wire, whatever it was. */
export function wireChannelOf(message: OutboxMessage): OutboxMessage['channel'] {
  return message.lost ? 'telemetry' : message.channel
}

export interface Presence {
  readonly boot: string
  readonly timeMs: number
  readonly timeQuality: TimeQuality
}

const agentVersion = '0.1.0'

export function birthOf(device: EdgeDevice, presence: Presence): Uint8Array {
  const birth: Birth = {
    v: wireVersion,
    online: true,
    boot: presence.boot,
    timeMs: presence.timeMs,
    timeQuality: presence.timeQuality,
    identity: device.identity ?? {
      manufacturer: 'unknown',
      model: device.kind,
      serialNumber: device.id,
      firmware: device.kind === 'edge' ? agentVersion : 'unknown'
    },
    capabilities: capabilitiesOf(device),
    metrics: device.metrics
  }
  return encodeMessage(birth)
}

/** `reason` and time are left out in a last will, which is written long before it is sent. */
export function deathOf(boot: string, sent?: { readonly timeMs: number; readonly reason: string }): Uint8Array {
  const death: Death = { v: wireVersion, online: false, boot, ...sent }
  return encodeMessage(death)
}

function capabilitiesOf(device: EdgeDevice): Birth['capabilities'] {
  const scans: Birth['capabilities'] = device.kind === 'opticalReader' || device.kind === 'rfidReader' ? ['scan', 'event'] : []
  // The agent answers for every device behind it, if only to refuse (TG-804).
  return [...(device.metrics.length > 0 || scans.length === 0 ? (['telemetry'] as const) : []), ...scans, 'command']
}
