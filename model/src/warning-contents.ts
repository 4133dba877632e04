/**
 * What a warning must contain before it may be published: the four contents of task 10 and what task 9 asks of each kind. Pure; who may
 * publish it, and when, is not decided here.
 */
import type { Reason } from './errors.ts'
import type { MeasureType } from './policy/measures.ts'
import type { BilingualText } from './text.ts'
import type { RecallScope, WarningCase, WarningContent } from './warning.ts'

export type PublishableContent = WarningContent & { readonly scope: RecallScope }

function missing(pointer: string, wanted: string): Reason {
  return { code: 'CONTENT_MISSING', pointer, message: `${pointer} is missing or empty, expected ${wanted}` }
}

function isBlank(text: string): boolean {
  return text.trim() === ''
}

function textFaults(text: BilingualText | undefined, pointer: string, wanted: string): Reason[] {
  if (text === undefined) return [missing(pointer, wanted)]
  return [
    ...(isBlank(text.zh) ? [missing(`${pointer}/zh`, `${wanted} in Chinese`)] : []),
    ...(isBlank(text.en) ? [missing(`${pointer}/en`, `${wanted} in English`)] : [])
  ]
}

/** Whether it says which goods, or which brands, headings or regions, it is about. */
function namesSomething({ scope, range }: PublishableContent): boolean {
  const goods = [scope.exposed, scope.products, scope.lots, scope.holdings]
  return goods.some((list) => list.length > 0) || [range.regions, range.hsPrefixes, range.brands].some((list) => list.length > 0)
}

/** Empty when nothing is missing of what every warning needs, and its kind but for the mandatory measure. */
export function contentFaults(content: PublishableContent): Reason[] {
  const faults = [
    ...textFaults(content.title, '/title', 'a title'),
    ...textFaults(content.matters, '/matters', 'what the warning is about (task 10, 警示事项)')
  ]
  if (!namesSomething(content)) faults.push(missing('/scope', 'goods, or a range of regions, headings or brands (task 10, 预警范围)'))
  if (content.untilMs !== undefined && content.untilMs <= content.startMs)
    faults.push({
      code: 'CONTENT_INVALID',
      pointer: '/untilMs',
      message: `/untilMs is ${content.untilMs}, expected to be after startMs (${content.startMs})`
    })
  return [...faults, ...kindFaults(content)]
}

function kindFaults(content: PublishableContent): Reason[] {
  switch (content.kind) {
    case undefined:
      return [missing('/kind', 'bulletin, operatorNotice or publicAnnouncement (task 9)')]
    case 'bulletin':
      return [
        ...textFaults(content.controlInstruction, '/controlInstruction', 'what the ports are to do (task 9, 风险警示通报)'),
        ...((content.audience.ports ?? []).length === 0 ? [missing('/audience/ports', 'at least one port')] : [])
      ]
    case 'operatorNotice':
      return (content.audience.operators ?? []).length === 0 ? [missing('/audience/operators', 'at least one operator')] : []
    case 'publicAnnouncement':
      return []
    default:
      return content.kind satisfies never
  }
}

/** All that is missing for publication; `mandatoryMeasures` are those, stated or ordered, that the policy calls mandatory. */
export function publicationFaults(content: PublishableContent, mandatoryMeasures: readonly MeasureType[]): Reason[] {
  const needsMeasure = content.kind === 'publicAnnouncement' && mandatoryMeasures.length === 0
  return [
    ...contentFaults(content),
    ...(needsMeasure ? [missing('/measuresStated', 'at least one mandatory measure (task 9, 风险警示公告)')] : [])
  ]
}

/** The written content of a case, without what steps and machines keep beside it. */
export function contentOf(warning: WarningCase): WarningContent {
  const { title, hazard, regime, kind, level, startMs, untilMs, range, matters, controlInstruction, advice, audience, measuresStated } =
    warning
  return {
    title,
    hazard,
    regime,
    ...(kind === undefined ? {} : { kind }),
    level,
    startMs,
    ...(untilMs === undefined ? {} : { untilMs }),
    range,
    matters,
    ...(controlInstruction === undefined ? {} : { controlInstruction }),
    ...(advice === undefined ? {} : { advice }),
    audience,
    measuresStated
  }
}
