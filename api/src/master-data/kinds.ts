/**
 * What products, parties and places are as master data: their fields with the columns of a spreadsheet, what is assumed when nobody said
 * it, and what must hold between fields and other records. It reads no store.
 */
import { Type, type TSchema } from 'typebox'
import type { Decoded } from '@tracegate/model/codec'
import { partyKey, productKey } from '@tracegate/model/gs1/key'
import { productDefaults, regimeOfHsCode, type MasterDataKind } from '@tracegate/model/master-data-record'
import { hazards, partyRoles, Party, Place, placeKinds, Product, regimes } from '@tracegate/model/registers'
import {
  readBoolean,
  readCountry,
  readGln,
  readGtin,
  readHsCode,
  readName,
  readNumber,
  readPlaceKey,
  readText,
  readWord,
  readWords,
  type ReadCell
} from './field-readers.ts'

/** A record before it is known to be one. */
export type Draft = Readonly<Record<string, unknown>>

export interface Field {
  /** Where it stands in the record: `name.zh` is member zh of name. */
  readonly path: string
  /** Header of its column in English, and in Chinese. */
  readonly header: string
  readonly zh: string
  readonly aliases?: readonly string[]
  readonly read: ReadCell
}

export interface KindSpec {
  /** Also the name of its register. */
  readonly kind: MasterDataKind
  /** What one is called in messages. */
  readonly what: string
  /** The member that names a record; its field is the first. */
  readonly id: 'gtin' | 'gln' | 'key'
  readonly schema: TSchema
  readonly fields: readonly Field[]
  /** Reads an id out of an address or a body. */
  readId(text: string): Decoded<string>
  /** Adds what follows from the rest and what is assumed; `assumed` names the latter. */
  complete(draft: Draft): { readonly draft: Draft; readonly assumed: readonly string[] }
}

const field = (path: string, header: string, zh: string, read: ReadCell, aliases: readonly string[] = []): Field => ({
  path,
  header,
  zh,
  read,
  aliases
})

const name = [
  field('name.zh', 'name_zh', '中文名称', readText(256), ['名称', '品名', 'name_cn']),
  field('name.en', 'name_en', '英文名称', readText(256), ['name'])
]
const country = (header: string, zh: string, path: string, aliases: readonly string[]) => field(path, header, zh, readCountry, aliases)

const hazardWords = { 健康: 'health', 物理: 'physical', 化学: 'chemical', 生物: 'biological', 环境: 'environmental' }
const roleWords = {
  生产商: 'manufacturer',
  制造商: 'manufacturer',
  出口商: 'exporter',
  承运人: 'carrier',
  进口商: 'importer',
  零售商: 'retailer',
  监管机构: 'authority',
  经营者: 'operator'
}
const placeWords = {
  冷库: 'chamber',
  库房: 'chamber',
  集装箱: 'container',
  堆场: 'yard',
  闸口: 'gate',
  装卸台: 'dock',
  实验室: 'laboratory',
  场所: 'site'
}
const text = (value: unknown): string => (typeof value === 'string' ? value : '')

/** A name in one language stands for both until somebody says the other. */
function bothNames(value: unknown): { readonly name: unknown; readonly assumed: readonly string[] } {
  if (typeof value !== 'object' || value === null) return { name: value, assumed: [] }
  const zh = 'zh' in value ? text(value.zh) : ''
  const en = 'en' in value ? text(value.en) : ''
  if (zh === '' && en !== '') return { name: { ...value, zh: en, en }, assumed: ['name.zh'] }
  if (en === '' && zh !== '') return { name: { ...value, zh, en: zh }, assumed: ['name.en'] }
  return { name: value, assumed: [] }
}

function assume(draft: Draft, defaults: Draft): { readonly draft: Draft; readonly assumed: readonly string[] } {
  const { name: named, assumed } = bothNames(draft['name'])
  const missing = Object.keys(defaults).filter((member) => draft[member] === undefined)
  const filled = Object.fromEntries(missing.map((member) => [member, defaults[member]]))
  return { draft: { ...draft, ...(named === undefined ? {} : { name: named }), ...filled }, assumed: [...assumed, ...missing] }
}

const products: KindSpec = {
  kind: 'products',
  what: 'product',
  id: 'gtin',
  schema: Type.Object(Product.properties, { additionalProperties: false }),
  fields: [
    field('gtin', 'gtin', 'GTIN', readGtin, ['商品条码', '条码', '产品编码', 'ean', 'barcode']),
    ...name,
    field('brand', 'brand', '品牌', readText(256)),
    field('hsCode', 'hs_code', '海关编码', readHsCode, ['HS编码', '商品编码', '税号', 'hs', 'hscode']),
    field('manufacturer', 'manufacturer_gln', '生产商GLN', readGln, ['制造商GLN', 'manufacturer']),
    field('profile', 'profile', '储运要求', readName, ['产品档案']),
    field('regime', 'regime', '监管类别', readWord({ 一般: 'general', 食品: 'food' }, regimes)),
    field('harm', 'harm', '危害等级', readNumber({ min: 1, max: 4, integer: true })),
    field('hazard', 'hazard', '危害种类', readWord(hazardWords, hazards)),
    field('inspectionRequired', 'inspection_required', '须检验', readBoolean, ['是否检验']),
    country('origin_country', '原产国', 'originCountry', ['country_of_origin', '原产地']),
    field('netContent', 'net_content', '净含量', readText(256), ['规格']),
    field('description', 'description', '说明', readText(2_048), ['描述'])
  ],
  readId: (id) => idOf(readGtin(id)),
  complete(draft) {
    const gtin = text(draft['gtin'])
    const hsCode = typeof draft['hsCode'] === 'string' ? draft['hsCode'] : undefined
    const filled = assume(draft, { ...productDefaults, regime: regimeOfHsCode(hsCode) })
    return { ...filled, draft: { ...filled.draft, key: productKey(gtin) } }
  }
}

const parties: KindSpec = {
  kind: 'parties',
  what: 'party',
  id: 'gln',
  schema: Type.Object(Party.properties, { additionalProperties: false }),
  fields: [
    field('gln', 'gln', 'GLN', readGln, ['企业编码', '参与方编码']),
    ...name,
    country('country', '国家', 'country', ['国别', 'country_code']),
    field('roles', 'roles', '角色', readWords(roleWords, partyRoles), ['role']),
    field('contact', 'contact', '联系人', readText(256)),
    field('phone', 'phone', '电话', readText(64), ['联系电话', 'telephone']),
    field('email', 'email', '电子邮件', readText(254), ['邮箱', 'e-mail']),
    field('address', 'address', '地址', readText(256)),
    field('companyPrefixLength', 'company_prefix_length', '厂商识别代码长度', readNumber({ min: 4, max: 12, integer: true }))
  ],
  readId: (id) => idOf(readGln(id)),
  complete(draft) {
    const filled = assume(draft, { roles: [] })
    return { ...filled, draft: { ...filled.draft, key: partyKey(text(draft['gln'])) } }
  }
}

const places: KindSpec = {
  kind: 'places',
  what: 'place',
  id: 'key',
  schema: Type.Object(Place.properties, { additionalProperties: false }),
  fields: [
    field('key', 'key', '地点编码', readPlaceKey, ['gln', 'sgln', '地点GLN', '位置码']),
    ...name,
    field('kind', 'kind', '地点种类', readWord(placeWords, placeKinds), ['类型']),
    field('point', 'point', '监测点', readName),
    field('profile', 'profile', '储运要求', readName),
    field('parent', 'parent', '上级地点', readPlaceKey, ['parent_gln']),
    field('party', 'party_gln', '经营者GLN', readGln, ['operator_gln']),
    country('country', '国家', 'country', ['国别', 'country_code']),
    field('address', 'address', '地址', readText(256)),
    field('latitude', 'latitude', '纬度', readNumber({ min: -90, max: 90 })),
    field('longitude', 'longitude', '经度', readNumber({ min: -180, max: 180 }))
  ],
  readId: (id) => idOf(readPlaceKey(id)),
  complete(draft) {
    return assume(draft, { kind: 'site', watches: [] })
  }
}

function idOf(read: Decoded<unknown>): Decoded<string> {
  return read.ok ? { ok: true, value: String(read.value) } : read
}

export const kindSpecs: Readonly<Record<MasterDataKind, KindSpec>> = { products, parties, places }
