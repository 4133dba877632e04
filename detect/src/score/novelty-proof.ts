/** The sentences that prove a novelty, in Chinese and English: which feature of the series was new, by how much, and against which budget. */
import { seriesKeyOf, type Reading } from '@tracegate/model/telemetry'
import type { BilingualText } from '@tracegate/model/text'
import { iso, signOf } from '../proof.ts'
import type { FeatureKind } from './features.ts'
import type { NoveltyParameters } from './novelty-rule.ts'
import type { NoveltyReason } from './novelty-score.ts'

const names: Readonly<Record<FeatureKind, (window: number) => BilingualText>> = {
  value: () => ({ zh: '读数', en: 'the reading' }),
  mean: (window) => ({ zh: `最近 ${window} 个读数的均值`, en: `the mean of ${window} readings` }),
  daily: () => ({ zh: '与一天中该时段常值之差', en: 'the distance from what is usual at this time of day' }),
  dailyMean: (window) => ({
    zh: `最近 ${window} 个读数的均值与一天中该时段常值之差`,
    en: `the distance of the mean of ${window} readings from what is usual at this time of day`
  }),
  lowDecile: (window) => ({ zh: `最近 ${window} 个读数的低位十分位数`, en: `the low decile of ${window} readings` }),
  median: (window) => ({ zh: `最近 ${window} 个读数的中位数`, en: `the median of ${window} readings` }),
  highDecile: (window) => ({ zh: `最近 ${window} 个读数的高位十分位数`, en: `the high decile of ${window} readings` }),
  quartileRange: (window) => ({ zh: `最近 ${window} 个读数的四分位距`, en: `the quartile range of ${window} readings` })
}

export interface NoveltyEvidence {
  readonly reading: Reading
  readonly reason: NoveltyReason
  readonly score: number
  readonly threshold: number
  readonly settings: NoveltyParameters
}

export function noveltyProof({ reading, reason, score, threshold, settings }: NoveltyEvidence): BilingualText {
  const series = seriesKeyOf(reading)
  const at = iso(reading.timeMs)
  const unit = signOf(reading.unit)
  const [value, bound] = [figure(reason.value), figure(reason.bound)]
  const name = names[reason.feature](reason.window)
  const percent = figure(reason.partOfRange * 100)
  const above = reason.value > reason.bound
  const wayEn = reason.inside ? 'between states known so far, nearest' : `${above ? 'above' : 'below'} all before it, until now`
  const wayZh = reason.inside ? '处于已知状态之间，最近的边界为' : `${above ? '高于' : '低于'}以往所有值，此前界限为`
  return {
    en:
      `${series} at ${at}: ${name.en} was ${value} ${unit}, ${wayEn} ${bound} ${unit}, off by ${percent} % of the range seen; ` +
      `novelty ${figure(score)}, alert above ${figure(threshold)} (budget ${settings.budgetPerMonth} a month)`,
    zh:
      `${series} 于 ${at}：${name.zh}为 ${value} ${unit}，${wayZh} ${bound} ${unit}，偏离已见范围的 ${percent}%；` +
      `新颖度 ${figure(score)}，报警阈值 ${figure(threshold)}（每月预算 ${settings.budgetPerMonth} 次）`
  }
}

/** Three significant digits: units and sizes of series differ too much for a fixed number of decimals. */
function figure(value: number): string {
  return String(Number(value.toPrecision(3)))
}
