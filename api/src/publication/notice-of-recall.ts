/** What of a recall goes out: its notice when the recall runs, each change of it, and its end; found again from the journal alone. Pure. */
import { compileValidator } from '@tracegate/model/codec'
import { noticeListMax, type NoticeEvent, type PublicNotice } from '@tracegate/model/notice'
import type { AudienceName } from '@tracegate/model/policy/channels'
import { publicRecallStatuses, type RecallCase } from '@tracegate/model/recall-case'
import { reduceRecall } from '@tracegate/model/recall-reducer'
import { RecallStep } from '@tracegate/model/recall-steps'
import type { JournalStep } from '@tracegate/store/case-store'
import { namedGoods, type NoticeWorld } from './notice-of-warning.ts'

export interface RecallEdition {
  readonly edition: number
  readonly event: NoticeEvent
  readonly atMs: number
  readonly firstAtMs: number
  readonly state: RecallCase
}

const steps = compileValidator(RecallStep)

export function editionsOfRecall(id: string, journal: readonly JournalStep[]): RecallEdition[] {
  const editions: RecallEdition[] = []
  let state: RecallCase | undefined
  for (const { data, atMs, by, why } of journal) {
    const read = steps.check(data)
    if (!read.ok) throw new TypeError(`Cannot publish recall ${id}: a step of its journal is not readable, ${read.reason.message}`)
    state = reduceRecall(state, read.value, { id, atMs, by, why })
    const event = eventOf(read.value.type, editions.length)
    if (event === undefined || state.notice === undefined || !publicRecallStatuses.has(state.status)) continue
    editions.push({ edition: editions.length + 1, event, atMs, firstAtMs: editions[0]?.atMs ?? atMs, state })
  }
  return editions
}

function eventOf(type: RecallStep['type'], before: number): NoticeEvent | undefined {
  if (type === 'closed') return 'lifted'
  if (type === 'extended') return before === 0 ? 'published' : 'extended'
  if (type !== 'noticePublished' && type !== 'started' && type !== 'scopeFrozen') return undefined
  return before === 0 ? 'published' : type === 'started' ? undefined : 'amended'
}

export function noticeOfRecall(
  { edition, event, atMs, firstAtMs, state }: RecallEdition,
  world: NoticeWorld,
  audience: AudienceName
): PublicNotice {
  const { notice, scope } = state
  const { products, lots } = namedGoods([...state.products, ...(scope?.products ?? [])], scope?.lots ?? [], world.products)
  const brand = notice?.content.product.brand
  const brands = new Set([...(brand === undefined ? [] : [brand]), ...products.flatMap((product) => product.brand ?? [])])
  return {
    subject: 'recall',
    case: state.id,
    number: state.id,
    edition,
    event,
    kind: 'recallNotice',
    audience,
    drill: state.drill,
    firstAtMs,
    atMs,
    startMs: state.startedAtMs ?? firstAtMs,
    ...(state.completeByMs === undefined ? {} : { untilMs: state.completeByMs }),
    title: notice?.content.headline ?? state.title,
    matters: notice?.content.hazard ?? state.description,
    ...(notice === undefined ? {} : { advice: notice.content.instruction, recall: notice.content }),
    hazard: state.hazard,
    certainty: 'Observed',
    products: products.slice(0, noticeListMax),
    lots: lots.slice(0, noticeListMax),
    hsCodes: [...new Set(products.flatMap(({ hsCode }) => hsCode ?? []))].slice(0, noticeListMax),
    brands: [...brands].slice(0, noticeListMax),
    truncated:
      scope?.truncated === true || products.length > noticeListMax || (scope?.lotsFound ?? 0) > lots.length || lots.length > noticeListMax,
    areas: [],
    ports: [],
    operators: [],
    measures: ['recall'],
    recalls: []
  }
}
