/** The sentences that prove a surge, in Chinese and English: how many reports of what, against how many expected, by which rule. */
import type { Surge } from '@tracegate/detect/reports/surge'
import type { Anomaly } from '@tracegate/model/anomaly'
import type { Product } from '@tracegate/model/registers'
import type { BilingualText } from '@tracegate/model/text'

export interface SurgeFacts {
  readonly type: 'complaintSurge' | 'injurySurge'
  readonly surge: Surge
  readonly product: Product | undefined
  readonly rule: Anomaly['rule']
}

export function proofOfSurge({ type, surge, product, rule }: SurgeFacts): BilingualText {
  const { reports, expected, windowDays, tail, limit, fatal, lots } = surge
  const name = product?.name ?? { zh: '未登记产品', en: 'an unregistered product' }
  const numbers = lots.map((lot) => decodeURIComponent(lot.slice(lot.lastIndexOf('/') + 1)))
  const what = type === 'complaintSurge' ? { zh: '投诉', en: 'complaints' } : { zh: '伤害报告', en: 'reports of injuries' }
  const lotsEn = numbers.length === 0 ? '' : ` (lot ${numbers.join(', ')})`
  const lotsZh = numbers.length === 0 ? '' : `（批次 ${numbers.join('、')}）`
  const fatalEn = fatal === 0 ? '' : `, ${fatal} of a fatal injury`
  const fatalZh = fatal === 0 ? '' : `，其中 ${fatal} 起致命`
  const byChance =
    tail <= limit
      ? {
          en: `; by chance alone so many come with a probability of ${sized(tail)}, the limit is ${sized(limit)}`,
          zh: `；仅因偶然出现的概率为 ${sized(tail)}，限值为 ${sized(limit)}`
        }
      : { en: '; one fatal injury is enough', zh: '；一起致命伤害即触发' }
  return {
    en: `${name.en}${lotsEn}: ${reports.length} ${what.en} in ${windowDays} ${windowDays === 1 ? 'day' : 'days'}${fatalEn}, ${sized(expected)} expected${byChance.en} (rule ${rule.id} version ${rule.version})`,
    zh: `${name.zh}${lotsZh}：${windowDays} 天内 ${reports.length} 起${what.zh}${fatalZh}，预期 ${sized(expected)} 起${byChance.zh}（规则 ${rule.id} 第 ${rule.version} 版）`
  }
}

export function withdrawnProof({ proof }: Anomaly, closedMs: number): BilingualText {
  const at = new Date(closedMs).toISOString()
  return {
    en: `${proof.en}; withdrawn at ${at}, as too few of the reports stand`,
    zh: `${proof.zh}；有效报告不足，已于 ${at} 撤销`
  }
}

function sized(value: number): string {
  return value !== 0 && value < 0.001 ? value.toExponential(1) : String(Math.round(value * 1_000) / 1_000)
}
