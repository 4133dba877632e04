/** The sentences that prove a fault of an instrument, in Chinese and English. They state what was seen and against which figure, nothing else. */
import type { BilingualText } from '@tracegate/model/text'
import { fixed, iso, signOf } from '../proof.ts'
import type { SeriesSettings } from './series-watch.ts'

export interface FaultSeen {
  readonly series: string
  readonly unit: string
  readonly timeMs: number
  readonly value: number
  readonly onsetMs: number
  /** What the fault is about: a rate, a distance, a time. */
  readonly figure: number
  /** The bound it broke. */
  readonly bound: number
}

export function grossRangeText({ series, value, unit, timeMs }: FaultSeen, { suspectSpan }: SeriesSettings): BilingualText {
  const sign = signOf(unit)
  return {
    en: `${series} read ${fixed(value)} ${sign} at ${iso(timeMs)}, outside of what such a sensor can see (${suspectSpan.join(' to ')})`,
    zh: `${series} 于 ${iso(timeMs)} 读数为 ${fixed(value)} ${sign}，超出此类传感器的合理范围（${suspectSpan.join(' 至 ')}）`
  }
}

export function climatologyText({ series, value, unit, timeMs }: FaultSeen): BilingualText {
  const sign = signOf(unit)
  return {
    en: `${series} read ${fixed(value)} ${sign} at ${iso(timeMs)}, outside of what is usual at that season`,
    zh: `${series} 于 ${iso(timeMs)} 读数为 ${fixed(value)} ${sign}，超出该季节的常见范围`
  }
}

export function spikeText({ series, value, unit, timeMs, figure, bound }: FaultSeen): BilingualText {
  const sign = signOf(unit)
  return {
    en: `${series} read ${fixed(value)} ${sign} at ${iso(timeMs)}, ${fixed(figure)} ${sign} off both readings beside it, expected at most ${bound}`,
    zh: `${series} 于 ${iso(timeMs)} 读数为 ${fixed(value)} ${sign}，与前后读数均相差 ${fixed(figure)} ${sign}，合理值不超过 ${bound}`
  }
}

export function rateText({ series, unit, timeMs, figure, bound }: FaultSeen): BilingualText {
  const sign = signOf(unit)
  return {
    en: `${series} changed by ${fixed(figure)} ${sign} a second at ${iso(timeMs)}, expected at most ${bound}`,
    zh: `${series} 于 ${iso(timeMs)} 每秒变化 ${fixed(figure)} ${sign}，合理值不超过 ${bound}`
  }
}

export function flatLineText({ series, value, unit, onsetMs }: FaultSeen): BilingualText {
  const sign = signOf(unit)
  return {
    en: `${series} has read ${fixed(value)} ${sign} without the least change since ${iso(onsetMs)}: the sensor may be stuck`,
    zh: `${series} 自 ${iso(onsetMs)} 起读数恒为 ${fixed(value)} ${sign}，传感器可能卡死`
  }
}

export function attenuatedText({ series, unit, onsetMs, bound }: FaultSeen): BilingualText {
  const sign = signOf(unit)
  return {
    en: `${series} has moved by less than ${bound} ${sign} since ${iso(onsetMs)}: the sensor may have lost touch with what it measures`,
    zh: `${series} 自 ${iso(onsetMs)} 起变化不足 ${bound} ${sign}，传感器可能已脱离被测对象`
  }
}

export function recordingIntervalText({ series, timeMs, figure, bound }: FaultSeen): BilingualText {
  return {
    en: `${series} is recorded every ${seconds(figure)} s at ${iso(timeMs)}; the profile asks for at most ${seconds(bound)} s`,
    zh: `${series} 于 ${iso(timeMs)} 的记录间隔为 ${seconds(figure)} 秒；温控规范要求不超过 ${seconds(bound)} 秒`
  }
}

export function neighbourText({ series, value, unit, timeMs, figure, onsetMs }: FaultSeen, crept: boolean): BilingualText {
  const sign = signOf(unit)
  return {
    en:
      `${series} read ${fixed(value)} ${sign} at ${iso(timeMs)}, ${fixed(Math.abs(figure))} ${sign} ${figure > 0 ? 'above' : 'below'} the sensors beside it; ` +
      `it has ${crept ? 'crept' : 'jumped'} away alone since ${iso(onsetMs)}: the sensor is taken to be at fault, not the goods at risk`,
    zh:
      `${series} 于 ${iso(timeMs)} 读数为 ${fixed(value)} ${sign}，比同处传感器${figure > 0 ? '高' : '低'} ${fixed(Math.abs(figure))} ${sign}；` +
      `自 ${iso(onsetMs)} 起单独${crept ? '漂移' : '跳变'}：判为传感器故障，而非货物风险`
  }
}

function seconds(ms: number): number {
  return Math.round(ms / 1_000)
}
