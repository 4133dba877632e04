/** What the registers and partners' master data say of keys, as attributes by name, for one export; names in English. It reads them once. */
import type { Attributes } from '@tracegate/model/fsma'
import { partyKey } from '@tracegate/model/gs1/key'
import type { Party } from '@tracegate/model/registers'
import type { ApiContext } from '../context.ts'

export interface AttributeBook {
  attributesOf(key: string): Attributes
  /** `food`, `general`, or undefined for a product that is not registered. */
  regimeOf(product: string): string | undefined
}

/** Keys whose attributes are kept joined; past it they are joined each time. */
const joinedMax = 20_000

export async function openAttributeBook({ registers, masterData }: Pick<ApiContext, 'registers' | 'masterData'>): Promise<AttributeBook> {
  const [{ parties, places, points, products }, lookup] = await Promise.all([registers.names(), masterData.lookup()])
  const book = new Map<string, Record<string, string[]>>()
  const partyByGln = new Map(parties.map((party) => [party.gln, party]))
  for (const party of parties) for (const key of [party.key, partyKey(party.gln)]) add(book, key, plain(party))
  for (const party of parties) add(book, party.key, contactOf(party))
  for (const point of points) {
    add(book, point.key, plain({ name: point.name, latitude: point.latitude, longitude: point.longitude }))
    add(book, point.key, contactOf(partyByGln.get(point.operator)))
  }
  const pointById = new Map(points.map((point) => [point.id, point]))
  for (const place of places) {
    const point = place.point === undefined ? undefined : pointById.get(place.point)
    add(book, place.key, plain(place))
    if (point !== undefined) add(book, place.key, plain({ latitude: point.latitude, longitude: point.longitude }))
    add(book, place.key, contactOf(partyByGln.get(place.party ?? point?.operator ?? '')))
  }
  for (const product of products) add(book, product.key, { ...plain(product), tradeItemDescription: [product.name.en] })
  const regimes = new Map(products.map((product) => [product.key, product.regime]))
  const joined = new Map<string, Attributes>()
  const attributesOf = (key: string): Attributes => {
    const known = joined.get(key) ?? { ...lookup.attributesOf(key), ...book.get(key) }
    if (joined.size < joinedMax) joined.set(key, known)
    return known
  }
  return { attributesOf, regimeOf: (key) => regimes.get(key) }
}

/** The first to speak of an attribute is heard: the register before what a partner wrote. */
function add(book: Map<string, Record<string, string[]>>, key: string, attributes: Record<string, string[]>): void {
  book.set(key, { ...attributes, ...book.get(key) })
}

/** Members that are text or numbers, and bilingual names in English. */
function plain(row: object): Record<string, string[]> {
  return Object.fromEntries(
    Object.entries(row).flatMap(([name, value]: [string, unknown]) => {
      if (typeof value === 'string' || typeof value === 'number') return value === '' ? [] : [[name, [String(value)]]]
      const english = typeof value === 'object' && value !== null && 'en' in value ? value.en : undefined
      return typeof english === 'string' && english !== '' ? [[name, [english]]] : []
    })
  )
}

/** A contact that is a telephone number counts as one. */
function contactOf(party: Party | undefined): Record<string, string[]> {
  const phone = party?.phone ?? (/^\+?[\d ()./-]{6,}$/.test(party?.contact ?? '') ? party?.contact : undefined)
  const address = party?.address
  return { ...(phone === undefined ? {} : { phone: [phone] }), ...(address === undefined ? {} : { address: [address] }) }
}
