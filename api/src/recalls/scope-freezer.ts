/** Asks the trace for the goods of a recall, makes a frozen scope of them, and compares a frozen one with later. It writes no journal. */
import type { RecallCase } from '@tracegate/model/recall-case'
import { compareManifests, manifestGoodsMax, manifestHash, type ManifestGood } from '@tracegate/model/recall-manifest'
import type { OutcomeSettings, RecallGood, RecallGoodsAnswer } from '@tracegate/model/recall-outcome'
import type { FrozenScope, ScopeAsked, ScopeChange } from '@tracegate/model/recall-parts'
import type { RecallPolicy } from '@tracegate/model/policy/recalls'
import type { TraceStore } from '@tracegate/store/trace-store'
import type { Registers } from '../registers.ts'
import { groupHolders, openHolderNames, sumOf, totalsOf, type HolderNames } from './holders.ts'

/** How long the trace may work on a scope; past it the scope says that it is cut. */
const timeMaxMs = 30_000
const keysListedMax = 1_000
const changesListedMax = 100

export interface FreezerOptions {
  readonly trace: TraceStore
  readonly registers: Registers
}

interface Knowing {
  readonly settings: OutcomeSettings
  readonly knownAtMs?: number
  /** Only what happened up to then. */
  readonly atMs?: number
}

export function settingsOf(recall: Pick<RecallCase, 'plan' | 'reported'>, policy: RecallPolicy): OutcomeSettings {
  return {
    rules: policy.outcomes,
    returnTo: recall.plan?.returnTo ?? [],
    quarantineAt: recall.plan?.quarantineAt ?? [],
    sinceMs: recall.reported.atMs
  }
}

function askGoods(trace: TraceStore, asked: ScopeAsked, { settings, knownAtMs, atMs }: Knowing): Promise<RecallGoodsAnswer> {
  const { of, place } = asked
  return trace.ask('recallGoods', {
    settings,
    goodsMax: manifestGoodsMax,
    timeMaxMs,
    ...(of.length === 0 ? {} : { of }),
    ...(place === undefined ? {} : { at: { place: place.key, fromMs: place.fromMs, toMs: place.toMs } }),
    ...(knownAtMs === undefined ? {} : { knownAtMs }),
    ...(atMs === undefined ? {} : { atMs })
  })
}

function manifestOf(goods: readonly RecallGood[], names: HolderNames): ManifestGood[] {
  return goods.map((good) => {
    const { key, state, place, quantities } = good
    return {
      key,
      state,
      holder: names.of(good).key,
      ...(place === undefined ? {} : { place }),
      ...(quantities === undefined ? {} : { quantities })
    }
  })
}

export interface FrozenGoods {
  readonly scope: Omit<FrozenScope, 'frozenAtMs' | 'by' | 'version' | 'reason' | 'change'>
  readonly goods: readonly ManifestGood[]
}

export async function freezeScope(
  options: FreezerOptions,
  asked: ScopeAsked,
  knowing: Knowing & { readonly knownAtMs: number }
): Promise<FrozenGoods> {
  const [answer, names] = await Promise.all([askGoods(options.trace, asked, knowing), openHolderNames(options.registers)])
  return frozenOf(answer, names, { asked, knownAtMs: knowing.knownAtMs })
}

function frozenOf(
  answer: RecallGoodsAnswer,
  names: HolderNames,
  { asked, knownAtMs }: Pick<FrozenScope, 'asked' | 'knownAtMs'>
): FrozenGoods {
  const { goods } = answer
  const manifest = manifestOf(goods, names)
  const { holders, found } = groupHolders(goods, names)
  const lots = [...new Set(holders.flatMap((holder) => holder.lots))].sort()
  const { count, serials, quantities } = sumOf(goods)
  const products = [...new Set(holders.flatMap((holder) => holder.products))].sort()
  return {
    goods: manifest,
    scope: {
      asked,
      knownAtMs,
      goods: count,
      serials,
      quantities,
      totals: totalsOf(goods),
      products: products.slice(0, keysListedMax),
      lots: lots.slice(0, keysListedMax),
      lotsFound: lots.length,
      holders,
      holdersFound: found,
      sha256: manifestHash(manifest),
      truncated: answer.truncated || holders.length < found
    }
  }
}

export interface ScopeComparison {
  readonly now: FrozenGoods
  readonly change: ScopeChange
}

/**
 * The frozen scope against what is known now. What differs already for the time of the freeze is told by its cause: events that came in
 * late, or declarations that an event was wrong; what differs only since is new goods made of it, or goods that moved on.
 */
export async function compareScope(
  options: FreezerOptions,
  before: { readonly scope: FrozenScope; readonly goods: readonly ManifestGood[] },
  { settings, knownAtMs }: Knowing & { readonly knownAtMs: number }
): Promise<ScopeComparison> {
  const { asked, version, knownAtMs: frozenMs } = before.scope
  const names = await openHolderNames(options.registers)
  const [then, today] = await Promise.all([
    askGoods(options.trace, asked, { settings, knownAtMs, atMs: frozenMs }),
    askGoods(options.trace, asked, { settings, knownAtMs })
  ])
  const now = frozenOf(today, names, { asked, knownAtMs })
  const early = compareManifests(before.goods, manifestOf(then.goods, names))
  const whole = compareManifests(before.goods, now.goods)
  const late = new Set(early.added)
  const wrong = new Set(early.gone)
  const known = new Set(early.moved)
  const causes = [
    { cause: 'newKnowledge' as const, goods: count(whole.added, (key) => !late.has(key)) },
    { cause: 'lateEvent' as const, goods: count(whole.added, (key) => late.has(key)) + count(whole.moved, (key) => known.has(key)) },
    { cause: 'declaredWrong' as const, goods: count(whole.gone, (key) => wrong.has(key)) },
    { cause: 'moved' as const, goods: count(whole.moved, (key) => !known.has(key)) + count(whole.gone, (key) => !wrong.has(key)) }
  ]
  const listed = {
    added: whole.added.slice(0, changesListedMax),
    gone: whole.gone.slice(0, changesListedMax),
    moved: whole.moved.slice(0, changesListedMax)
  }
  return {
    now,
    change: {
      fromVersion: version,
      added: whole.added.length,
      gone: whole.gone.length,
      moved: whole.moved.length,
      causes: causes.filter(({ goods }) => goods > 0),
      listed
    }
  }
}

function count(keys: readonly string[], matches: (key: string) => boolean): number {
  return keys.filter(matches).length
}
