/**
 * Devices of other makers on the field bus, each with the dialect of its maker: container probes behind a yard gateway and the
 * dock scanner. They know nothing of the platform's contract.
 */
import { connectAsync } from 'mqtt'
import type { FieldBroker } from '../field-broker.ts'
import type { RoomSample } from '../plant.ts'
import type { SlotName } from '../world/names.ts'
import type { ChamberName } from '../world/products.ts'

/** What the maker calls the probes of the slots on its bus. */
export const unitNames: Readonly<Partial<Record<SlotName, string>>> = { A1: 'RX4711', A2: 'RX4712' }

export function probeTopic(unit: string): string {
  return `yard/${unit}/reading`
}

export function dockTopic(chamber: ChamberName, direction: 'in' | 'out'): string {
  return `dock/${chamber}/${direction}`
}

export interface VendorDevices extends AsyncDisposable {
  /** The gateway sends what a probe measured: `{"dev","ts","t1","rh","kw"}`, time in seconds. */
  sendProbe(slot: SlotName, sample: RoomSample): void
  /** The scanner sends a code: `{"scanner","ts","sym","code","q"}`, time in milliseconds. False when nobody would hear it. */
  sendScan(label: string, to: { chamber: ChamberName; direction: 'in' | 'out' }, atMs: number): boolean
}

const connectTimeoutMs = 5_000

export async function startVendorDevices(field: FieldBroker): Promise<VendorDevices> {
  const options = { connectTimeout: connectTimeoutMs, reconnectPeriod: 1_000, queueQoSZero: false }
  const [gateway, scanner] = await Promise.all([
    connectAsync(field.url, { ...options, clientId: 'yard-gateway' }),
    connectAsync(field.url, { ...options, clientId: 'dock-scanner' })
  ])
  // A lost connection comes back by itself; what was measured meanwhile is lost, as such devices keep nothing.
  for (const client of [gateway, scanner]) client.on('error', () => undefined)
  return {
    sendProbe(slot, sample) {
      const unit = unitNames[slot]
      if (unit === undefined || !gateway.connected) return
      const payload = { dev: unit, ts: sample.timeMs / 1_000, t1: sample.temperature1, rh: sample.humidity, kw: sample.power }
      gateway.publish(probeTopic(unit), JSON.stringify(payload), { qos: 0 })
    },
    sendScan(label, { chamber, direction }, atMs) {
      const topic = dockTopic(chamber, direction)
      if (!scanner.connected || !field.isHeard(topic)) return false
      scanner.publish(topic, JSON.stringify({ scanner: 'DS-7', ts: atMs, sym: ']C1', code: label, q: 3.6 }), { qos: 1 })
      return true
    },
    async [Symbol.asyncDispose]() {
      await Promise.all([gateway.endAsync(true), scanner.endAsync(true)])
    }
  }
}
