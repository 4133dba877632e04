/**
 * Cloned serial: one serial number lives twice. It was commissioned twice, sold twice without coming back in between, traded on
 * elsewhere after its sale, or seen at a place while it never left another. In whichever order this is told.
 */
import { Type, type Static } from 'typebox'
import type { TraceFact } from '@tracegate/model/trace-event'
import { endsGoods } from '@tracegate/model/trace-graph/session'
import { isIn } from './fact-index.ts'
import { isSale, type Life } from './life.ts'
import { at, defineRule, hourMs, hoursBetween, minutesBetween, siteName, whereOf, type Finding, type RuleContext } from './rule.ts'
import { isLeaving, isOfContainer, sightingsOf, type Sighting } from './sightings.ts'
import { areApart, kilometresBetween, siteOf } from './sites.ts'

const Parameters = Type.Object(
  {
    kilometresPerHourMax: Type.Number({
      minimum: 100,
      description: 'Faster than this between two places and it was not one thing that travelled'
    }),
    resaleHours: Type.Number({ minimum: 0, description: 'Two sales at one place closer than this are one sale told twice' }),
    returnDispositions: Type.Array(Type.String({ maxLength: 256 }), {
      maxItems: 32,
      description: 'By which goods that were sold come back'
    }),
    returnBizSteps: Type.Array(Type.String({ maxLength: 256 }), { maxItems: 32, description: 'By which goods that were sold come back' })
  },
  { additionalProperties: false }
)
type Parameters = Static<typeof Parameters>

export const clonedSerialRule = defineRule({
  type: 'clonedSerial',
  title: { zh: '序列号被克隆', en: 'Cloned serial number' },
  parameters: Parameters,
  defaults: {
    kilometresPerHourMax: 1_000,
    resaleHours: 1,
    returnDispositions: ['returned'],
    returnBizSteps: ['returning', 'collecting']
  }
})

interface Clash {
  readonly before: TraceFact
  readonly after: TraceFact
  readonly figures: Readonly<Record<string, number>>
  readonly why: { readonly zh: string; readonly en: string }
}

export function judgeClonedSerial(life: Life, context: RuleContext, parameters: Parameters): Finding[] {
  if (life.kind !== 'item' || life.steps.length < 2) return []
  const clashes = [
    commissionedTwice(life),
    soldTwice(life, context, parameters),
    ...seenTwice(sightingsOf(life, context.sites), life, parameters)
  ].filter((clash) => clash !== undefined)
  const found: Finding[] = []
  for (const clash of clashes) {
    if (context.told.has(clash.after.eventID)) continue
    context.told.add(clash.after.eventID)
    found.push(findingOf(clash, context))
  }
  return found
}

function findingOf({ before, after, figures, why }: Clash, { sites }: RuleContext): Finding {
  return {
    type: 'clonedSerial',
    cause: [before.eventID, after.eventID],
    onsetMs: before.eventTimeMs,
    openedMs: after.eventTimeMs,
    ...whereOf(after, siteOf(after, sites)),
    figures,
    witnesses: [before, after],
    proof: () => ({
      en: `{goods}, read at ${at(after)}, ${why.en}: the serial exists twice`,
      zh: `{goods} 于 ${at(after)} 被识读，但该序列号${why.zh}：序列号重复`
    })
  }
}

/** Making a number again after its thing was no more is a matter of `use-after-end.ts`, so only a living one counts. */
function commissionedTwice({ own, key }: Life): Clash | undefined {
  const firsts = new Map<string, TraceFact>()
  for (const fact of own) {
    const how = makingOf(fact, key)
    if (how === undefined) {
      if (isIn(fact, key, 'object') && endsGoods(fact)) firsts.clear()
      continue
    }
    const before = firsts.get(how)
    if (before === undefined) firsts.set(how, fact)
    else if (!isTellingOf(before, fact))
      return {
        before,
        after: fact,
        figures: { hours: hoursBetween(before, fact) },
        why: { en: `was already commissioned at ${at(before)}`, zh: `已于 ${at(before)} 赋码` }
      }
  }
  return undefined
}

/** A thing may come out of a transformation and be given its number by an event of its own: these are two ways of making. */
function makingOf(fact: TraceFact, key: string): string | undefined {
  if (fact.type === 'TransformationEvent') return isIn(fact, key, 'output') ? 'made' : undefined
  const commissioned = fact.type === 'ObjectEvent' && fact.action === 'ADD' && fact.bizStep === 'commissioning'
  return commissioned && isIn(fact, key, 'object') ? 'commissioned' : undefined
}

/** The same doing told by two systems under two ids. */
function isTellingOf(a: TraceFact, b: TraceFact): boolean {
  if (a.transformationID !== undefined && a.transformationID === b.transformationID) return true
  return a.eventTimeMs === b.eventTimeMs && a.bizStep === b.bizStep && a.readPoint === b.readPoint
}

const tradeBizSteps: ReadonlySet<string> = new Set([
  'shipping',
  'departing',
  'receiving',
  'arriving',
  'storing',
  'stocking',
  'packing',
  'retail_selling',
  'dispensing'
])

/** After a sale a thing is with its buyer: it comes back to its seller, or is told to be returned, before it is traded again. */
function soldTwice({ own }: Life, { sites }: RuleContext, parameters: Parameters): Clash | undefined {
  let sale: TraceFact | undefined
  for (const fact of own) {
    if (sale !== undefined) {
      const there = siteOf(sale, sites)
      const here = siteOf(fact, sites)
      const apart = there !== undefined && here !== undefined && areApart(there, here)
      const again = isSale(fact)
      const isSame = again && !apart && fact.eventTimeMs - sale.eventTimeMs < parameters.resaleHours * hourMs
      if (isReturn(fact, parameters) || (!again && !apart && tradeBizSteps.has(fact.bizStep ?? ''))) sale = undefined
      else if (!isSame && (again || (apart && tradeBizSteps.has(fact.bizStep ?? '')))) {
        const name = siteName(sale, there)
        return {
          before: sale,
          after: fact,
          figures: { hours: hoursBetween(sale, fact) },
          why: {
            en: `was sold at ${name.en} at ${at(sale)} and never came back`,
            zh: `已于 ${at(sale)} 在${name.zh}售出且未退回`
          }
        }
      }
    }
    if (isSale(fact)) sale ??= fact
  }
  return undefined
}

function isReturn(fact: TraceFact, { returnBizSteps, returnDispositions }: Parameters): boolean {
  return returnBizSteps.includes(fact.bizStep ?? '') || returnDispositions.includes(fact.disposition ?? '')
}

/** Seen at two places faster than anything travels without having left the first, or at one, another, and the first again. */
function seenTwice(sightings: readonly Sighting[], life: Life, parameters: Parameters): Clash[] {
  const clashes: Clash[] = []
  for (const [index, after] of sightings.entries()) {
    const before = sightings[index - 1]
    if (before === undefined || isOfContainer(life, before, after)) continue
    const clash = tooFast(before, after, parameters) ?? comesAndGoes(before, after, sightings[index + 1])
    if (clash !== undefined) clashes.push(clash)
  }
  return clashes
}

function tooFast(before: Sighting, after: Sighting, { kilometresPerHourMax }: Parameters): Clash | undefined {
  if (isLeaving(before.fact) || !areApart(before.site, after.site)) return undefined
  const kilometres = kilometresBetween(before.site, after.site) ?? 0
  const hours = (after.fact.eventTimeMs - before.fact.eventTimeMs) / hourMs
  if (hours * kilometresPerHourMax >= kilometres) return undefined
  const [km, minutes] = [Math.round(kilometres), minutesBetween(before.fact, after.fact)]
  return {
    before: before.fact,
    after: after.fact,
    figures: { kilometres: km, hours: hoursBetween(before.fact, after.fact), kilometresPerHourMax },
    why: {
      en: `was seen at ${before.site.name.en} at ${at(before.fact)}, ${km} km and ${minutes} min before, and had not left there`,
      zh: `${minutes} 分钟前（${at(before.fact)}）在 ${km} 公里外的${before.site.name.zh}被识读，且没有离开记录`
    }
  }
}

/** It never left the first place, was seen at a second where it never arrived, and was at the first all the time. */
function comesAndGoes(first: Sighting, second: Sighting, third: Sighting | undefined): Clash | undefined {
  // What its container did tells nothing of a thing that was read apart from it.
  if (third === undefined || first.step.via !== undefined || third.step.via !== undefined) return undefined
  if (isLeaving(first.fact) || isLeaving(second.fact) || isArriving(second.fact) || isArriving(third.fact)) return undefined
  if (!areApart(first.site, second.site) || areApart(first.site, third.site)) return undefined
  const name = first.site.name
  return {
    before: first.fact,
    after: second.fact,
    figures: { hours: hoursBetween(first.fact, second.fact), kilometres: Math.round(kilometresBetween(first.site, second.site) ?? 0) },
    why: {
      en: `was at ${name.en} at ${at(first.fact)} and again at ${at(third.fact)} without leaving or arriving in between`,
      zh: `在 ${at(first.fact)} 与 ${at(third.fact)} 均位于${name.zh}，其间没有离开或到达记录`
    }
  }
}

function isArriving(fact: TraceFact): boolean {
  return fact.bizStep === 'receiving' || fact.bizStep === 'arriving'
}
