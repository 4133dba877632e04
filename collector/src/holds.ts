/** The goods that measures and recalls hold, as the trace rules are told of them: read from their cases. It decides no case. */
import { compileValidator } from '@tracegate/model/codec'
import { CodedError } from '@tracegate/model/errors'
import { MeasureCase } from '@tracegate/model/measure'
import { RecallCase } from '@tracegate/model/recall-case'
import { frozenGoods, stopKeysOf } from '@tracegate/model/recall-goods'
import { type Hold, keysPerHoldMax } from '@tracegate/detect/engine'
import type { CaseHead, CaseStore } from '@tracegate/store/case-store'

const measures = compileValidator(MeasureCase)
const recalls = compileValidator(RecallCase)
/** Cases of a kind that may hold goods now, and those that ended last: late events may tell of the time before. */
const openMax = 500
const endedMax = 200

/** Drills hold nothing; a ban of sale or trade forbids a step and not every movement. */
export async function readHolds(cases: CaseStore): Promise<Hold[]> {
  const [measureHeads, recallHeads] = await Promise.all([headsOf(cases, 'measure'), headsOf(cases, 'recall')])
  const recalled = await Promise.all(recallHeads.map((head) => holdsOfRecall(cases, head)))
  return [...measureHeads.flatMap(holdOfMeasure), ...recalled.flat()]
}

/** Changes whenever a hold may have. */
export async function holdsVersion(cases: CaseStore): Promise<string> {
  const kinds = ['measure', 'recall'] as const
  const marks = await Promise.all(
    kinds.map(async (kind) => {
      const halves = await Promise.all([true, false].map((open) => cases.heads({ kind, open, limit: 1 })))
      return halves.map(({ heads }) => heads.map(({ id, length, updatedAtMs }) => [id, length, updatedAtMs]))
    })
  )
  return JSON.stringify(marks)
}

async function headsOf(cases: CaseStore, kind: 'measure' | 'recall'): Promise<CaseHead[]> {
  const [open, ended] = await Promise.all([
    cases.heads({ kind, open: true, limit: openMax }),
    cases.heads({ kind, open: false, limit: endedMax })
  ])
  return [...open.heads, ...ended.heads]
}

function holdOfMeasure({ state }: CaseHead): Hold[] {
  const read = measures.check(state)
  if (!read.ok) return []
  const { id, type, drill, goods, exemptions, reason, orderedAtMs, withdrawn } = read.value
  if (drill || (type !== 'sealDetain' && type !== 'recall')) return []
  const released = new Set(exemptions.flatMap(({ keys }) => keys))
  const keys = goods.filter((key) => !released.has(key))
  if (keys.length === 0) return []
  return [{ keys, reason, sinceMs: orderedAtMs, order: id, ...(withdrawn === undefined ? {} : { untilMs: withdrawn.atMs }) }]
}

/** The frozen goods and no others, in as many holds as they need. */
async function holdsOfRecall(cases: CaseStore, { state }: CaseHead): Promise<Hold[]> {
  const read = recalls.check(state)
  if (!read.ok) return []
  const { id, drill, title, startedAtMs, closed } = read.value
  if (drill || startedAtMs === undefined) return []
  const keys = await keysOf(cases, read.value)
  const parts = Array.from({ length: Math.ceil(keys.length / keysPerHoldMax) }, (_, part) =>
    keys.slice(part * keysPerHoldMax, (part + 1) * keysPerHoldMax)
  )
  const until = closed === undefined ? {} : { untilMs: closed.atMs }
  return parts.map((part) => ({ keys: part, reason: title, sinceMs: startedAtMs, order: id, ...until }))
}

interface KeptKeys {
  readonly sha256: string
  readonly keys: readonly string[]
}
/** By store and recall, for the scope in force: every step of any recall asks again, and the goods change with the scope only. */
const kept = new WeakMap<CaseStore, Map<string, KeptKeys>>()

async function keysOf(cases: CaseStore, recall: RecallCase): Promise<readonly string[]> {
  const { id, scope, products } = recall
  if (scope === undefined) return products
  const shelf = kept.get(cases) ?? new Map<string, KeptKeys>()
  kept.set(cases, shelf)
  const known = shelf.get(id)
  if (known?.sha256 === scope.sha256) return known.keys
  const keys = stopKeysOf(recall, await frozenOf(cases, recall))
  // Of a journal that cannot be read no goods are told: its lots hold too much rather than too little.
  if (keys.length === 0) return scope.lots.length > 0 ? scope.lots : products
  shelf.set(id, { sha256: scope.sha256, keys })
  const oldest = shelf.size > openMax + endedMax ? shelf.keys().next().value : undefined
  if (oldest !== undefined) shelf.delete(oldest)
  return keys
}

async function frozenOf(cases: CaseStore, recall: RecallCase): Promise<ReturnType<typeof frozenGoods>> {
  try {
    return frozenGoods(recall, await cases.journal('recall', recall.id), recall.scope?.version ?? 0)
  } catch (error) {
    // A manifest that was tampered with is told by the check of the journals; detection goes on.
    if (error instanceof CodedError) return []
    throw error
  }
}
