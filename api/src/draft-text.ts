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
  missingInspection: { zh: '未经检验放行', en: 'released without inspection' }
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
