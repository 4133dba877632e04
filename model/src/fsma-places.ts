/** Location descriptions (§1.1310) and product descriptions out of master data. A part that nobody wrote down stays out. */
import type { Attributes, FsmaKnowledge } from './fsma.ts'
import { attributeOf, type Word } from './fsma-words.ts'
import { keyParts, parentKeyOf, partyKey, placeKey } from './gs1/key.ts'

type Master = Pick<FsmaKnowledge, 'attributesOf'>

/** Columns of a location under its prefix; empty without a key. A place without a word of its own takes that of its GLN, then its party's. */
export function locationColumns(prefix: string, key: string | undefined, master: Master): Record<string, string> {
  if (key === undefined) return {}
  const sources = keysOf(key).map((one) => master.attributesOf(one))
  const find = (word: Word) => firstOf(sources, (attributes) => attributeOf(attributes, word))
  const address = firstOf(sources, addressOf)
  const columns = { Name: find('name'), Phone: find('phone'), Address: address, Gln: glnOf(key) }
  return Object.fromEntries(Object.entries(columns).flatMap(([name, value]) => (value === undefined ? [] : [[prefix + name, value]])))
}

function keysOf(key: string): readonly string[] {
  const parts = keyParts(key)
  if (parts === undefined || !['414', '417', '415'].includes(parts.primary)) return [key]
  return [...new Set([key, placeKey(parts.value), partyKey(parts.value)])]
}

function firstOf<Value>(list: readonly Attributes[], read: (attributes: Attributes) => Value | undefined): Value | undefined {
  for (const attributes of list) {
    const value = read(attributes)
    if (value !== undefined) return value
  }
  return undefined
}

/** The GLN with its extension, as people write it; another URI as it is. */
function glnOf(key: string): string {
  const parts = keyParts(key)
  if (parts === undefined) return key
  return parts.qualifierValue === undefined ? parts.value : `${parts.value} (${parts.qualifierValue})`
}

/** A street or a town makes an address; coordinates will do (§1.1310). */
function addressOf(attributes: Attributes): string | undefined {
  const part = (word: Word) => attributeOf(attributes, word)
  const whole = part('address')
  if (whole !== undefined) return whole
  const street = [part('street'), part('streetTwo')].filter((one) => one !== undefined).join(', ')
  const region = [part('state'), part('postalCode')].filter((one) => one !== undefined).join(' ')
  const town = [part('city'), region === '' ? undefined : region].filter((one) => one !== undefined).join(', ')
  const latitude = part('latitude')
  const longitude = part('longitude')
  const lines = [street, town, latitude === undefined || longitude === undefined ? '' : `${latitude}, ${longitude}`].filter(
    (one) => one !== ''
  )
  if (lines.length === 0) return undefined
  return [...lines, ...[part('country')].filter((one) => one !== undefined)].join(', ')
}

export interface ProductWords {
  readonly name?: string
  readonly brand?: string
  readonly commodity?: string
  readonly variety?: string
  readonly packagingSize?: string
  readonly packagingStyle?: string
}

const productWords = { name: 'productName', brand: 'brand', commodity: 'commodity', variety: 'variety' } as const
const packagingWords = { packagingSize: 'packagingSize', packagingStyle: 'packagingStyle' } as const

/** What is known of the product of a lot: by the event, by the lot's own master data, by that of its GTIN. */
export function productOf(
  key: string,
  options: { readonly master: Master; readonly told: (word: Word) => string | undefined }
): ProductWords {
  const product = parentKeyOf(key)
  const sources = [key, ...(product === undefined ? [] : [product])].map((one) => options.master.attributesOf(one))
  const words = Object.entries({ ...productWords, ...packagingWords }).flatMap(([name, word]): [string, string][] => {
    const value = options.told(word) ?? firstOf(sources, (attributes) => attributeOf(attributes, word))
    return value === undefined ? [] : [[name, value]]
  })
  return Object.fromEntries(words)
}

/** Brand, name, variety, then packaging, each once; undefined when nothing is known. */
export function describeProduct(product: ProductWords): string | undefined {
  const { brand, name, commodity, variety, packagingSize, packagingStyle } = product
  const parts = [brand, name ?? commodity, variety, packagingSize, packagingStyle].filter((one) => one !== undefined)
  return parts.length === 0 ? undefined : [...new Set(parts)].join(', ')
}
