/**
 * Aggregation mismatch: a thing is read by itself where the container that holds it is not, is packed while it is still inside of
 * something else, or is unpacked from what it was not in. Associations (a sensor on a container) are no packing.
 */
import { Type, type Static } from 'typebox'
import type { TraceFact } from '@tracegate/model/trace-event'
import { compareFacts, parentOf } from '@tracegate/model/trace-graph/session'
import { isIn, names, isAggregation } from './fact-index.ts'
import { isEndOf, isSale, type Life, type Stay } from './life.ts'
import { at, defineRule, minuteMs, siteName, stepName, whereOf, type Finding, type RuleContext } from './rule.ts'
import { isLeaving, remoteBizSteps } from './sightings.ts'
import { areApart, kilometresBetween, siteAfter, siteOf, type Site } from './sites.ts'

const Parameters = Type.Object(
  {
    slackMinutes: Type.Number({ minimum: 0, description: 'By so much the clocks of two places may differ' }),
    outside: Type.Boolean({ description: 'Whether a thing read outside of its container counts' }),
    packedTwice: Type.Boolean({ description: 'Whether a thing packed while it is inside of something else counts' }),
    notInside: Type.Boolean({ description: 'Whether a thing unpacked from what it was not in counts' })
  },
  { additionalProperties: false }
)
type Parameters = Static<typeof Parameters>

export const aggregationMismatchRule = defineRule({
  type: 'aggregationMismatch',
  title: { zh: '装载关系不符', en: 'Aggregation mismatch' },
  parameters: Parameters,
  defaults: { slackMinutes: 5, outside: true, packedTwice: true, notInside: true }
})

export function judgeAggregationMismatch(life: Life, context: RuleContext, parameters: Parameters): Finding[] {
  if (life.kind !== 'item' && life.kind !== 'logistic' && life.kind !== 'asset') return []
  const found: Finding[] = []
  const add = (fact: TraceFact, finding: Finding | undefined): void => {
    if (finding === undefined || context.told.has(fact.eventID)) return
    context.told.add(fact.eventID)
    found.push(finding)
  }
  /** Stays that the thing was seen to have ended without anybody saying so. */
  const left = new Set<Stay>()
  for (const fact of life.own) {
    const stay = openStay(life, fact, left)
    if (isAggregation(fact)) {
      if (!isIn(fact, life.key, 'child')) continue
      if (fact.action === 'ADD') add(fact, parameters.packedTwice ? packedTwice(fact, stay, life, context, parameters) : undefined)
      else if (fact.action === 'DELETE') add(fact, parameters.notInside ? notInside(fact, life, context, parameters) : undefined)
      continue
    }
    if (stay === undefined || !parameters.outside) continue
    const finding = outside(fact, stay, life, context)
    if (finding === undefined) continue
    left.add(stay)
    add(fact, finding)
  }
  return found
}

/** The stay that the event falls into, or that it ended by itself: a sale out of a container that is elsewhere is such an event. */
function openStay(life: Life, fact: TraceFact, left: ReadonlySet<Stay>): Stay | undefined {
  return life.stays.find(
    (stay) => !left.has(stay) && compareFacts(stay.opened, fact) < 0 && (stay.closed === undefined || compareFacts(fact, stay.closed) <= 0)
  )
}

function packedTwice(
  fact: TraceFact,
  stay: Stay | undefined,
  life: Life,
  { lives, sites }: RuleContext,
  { slackMinutes }: Parameters
): Finding | undefined {
  const parent = parentOf(fact)
  if (stay === undefined || parent === undefined || stay.parent === parent || names(fact, stay.parent)) return undefined
  // The case it is in may itself have been put into the new parent.
  if (lives.staysOf(stay.parent).some((outer) => outer.parent === parent && compareFacts(outer.opened, fact) <= 0)) return undefined
  // Two people at two clocks: taken out there right after it was put in here.
  if (stay.closed !== undefined && stay.closed !== fact) return undefined
  const takenOut = life.own.some(
    (other) =>
      isAggregation(other) &&
      other.action === 'DELETE' &&
      parentOf(other) === stay.parent &&
      compareFacts(other, fact) > 0 &&
      other.eventTimeMs - fact.eventTimeMs <= slackMinutes * minuteMs
  )
  if (takenOut) return undefined
  const site = siteOf(fact, sites)
  const name = siteName(fact, site)
  return {
    type: 'aggregationMismatch',
    cause: [stay.opened.eventID, fact.eventID],
    onsetMs: stay.opened.eventTimeMs,
    openedMs: fact.eventTimeMs,
    ...whereOf(fact, site),
    figures: { slackMinutes },
    witnesses: [stay.opened, fact],
    proof: () => ({
      en: `{goods} packed into ${parent} at ${name.en} at ${at(fact)} while still in ${stay.parent}, where it was put at ${at(stay.opened)}`,
      zh: `{goods} 于 ${at(fact)} 在${name.zh}装入 ${parent}，但自 ${at(stay.opened)} 起仍在 ${stay.parent} 内，没有取出记录`
    })
  }
}

function notInside(fact: TraceFact, life: Life, { lives, sites }: RuleContext, { slackMinutes }: Parameters): Finding | undefined {
  const parent = parentOf(fact)
  if (parent === undefined || !life.complete) return undefined
  if (
    life.stays.some(
      (stay) => stay.parent === parent && compareFacts(stay.opened, fact) < 0 && (stay.closed === undefined || endsWith(stay, fact))
    )
  )
    return undefined
  const slackMs = slackMinutes * minuteMs
  const justLeft = ({ closed }: Stay) => closed !== undefined && Math.abs(fact.eventTimeMs - closed.eventTimeMs) <= slackMs
  if (life.stays.some((stay) => stay.parent === parent && justLeft(stay))) return undefined
  const packed = lives.own(parent).filter((other) => isAggregation(other) && other.action !== 'DELETE' && isIn(other, parent, 'parent'))
  // Nobody told what is in it, or the clocks of packing and unpacking differ.
  if (!packed.some((other) => compareFacts(other, fact) < 0)) return undefined
  if (packed.some((other) => isIn(other, life.key, 'child') && Math.abs(other.eventTimeMs - fact.eventTimeMs) <= slackMs)) return undefined
  const site = siteOf(fact, sites)
  const name = siteName(fact, site)
  return {
    type: 'aggregationMismatch',
    cause: [fact.eventID],
    onsetMs: fact.eventTimeMs,
    openedMs: fact.eventTimeMs,
    ...whereOf(fact, site),
    figures: { slackMinutes },
    witnesses: [fact],
    proof: () => ({
      en: `{goods} unpacked from ${parent} at ${name.en} at ${at(fact)}, and no event says that it was put in`,
      zh: `{goods} 于 ${at(fact)} 在${name.zh}从 ${parent} 取出，但没有装入记录`
    })
  }
}

/** The whole container was emptied, or its end told, at the very moment: the list of what came out is no contradiction. */
function endsWith(stay: Stay, fact: TraceFact): boolean {
  return stay.closed === fact || stay.closed?.eventTimeMs === fact.eventTimeMs
}

function outside(fact: TraceFact, stay: Stay, life: Life, context: RuleContext): Finding | undefined {
  if (names(fact, stay.parent) || remoteBizSteps.has(fact.bizStep ?? '') || fact.type === 'TransactionEvent') return undefined
  if (isEndOf({ fact }, life.key) && !isSale(fact)) return undefined
  // That it was made after it was packed is a matter of `broken-sequence.ts`.
  if (fact.bizStep === 'commissioning' || isIn(fact, life.key, 'output')) return undefined
  const site = siteOf(fact, context.sites)
  if (site === undefined) return undefined
  const seen = containerAt(stay, fact, context)
  if (seen === undefined) return undefined
  const { last, there } = seen
  // On its way it may be anywhere, but nothing is sold out of it.
  if (there === undefined ? !takesOut(fact) : !areApart(there, site)) return undefined
  const lastSite = siteOf(last, context.sites)
  const [name, lastName, step] = [siteName(fact, site), siteName(last, lastSite), stepName(fact)]
  const kilometres = lastSite === undefined ? undefined : kilometresBetween(lastSite, site)
  return {
    type: 'aggregationMismatch',
    cause: [stay.parent, fact.eventID],
    onsetMs: fact.eventTimeMs,
    openedMs: fact.eventTimeMs,
    ...whereOf(fact, site),
    figures: kilometres === undefined ? {} : { kilometres: Math.round(kilometres) },
    witnesses: [stay.opened, last, fact],
    proof: () => ({
      en: `{goods} ${step.en} at ${name.en} at ${at(fact)} while inside of ${stay.parent}, which was last told of at ${lastName.en} at ${at(last)}`,
      zh: `{goods} 于 ${at(fact)} 在${name.zh}${step.zh}，但仍在 ${stay.parent} 内，后者最后于 ${at(last)} 出现在${lastName.zh}`
    })
  }
}

const takingOutBizSteps: ReadonlySet<string> = new Set(['retail_selling', 'dispensing', 'stocking', 'installing'])

function takesOut(fact: TraceFact): boolean {
  return takingOutBizSteps.has(fact.bizStep ?? '') || isSale(fact)
}

/** Where the container, or what held that, was last told of before the event; `there` is missing when it had left. */
function containerAt(stay: Stay, fact: TraceFact, { lives, sites }: RuleContext): { last: TraceFact; there: Site | undefined } | undefined {
  const steps = lives.of(stay.parent).steps
  for (let index = steps.length - 1; index >= 0; index -= 1) {
    const one = steps[index]?.fact
    if (one === undefined || compareFacts(one, fact) >= 0 || remoteBizSteps.has(one.bizStep ?? '')) continue
    if (siteOf(one, sites) === undefined) continue
    return { last: one, there: isLeaving(one) ? undefined : siteAfter(one, sites) }
  }
  return undefined
}
