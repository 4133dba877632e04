/** The ids that points, devices and reefer slots go by, and what each slot and chamber is watched with. */
import type { Place } from '@tracegate/model/registers'
import type { ChamberName } from './products.ts'

export const pointIds = {
  leiden: 'leiden-vaccine-plant',
  alesund: 'alesund-fishery',
  zwolle: 'zwolle-dairy',
  nuremberg: 'nuremberg-toys',
  quay: 'rotterdam-quay',
  yard: 'shanghai-reefer-yard',
  gate: 'shanghai-gate',
  dock: 'shanghai-dock',
  laboratory: 'shanghai-laboratory',
  coldStore: 'shanghai-cold-store',
  pharmaDepot: 'shanghai-pharma-depot',
  foodDepot: 'shanghai-food-depot',
  clinic: 'suzhou-clinic',
  supermarket: 'shanghai-supermarket',
  toyShop: 'nanjing-toy-shop',
  replay: 'replay'
} as const

/** Ids of the devices; with the point's id they make the user name and the topics. */
export const deviceIds = {
  plc: 'plc',
  gateReader: 'gate-reader',
  dockScanner: 'dock-scanner',
  agent: 'agent',
  recorder: 'recorder'
} as const

export const slotNames = ['A1', 'A2', 'B1', 'B2'] as const
export type SlotName = (typeof slotNames)[number]

/** Slots A speak a vendor's dialect on the yard's own bus, slots B our contract straight to the platform. */
export function probeOf(slot: SlotName): string {
  return `probe-${slot.toLowerCase()}`
}

export function isNativeSlot(slot: SlotName): boolean {
  return slot.startsWith('B')
}

export function watchesOfChamber(chamber: ChamberName): Place['watches'] {
  const watch = (metric: string, quantity: Place['watches'][number]['quantity'], unit: string): Place['watches'][number] => ({
    device: deviceIds.plc,
    metric: `${chamber}.${metric}`,
    quantity,
    unit
  })
  return [
    watch('temperature1', 'temperature', 'Cel'),
    watch('temperature2', 'temperature', 'Cel'),
    watch('humidity', 'humidity', '%'),
    watch('doorOpen', 'door', '1'),
    watch('compressorCurrent', 'compressor', 'A'),
    watch('setPoint', 'setPoint', 'Cel'),
    watch('power', 'power', 'kW')
  ]
}

export function watchesOfSlot(slot: SlotName): Place['watches'] {
  const device = probeOf(slot)
  return [
    { device, metric: 'temperature', quantity: 'temperature', unit: 'Cel' },
    { device, metric: 'humidity', quantity: 'humidity', unit: '%' },
    { device, metric: 'power', quantity: 'power', unit: 'kW' }
  ]
}

/** What each slot's container is set to keep. */
export const slotProfiles: Readonly<Record<SlotName, string>> = { A1: 'vaccine-2-8', A2: 'frozen-18', B1: 'vaccine-2-8', B2: 'ambient-25' }
