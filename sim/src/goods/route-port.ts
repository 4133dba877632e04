/** Through the import port: yard, inspection, gate, and in and out of the bonded chamber. */
import { partyKey } from '@tracegate/model/gs1/key'
import { glnOf } from '../world/parties.ts'
import { pointIds, slotProfiles } from '../world/names.ts'
import { dayMs, secondMs } from './consignment.ts'
import { aggregationEvent, associationEvent, objectEvent, type EpcisJson } from './epcis-json.ts'
import { documentId } from './numbers.ts'
import type { Route, Step } from './route.ts'

const zone = '+08:00' as const

export function portSteps(route: Route): Step[] {
  const { smuggled } = route.consignment.record
  return [...yardSteps(route), ...(smuggled ? [] : [...inspectionSteps(route), ...palletSteps(route)])]
}

function yardSteps({ world, consignment, times, eventId }: Route): Step[] {
  const { record, container, probe, slot } = consignment
  const place = { readPoint: world.slots[slot], bizLocation: world.slots[slot] }
  const epcs = consignment.pallets.map((pallet) => pallet.key)
  const facts = (id: string, atMs: number) => ({ eventID: eventId(id), atMs, zone, ...place })
  const unloadMs = record.arrivalMs + times.unloadMs
  return [
    {
      id: 'arrive',
      dueMs: record.arrivalMs,
      channel: 'partner',
      event: (atMs) =>
        objectEvent({
          ...facts('arrive', atMs),
          action: 'OBSERVE',
          epcs: [container],
          bizStep: 'arriving',
          disposition: 'in_progress',
          documents: [{ type: 'bol', id: documentId('carrier', 3, record.number + 1) }],
          sensors: [voyageReport(consignment, atMs)]
        })
    },
    {
      id: 'unload',
      dueMs: unloadMs,
      channel: 'partner',
      event: (atMs) =>
        aggregationEvent({
          ...facts('unload', atMs),
          action: 'DELETE',
          parent: container,
          children: epcs,
          bizStep: 'unloading',
          disposition: 'in_progress'
        })
    },
    {
      id: 'unprobe',
      dueMs: unloadMs + secondMs,
      channel: 'partner',
      effect: { type: 'freeContainer' },
      event: (atMs) =>
        associationEvent({
          ...facts('unprobe', atMs),
          action: 'DELETE',
          parent: container,
          children: [probe],
          bizStep: 'removing',
          disposition: 'active'
        })
    }
  ]
}

function voyageReport(consignment: Route['consignment'], atMs: number): EpcisJson {
  const middle = { 'vaccine-2-8': 5, 'frozen-18': -21.5, 'ambient-25': 18 }[slotProfiles[consignment.slot]] ?? 18
  const round = (value: number) => Math.round(value * 10) / 10
  return {
    sensorMetadata: {
      startTime: new Date(consignment.record.arrivalMs - 29 * dayMs).toISOString(),
      endTime: new Date(atMs).toISOString(),
      deviceID: consignment.probe
    },
    sensorReport: [
      { type: 'Temperature', minValue: round(middle - 1.1), maxValue: round(middle + 1.2), meanValue: round(middle), uom: 'CEL' }
    ]
  }
}

/** The laboratory names every item, so that each can answer for itself whether it was inspected. */
export function inspectionEvent(
  { world, consignment, eventId }: Pick<Route, 'world' | 'consignment' | 'eventId'>,
  atMs: number
): EpcisJson {
  const { goods, pallets, record } = consignment
  return objectEvent({
    eventID: eventId('inspect'),
    atMs,
    zone,
    action: 'OBSERVE',
    epcs: [...pallets.map((pallet) => pallet.key), ...pallets.flatMap((pallet) => pallet.items)],
    quantities: goods.serialised
      ? []
      : [{ epcClass: consignment.lotKey, quantity: pallets.length * goods.kilogramsPerPallet, uom: goods.uom }],
    bizStep: 'inspecting',
    disposition: 'conformant',
    readPoint: world.siteOf(pointIds.laboratory),
    documents: [{ type: 'testres', id: documentId('laboratory', 4, record.number + 1) }]
  })
}

function inspectionSteps(route: Route): Step[] {
  const { world, consignment, times, eventId } = route
  const { arrivalMs, number } = consignment.record
  const yard = world.slots[consignment.slot]
  return [
    { id: 'inspect', dueMs: arrivalMs + times.inspectMs, channel: 'partner', event: (atMs) => inspectionEvent(route, atMs) },
    {
      id: 'accept',
      dueMs: arrivalMs + times.acceptMs,
      channel: 'partner',
      event: (atMs) =>
        objectEvent({
          eventID: eventId('accept'),
          atMs,
          zone,
          action: 'OBSERVE',
          epcs: consignment.pallets.map((pallet) => pallet.key),
          bizStep: 'accepting',
          disposition: 'in_progress',
          readPoint: yard,
          bizLocation: yard,
          documents: [{ type: 'cert', id: documentId('customs', 5, number + 1) }]
        })
    }
  ]
}

function palletSteps(route: Route): Step[] {
  const { world, consignment, times, eventId } = route
  const { goods, record } = consignment
  const chamber = world.chambers[goods.chamber]
  const gate = world.siteOf(pointIds.gate)
  const dock = world.siteOf(pointIds.dock)
  return consignment.pallets.flatMap((pallet, index): Step[] => {
    const spacing = index * times.betweenPalletsMs
    const facts = (id: string, atMs: number) => ({
      eventID: eventId(`${id}-${index}`),
      atMs,
      zone,
      action: 'OBSERVE' as const,
      epcs: [pallet.key]
    })
    const outMs = record.outMs[index] ?? record.arrivalMs + times.storeMs
    return [
      {
        id: `gate-${index}`,
        dueMs: record.arrivalMs + times.gateMs + spacing,
        channel: 'gate',
        pallet: index,
        event: (atMs) =>
          objectEvent({
            ...facts('gate', atMs),
            bizStep: 'entering_exiting',
            disposition: 'in_transit',
            readPoint: gate,
            bizLocation: gate
          })
      },
      {
        id: `in-${index}`,
        dueMs: record.arrivalMs + times.storeMs + spacing,
        channel: 'dock',
        pallet: index,
        effect: { type: 'enterChamber', pallet: index, chamber: goods.chamber },
        event: (atMs) =>
          objectEvent({ ...facts('in', atMs), bizStep: 'storing', disposition: 'in_progress', readPoint: dock, bizLocation: chamber })
      },
      {
        id: `out-${index}`,
        dueMs: outMs,
        channel: 'dock',
        pallet: index,
        effect: { type: 'leaveChamber', pallet: index, chamber: goods.chamber },
        event: (atMs) => objectEvent({ ...facts('out', atMs), bizStep: 'departing', disposition: 'in_transit', readPoint: dock })
      },
      {
        id: `release-${index}`,
        dueMs: outMs + secondMs,
        channel: 'partner',
        pallet: index,
        event: (atMs) =>
          objectEvent({
            ...facts('release', atMs),
            bizStep: 'shipping',
            disposition: 'in_transit',
            readPoint: world.siteOf(pointIds.dock),
            from: { type: 'possessing_party', key: partyKey(glnOf('storeOperator')) },
            to: { type: 'possessing_party', key: partyKey(glnOf(goods.importer)) },
            documents: [{ type: 'desadv', id: documentId('storeOperator', 2, record.number * 10 + index + 1) }]
          })
      }
    ]
  })
}
