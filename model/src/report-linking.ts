/**
 * Which goods a report is about: by the codes it gives, else by brand and name against the registered products, with candidates for a
 * person where it is not sure. Pure; it knows only the products that it is given.
 */
import { itemKey, keyKind, keyParts, lotKey, parentKeyOf } from './gs1/key.ts'
import { lookupCode } from './gs1/scan-data.ts'
import type { ReportsPolicy } from './policy/reports.ts'
import type { Product } from './registers.ts'
import type { LinkCandidate, ReportedGoods, ReportLink, ReportTold } from './report.ts'
import { plainText } from './report-similarity.ts'

export interface FoundGoods {
  readonly link?: ReportLink
  readonly candidates: LinkCandidate[]
}

export interface ProductIndex {
  readonly byKey: ReadonlyMap<string, Product>
  /** Products by each pair of characters of their names. */
  readonly byPair: ReadonlyMap<string, readonly Entry[]>
  readonly brands: ReadonlyMap<string, ReadonlySet<string>>
}

interface Entry {
  readonly key: string
  readonly pairs: number
  /** Which of its names. */
  readonly name: number
}

/** Codes that are looked for in the text of one report. */
const codesInTextMax = 32
const textLookedAtMax = 20_000

export function indexProducts(products: readonly Product[]): ProductIndex {
  const byPair = new Map<string, Entry[]>()
  const brands = new Map<string, ReadonlySet<string>>()
  for (const { key, name, brand } of products) {
    brands.set(key, pairsOf(brand))
    for (const [index, text] of [name.zh, name.en].entries()) {
      const pairs = pairsOf(text)
      const entry = { key, pairs: pairs.size, name: index }
      for (const pair of pairs) {
        const list = byPair.get(pair) ?? []
        list.push(entry)
        byPair.set(pair, list)
      }
    }
  }
  return { byKey: new Map(products.map((product) => [product.key, product])), byPair, brands }
}

export function findGoods(told: ReportTold, index: ProductIndex, policy: ReportsPolicy['linking']): FoundGoods {
  const given = (told.goods.codes ?? []).flatMap(keysIn)
  const keys = given.length > 0 ? given : codesInText(`${told.title ?? ''}\n${told.text}`, index)
  const byCode = linkByKeys(keys, told.goods)
  if (byCode !== undefined) return { link: byCode, candidates: [] }
  const candidates = candidatesFor(told, index, policy)
  const [first, second] = candidates
  const sure = first !== undefined && first.score >= policy.linkScore && first.score - (second?.score ?? 0) >= policy.linkMargin
  return { candidates, ...(sure ? { link: withNumbers(first.product, told.goods, { ground: 'name', score: first.score }) } : {}) }
}

function keysIn(code: string): string[] {
  const read = lookupCode(code)
  return read.ok ? [read.value] : []
}

const codePatterns = [
  /https?:\/\/[^\s<>"'，。；、）]+/g,
  /urn:epc:[^\s<>"'，。；、）]+/g,
  /\(01\)\d{14}(?:\(\d{2,4}\)[^\s()，。；]+)*/g,
  /(?<!\d)\d{8}(?:\d{4,6})?(?!\d)/g
] as const

/** What reads as a code and is of a registered product: a telephone number is a valid GTIN once in ten times. */
function codesInText(text: string, index: ProductIndex): string[] {
  const found = new Set<string>()
  for (const pattern of codePatterns)
    for (const [code] of text.slice(0, textLookedAtMax).matchAll(pattern)) {
      if (found.size >= codesInTextMax) return [...found]
      for (const key of keysIn(code)) if (index.byKey.has(productOf(key) ?? '')) found.add(key)
    }
  return [...found]
}

function productOf(key: string): string | undefined {
  return keyKind(key) === 'product' ? key : parentKeyOf(key)
}

/** Undefined where no key is of a product; of several products the one that most keys are of. */
function linkByKeys(keys: readonly string[], goods: ReportedGoods): ReportLink | undefined {
  const counts = new Map<string, number>()
  for (const key of keys) {
    const product = ['product', 'lot', 'item'].includes(keyKind(key)) ? productOf(key) : undefined
    if (product !== undefined) counts.set(product, (counts.get(product) ?? 0) + 1)
  }
  const [best] = [...counts].toSorted((left, right) => right[1] - left[1])
  if (best === undefined) return undefined
  const [product] = best
  const own = keys.filter((key) => productOf(key) === product)
  const link = withNumbers(product, goods, { ground: 'code', score: counts.size === 1 ? 1 : 0.9 })
  const kindOf = (kind: string) => own.filter((key) => keyKind(key) === kind)
  return {
    ...link,
    lots: [...new Set([...kindOf('lot'), ...link.lots])].slice(0, 100),
    items: [...new Set([...kindOf('item'), ...link.items])].slice(0, 100)
  }
}

function withNumbers(product: string, { lot, serial }: ReportedGoods, of: Pick<ReportLink, 'ground' | 'score'>): ReportLink {
  const gtin = keyParts(product)?.value
  return {
    product,
    lots: lot === undefined || gtin === undefined ? [] : [lotKey(gtin, lot.trim())],
    items: serial === undefined || gtin === undefined ? [] : [itemKey(gtin, serial.trim())],
    ...of
  }
}

/** The link that a person names: keys, or a product with the numbers that were told. */
export function linkOfKeys(keys: readonly string[]): ReportLink | undefined {
  const link = linkByKeys(keys, {})
  return link === undefined ? undefined : { ...link, ground: 'person', score: 1 }
}

/** How much of a name without a brand is worth: many makers call the same thing the same. */
const nameAlone = 0.7

function candidatesFor(told: ReportTold, index: ProductIndex, policy: ReportsPolicy['linking']): LinkCandidate[] {
  const { goods, title } = told
  const name = pairsOf([goods.name, goods.model].filter((part) => part !== undefined).join(' ') || (title ?? ''))
  const brand = pairsOf(goods.brand ?? goods.manufacturer ?? '')
  const scores = new Map<string, number>()
  for (const [entry, shared] of sharedPairs(name, index)) {
    const likeness = (2 * shared) / (name.size + entry.pairs)
    scores.set(entry.key, Math.max(scores.get(entry.key) ?? 0, likeness))
  }
  const scored = [...scores].map(([product, likeness]) => {
    const own = index.brands.get(product) ?? new Set()
    const brandLikeness = brand.size === 0 || own.size === 0 ? undefined : dice(brand, own)
    const score = brandLikeness === undefined ? nameAlone * likeness : 0.6 * likeness + 0.4 * brandLikeness
    const why = brandLikeness === undefined ? `name ${percent(likeness)}` : `name ${percent(likeness)}, brand ${percent(brandLikeness)}`
    return { product, score: Math.round(score * 1_000) / 1_000, why }
  })
  return scored
    .filter(({ score }) => score >= policy.candidateScore)
    .toSorted((left, right) => right.score - left.score || left.product.localeCompare(right.product))
    .slice(0, policy.candidatesMax)
}

/** Entries that a pair leads to; past it the pair is too common to tell anything. */
const entriesPerPairMax = 2_000

function sharedPairs(pairs: ReadonlySet<string>, index: ProductIndex): Map<Entry, number> {
  const shared = new Map<Entry, number>()
  for (const pair of pairs) {
    const entries = index.byPair.get(pair) ?? []
    if (entries.length > entriesPerPairMax) continue
    for (const entry of entries) shared.set(entry, (shared.get(entry) ?? 0) + 1)
  }
  return shared
}

function pairsOf(text: string): Set<string> {
  const plain = plainText(text.slice(0, 256))
  const pairs = new Set<string>()
  for (let at = 0; at + 2 <= plain.length; at += 1) pairs.add(plain.slice(at, at + 2))
  return pairs
}

function dice(left: ReadonlySet<string>, right: ReadonlySet<string>): number {
  let shared = 0
  for (const pair of left) if (right.has(pair)) shared += 1
  return (2 * shared) / (left.size + right.size)
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`
}
