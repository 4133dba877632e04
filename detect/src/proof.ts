/** The sentences that prove an anomaly, in Chinese and English: what was seen, when, against which rule. */
import type { Anomaly } from '@tracegate/model/anomaly'
import type { Place } from '@tracegate/model/registers'
import type { BilingualText } from '@tracegate/model/text'
import type { ProfileLimits } from './readings/profile-limits.ts'

export function describePlaceAnomaly(anomaly: Anomaly, place: Place, limits: ProfileLimits): BilingualText {
  const { profile } = limits
  const told =
    anomaly.type === 'cumulativeExcursion'
      ? cumulativeText(anomaly, place, limits)
      : anomaly.type === 'meanKineticTemperature'
        ? meanKineticText(anomaly, place)
        : excursionText(anomaly, place, limits)
  const returns = anomaly.returns ?? 0
  const back = { en: returns === 0 ? '' : `; came back ${returns} times`, zh: returns === 0 ? '' : `；反复 ${returns} 次` }
  const closed =
    anomaly.closedMs === undefined
      ? { en: '', zh: '' }
      : { en: `; back inside, closed at ${iso(anomaly.closedMs)}`, zh: `；已恢复，${iso(anomaly.closedMs)} 关闭` }
  return {
    en: `${told.en} (profile ${profile.id} version ${profile.version})${back.en}${closed.en}`,
    zh: `${told.zh}（产品温控规范 ${profile.id} 第 ${profile.version} 版）${back.zh}${closed.zh}`
  }
}

function excursionText(anomaly: Anomaly, place: Place, limits: ProfileLimits): BilingualText {
  const { figures } = anomaly
  const { profile, degreeMinutesMax } = limits
  const high = figures['high'] === 1
  const limit = fixed(high ? limits.high : limits.low)
  const other = figures[high ? 'peakLow' : 'peakHigh']
  const seconds = Math.round((anomaly.lastMs - anomaly.onsetMs) / 1_000)
  const budget =
    degreeMinutesMax === undefined
      ? { en: '', zh: '' }
      : { en: ` of ${fixed(degreeMinutesMax)} allowed`, zh: `（允许 ${fixed(degreeMinutesMax)}）` }
  const kinetic = figures['meanKineticTemperature']
  const mean =
    kinetic === undefined
      ? { en: '', zh: '' }
      : { en: `, mean kinetic temperature ${fixed(kinetic)} °C`, zh: `，平均动力学温度 ${fixed(kinetic)} °C` }
  const both =
    other === undefined
      ? { en: '', zh: '' }
      : {
          en: `, and ${high ? 'below' : 'above'} ${fixed(high ? limits.low : limits.high)} °C as well, down to ${fixed(other)} °C`,
          zh: `，同时出现${high ? '低于' : '高于'} ${fixed(high ? limits.low : limits.high)} °C（${fixed(other)} °C）`
        }
  return {
    en:
      `${place.name.en}: temperature ${high ? 'above' : 'below'} ${limit} °C since ${iso(anomaly.onsetMs)}, alarm at ${iso(anomaly.openedMs)} ` +
      `after ${profile.onDelayMs / 1_000} s; peak ${fixed(figures['peak'])} °C${both.en}, ${fixed(figures['degreeMinutes'])} degree-minutes${budget.en} ` +
      `in ${seconds} s${mean.en}`,
    zh:
      `${place.name.zh}：温度自 ${iso(anomaly.onsetMs)} 起${high ? '高于' : '低于'} ${limit} °C，持续 ${profile.onDelayMs / 1_000} 秒后于 ` +
      `${iso(anomaly.openedMs)} 报警；极值 ${fixed(figures['peak'])} °C${both.zh}，${seconds} 秒内累计 ${fixed(figures['degreeMinutes'])} 度·分${budget.zh}` +
      mean.zh
  }
}

function cumulativeText({ figures, onsetMs }: Anomaly, place: Place, limits: ProfileLimits): BilingualText {
  const minutes = Math.round((figures['outsideMs'] ?? 0) / 60_000)
  const hours = fixed((figures['windowMs'] ?? 0) / 3_600_000)
  const timeMax = limits.outsideMsMax === undefined ? undefined : Math.round(limits.outsideMsMax / 60_000)
  const degreesMax = limits.degreeMinutesMax
  return {
    en:
      `${place.name.en}: outside of its limits for ${minutes} minutes${timeMax === undefined ? '' : ` of ${timeMax} allowed`} and ` +
      `${fixed(figures['degreeMinutes'])} degree-minutes${degreesMax === undefined ? '' : ` of ${fixed(degreesMax)} allowed`} ` +
      `in several excursions since ${iso(onsetMs)}, within ${hours} h`,
    zh:
      `${place.name.zh}：自 ${iso(onsetMs)} 起 ${hours} 小时内多次超限，累计 ${minutes} 分钟${timeMax === undefined ? '' : `（允许 ${timeMax}）`}、` +
      `${fixed(figures['degreeMinutes'])} 度·分${degreesMax === undefined ? '' : `（允许 ${fixed(degreesMax)}）`}`
  }
}

function meanKineticText({ figures, onsetMs }: Anomaly, place: Place): BilingualText {
  const hours = fixed((figures['windowMs'] ?? 0) / 3_600_000)
  const [value, max] = [fixed(figures['meanKineticTemperature']), fixed(figures['meanKineticTemperatureMax'])]
  return {
    en: `${place.name.en}: mean kinetic temperature of ${hours} h reached ${value} °C at ${iso(onsetMs)}, above ${max} °C`,
    zh: `${place.name.zh}：${hours} 小时平均动力学温度于 ${iso(onsetMs)} 达 ${value} °C，高于 ${max} °C`
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
