/**
 * What became of the goods of recalls, kept up to date by the feed of the trace: a look reads the events stored since the last look and asks
 * again only for goods that these name, or that lie in what they name. It writes nothing.
 */
import { keyOf } from '@tracegate/model/epcis/normalise'
import type { RecallCase } from '@tracegate/model/recall-case'
import { computeProgress, type CountedGood } from '@tracegate/model/recall-figures'
import type { ManifestGood } from '@tracegate/model/recall-manifest'
import type { OutcomeSettings, RecallGood } from '@tracegate/model/recall-outcome'
import type { RecallProgress } from '@tracegate/model/recall-progress'
import type { RecallPolicy } from '@tracegate/model/policy/recalls'
import type { TraceStore } from '@tracegate/store/trace-store'
import type { Registers } from '../registers.ts'
import { groupHolders, openHolderNames } from './holders.ts'
import { settingsOf } from './scope-freezer.ts'

/** Recalls whose goods are kept in memory; the one looked at longest ago is forgotten and read anew when asked for. */
const keptMax = 16
/** Events read one by one at a look; after more of them all goods are asked for anew, which costs less. */
const eventsPerLookMax = 5_000
const pageEvents = 1_000
/** Clocks of writers differ: the feed is read from a little before the goods were asked for. */
const overlapMs = 60_000
/** Keys of one question; more are asked for in several. */
const keysPerAskMax = 10_000
const timeMaxMs = 30_000

export interface ProgressBookOptions {
  readonly trace: TraceStore
  readonly registers: Pick<Registers, 'names'>
  readonly nowMs: () => number
  /** The goods of the scope in force, from the journal. */
  goodsOf(recall: RecallCase): Promise<readonly ManifestGood[]>
}

export interface ProgressBook {
  of(recall: RecallCase, policy: RecallPolicy): Promise<RecallProgress>
}

interface Kept {
  /** Scope version, plan version and rules it was read with. */
  readonly version: string
  readonly holderOf: ReadonlyMap<string, string>
  readonly goods: Map<string, readonly RecallGood[]>
  /** Keys of the goods and of everything that ever held them, with the goods each concerns. */
  readonly watched: Map<string, Set<string> | undefined>
  after: string
  truncated: boolean
}

export function createProgressBook(options: ProgressBookOptions): ProgressBook {
  const kept = new Map<string, Promise<Kept>>()
  const { trace, registers, nowMs } = options

  async function read(recall: RecallCase, settings: OutcomeSettings, version: string): Promise<Kept> {
    const after = (await trace.feed({ fromRecordMs: nowMs() - overlapMs, limit: 1 })).next
    const frozen = await options.goodsOf(recall)
    const holderOf = new Map(frozen.filter(({ quantities }) => quantities === undefined).map(({ key, holder }) => [key, holder]))
    const book: Kept = { version, holderOf, goods: new Map(), watched: new Map(), after, truncated: false }
    await ask(book, [...new Set(frozen.map(({ key }) => key))], settings)
    return book
  }

  async function ask(book: Kept, keys: readonly string[], settings: OutcomeSettings): Promise<void> {
    for (let at = 0; at < keys.length; at += keysPerAskMax) {
      const some = keys.slice(at, at + keysPerAskMax)
      const answer = await trace.ask('recallGoods', { of: some, exact: true, settings, goodsMax: Infinity, timeMaxMs })
      book.truncated ||= answer.truncated
      for (const key of some) {
        book.goods.set(key, [])
        book.watched.set(key, undefined)
      }
      for (const good of answer.goods) book.goods.set(good.key, [...(book.goods.get(good.key) ?? []), good])
      for (const [container, held] of Object.entries(answer.within)) {
        const known = book.watched.get(container) ?? new Set<string>()
        for (const index of held) known.add(some[index] ?? '')
        book.watched.set(container, known)
      }
    }
  }

  /** False when there was too much to read. */
  async function follow(book: Kept, settings: OutcomeSettings): Promise<boolean> {
    const touched = new Set<string>()
    let events = 0
    for (let more = true; more;) {
      const page = await trace.feed({ after: book.after, limit: pageEvents })
      events += page.json.length
      for (const json of page.json) addTouched(book, json, touched)
      book.after = page.next
      more = page.more
      if (more && events >= eventsPerLookMax) return false
    }
    if (touched.size > 0) await ask(book, [...touched], settings)
    return true
  }

  async function upToDate(recall: RecallCase, policy: RecallPolicy): Promise<Kept> {
    const settings = settingsOf(recall, policy)
    const version = `${recall.scope?.version ?? 0} ${recall.plan?.version ?? 0} ${JSON.stringify(settings.rules)}`
    const before = kept.get(recall.id)
    // One after the other for each recall, so that two looks do not read the same stretch twice.
    const next = (before ?? Promise.resolve(undefined))
      .catch(() => undefined)
      .then(async (book) => {
        if (book?.version !== version) return read(recall, settings, version)
        return (await follow(book, settings)) ? book : read(recall, settings, version)
      })
    kept.delete(recall.id)
    kept.set(recall.id, next)
    const oldest = kept.size > keptMax ? kept.keys().next().value : undefined
    if (oldest !== undefined) kept.delete(oldest)
    return next
  }

  return {
    async of(recall, policy) {
      const started = performance.now()
      const book = await upToDate(recall, policy)
      const names = await openHolderNames(registers)
      const goods: CountedGood[] = []
      const listed = new Set((recall.scope?.holders ?? []).map(({ key }) => key))
      const strange: RecallGood[] = []
      for (const [key, parts] of book.goods) {
        const frozen = book.holderOf.get(key)
        for (const good of parts) {
          const now = names.of(good).key
          // A part of a lot has no identity: it counts for whoever has it.
          const holder = frozen ?? now
          goods.push({ good, holder, now })
          if (!listed.has(holder)) strange.push(good)
        }
      }
      const progress = computeProgress({
        recall,
        goods,
        strangers: groupHolders(strange, names).holders.map((holder) => ({ ...holder, count: 0, serials: 0, quantities: [] })),
        respondWithinMs: policy.respondWithinMs,
        monthsMax: policy.correctionMonthsMax,
        nowMs: nowMs(),
        truncated: book.truncated || recall.scope?.truncated === true
      })
      return { ...progress, tookMs: performance.now() - started }
    }
  }
}

/** The goods that an event concerns: those it names, and those that lie or lay in what it names. */
function addTouched(book: Kept, json: string, touched: Set<string>): void {
  for (const key of keysNamed(JSON.parse(json))) {
    if (!book.watched.has(key)) continue
    if (book.goods.has(key)) touched.add(key)
    for (const held of book.watched.get(key) ?? []) touched.add(held)
  }
}

const idMembers = ['parentID', 'epcList', 'childEPCs', 'inputEPCList', 'outputEPCList'] as const
const quantityMembers = ['quantityList', 'childQuantityList', 'inputQuantityList', 'outputQuantityList'] as const

function keysNamed(event: unknown): string[] {
  if (typeof event !== 'object' || event === null) return []
  const members = new Map<string, unknown>(Object.entries(event))
  const texts: unknown[] = idMembers.flatMap((name) => members.get(name) ?? [])
  for (const name of quantityMembers) {
    const list = members.get(name)
    for (const row of Array.isArray(list) ? list : []) texts.push(new Map<string, unknown>(Object.entries(row ?? {})).get('epcClass'))
  }
  return texts.flatMap((text) => (typeof text === 'string' ? keyOf(text) : []))
}
