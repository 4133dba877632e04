/** Finds the name people know for a trace key, a point or a profile. Pure; filled from the api's name book. */
import type { NameBook } from '@tracegate/model/http'
import type { MonitoringPoint, Place, Product, ProductProfile } from '@tracegate/model/registers'
import type { Language } from '@tracegate/model/text'
import { formatKey } from '../text/format.ts'

export interface Names {
  /** The name of a place, party, point or product; for goods their product with lot and serial; else the key as GS1 prints it. */
  of(key: string, language: Language): string
  /** Whether `of` finds more than the key itself. */
  knows(key: string): boolean
  point(id: string): MonitoringPoint | undefined
  place(key: string): Place | undefined
  product(key: string): Product | undefined
  profile(id: string): ProductProfile | undefined
}

export const emptyNameBook: NameBook = { parties: [], places: [], points: [], products: [], profiles: [] }

const root = 'https://id.gs1.org/'

export function indexNames(book: NameBook): Names {
  // A point and its site place may share a key; the place is the closer name, so it is put in last.
  const named = new Map([...book.parties, ...book.points, ...book.places].map((entry) => [entry.key, entry.name]))
  const points = new Map(book.points.map((point) => [point.id, point]))
  const places = new Map(book.places.map((place) => [place.key, place]))
  const products = new Map(book.products.map((product) => [product.key, product]))
  const profiles = new Map(book.profiles.map((profile) => [profile.id, profile]))
  const product = (key: string) => products.get(productKeyOf(key) ?? key)
  return {
    of(key, language) {
      const name = named.get(key) ?? named.get(withoutExtension(key))
      if (name !== undefined) return name[language]
      const known = product(key)
      return known === undefined ? formatKey(key) : [known.name[language], ...qualifiersOf(key)].join(' · ')
    },
    knows: (key) => named.has(key) || named.has(withoutExtension(key)) || product(key) !== undefined,
    point: (id) => points.get(id),
    place: (key) => places.get(key),
    product,
    profile: (id) => profiles.get(id)
  }
}

/** `https://id.gs1.org/01/{gtin}` of an item or lot key. */
export function productKeyOf(key: string): string | undefined {
  const match = /^https:\/\/id\.gs1\.org\/01\/(\d{14})/.exec(key)
  return match === null ? undefined : `${root}01/${match[1]}`
}

function withoutExtension(key: string): string {
  return key.replace(/\/254\/[^/]+$/, '')
}

/** Lot and serial, without their application identifiers' brackets: `LOT7`, `4711`. */
function qualifiersOf(key: string): string[] {
  return formatKey(key)
    .split(/(?=\((?:10|21)\) )/)
    .slice(1)
    .map((part) => part.replace(/^\((?:10|21)\) /, '').trim())
}
