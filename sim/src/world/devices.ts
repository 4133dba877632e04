/** The devices and agents that the port has enrolled, with what they measure. */
import type { Device, Place } from '@tracegate/model/registers'
import type { MetricDeclaration } from '@tracegate/model/state'
import { deviceIds, isNativeSlot, pointIds, probeOf, slotNames } from './names.ts'

/** Wall-clock time between two readings of one sensor. */
export const readingIntervalMs = 1_000

const ranges: Readonly<Record<Place['watches'][number]['quantity'], Omit<MetricDeclaration, 'metric' | 'unit'>>> = {
  temperature: { min: -40, max: 60, accuracy: 0.3, intervalMs: readingIntervalMs },
  humidity: { min: 0, max: 100, accuracy: 3, intervalMs: readingIntervalMs },
  door: { min: 0, max: 1 },
  compressor: { min: 0, max: 40, accuracy: 0.2, intervalMs: readingIntervalMs },
  power: { min: 0, max: 60, accuracy: 0.2, intervalMs: readingIntervalMs },
  setPoint: { min: -30, max: 30 }
}

export function createDevices(places: readonly Place[]): Device[] {
  const devices: Device[] = [
    device(pointIds.coldStore, deviceIds.plc, 'plc', { zh: '冷库控制器', en: 'Cold store PLC' }, places),
    device(pointIds.gate, deviceIds.gateReader, 'opticalReader', { zh: '闸口读码器', en: 'Gate reader' }, places),
    device(pointIds.dock, deviceIds.dockScanner, 'opticalReader', { zh: '月台扫描器', en: 'Dock scanner' }, places),
    ...slotNames.map((slot) =>
      device(
        pointIds.yard,
        probeOf(slot),
        'probe',
        isNativeSlot(slot)
          ? { zh: `箱位 ${slot} 探头（直连）`, en: `Slot ${slot} probe (direct)` }
          : { zh: `箱位 ${slot} 探头`, en: `Slot ${slot} probe` },
        places
      )
    ),
    device(pointIds.replay, deviceIds.recorder, 'edge', { zh: '回放代理', en: 'Replay agent' }, places)
  ]
  for (const point of [pointIds.coldStore, pointIds.yard, pointIds.gate, pointIds.dock])
    devices.push(device(point, deviceIds.agent, 'edge', { zh: '边缘代理', en: 'Edge agent' }, places))
  return devices
}

function device(point: string, id: string, kind: Device['kind'], name: Device['name'], places: readonly Place[]): Device {
  const own = places.filter((place) => place.point === point)
  const watched = own.filter((place) => place.watches.some((watch) => watch.device === id))
  const [place] = watched.length === 1 || own.length === 1 ? [...watched, ...own] : []
  return {
    point,
    id,
    kind,
    name,
    ...(place === undefined ? {} : { place: place.key }),
    online: false,
    metrics: own.flatMap((place) => place.watches.filter((watch) => watch.device === id)).map(declarationOf)
  }
}

function declarationOf({ metric, unit, quantity }: Place['watches'][number]): MetricDeclaration {
  return { metric, unit, ...ranges[quantity] }
}
