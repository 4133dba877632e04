/** The goods that measures and recalls hold, as the trace rules are told of them: read from their cases. It decides no case. */
import { compileValidator } from '@tracegate/model/codec'
import { MeasureCase } from '@tracegate/model/measure'
import { RecallCase } from '@tracegate/model/recall-case'
import type { Hold } from '@tracegate/detect/engine'
import type { CaseHead, CaseStore } from '@tracegate/store/case-store'

const measures = compileValidator(MeasureCase)
const recalls = compileValidator(RecallCase)
/** Cases of a kind that may hold goods now, and those that ended last: late events may tell of the time before. */
const openMax = 500
const endedMax = 200

/** Drills hold nothing; a ban of sale or trade forbids a step and not every movement. */
export async function readHolds(cases: CaseStore): Promise<Hold[]> {
  const [measureHeads, recallHeads] = await Promise.all([headsOf(cases, 'measure'), headsOf(cases, 'recall')])
  return [...measureHeads.flatMap(holdOfMeasure), ...recallHeads.flatMap(holdOfRecall)]
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

function holdOfRecall({ state }: CaseHead): Hold[] {
  const read = recalls.check(state)
  if (!read.ok) return []
  const { id, drill, title, startedAtMs, scope, products, closed } = read.value
  if (drill || startedAtMs === undefined) return []
  const keys = scope !== undefined && scope.lots.length > 0 ? scope.lots : products
  return [{ keys: [...keys], reason: title, sinceMs: startedAtMs, order: id, ...(closed === undefined ? {} : { untilMs: closed.atMs }) }]
}
