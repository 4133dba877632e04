/**
 * What elements of EPCIS headers say of products, parties and places, read into our own records (CBV 2.0 §9: master data attributes).
 * It maps and merges; whether such a record is trusted is decided by who asks.
 */
import { keyKind, keyParts, partyKey } from './gs1/key.ts'
import { attributeName, type MasterDataEntry } from './master-data.ts'
import { productDefaults, regimeOfHsCode, type MasterDataElement, type Provenance, type Said } from './master-data-record.ts'
import type { Party, Place, Product } from './registers.ts'
import type { BilingualText } from './text.ts'

export interface Told<Value> {
  readonly value: Value
  readonly provenance: Provenance
}

export interface ToldRecords {
  readonly products: readonly Told<Product>[]
  readonly parties: readonly Told<Party>[]
  readonly places: readonly Told<Place>[]
}

/** The older the element, the weaker its word; elements of one key in several vocabularies are one record. */
export function readTold(elements: readonly MasterDataElement[]): ToldRecords {
  const byKey = new Map<string, MasterDataElement[]>()
  for (const element of elements.toSorted((left, right) => left.said.atMs - right.said.atMs)) {
    const held = byKey.get(element.key)
    if (held === undefined) byKey.set(element.key, [element])
    else held.push(element)
  }
  const told = { products: new Array<Told<Product>>(), parties: new Array<Told<Party>>(), places: new Array<Told<Place>>() }
  for (const [key, group] of byKey) {
    const kind = keyKind(key)
    const words = createWords(group)
    if (kind === 'product') push(told.products, readProduct(key, words))
    else if (kind === 'place') push(told.places, readPlace(key, words))
    else if (kind === 'party') push(told.parties, readParty(key, words))
  }
  return told
}

/** The elements as the look-up wants them. */
export function entryOf(element: MasterDataElement): MasterDataEntry {
  const attributes = Object.fromEntries(element.attributes.map(({ id, attribute }) => [id, leavesOf(attribute)] as const))
  return { key: element.key, attributes, children: element.children }
}

const leavesMax = 100

/** The texts in an attribute: itself, or what its members hold. */
export function leavesOf(value: unknown): string[] {
  const found: string[] = []
  const collect = (part: unknown, depth: number): void => {
    if (found.length >= leavesMax || depth > 8 || part === null || part === undefined) return
    if (typeof part === 'object') for (const member of Object.values(part)) collect(member, depth + 1)
    else if (typeof part === 'string' || typeof part === 'number' || typeof part === 'boolean') found.push(String(part))
  }
  collect(value, 0)
  return found
}

interface Words {
  /** The newest word under one of the names, and who said it. */
  readonly find: (...names: readonly string[]) => { readonly text: string; readonly said: Said } | undefined
}

function createWords(group: readonly MasterDataElement[]): Words {
  const words = new Map<string, { text: string; said: Said }>()
  for (const element of group)
    for (const { id, attribute } of element.attributes) {
      const text = leavesOf(attribute)[0]?.trim()
      if (text !== undefined && text !== '') words.set(attributeName(id), { text, said: element.said })
    }
  return { find: (...names) => names.map((name) => words.get(name)).find((word) => word !== undefined) }
}

/** Collects fields that were said and are of the right form, with who said them. */
function createRecord(words: Words) {
  const provenance: Provenance = {}
  return {
    provenance,
    take: (field: string, names: readonly string[], form: RegExp = /^[\s\S]{1,256}$/): string | undefined => {
      const word = words.find(...names)
      if (word === undefined || !form.test(word.text)) return undefined
      provenance[field] = word.said
      return word.text
    }
  }
}

const address = ['streetAddressOne', 'streetAddressTwo', 'streetAddressThree', 'postalCode', 'city', 'state', 'stateOrRegion', 'countyCode']

function addressOf(words: Words, provenance: Provenance): string | undefined {
  const parts = address.flatMap((name) => words.find(name) ?? [])
  const [first] = parts
  if (first === undefined) return undefined
  provenance['address'] = first.said
  return parts
    .map((part) => part.text)
    .join(', ')
    .slice(0, 256)
}

function readProduct(key: string, words: Words): Told<Product> | undefined {
  const gtin = keyParts(key)?.value
  if (gtin === undefined || !/^\d{14}$/.test(gtin)) return undefined
  const { take, provenance } = createRecord(words)
  const name = take('name', ['name', 'tradeItemDescription', 'regulatedProductName', 'functionalName', 'descriptionShort'])
  if (name === undefined) return undefined
  const hsCode = take('hsCode', ['hsCode', 'harmonizedSystemCode', 'importClassification'], /^\d{6}$/)
  const brand = take('brand', ['brandName', 'brand'])
  const value: Product = {
    gtin,
    key,
    name: both(name),
    ...productDefaults,
    ...(brand === undefined ? {} : { brand }),
    regime: regimeOfHsCode(hsCode),
    ...present({
      hsCode,
      manufacturer: take('manufacturer', ['manufacturerOfTradeItem', 'manufacturer', 'manufacturerGLN'], /^\d{13}$/),
      originCountry: take('originCountry', ['countryOfOrigin'], /^[A-Z]{2}$/),
      netContent: take('netContent', ['netContentDescription', 'netContent'])
    })
  }
  return { value, provenance }
}

function readParty(key: string, words: Words): Told<Party> | undefined {
  const gln = keyParts(key)?.value
  if (gln === undefined || partyKey(gln) !== key) return undefined
  const { take, provenance } = createRecord(words)
  const name = take('name', ['name', 'organizationName', 'legalName'])
  if (name === undefined) return undefined
  const value: Party = {
    gln,
    key,
    name: both(name),
    roles: [],
    ...present({
      country: take('country', ['countryCode'], /^[A-Z]{2}$/),
      contact: take('contact', ['contactName', 'contact']),
      phone: take('phone', ['telephone', 'telephoneNumber'], /^.{1,64}$/),
      email: take('email', ['email', 'emailAddress'], /^\S{1,64}@\S{1,189}$/),
      address: addressOf(words, provenance)
    })
  }
  return { value, provenance }
}

function readPlace(key: string, words: Words): Told<Place> | undefined {
  const { take, provenance } = createRecord(words)
  const name = take('name', ['name', 'locationName', 'site'])
  if (name === undefined) return undefined
  const latitude = Number(take('latitude', ['latitude'], /^-?\d{1,2}(?:\.\d+)?$/))
  const longitude = Number(take('longitude', ['longitude'], /^-?\d{1,3}(?:\.\d+)?$/))
  const located = Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180
  const value: Place = {
    key,
    name: both(name),
    kind: 'site',
    watches: [],
    ...(located ? { latitude, longitude } : {}),
    ...present({
      country: take('country', ['countryCode'], /^[A-Z]{2}$/),
      party: glnOf(take('party', ['owningParty', 'possessingParty', 'informationProvider'], /^\d{13}$|^(?:urn|https?):/)),
      address: addressOf(words, provenance)
    })
  }
  return { value, provenance }
}

function glnOf(text: string | undefined): string | undefined {
  if (text === undefined || /^\d{13}$/.test(text)) return text
  const parts = keyParts(text)
  return parts?.primary === '417' ? parts.value : undefined
}

/** A partner says a name once, in whatever language. */
function both(text: string): BilingualText {
  return { zh: text, en: text }
}

type Present<Fields> = { [Name in keyof Fields]?: Exclude<Fields[Name], undefined> }

function present<Fields extends Readonly<Record<string, string | undefined>>>(fields: Fields): Present<Fields> {
  const found: Present<Fields> = {}
  for (const name in fields) {
    const value = fields[name]
    if (value !== undefined) Object.assign(found, { [name]: value })
  }
  return found
}

function push<Value>(list: Told<Value>[], one: Told<Value> | undefined): void {
  if (one !== undefined) list.push(one)
}
