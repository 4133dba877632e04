/** Who refers to a product, party or place, so that nothing is removed that others stand on. It changes nothing. */
import type { Reason } from '@tracegate/model/errors'
import { keyKind, parentKeyOf, partyKey, productKey } from '@tracegate/model/gs1/key'
import type { MasterDataKind } from '@tracegate/model/master-data-record'
import type { CaseStore } from '@tracegate/store/case-store'
import type { TraceStore } from '@tracegate/store/trace-store'
import type { Registers } from '../registers.ts'

export interface ReferenceSources {
  readonly cases: CaseStore
  readonly trace: TraceStore
  readonly registers: Registers
}

/** Warnings in force that are looked through. */
const warningsMax = 1_000

export async function referencesTo(sources: ReferenceSources, kind: MasterDataKind, id: string): Promise<Reason[]> {
  if (kind === 'products') return toProduct(sources, productKey(id))
  return kind === 'parties' ? toParty(sources, id) : toPlace(sources, id)
}

const reference = (pointer: string, message: string): Reason => ({ code: 'REFERENCE', pointer, message })

async function toProduct({ cases, trace }: ReferenceSources, key: string): Promise<Reason[]> {
  const [links, warnings, events] = await Promise.all([
    cases.list('links'),
    cases.heads({ kind: 'warning', open: true, limit: warningsMax }),
    trace.ledger({ key, limit: 1 })
  ])
  return [
    ...links.filter(({ id }) => id === key || parentKeyOf(id) === key).map(({ id }) => reference('/links', `links are kept for ${id}`)),
    ...warnings.heads.flatMap((head) =>
      names(head.state, 'products', key) ? [reference('/warnings', `warning ${head.id} names it`)] : []
    ),
    ...events.map((event) => reference('/events', `event ${event.eventID} names it`))
  ]
}

async function toParty({ trace, registers }: ReferenceSources, gln: string): Promise<Reason[]> {
  const [points, products, places, events] = await Promise.all([
    registers.points(),
    registers.products(),
    registers.places(),
    trace.ledger({ key: partyKey(gln), limit: 1 })
  ])
  return [
    ...points.filter((point) => point.operator === gln).map((point) => reference('/points', `monitoring point ${point.id} is run by it`)),
    ...products.filter((row) => row.manufacturer === gln).map((row) => reference('/products', `product ${row.gtin} is made by it`)),
    ...places.filter((place) => place.party === gln).map((place) => reference('/places', `place ${place.key} is run by it`)),
    ...events.map((event) => reference('/events', `event ${event.eventID} names it`))
  ]
}

async function toPlace({ trace, registers }: ReferenceSources, key: string): Promise<Reason[]> {
  if (keyKind(key) !== 'place') return []
  const query = { order: 'descending', orderBy: 'eventTime', limit: 1 } as const
  const [points, places, devices, read, held] = await Promise.all([
    registers.points(),
    registers.places(),
    registers.devices(),
    trace.events({ ...query, readPoints: [key] }),
    trace.events({ ...query, bizLocations: [key] })
  ])
  return [
    ...points
      .filter((point) => point.key === key || point.places.includes(key))
      .map((point) => reference('/points', `monitoring point ${point.id} has it`)),
    ...places
      .filter((place) => place.parent === key && place.key !== key)
      .map((place) => reference('/places', `place ${place.key} lies in it`)),
    ...devices
      .filter((device) => device.place === key)
      .map((device) => reference('/devices', `device ${device.point}/${device.id} stands there`)),
    ...(read.json.length + held.json.length > 0 ? [reference('/events', 'events happened there')] : [])
  ]
}

/** Whether a list in the scope of a case names the key. */
function names(state: unknown, list: string, key: string): boolean {
  if (typeof state !== 'object' || state === null || !('scope' in state)) return false
  const { scope } = state
  if (typeof scope !== 'object' || scope === null) return false
  const found: unknown = Object.entries(scope).find(([name]) => name === list)?.[1]
  return Array.isArray(found) && found.includes(key)
}
