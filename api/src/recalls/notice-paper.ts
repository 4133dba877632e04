/** The notice of a recall for one holder: what the notice says, and what this holder held when the scope was frozen. It sends nothing. */
import { keyKind, keyParts, parentKeyOf } from '@tracegate/model/gs1/key'
import type { RecallCase } from '@tracegate/model/recall-case'
import type { ManifestGood } from '@tracegate/model/recall-manifest'
import type { RecallHolder } from '@tracegate/model/recall-parts'
import type { Product } from '@tracegate/model/registers'
import type { Language } from '@tracegate/model/text'
import type { Quantity } from '@tracegate/model/trace'
import { elementStringOf } from '../keys.ts'
import { noticeWords, remedyWords, stateWords } from './notice-words.ts'
import type { Paper, Picture, Section, Table } from './paper.ts'

export interface NoticeAsked {
  readonly recall: RecallCase
  readonly holder: RecallHolder
  /** Of this holder. */
  readonly goods: readonly ManifestGood[]
  readonly products: readonly Product[]
  readonly language: Language
  /** Absolute address of the page, where it can be told. */
  readonly address: string
  readonly respondWithinMs: number
  readonly serialsMax: number
  readonly picture?: Picture
}

/** Undefined where no notice is published. */
export function noticePaper(asked: NoticeAsked): Paper | undefined {
  const { recall, holder, language, address } = asked
  const { notice } = recall
  if (notice === undefined) return undefined
  const words = noticeWords[language]
  const { content } = notice
  const name = (holder.partyName ?? holder.placeName)?.[language] ?? holder.key
  const first = recall.contacts[holder.id]?.sentAtMs ?? notice.atMs
  const sections: Section[] = [
    { heading: words.doNow, lines: [words.stop, ...linesOf(content.instruction[language])], strong: true },
    { heading: words.hazard, lines: linesOf(content.hazard[language]) },
    { heading: words.product, lines: productLines(recall, language) },
    { heading: words.held, lines: [`${words.heldWhen} ${timeOf(recall.scope?.knownAtMs ?? notice.atMs)}`], table: heldTable(asked) },
    { heading: words.remedies, lines: content.remedies.map(({ remedy, how }) => `${remedyWords[language][remedy]}: ${how[language]}`) },
    { heading: words.contact, lines: linesOf(content.contact[language]) },
    { heading: words.reply, lines: [`${words.replyBy} ${timeOf(first + asked.respondWithinMs)}`, address] }
  ]
  return {
    language,
    title: content.headline[language],
    subject: recall.title[language],
    author: recall.company.name[language],
    atMs: notice.atMs,
    footer: `${words.number} ${recall.id} · ${words.version} ${notice.version} · ${timeOf(notice.atMs)}`,
    ...(recall.drill ? { banner: words.drill } : recall.status === 'closed' ? { banner: words.closed } : {}),
    lead: [recall.title[language], `${words.to}: ${name}`, `${words.number}: ${recall.id} · ${words.publishedAt}: ${timeOf(notice.atMs)}`],
    sections,
    ...(asked.picture === undefined
      ? {}
      : { picture: { ...asked.picture, alternative: `${words.photo}: ${content.product.name[language]}` } })
  }
}

const linesOf = (text: string): string[] => text.split(/\n+/).filter((line) => line.trim() !== '')

export function timeOf(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`
}

function productLines({ notice }: RecallCase, language: Language): string[] {
  const words = noticeWords[language]
  const product = notice?.content.product
  if (product === undefined) return []
  const { name, brand, model, whereToLook, identifiers, soldFrom, soldTo } = product
  return [
    name[language],
    ...(brand === undefined ? [] : [`${words.brand}: ${brand}`]),
    ...(model === undefined ? [] : [`${words.model}: ${model}`]),
    `${words.identifiers}: ${identifiers.join(language === 'zh' ? '、' : ', ')}`,
    ...(whereToLook === undefined ? [] : [`${words.look}: ${whereToLook[language]}`]),
    ...(soldFrom === undefined && soldTo === undefined ? [] : [`${words.sold}: ${soldFrom ?? ''} – ${soldTo ?? ''}`])
  ]
}

/** One row for each lot, and one for the things with serial numbers of a product in one state, with the first of these. */
function heldTable({ goods, products, language, serialsMax }: NoticeAsked): Table {
  const words = noticeWords[language]
  const names = new Map(products.map((product) => [product.key, product.name[language]]))
  const nameOf = (key: string): string => names.get(parentKeyOf(key) ?? key) ?? ''
  const rows: string[][] = []
  const serials = new Map<string, { readonly state: ManifestGood['state']; readonly product: string; readonly keys: string[] }>()
  for (const { key, state, quantities } of goods) {
    if (quantities !== undefined) {
      rows.push([joined(nameOf(key), elementStringOf(key) ?? key), stateWords[language][state], quantityText(quantities, language)])
      continue
    }
    const product = parentKeyOf(key) ?? key
    const id = `${state} ${product}`
    const group = serials.get(id) ?? { state, product, keys: [] }
    group.keys.push(key)
    serials.set(id, group)
  }
  for (const { state, product, keys } of serials.values()) {
    const listed = keys
      .slice(0, serialsMax)
      .map(serialOf)
      .join(language === 'zh' ? '、' : ', ')
    const rest = keys.length > serialsMax ? ` ${words.more} ${keys.length - serialsMax}` : ''
    rows.push([
      joined(nameOf(product), `${elementStringOf(product) ?? product}: ${listed}${rest}`),
      stateWords[language][state],
      `${keys.length} ${words.pieces}`
    ])
  }
  return { header: [words.goods, words.state, words.quantity], rows, widths: [6, 1.3, 1.5] }
}

const joined = (name: string, code: string): string => (name === '' ? code : `${name} ${code}`)

/** The serial number as printed; the whole key of what has none. */
function serialOf(key: string): string {
  const parts = keyKind(key) === 'item' ? keyParts(key) : undefined
  return parts?.qualifierValue ?? elementStringOf(key) ?? key
}

export function quantityText(quantities: readonly Quantity[], language: Language): string {
  const words = noticeWords[language]
  if (quantities.length === 0) return words.unknownQuantity
  return quantities.map(({ quantity, uom }) => `${quantity} ${uom === undefined ? words.pieces : unitName(uom)}`).join(', ')
}

const unitNames: Readonly<Record<string, string>> = { KGM: 'kg', LTR: 'L', MTR: 'm', MTK: 'm²' }
const unitName = (uom: string): string => unitNames[uom] ?? uom
