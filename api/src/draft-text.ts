/** The words of a warning draft, in both languages. */
import type { Anomaly, AnomalyType } from '@tracegate/model/anomaly'
import type { Place, Product } from '@tracegate/model/registers'
import type { BilingualText } from '@tracegate/model/text'

export interface DraftTextInput {
  readonly anomaly: Anomaly
  readonly place: Place | undefined
  readonly products: readonly Product[]
  readonly goods: number
}

const typeNames: Readonly<Record<AnomalyType, BilingualText>> = {
  limit: { zh: '超出温度限值', en: 'temperature out of limits' },
  excursion: { zh: '温度偏离', en: 'temperature excursion' },
  grossRange: { zh: '读数超出量程', en: 'reading out of range' },
  rate: { zh: '读数骤变', en: 'reading changes too fast' },
  flatLine: { zh: '读数不变', en: 'reading does not change' },
  gap: { zh: '数据中断', en: 'readings missing' },
  clonedSerial: { zh: '序列号重复', en: 'serial number found twice' },
  missingInspection: { zh: '未经检验放行', en: 'released without inspection' },
  cumulativeExcursion: { zh: '累计超温', en: 'out of limits too long in all' },
  meanKineticTemperature: { zh: '平均动力学温度超限', en: 'mean kinetic temperature too high' },
  spike: { zh: '读数突跳', en: 'spike' },
  attenuated: { zh: '读数波动过小', en: 'signal too flat' },
  neighbour: { zh: '与相邻传感器不一致', en: 'apart from its neighbours' },
  drift: { zh: '传感器漂移', en: 'drifting sensor' },
  recordingInterval: { zh: '记录间隔过长', en: 'recorded too seldom' },
  clock: { zh: '设备时钟有误', en: 'wrong clock' },
  novelty: { zh: '读数形态异常', en: 'unusual pattern' },
  impossibleTravel: { zh: '不可能的移动', en: 'impossible travel' },
  brokenSequence: { zh: '流转环节断裂', en: 'broken sequence' },
  useAfterEnd: { zh: '终结后仍被使用', en: 'used after its end' },
  dwell: { zh: '停留过久', en: 'stayed too long' },
  massBalance: { zh: '物料不平衡', en: 'quantities do not balance' },
  movedAlthoughHeld: { zh: '被扣留或召回后仍被移动', en: 'moved although held or recalled' },
  unregistered: { zh: '未登记的监测点或产品', en: 'point or product not registered' },
  lateEvent: { zh: '迟报或倒签的事件', en: 'late or back-dated event' },
  aggregationMismatch: { zh: '包装关系不符', en: 'aggregation mismatch' },
  complaintSurge: { zh: '投诉激增', en: 'surge of complaints' },
  injurySurge: { zh: '伤害报告激增', en: 'surge of injuries' },
  overdueSampling: { zh: '抽样逾期', en: 'overdue sampling' }
}

export function titleOf({ anomaly, place, products }: DraftTextInput): BilingualText {
  const type = typeNames[anomaly.type]
  const names = namesOf(products)
  const where = place?.name
  return {
    zh: `${where === undefined ? '' : `${where.zh}：`}${type.zh}${names.zh === '' ? '' : `（${names.zh}）`}`,
    en: `${where === undefined ? type.en.charAt(0).toUpperCase() + type.en.slice(1) : `${where.en}: ${type.en}`}${names.en === '' ? '' : ` (${names.en})`}`
  }
}

/** What it is about and what is to be done; food says that another procedure decides. */
export function mattersOf({ anomaly, products, goods }: DraftTextInput): BilingualText {
  const food = namesOf(products.filter((product) => product.regime === 'food'))
  const routed: BilingualText =
    food.en === ''
      ? { zh: '', en: '' }
      : {
          zh: `其中 ${food.zh} 属食品，须依食品安全法及其应急预案处理，本草案不得经一般程序发布。`,
          en: ` ${food.en}: this is food; the food-safety law and its plan decide, and this draft must not be published by the general procedure.`
        }
  return {
    zh: `${anomaly.proof.zh}。受影响货物 ${goods} 件；建议扣留所列批次、核查持有方并评估处置。${routed.zh}`,
    en: `${anomaly.proof.en}. ${goods} ${goods === 1 ? 'unit' : 'units'} of goods concerned; it is proposed to hold the lots listed, check with their holders and assess them.${routed.en}`
  }
}

function namesOf(products: readonly Product[]): BilingualText {
  return { zh: products.map((product) => product.name.zh).join('、'), en: products.map((product) => product.name.en).join(', ') }
}
