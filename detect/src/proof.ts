/** The sentences that prove an anomaly, in Chinese and English: what was seen, when, against which rule. */
import type { Anomaly } from '@tracegate/model/anomaly'
import type { Place, ProductProfile } from '@tracegate/model/registers'
import type { BilingualText } from '@tracegate/model/text'

export function describePlaceAnomaly(anomaly: Anomaly, place: Place, profile: ProductProfile): BilingualText {
  const figures = anomaly.figures
  const high = figures['high'] === 1
  const limit = high ? profile.high : profile.low
  const seconds = Math.round((anomaly.lastMs - anomaly.onsetMs) / 1_000)
  const budgetEn = profile.degreeMinutesMax === undefined ? '' : ` of ${profile.degreeMinutesMax} allowed`
  const budgetZh = profile.degreeMinutesMax === undefined ? '' : `（允许 ${profile.degreeMinutesMax}）`
  const kinetic = figures['meanKineticTemperature']
  const kineticEn = kinetic === undefined ? '' : `, mean kinetic temperature ${fixed(kinetic)} °C`
  const kineticZh = kinetic === undefined ? '' : `，平均动力学温度 ${fixed(kinetic)} °C`
  const closedEn = anomaly.closedMs === undefined ? '' : `; back inside, closed at ${iso(anomaly.closedMs)}`
  const closedZh = anomaly.closedMs === undefined ? '' : `；已恢复，${iso(anomaly.closedMs)} 关闭`
  return {
    en:
      `${place.name.en}: temperature ${high ? 'above' : 'below'} ${limit} °C since ${iso(anomaly.onsetMs)}, alarm at ${iso(anomaly.openedMs)} ` +
      `after ${profile.onDelayMs / 1_000} s; peak ${fixed(figures['peak'])} °C, ${fixed(figures['degreeMinutes'])} degree-minutes${budgetEn} ` +
      `in ${seconds} s${kineticEn} (profile ${profile.id} version ${profile.version})${closedEn}`,
    zh:
      `${place.name.zh}：温度自 ${iso(anomaly.onsetMs)} 起${high ? '高于' : '低于'} ${limit} °C，持续 ${profile.onDelayMs / 1_000} 秒后于 ` +
      `${iso(anomaly.openedMs)} 报警；极值 ${fixed(figures['peak'])} °C，${seconds} 秒内累计 ${fixed(figures['degreeMinutes'])} 度·分${budgetZh}` +
      `${kineticZh}（产品温控规范 ${profile.id} 第 ${profile.version} 版）${closedZh}`
  }
}

export function iso(timeMs: number): string {
  return new Date(timeMs).toISOString()
}

/** The sign people write for a UCUM code. */
export function signOf(unit: string): string {
  return unit === 'Cel' ? '°C' : unit
}

export function fixed(value: number | undefined): string {
  return value === undefined ? '–' : String(Math.round(value * 100) / 100)
}
