/** The content of a warning draft: exposed goods, holders, criteria and texts, from an anomaly and what the stores know. It writes nothing. */
import type { Anomaly } from '@tracegate/model/anomaly'
import type { Stay } from '@tracegate/model/trace'
import type { TraceStore } from '@tracegate/store/trace-store'
import { mattersOf, titleOf } from './draft-text.ts'
import type { PolicyBook } from './policy/policy-book.ts'
import type { Registers } from './registers.ts'
import type { DraftContent } from './warning-writer.ts'
import { judgeScope, readRegisters, scopeOfGoods, type CaseFigures } from './warnings/judge-scope.ts'

export interface DraftSources {
  readonly trace: TraceStore
  readonly registers: Registers
  readonly policy: PolicyBook
  readonly nowMs: () => number
}

/** Anomalies of a place expose what is there; these name their goods. */
const namesItsGoods: ReadonlySet<Anomaly['category']> = new Set(['trace', 'report', 'plan'])
/** Stays asked of the store for one anomaly. */
const staysMax = 5_000
/** Goods of a trace anomaly whose stays are looked up. */
const namedMax = 100
const minuteMs = 60_000

/** Undefined when no goods are concerned: an empty chamber endangers nobody. */
export async function draftContent(sources: DraftSources, anomaly: Anomaly): Promise<DraftContent | undefined> {
  const [found, registers, policy] = await Promise.all([
    exposedGoods(sources, anomaly),
    readRegisters(sources.registers),
    sources.policy.current()
  ])
  const keys = [...new Set([...found.stays.map((stay) => stay.key), ...anomaly.goods])]
  if (keys.length === 0) return undefined
  const asked = { goods: anomaly.goods, stays: found.stays, truncated: found.truncated }
  const goods = await scopeOfGoods(sources, asked)
  const { scope } = goods
  const figures = caseFigures(anomaly)
  const judged = judgeScope({ ...goods, registers, policy, figures, here: { place: anomaly.place, point: anomaly.point } })
  const place = registers.places.find((row) => row.key === anomaly.place)
  const texts = { anomaly, place, products: judged.products, goods: scope.total > 0 ? scope.total : keys.length }
  return {
    anomaly: anomaly.id,
    title: titleOf(texts),
    matters: mattersOf(texts),
    startMs: anomaly.onsetMs,
    ...judged.content,
    scope,
    policyVersion: policy.version,
    assessWithinMs: policy.policy.publication.levels[judged.content.proposal.level].clocks.assessMs,
    ...(anomaly.point === undefined ? {} : { point: anomaly.point }),
    ...(anomaly.place === undefined ? {} : { place: anomaly.place })
  }
}

/** Who was at the place from the first sign to the end of the anomaly, or to now while it is open; for other rules the goods they name. */
async function exposedGoods(sources: DraftSources, anomaly: Anomaly): Promise<{ stays: Stay[]; truncated: boolean }> {
  if (namesItsGoods.has(anomaly.category)) return namedGoods(sources, anomaly)
  if (anomaly.place === undefined) return { stays: [], truncated: false }
  const untilNow = anomaly.historical ? anomaly.lastMs : Math.max(anomaly.lastMs, sources.nowMs())
  const toMs = anomaly.closedMs ?? untilNow
  const answer = await sources.trace.ask('exposure', { place: anomaly.place, fromMs: anomaly.onsetMs, toMs, limit: staysMax })
  return { stays: answer.goods, truncated: answer.truncated }
}

async function namedGoods(sources: DraftSources, anomaly: Anomaly): Promise<{ stays: Stay[]; truncated: boolean }> {
  const named = anomaly.goods.slice(0, namedMax)
  const stays = await Promise.all(named.map((key) => sources.trace.ask('stays', key)))
  const current = stays.flatMap((all) => {
    const then = all.findLast((stay) => stay.fromMs <= anomaly.openedMs && (stay.toMs ?? Infinity) >= anomaly.openedMs)
    const chosen = then ?? all.at(-1)
    return chosen === undefined ? [] : [chosen]
  })
  return { stays: current, truncated: named.length < anomaly.goods.length }
}

function caseFigures(anomaly: Anomaly): CaseFigures {
  const { complaints, injuries } = anomaly.figures
  const reports = anomaly.reports?.length ?? 0
  return {
    open: anomaly.status === 'open',
    ...paceOf(anomaly),
    complaints: anomaly.category === 'report' ? Math.max(reports, complaints ?? 0) : reports,
    injuries: injuries ?? (anomaly.type === 'injurySurge' ? reports : 0)
  }
}

/** How fast and how far a reading left its limits, where the anomaly is about readings. */
function paceOf(anomaly: Anomaly): { kelvinPerHour?: number; doseShare?: number } {
  const { peak, high, limitHigh, limitLow, degreeMinutes, degreeMinutesMax } = anomaly.figures
  const limit = high === 0 ? limitLow : limitHigh
  const hours = Math.max(anomaly.lastMs - anomaly.onsetMs, minuteMs) / 3_600_000
  return {
    ...(peak === undefined || limit === undefined ? {} : { kelvinPerHour: Math.abs(peak - limit) / hours }),
    ...(degreeMinutes === undefined || degreeMinutesMax === undefined || degreeMinutesMax <= 0
      ? {}
      : { doseShare: degreeMinutes / degreeMinutesMax })
  }
}
