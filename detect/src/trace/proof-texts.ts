/** The words that all trace rules share: how goods are named, and why an anomaly closed. */
import type { AnomalyType } from '@tracegate/model/anomaly'
import type { BilingualText } from '@tracegate/model/text'
import { iso } from '../proof.ts'

/** declared: an event that showed it was declared wrong; explained: a later report explains it; ended: what it was about ended. */
export interface Closing {
  readonly reason: 'declared' | 'explained' | 'movedOn' | 'registered' | 'quiet' | 'disabled'
  readonly atMs: number
  /** The event that brought it about, and when that happened. */
  readonly eventID?: string
  readonly eventTimeMs?: number
}

const reasons = {
  declared: { en: 'withdrawn at {at}, as an event that showed it was declared wrong', zh: '相关事件被声明有误，已于 {at} 撤销' },
  explained: { en: 'withdrawn at {at}, as {event}, reported late, explains it', zh: '补报的 {event} 已作出解释，于 {at} 撤销' },
  movedOn: { en: 'ended at {at} by {event}', zh: '已于 {at} 由 {event} 结束' },
  registered: { en: 'closed at {at}, as it is registered now', zh: '已登记，于 {at} 关闭' },
  quiet: { en: 'closed at {at}, as nothing more of it was told', zh: '此后未再发生，于 {at} 关闭' },
  disabled: { en: 'closed at {at}, as its rule was switched off', zh: '规则已停用，于 {at} 关闭' }
} as const satisfies Record<Closing['reason'], BilingualText>

export function closingProof(proof: BilingualText, { reason, atMs, eventID }: Closing): BilingualText {
  const fill = (text: string) => text.replace('{at}', iso(atMs)).replace('{event}', eventID ?? '–')
  const words = reasons[reason]
  return { en: `${proof.en}; ${fill(words.en)}`, zh: `${proof.zh}；${fill(words.zh)}` }
}

export function describeGoods(type: AnomalyType, goods: readonly string[], count: number): BilingualText {
  if (type === 'lateEvent') return { en: count === 1 ? '1 event' : `${count} events`, zh: `${count} 个事件` }
  const [first] = goods
  if (goods.length === 1 && first !== undefined) return { en: first, zh: first }
  const shown = Math.max(count, goods.length)
  return first === undefined ? { en: 'goods', zh: '货物' } : { en: `${shown} units (${first} …)`, zh: `${shown} 件（${first} 等）` }
}
