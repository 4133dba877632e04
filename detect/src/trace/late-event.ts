/**
 * Late or back-dated event: a partner tells of something long after it happened, or anybody of what has not happened yet. What a
 * device kept during an outage is historical, not late; nor is what happened before anybody listened, or while nobody did.
 */
import { Type, type Static } from 'typebox'
import type { TraceFact } from '@tracegate/model/trace-event'
import type { EventOrigin } from '../engine.ts'
import { glnOf } from '../goods-key.ts'
import { iso } from '../proof.ts'
import { at, defineRule, hourMs, minuteMs, siteName, whereOf, type Finding, type RuleContext } from './rule.ts'
import { siteOf } from './sites.ts'

const Parameters = Type.Object(
  {
    lateAfterHours: Type.Number({
      exclusiveMinimum: 0,
      description: 'Told later than this after it happened is late; 24 h is what FSMA 204 gives for records'
    }),
    futureMinutes: Type.Number({ minimum: 0, description: 'By so much the clock of a partner may be ahead' }),
    closeAfterHours: Type.Number({ exclusiveMinimum: 0, description: 'It ends when the place told nothing late for so long' })
  },
  { additionalProperties: false }
)
type Parameters = Static<typeof Parameters>

export const lateEventRule = defineRule({
  type: 'lateEvent',
  title: { zh: '迟报或倒填日期的事件', en: 'Late or back-dated event' },
  parameters: Parameters,
  defaults: { lateAfterHours: 24, futureMinutes: 5, closeAfterHours: 24 }
})

/** When nobody listened: before the start, and while the platform was away. */
export interface Deafness {
  readonly listeningSinceMs: number
  readonly gaps: readonly { readonly fromMs: number; readonly toMs: number }[]
}

export interface Telling {
  readonly fact: TraceFact
  readonly origin: EventOrigin
  readonly deaf: Deafness
}

/** What one place tells late within one hour has one cause. */
export function judgeTelling(
  { fact, origin, deaf }: Telling,
  { sites }: Pick<RuleContext, 'sites'>,
  parameters: Parameters
): Finding | undefined {
  const aheadMs = fact.eventTimeMs - fact.recordTimeMs
  const isFuture = aheadMs > parameters.futureMinutes * minuteMs
  const lateMs = isFuture || origin === 'device' ? 0 : latenessOf(fact, deaf)
  if (!isFuture && lateMs <= parameters.lateAfterHours * hourMs) return undefined
  const site = siteOf(fact, sites)
  const [name, hours] = [siteName(fact, site), Math.round((isFuture ? aheadMs : lateMs) / 36_000) / 100]
  const told = iso(fact.recordTimeMs)
  return {
    type: 'lateEvent',
    cause: [
      isFuture ? 'future' : 'late',
      glnOf(fact.readPoint ?? fact.bizLocation ?? '') ?? 'unknown',
      String(Math.floor(fact.recordTimeMs / hourMs))
    ],
    onsetMs: Math.min(fact.eventTimeMs, fact.recordTimeMs),
    openedMs: fact.recordTimeMs,
    ...whereOf(fact, site),
    figures: isFuture
      ? { hoursAhead: hours, futureMinutes: parameters.futureMinutes }
      : { hoursLate: hours, lateAfterHours: parameters.lateAfterHours },
    witnesses: [fact],
    proof: () =>
      isFuture
        ? {
            en: `{goods}: ${name.en} told at ${told} of ${at(fact)}, ${hours} h ahead of the clock`,
            zh: `{goods}：${name.zh}于 ${told} 上报了发生时间为 ${at(fact)} 的事件，超前 ${hours} 小时`
          }
        : {
            en: `{goods}: ${name.en} told only at ${told} of what happened at ${at(fact)}, ${hours} h later; ${parameters.lateAfterHours} h are allowed`,
            zh: `{goods}：${name.zh}直到 ${told} 才上报 ${at(fact)} 发生的事件，迟报 ${hours} 小时（允许 ${parameters.lateAfterHours} 小时）`
          }
  }
}

/** Time between the event and its telling in which somebody listened; 0 of what lies before the start. */
function latenessOf(fact: TraceFact, { listeningSinceMs, gaps }: Deafness): number {
  if (fact.eventTimeMs < listeningSinceMs) return 0
  const deafMs = gaps.reduce(
    (sum, { fromMs, toMs }) => sum + Math.max(0, Math.min(toMs, fact.recordTimeMs) - Math.max(fromMs, fact.eventTimeMs)),
    0
  )
  return fact.recordTimeMs - fact.eventTimeMs - deafMs
}
