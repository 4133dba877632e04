/**
 * Recent reports in memory: by source number, by words and goods, and by product, so that a new report is held against all others in a few
 * look-ups. It is made again from the store at each start and catches up with other processes; it writes nothing.
 */
import { hash53 } from '@tracegate/model/hash53'
import type { ReportsPolicy } from '@tracegate/model/policy/reports'
import type { DuplicateOf, ReportCase } from '@tracegate/model/report'
import { bandsOf, plainText, similarityOf, sketchOf, type Sketch } from '@tracegate/model/report-similarity'

/** Reports held; of more the ones received first are forgotten: they are settled or too old to be told again. */
export const reportsHeldMax = 50_000
/** Reports of one band that are compared; a band that more share is made of a phrase that all use. */
const perBandMax = 64

interface IndexedReport {
  readonly report: ReportCase
  readonly length: number
}

interface Held extends IndexedReport {
  readonly words: number
  readonly textLength: number
  readonly sketch: Sketch
  readonly names: readonly string[]
}

export interface ReportIndex {
  set(report: ReportCase, length: number): void
  get(id: string): IndexedReport | undefined
  ofSource(source: string, sourceId: string): ReportCase | undefined
  /** What the report tells again, if it does; the first of them where several told it. */
  duplicateOf(report: ReportCase, policy: ReportsPolicy['duplicates']): DuplicateOf | undefined
  ofProduct(product: string): ReportCase[]
  products(): string[]
  all(): Iterable<ReportCase>
  size(): number
}

export function createReportIndex(heldMax: number = reportsHeldMax): ReportIndex {
  const byId = new Map<string, Held>()
  const bySource = new Map<string, string>()
  const byName = new Map<string, Set<string>>()
  const byProduct = new Map<string, Set<string>>()
  const link = (map: Map<string, Set<string>>, name: string, id: string) => {
    const ids = map.get(name) ?? new Set()
    ids.add(id)
    map.set(name, ids)
  }
  const unlink = (map: Map<string, Set<string>>, name: string, id: string) => {
    const ids = map.get(name)
    ids?.delete(id)
    if (ids?.size === 0) map.delete(name)
  }

  function remove(id: string): void {
    const held = byId.get(id)
    if (held === undefined) return
    byId.delete(id)
    for (const name of held.names) unlink(byName, name, id)
    const { product } = held.report.link ?? {}
    if (product !== undefined) unlink(byProduct, product, id)
    const key = sourceKey(held.report.source, held.report.sourceId)
    if (key !== undefined && bySource.get(key) === id) bySource.delete(key)
  }

  function set(report: ReportCase, length: number): void {
    const before = byId.get(report.id)
    if (before !== undefined && before.length >= length) return
    remove(report.id)
    const held = hold(report, length, before)
    byId.set(report.id, held)
    for (const name of held.names) link(byName, name, report.id)
    if (report.link?.product !== undefined) link(byProduct, report.link.product, report.id)
    const key = sourceKey(report.source, report.sourceId)
    if (key !== undefined && !bySource.has(key)) bySource.set(key, report.id)
    for (const oldest of byId.keys()) {
      if (byId.size <= heldMax) break
      remove(oldest)
    }
  }

  function original(id: string): string {
    let at = id
    for (let steps = 0; steps < 16; steps += 1) {
      const next = byId.get(at)?.report.duplicateOf?.report
      if (next === undefined) return at
      at = next
    }
    return at
  }

  return {
    set,
    get: (id) => byId.get(id),
    ofSource: (source, sourceId) => byId.get(bySource.get(sourceKey(source, sourceId) ?? '') ?? '')?.report,
    duplicateOf(report, policy) {
      const known = bySource.get(sourceKey(report.source, report.sourceId) ?? '')
      if (known !== undefined && known !== report.id) return { report: original(known), ground: 'sourceId' }
      const asked = hold(report, 0, undefined)
      const best = bestOf(asked, candidatesOf(asked, byId, byName), policy)
      return best === undefined ? undefined : { ...best, report: original(best.report) }
    },
    ofProduct: (product) => [...(byProduct.get(product) ?? [])].flatMap((id) => byId.get(id)?.report ?? []),
    products: () => [...byProduct.keys()],
    *all() {
      for (const held of byId.values()) yield held.report
    },
    size: () => byId.size
  }
}

function sourceKey(source: string, sourceId: string | undefined): string | undefined {
  return sourceId === undefined ? undefined : `${source}\u001f${sourceId}`
}

function hold(report: ReportCase, length: number, before: Held | undefined): Held {
  const text = `${report.told.title ?? ''} ${report.told.text}`
  // What was told never changes, so the sketch of a report that moves on is the one it had.
  const sketch = before?.sketch ?? sketchOf(text)
  const plain = plainText(text)
  const goods = goodsOf(report)
  const words = before?.words ?? hash53(plain)
  const textLength = plain.length
  const names = [`words:${words}:${goods}`, ...bandsOf(sketch).map((band) => `${goods}|${band}`)]
  return { report, length, words, textLength, sketch, names }
}

/** Two reports of different products tell of different events; without a product the words of the reporter stand for it. */
function goodsOf({ link, told }: ReportCase): string {
  return link?.product ?? plainText([told.goods.brand, told.goods.name, told.goods.model].filter((part) => part !== undefined).join(' '))
}

function candidatesOf(asked: Held, byId: ReadonlyMap<string, Held>, byName: ReadonlyMap<string, ReadonlySet<string>>): Held[] {
  const ids = new Set<string>()
  for (const name of asked.names) {
    const sharing = [...(byName.get(name) ?? [])]
    for (const id of sharing.slice(-perBandMax)) if (id !== asked.report.id) ids.add(id)
  }
  return [...ids].flatMap((id) => byId.get(id) ?? [])
}

function bestOf(asked: Held, candidates: readonly Held[], policy: ReportsPolicy['duplicates']): DuplicateOf | undefined {
  let best: { readonly held: Held; readonly found: DuplicateOf } | undefined
  for (const held of candidates) {
    if (asked.report.notDuplicateOf.includes(held.report.id) || held.report.status === 'discarded') continue
    const found = judge(asked, held, policy)
    if (found !== undefined && (best === undefined || held.report.receivedAtMs < best.held.report.receivedAtMs)) best = { held, found }
  }
  return best?.found
}

function judge(asked: Held, held: Held, policy: ReportsPolicy['duplicates']): DuplicateOf | undefined {
  if (Math.abs(asked.report.receivedAtMs - held.report.receivedAtMs) > policy.windowMs || tellApart(asked.report, held.report))
    return undefined
  const report = held.report.id
  if (asked.words === held.words) {
    // "The wheel came off" is what two people may well say of two events.
    const telling = asked.textLength >= policy.textLengthMin || sameThing(asked.report, held.report)
    return telling ? { report, ground: 'content', similarity: 1 } : undefined
  }
  if (asked.textLength < policy.textLengthMin || held.textLength < policy.textLengthMin) return undefined
  const similarity = similarityOf(asked.sketch, held.sketch)
  return similarity >= policy.similarity ? { report, ground: 'similar', similarity } : undefined
}

const dayMs = 86_400_000

/** What says that two events are meant: other items, other lots, other places, other days. */
function tellApart(left: ReportCase, right: ReportCase): boolean {
  const differ = (one: readonly string[], other: readonly string[]) =>
    one.length > 0 && other.length > 0 && !one.some((key) => other.includes(key))
  const { occurredMs: leftMs, country: leftCountry, region: leftRegion } = left.told
  const { occurredMs: rightMs, country: rightCountry, region: rightRegion } = right.told
  return (
    differ(left.link?.items ?? [], right.link?.items ?? []) ||
    differ(left.link?.lots ?? [], right.link?.lots ?? []) ||
    (leftCountry !== undefined && rightCountry !== undefined && leftCountry !== rightCountry) ||
    (leftRegion !== undefined && rightRegion !== undefined && plainText(leftRegion) !== plainText(rightRegion)) ||
    (leftMs !== undefined && rightMs !== undefined && Math.abs(leftMs - rightMs) > dayMs)
  )
}

function sameThing(left: ReportCase, right: ReportCase): boolean {
  const items = left.link?.items ?? []
  if (items.some((key) => right.link?.items.includes(key))) return true
  return left.told.occurredMs !== undefined && left.told.occurredMs === right.told.occurredMs
}
