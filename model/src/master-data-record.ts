/**
 * Master data as it is kept and served: products, parties and places with who said what of them and when, and the elements of EPCIS
 * headers whole. Schemas and small pure readings of them; it reads no store.
 */
import { Type, type Static, type TSchema } from 'typebox'
import { page } from './http.ts'
import { Party, Place, Product, TraceKey } from './registers.ts'
import { TimeMs } from './wire.ts'

/** operator: by hand; csv: from a file; epcisHeader: by a partner beside its events; assumed: nobody said it, the default holds. */
export const sayers = ['operator', 'csv', 'epcisHeader', 'assumed'] as const
export type Sayer = (typeof sayers)[number]

export const Said = Type.Object({
  via: Type.Enum(sayers),
  by: Type.String({ description: 'Account or key that said it' }),
  atMs: TimeMs,
  capture: Type.Optional(Type.String({ description: 'The capture job that brought it' }))
})
export type Said = Static<typeof Said>

/** By name of the field. */
export const Provenance = Type.Record(Type.String(), Said)
export type Provenance = Static<typeof Provenance>

/** An element of a vocabulary in an EPCIS header (EPCIS 2.0 §9.4), whole; how a row of the register `masterData` looks. */
export const MasterDataElement = Type.Object({
  type: Type.String({ description: 'Vocabulary as written, e.g. urn:epcglobal:epcis:vtype:Location' }),
  id: Type.String({ description: 'As written' }),
  key: Type.String({ description: 'Canonical Digital Link, or the URI itself' }),
  attributes: Type.Array(Type.Object({ id: Type.String(), attribute: Type.Optional(Type.Unknown()) })),
  children: Type.Array(Type.String()),
  said: Said
})
export type MasterDataElement = Static<typeof MasterDataElement>
export const ElementPage = page(MasterDataElement)

export const masterDataKinds = ['products', 'parties', 'places'] as const
export type MasterDataKind = (typeof masterDataKinds)[number]

/** registered: an operator keeps it here; told: known from partners' headers only, and never a reason to trust goods more. */
export const standings = ['registered', 'told'] as const
export type Standing = (typeof standings)[number]

function row<Value extends TSchema>(value: Value) {
  return Type.Object({
    id: Type.String({ description: 'GTIN, GLN, or for a place the canonical key' }),
    version: Type.Integer({ minimum: 0, description: 'For If-Match; 0: not registered yet' }),
    standing: Type.Enum(standings),
    value,
    missing: Type.Array(Type.String(), { description: 'Fields that a complete record has' }),
    provenance: Provenance
  })
}
export const ProductRow = row(Product)
export const PartyRow = row(Party)
export const PlaceRow = row(Type.Object({ ...Place.properties, path: Type.Optional(Type.Array(TraceKey)) }))
export type ProductRow = Static<typeof ProductRow>
export type PartyRow = Static<typeof PartyRow>
export type PlaceRow = Static<typeof PlaceRow>

export const ProductRowPage = page(ProductRow)
export const PartyRowPage = page(PartyRow)
export const PlaceRowPage = page(PlaceRow)

/** What a complete record has beyond what every record must have. */
const wantedFields: Readonly<Record<MasterDataKind, readonly string[]>> = {
  products: ['brand', 'hsCode', 'manufacturer', 'originCountry'],
  parties: ['country', 'roles', 'contact'],
  places: ['party', 'country']
}

/** The fields that a complete record would have and this one lacks. A place of a monitoring point has party and country by it. */
export function missingFields(kind: MasterDataKind, value: Readonly<Record<string, unknown>>): string[] {
  if (kind === 'places' && value['point'] !== undefined) return []
  return wantedFields[kind].filter((field) => {
    const found = value[field]
    return found === undefined || found === '' || (Array.isArray(found) && found.length === 0)
  })
}

/**
 * Chapters of the Harmonized System whose goods are food for people: they fall under the food-safety law, not under the general
 * procedure (`regulation/rules.md` §1, Food). [ours]: the source gives no chapters.
 */
const foodChapters: ReadonlySet<string> = new Set('02 03 04 07 08 09 10 11 12 15 16 17 18 19 20 21 22'.split(' '))

export function regimeOfHsCode(hsCode: string | undefined): Product['regime'] {
  return hsCode !== undefined && foodChapters.has(hsCode.slice(0, 2)) ? 'food' : 'general'
}

/** What holds for a product where nobody said it: medium harm, and no duty of inspection that a catalogue would have to state. */
export const productDefaults = { brand: '', harm: 2, hazard: 'health', inspectionRequired: false } as const satisfies Partial<Product>

/** A vocabulary element as a header of a document holds it. */
export const HeaderElement = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 1_024 }),
  attributes: Type.Optional(
    Type.Array(Type.Object({ id: Type.String({ minLength: 1, maxLength: 512 }), attribute: Type.Optional(Type.Unknown()) }), {
      maxItems: 200
    })
  ),
  children: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 1_024 }), { maxItems: 10_000 }))
})
export type HeaderElement = Static<typeof HeaderElement>
