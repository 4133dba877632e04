/**
 * Impossible travel: one thing that was seen on its way at two places so shortly after each other that no transport of the kind used
 * there covers the distance. A serial number that never left the first place is two things: that is `cloned-serial.ts`.
 */
import { Type, type Static } from 'typebox'
import type { PointKind } from '@tracegate/model/registers'
import type { Life } from './life.ts'
import { at, defineRule, hourMs, hoursBetween, minuteMs, whereOf, type Finding, type RuleContext } from './rule.ts'
import { isOfContainer, sightingsOf, type Sighting } from './sightings.ts'
import { areApart, kilometresBetween } from './sites.ts'

const Mode = Type.Object(
  {
    kilometresPerHourMax: Type.Number({ exclusiveMinimum: 0, description: 'Average over the great circle, stops left out' }),
    handlingHours: Type.Number({ minimum: 0, description: 'Loading and unloading that no consignment does without' })
  },
  { additionalProperties: false }
)
type Mode = Static<typeof Mode>

const Parameters = Type.Object(
  {
    road: Mode,
    sea: Mode,
    air: Mode,
    roadKilometresMax: Type.Number({ minimum: 0, description: 'Over more than this goods may have flown' }),
    seaKilometresMin: Type.Number({ minimum: 0, description: 'From quay to quay over more than this they sailed' }),
    slackMinutes: Type.Number({ minimum: 0, description: 'By so much the clocks of two places may differ' })
  },
  { additionalProperties: false }
)
type Parameters = Static<typeof Parameters>

export const impossibleTravelRule = defineRule({
  type: 'impossibleTravel',
  title: { zh: '不可能的行程', en: 'Impossible travel' },
  parameters: Parameters,
  defaults: {
    road: { kilometresPerHourMax: 110, handlingHours: 0 },
    sea: { kilometresPerHourMax: 50, handlingHours: 2 },
    air: { kilometresPerHourMax: 950, handlingHours: 2 },
    roadKilometresMax: 1_500,
    seaKilometresMin: 500,
    slackMinutes: 15
  }
})

const modeNames = {
  road: { zh: '公路', en: 'road' },
  sea: { zh: '海运', en: 'sea' },
  air: { zh: '空运', en: 'air' }
} as const
type ModeName = keyof typeof modeNames

const harbours: ReadonlySet<PointKind> = new Set<PointKind>(['quay', 'reeferYard'])

export function judgeImpossibleTravel(life: Life, context: RuleContext, parameters: Parameters): Finding[] {
  const sightings = sightingsOf(life, context.sites)
  const found: Finding[] = []
  for (const [index, after] of sightings.entries()) {
    const before = sightings[index - 1]
    if (before === undefined || isOfContainer(life, before, after) || context.told.has(after.fact.eventID)) continue
    const finding = travelOf(before, after, parameters)
    if (finding === undefined) continue
    context.told.add(after.fact.eventID)
    found.push(finding)
  }
  return found
}

function travelOf(before: Sighting, after: Sighting, parameters: Parameters): Finding | undefined {
  const spanMs = after.fact.eventTimeMs - before.fact.eventTimeMs
  // Nearly all pairs are of one site.
  if (before.site === after.site || !areApart(before.site, after.site)) return undefined
  const kilometres = kilometresBetween(before.site, after.site) ?? 0
  const name = modeOf(before, after, kilometres, parameters)
  const { kilometresPerHourMax, handlingHours }: Mode = parameters[name]
  const hoursNeeded = kilometres / kilometresPerHourMax + handlingHours
  if (spanMs + parameters.slackMinutes * minuteMs >= hoursNeeded * hourMs) return undefined
  const [km, hours, needed] = [Math.round(kilometres), hoursBetween(before.fact, after.fact), Math.round(hoursNeeded * 10) / 10]
  const [from, to, mode] = [before.site.name, after.site.name, modeNames[name]]
  return {
    type: 'impossibleTravel',
    cause: [before.fact.eventID, after.fact.eventID],
    onsetMs: before.fact.eventTimeMs,
    openedMs: after.fact.eventTimeMs,
    ...whereOf(after.fact, after.site),
    figures: { kilometres: km, hours, hoursNeeded: needed, kilometresPerHourMax, handlingHours, slackMinutes: parameters.slackMinutes },
    witnesses: [before.fact, after.fact],
    proof: () => ({
      en: `{goods} was at ${from.en} at ${at(before.fact)} and at ${to.en}, ${km} km away, at ${at(after.fact)}: ${hours} h, where ${mode.en} needs at least ${needed} h`,
      zh: `{goods} 于 ${at(before.fact)} 在${from.zh}，于 ${at(after.fact)} 已在 ${km} 公里外的${to.zh}：历时 ${hours} 小时，${mode.zh}至少需要 ${needed} 小时`
    })
  }
}

function modeOf(before: Sighting, after: Sighting, kilometres: number, parameters: Parameters): ModeName {
  const isHarbour = ({ site }: Sighting) => site.kind !== undefined && harbours.has(site.kind)
  if (isHarbour(before) && isHarbour(after) && kilometres >= parameters.seaKilometresMin) return 'sea'
  return kilometres <= parameters.roadKilometresMax ? 'road' : 'air'
}
