/**
 * The simulated port as data: who takes part, where, with which devices, products and profiles. Made from a seed, so the same
 * world comes again. It must not know what happens in it; that is `physics.ts` and `goods.ts`.
 */
import type { Device, MonitoringPoint, Party, Place, Product, ProductProfile, RegisterName } from '@tracegate/model/registers'
import type { CaseStore } from '@tracegate/store/case-store'
import { simError } from './errors.ts'
import { createDevices } from './world/devices.ts'
import { createParties } from './world/parties.ts'
import { chamberNames, createGoods, goodsNames, type ChamberName, type Goods, type GoodsName } from './world/products.ts'
import { createProfiles } from './world/profiles.ts'
import { pointIds, slotNames, type SlotName } from './world/names.ts'
import { createSites } from './world/sites.ts'

export interface World {
  readonly seed: number
  /** How many times faster than the wall clock rooms warm and cool. */
  readonly speed: number
  readonly parties: readonly Party[]
  readonly points: readonly MonitoringPoint[]
  readonly places: readonly Place[]
  readonly devices: readonly Device[]
  readonly products: readonly Product[]
  readonly profiles: readonly ProductProfile[]
  readonly goods: Readonly<Record<GoodsName, Goods>>
  /** Place key of each chamber of the cold store and each slot of the yard. */
  readonly chambers: Readonly<Record<ChamberName, string>>
  readonly slots: Readonly<Record<SlotName, string>>
  /** The one place of a point that has a single one. */
  siteOf(point: string): string
}

export interface WorldOptions {
  readonly seed: number
  /** Default 60: half an hour without cooling passes in half a minute. */
  readonly speed?: number
}

export const speedDefault = 60

export function createWorld(options: WorldOptions): World {
  const speed = options.speed ?? speedDefault
  const { points, places } = createSites()
  const goods = createGoods()
  const pointById = new Map(points.map((point) => [point.id, point]))
  const placeAt = (point: string, index: number): string => {
    const key = pointById.get(point)?.places[index]
    if (key === undefined) throw simError('SIM_PLACE_UNKNOWN', { point, index })
    return key
  }
  const chamberKey = (name: ChamberName) => placeAt(pointIds.coldStore, chamberNames.indexOf(name))
  const slotKey = (name: SlotName) => placeAt(pointIds.yard, slotNames.indexOf(name))
  return {
    seed: options.seed,
    speed,
    parties: createParties(),
    points,
    places,
    devices: createDevices(places),
    products: goodsNames.map((name) => goods[name].product),
    profiles: createProfiles(speed),
    goods,
    chambers: { vaccine: chamberKey('vaccine'), fish: chamberKey('fish'), ambient: chamberKey('ambient') },
    slots: { A1: slotKey('A1'), A2: slotKey('A2'), B1: slotKey('B1'), B2: slotKey('B2') },
    siteOf: (point) => placeAt(point, 0)
  }
}

/** Writes what is missing or differs; a device that is there keeps what the platform learnt of it. */
export async function seedRegisters(cases: CaseStore, world: World): Promise<void> {
  const write = (register: RegisterName, rows: readonly (readonly [id: string, document: unknown])[]) =>
    Promise.all(
      rows.map(async ([id, document]) => {
        const before = await cases.get(register, id)
        if (before !== undefined && (register === 'devices' || JSON.stringify(before.document) === JSON.stringify(document))) return
        await cases.put(register, id, document)
      })
    )
  await write(
    'parties',
    world.parties.map((party) => [party.gln, party])
  )
  await write(
    'points',
    world.points.map((point) => [point.id, point])
  )
  await write(
    'places',
    world.places.map((place) => [place.key, place])
  )
  // Who plays recordings is a device from its first birth on; until then nothing is silent.
  const devices = world.devices.filter((device) => device.point !== pointIds.replay)
  await write(
    'devices',
    devices.map((device) => [`${device.point}/${device.id}`, device])
  )
  await write(
    'products',
    world.products.map((product) => [product.gtin, product])
  )
  await write(
    'profiles',
    world.profiles.map((profile) => [profile.id, profile])
  )
}
