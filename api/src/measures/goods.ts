/** Which goods a measure is about, and what the trace knows of them: the units of a lot, and what holds them now. It writes nothing. */
import { measureGoodsMax } from '@tracegate/model/measure'
import { keyKind } from '@tracegate/model/gs1/key'
import type { RecallCase } from '@tracegate/model/recall-case'
import { isWhole, stopKeysOf } from '@tracegate/model/recall-goods'
import type { ManifestGood } from '@tracegate/model/recall-manifest'
import type { TraceEdge, TraceNode } from '@tracegate/model/trace'
import type { WarningCase } from '@tracegate/model/warning'
import type { TraceStore } from '@tracegate/store/trace-store'

const isTraceKey = (key: string) => key.startsWith('https://id.gs1.org/')

/** The lots of a warning and the units and containers that were exposed; its products where it names neither. */
export function goodsOfWarning({ scope }: Pick<WarningCase, 'scope'>): string[] {
  const exposed = scope.exposed.map(({ key }) => key).filter((key) => ['item', 'logistic', 'asset', 'lot'].includes(keyKind(key)))
  const keys = [...new Set([...scope.lots, ...exposed])].filter(isTraceKey).slice(0, measureGoodsMax)
  return keys.length > 0 ? keys : scope.products.filter(isTraceKey).slice(0, measureGoodsMax)
}

/** The frozen goods of a recall, proved against the hash in its case. */
export type FrozenGoodsOf = (recall: RecallCase) => Promise<readonly ManifestGood[]>

/**
 * The frozen goods of a recall and no others; before its scope is frozen what its report is about. Units of whole lots are left to the
 * trace, which knows them; what goes past the bound of a measure is in `exactGoods`.
 */
export async function goodsOfRecall(recall: RecallCase, frozenGoods: FrozenGoodsOf): Promise<string[]> {
  const keys = await exactGoods(recall, frozenGoods)
  const isUnit = (key: string) => keyKind(key) === 'item'
  // Lots and containers first: they stop more.
  const named = [...keys.filter((key) => !isUnit(key)), ...(isWhole(recall) ? [] : keys.filter(isUnit))]
  return (named.length > 0 ? named : recall.products.filter(isTraceKey)).slice(0, measureGoodsMax)
}

/** All keys that hold the frozen goods; empty before the scope is frozen. */
export async function exactGoods(recall: RecallCase, frozenGoods: FrozenGoodsOf): Promise<string[]> {
  return recall.scope === undefined ? [] : stopKeysOf(recall, await frozenGoods(recall)).filter(isTraceKey)
}

/** The recall whose goods a measure is about: where a warning is named too, it tells the goods of all but a recall. */
export function recallOfGoods<Case>(
  measure: { readonly type: string; readonly warning?: string; readonly recall?: string },
  recall: Case | undefined
): Case | undefined {
  return measure.warning === undefined || measure.type === 'recall' ? recall : undefined
}

export interface Expansion {
  readonly keys: readonly string[]
  readonly truncated: boolean
}

/** Nodes walked for one measure, and how long; past either the answer is cut and says so. */
const nodesMax = 200_000
const timeMaxMs = 5_000

/**
 * Everything the trace knows to come of the goods, units, lots and what they became, and the logistic units and containers that hold any
 * of it now. Where only classes are known the scan's own lot decides at the reader.
 */
export async function expandGoods(trace: TraceStore, keys: readonly string[]): Promise<Expansion> {
  if (keys.length === 0) return { keys: [], truncated: false }
  const answer = await trace.ask('forward', { of: [...keys], nodesMax, timeMaxMs })
  const asked = new Set(keys)
  const found = goodsIn(answer.nodes, answer.edges).filter((key) => !asked.has(key) && isTraceKey(key))
  return { keys: found, truncated: answer.truncated }
}

function goodsIn(nodes: readonly TraceNode[], edges: readonly TraceEdge[]): string[] {
  const goods = nodes.filter(({ kind }) => kind === 'item' || kind === 'lot').map(({ key }) => key)
  const held = new Set(goods)
  const parents = new Map<string, string[]>()
  for (const { kind, from, to, toMs, declaredWrong } of edges)
    if (kind === 'contains' && toMs === undefined && declaredWrong !== true) parents.set(to, [...(parents.get(to) ?? []), from])
  // A pallet in a container: upwards until nothing holds it.
  for (const key of held) for (const parent of parents.get(key) ?? []) held.add(parent)
  return [...held]
}
