/** From raw materials to the ship: what manufacturer, forwarder and carrier tell. */
import { glnOf } from '../world/parties.ts'
import { partyKey } from '@tracegate/model/gs1/key'
import { pointIds } from '../world/names.ts'
import type { GoodsName } from '../world/products.ts'
import { dayMs, hourMs } from './consignment.ts'
import { aggregationEvent, associationEvent, objectEvent, transformationEvent } from './epcis-json.ts'
import { documentId } from './numbers.ts'
import type { Route, Step } from './route.ts'

const factoryOf: Readonly<Record<GoodsName, string>> = {
  vaccine: pointIds.leiden,
  fish: pointIds.alesund,
  formula: pointIds.zwolle,
  toy: pointIds.nuremberg
}
const zone = '+01:00' as const

export function abroadSteps(route: Route): Step[] {
  return [...productionSteps(route), ...exportSteps(route)]
}

function productionSteps({ world, consignment, eventId }: Route): Step[] {
  const { goods, record, lot, pallets } = consignment
  const site = world.siteOf(factoryOf[goods.name])
  const at = { zone, readPoint: site, bizLocation: site, disposition: 'active' }
  const made = record.arrivalMs - 45 * dayMs
  const ilmd = {
    'cbvmda:lotNumber': lot,
    'cbvmda:itemExpirationDate': new Date(made + goods.shelfLifeDays * dayMs).toISOString().slice(0, 10),
    'cbvmda:countryOfOrigin': world.parties.find((party) => party.gln === goods.product.manufacturer)?.country ?? 'NL'
  }
  const perConsignment = pallets.reduce((sum, pallet) => sum + pallet.items.length, 0)
  const steps: Step[] = []
  if (consignment.firstOfLot) {
    steps.push({
      id: 'raw',
      dueMs: made - dayMs,
      channel: 'partner',
      event: (atMs) =>
        objectEvent({ ...at, eventID: eventId('raw'), atMs, bizStep: 'commissioning', action: 'ADD', quantities: consignment.rawLots })
    })
    steps.push({
      id: 'make',
      dueMs: made,
      channel: 'partner',
      event: (atMs) =>
        transformationEvent({
          ...at,
          eventID: eventId('make'),
          atMs,
          bizStep: 'creating_class_instance',
          transformationID: documentId(goods.maker, 9, record.number + 1),
          inputs: consignment.rawLots,
          outputs: [],
          outputQuantities: [{ epcClass: consignment.lotKey, quantity: consignment.lotQuantity, uom: goods.uom }],
          ilmd
        })
    })
  }
  if (goods.serialised)
    steps.push({
      id: 'fill',
      dueMs: made + dayMs,
      channel: 'partner',
      event: (atMs) =>
        transformationEvent({
          ...at,
          eventID: eventId('fill'),
          atMs,
          bizStep: 'commissioning',
          transformationID: documentId(goods.maker, 8, record.number + 1),
          inputs: [{ epcClass: consignment.lotKey, quantity: perConsignment, uom: goods.uom }],
          outputs: pallets.flatMap((pallet) => pallet.items),
          outputQuantities: [],
          ilmd
        })
    })
  pallets.forEach((pallet, index) =>
    steps.push({
      id: `pack-${index}`,
      dueMs: made + dayMs + (index + 2) * hourMs,
      channel: 'partner',
      event: (atMs) =>
        aggregationEvent({
          ...at,
          eventID: eventId(`pack-${index}`),
          atMs,
          bizStep: 'packing',
          disposition: 'in_progress',
          action: 'ADD',
          parent: pallet.key,
          children: pallet.items,
          childQuantities: pallet.loose
        })
    })
  )
  return steps
}

function exportSteps({ world, consignment, eventId }: Route): Step[] {
  const { goods, record, container, probe } = consignment
  const factory = world.siteOf(factoryOf[goods.name])
  const quay = world.siteOf(pointIds.quay)
  const epcs = consignment.pallets.map((pallet) => pallet.key)
  const arrival = record.arrivalMs
  const step = (id: string, daysBefore: number, event: Step['event']): Step => ({
    id,
    dueMs: arrival - daysBefore * dayMs,
    channel: 'partner',
    event
  })
  const facts = (id: string, atMs: number) => ({ eventID: eventId(id), atMs, zone })
  const owners = {
    from: { type: 'owning_party' as const, key: partyKey(glnOf(goods.maker)) },
    to: { type: 'owning_party' as const, key: partyKey(glnOf(goods.importer)) }
  }
  const carriers = {
    from: { type: 'possessing_party' as const, key: partyKey(glnOf('carrier')) },
    to: { type: 'possessing_party' as const, key: partyKey(glnOf('portOperator')) }
  }
  const order = { type: 'po' as const, id: documentId(goods.importer, 1, record.number + 1) }
  const advice = { type: 'desadv' as const, id: documentId(goods.maker, 2, record.number + 1) }
  const bill = { type: 'bol' as const, id: documentId('carrier', 3, record.number + 1) }
  const observe = { action: 'OBSERVE' as const }
  return [
    step('ship', 43, (atMs) =>
      objectEvent({
        ...facts('ship', atMs),
        ...owners,
        ...observe,
        epcs,
        bizStep: 'shipping',
        disposition: 'in_transit',
        readPoint: factory,
        documents: [order, advice]
      })
    ),
    step('quay', 41, (atMs) =>
      objectEvent({
        ...facts('quay', atMs),
        ...observe,
        epcs,
        bizStep: 'receiving',
        disposition: 'in_progress',
        readPoint: quay,
        bizLocation: quay,
        documents: [advice]
      })
    ),
    step('probe', 30.2, (atMs) =>
      associationEvent({
        ...facts('probe', atMs),
        action: 'ADD',
        parent: container,
        children: [probe],
        bizStep: 'installing',
        disposition: 'active',
        readPoint: quay,
        bizLocation: quay
      })
    ),
    step('load', 30, (atMs) =>
      aggregationEvent({
        ...facts('load', atMs),
        action: 'ADD',
        parent: container,
        children: epcs,
        bizStep: 'loading',
        disposition: 'in_progress',
        readPoint: quay,
        bizLocation: quay
      })
    ),
    step('sail', 29, (atMs) =>
      objectEvent({
        ...facts('sail', atMs),
        ...carriers,
        ...observe,
        epcs: [container],
        bizStep: 'departing',
        disposition: 'in_transit',
        readPoint: quay,
        documents: [bill]
      })
    )
  ]
}
