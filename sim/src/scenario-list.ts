/** The scenarios by name and title; what each of them does stands in `scenarios.ts`. */
import type { BilingualText } from '@tracegate/model/text'

export const scenarioNames = [
  'door-left-open',
  'compressor-failure',
  'power-loss',
  'stuck-sensor',
  'drifting-sensor',
  'cloned-serial',
  'missing-inspection',
  'impossible-travel',
  'broken-sequence',
  'use-after-end',
  'moved-although-held',
  'late-event',
  'complaint-surge',
  'clock-jump',
  'line-cut'
] as const
export type ScenarioName = (typeof scenarioNames)[number]

export const scenarioTitles: Readonly<Record<ScenarioName, BilingualText>> = {
  'door-left-open': { zh: '库门未关', en: 'Door left open' },
  'compressor-failure': { zh: '压缩机故障', en: 'Compressor failure' },
  'power-loss': { zh: '冷库断电', en: 'Power loss' },
  'stuck-sensor': { zh: '传感器卡死', en: 'Stuck sensor' },
  'drifting-sensor': { zh: '传感器漂移', en: 'Drifting sensor' },
  'cloned-serial': { zh: '序列号被克隆', en: 'Cloned serial number' },
  'missing-inspection': { zh: '未经检验放行', en: 'Released without inspection' },
  'impossible-travel': { zh: '货物行程不可能', en: 'Travel faster than any transport' },
  'broken-sequence': { zh: '货物环节缺失', en: 'Received though nobody sent it' },
  'use-after-end': { zh: '销毁后仍被售出', en: 'Sold after it was destroyed' },
  'moved-although-held': { zh: '扣留货物仍被移动', en: 'Moved although recalled or held' },
  'late-event': { zh: '事件日期有误', en: 'Told with a date that cannot be' },
  'complaint-surge': { zh: '玩具投诉激增', en: 'Complaints about a toy surge' },
  'clock-jump': { zh: '设备时钟跳变', en: 'Device clock jumps back' },
  'line-cut': { zh: '通信线路中断', en: 'Line to the platform cut' }
}

export function isScenarioName(name: string): name is ScenarioName {
  return Object.hasOwn(scenarioTitles, name)
}
