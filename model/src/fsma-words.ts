/** Finds a named attribute in what partners wrote: in an event's ILMD and extensions, or in master data. Names count by their last word. */
import type { Attributes } from './fsma.ts'

/** By what CBV, the GS1 Web Vocabulary and the FDA call the same thing; the first that is there wins. */
const words = {
  productName: ['tradeItemDescription', 'descriptionShort', 'labelDescription', 'productName', 'name', 'description'],
  brand: ['brandName', 'brand'],
  commodity: ['commodity', 'commodityName', 'functionalName', 'cropName', 'regulatedProductName'],
  variety: ['variety', 'cropVariety', 'varietyName'],
  packagingSize: ['packagingSize', 'netContentDescription', 'netContent', 'netWeight'],
  packagingStyle: ['packagingStyle', 'packagingType', 'packagingTypeCode'],
  species: ['fishType', 'speciesForFisheryStatisticsPurposesName', 'acceptableMarketName', 'speciesName', 'scientificName'],
  catchArea: ['catchZone', 'catchArea', 'catchAreaCode', 'catchLocation'],
  harvestStart: ['harvestDateStart', 'harvestStartDate', 'harvestDate', 'catchDateStart'],
  harvestEnd: ['harvestDateEnd', 'harvestEndDate', 'catchDateEnd'],
  growingArea: ['growingArea', 'fieldName', 'growingAreaName', 'cropGrowingUnitID', 'containerName', 'harvestField'],
  tlcReference: ['traceabilityLotCodeSourceReference', 'tlcSourceReference'],
  name: ['name', 'organizationName', 'partyName', 'physicalLocationName', 'businessName'],
  phone: ['telephone', 'phone', 'telephoneNumber', 'phoneNumber', 'contactTelephone', 'contactPhone'],
  address: ['address', 'fullAddress'],
  street: ['streetAddressOne', 'streetAddress', 'street', 'addressLine1'],
  streetTwo: ['streetAddressTwo', 'addressLine2'],
  city: ['city', 'addressLocality'],
  state: ['state', 'addressRegion', 'region', 'province'],
  postalCode: ['postalCode', 'zip'],
  country: ['countryCode', 'country', 'addressCountry', 'countryName'],
  latitude: ['latitude'],
  longitude: ['longitude']
} as const satisfies Readonly<Record<string, readonly string[]>>
export type Word = keyof typeof words

const depthMax = 4
const membersMax = 400
const textLengthMax = 512

/** The last word of a name: `streetAddressOne` for `urn:epcglobal:cbv:mda#streetAddressOne`. */
export function lastWord(name: string): string {
  return name.slice(Math.max(name.lastIndexOf(':'), name.lastIndexOf('/'), name.lastIndexOf('#')) + 1)
}

/** First values by last word in lower case; the same attributes are asked for many words and many rows. */
const indexes = new WeakMap<Attributes, ReadonlyMap<string, string>>()

export function attributeOf(attributes: Attributes, word: Word): string | undefined {
  const index = indexes.get(attributes) ?? indexOf(attributes)
  for (const wanted of words[word]) {
    const value = index.get(wanted.toLowerCase())
    if (value !== undefined) return value
  }
  return undefined
}

function indexOf(attributes: Attributes): ReadonlyMap<string, string> {
  const index = new Map<string, string>()
  for (const [name, [value]] of Object.entries(attributes)) {
    const last = lastWord(name).toLowerCase()
    if (value !== undefined && !index.has(last)) index.set(last, value)
  }
  indexes.set(attributes, index)
  return index
}

/** Every value of the word in the ILMD and extensions of an event, in the order in which they stand. */
export function valuesIn(source: Readonly<Record<string, unknown>>, word: Word): readonly string[] {
  const members = membersOf(source)
  for (const wanted of words[word]) {
    const found = members.filter(({ name }) => sameWord(name, wanted)).flatMap(({ value }) => textsOf(value))
    if (found.length > 0) return [...new Set(found)]
  }
  return []
}

function sameWord(name: string, wanted: string): boolean {
  return lastWord(name).toLowerCase() === wanted.toLowerCase()
}

interface Member {
  readonly name: string
  readonly value: unknown
}

/** Extension members and all of the ILMD; what EPCIS itself defines at the event (`type`, `action` …) has other names than ours. */
function membersOf(source: Readonly<Record<string, unknown>>): readonly Member[] {
  const found: Member[] = []
  const walk = (value: unknown, depth: number): void => {
    if (depth > depthMax || found.length >= membersMax) return
    if (Array.isArray(value)) for (const item of value) walk(item, depth + 1)
    else if (typeof value === 'object' && value !== null)
      for (const [name, member] of Object.entries(value)) {
        if (found.length >= membersMax) return
        found.push({ name, value: member })
        walk(member, depth + 1)
      }
  }
  walk(source['ilmd'], 0)
  for (const [name, value] of Object.entries(source)) {
    if (!name.includes(':')) continue
    found.push({ name, value })
    walk(value, 1)
  }
  return found
}

function textsOf(value: unknown): string[] {
  if (typeof value === 'string') return value === '' ? [] : [value.slice(0, textLengthMax)]
  if (typeof value === 'number' || typeof value === 'boolean') return [String(value)]
  if (Array.isArray(value)) return value.flatMap((item: unknown) => textsOf(item))
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, member]) => (name === '@value' || name === 'value' || name === '@id' ? textsOf(member) : []))
}
