/**
 * What goes out: one edition of a warning or of a recall as those may know it whom it is for. It holds no draft, no evidence, no holder and no
 * contact of a party. Every channel writes its own form of this and of nothing else.
 */
import { Type, type Static } from 'typebox'
import { audienceNames, noticeKinds, type NoticeKind } from './policy/channels.ts'
import { measureTypes } from './policy/measures.ts'
import { NoticeContent } from './recall-notice.ts'
import { hazards } from './registers.ts'
import { BilingualText } from './text.ts'
import { warningLevels, type WarningLevel } from './warning.ts'
import { TimeMs } from './wire.ts'

/** Of an edition: the first, a change, or the end (a lifted warning, a closed recall). */
export const noticeEvents = ['published', 'raised', 'lowered', 'extended', 'amended', 'lifted'] as const
export type NoticeEvent = (typeof noticeEvents)[number]

/** Most of each list in a notice; `truncated` says that there are more. */
export const noticeListMax = 200

const Gtin = Type.String({ pattern: '^\\d{14}$' })

export const NoticeProduct = Type.Object({
  gtin: Gtin,
  name: Type.Optional(BilingualText),
  brand: Type.Optional(Type.String()),
  hsCode: Type.Optional(Type.String())
})
export const NoticeArea = Type.Object({
  name: BilingualText,
  /** UN/LOCODE, GB/T 2260 division or ISO 3166-1 country, each where known. */
  unlocode: Type.Optional(Type.String()),
  division: Type.Optional(Type.String()),
  country: Type.Optional(Type.String()),
  point: Type.Optional(Type.String({ description: 'Monitoring point' }))
})
export type NoticeArea = Static<typeof NoticeArea>

export const PublicNotice = Type.Object(
  {
    subject: Type.Union([Type.Literal('warning'), Type.Literal('recall')]),
    case: Type.String({ description: 'Number of the case' }),
    number: Type.String({ description: 'Number of the publication; of a recall the number of its case' }),
    edition: Type.Integer({ minimum: 1, description: 'Counts what went out of this case: the first, each change, the end' }),
    event: Type.Enum(noticeEvents),
    kind: Type.Enum(noticeKinds),
    audience: Type.Enum(audienceNames),
    level: Type.Optional(Type.Enum(warningLevels)),
    fromLevel: Type.Optional(Type.Enum(warningLevels)),
    drill: Type.Boolean(),
    firstAtMs: TimeMs,
    atMs: TimeMs,
    startMs: TimeMs,
    untilMs: Type.Optional(TimeMs),
    title: BilingualText,
    matters: BilingualText,
    controlInstruction: Type.Optional(BilingualText),
    advice: Type.Optional(BilingualText),
    hazard: Type.Enum(hazards),
    /** Of the level's criteria, 1 to 4. */
    urgency: Type.Optional(Type.Integer({ minimum: 1, maximum: 4 })),
    certainty: Type.Enum(['Observed', 'Likely', 'Possible', 'Unlikely'] as const),
    products: Type.Array(NoticeProduct),
    lots: Type.Array(Type.Object({ gtin: Gtin, lot: Type.String() })),
    hsCodes: Type.Array(Type.String()),
    brands: Type.Array(Type.String()),
    truncated: Type.Boolean({ description: 'There are more goods than are listed' }),
    areas: Type.Array(NoticeArea),
    ports: Type.Array(Type.String({ description: 'UN/LOCODE of those it is addressed to' })),
    operators: Type.Array(Type.String({ description: 'GLN of those it is addressed to' })),
    measures: Type.Array(Type.Enum(measureTypes)),
    recalls: Type.Array(Type.String()),
    recall: Type.Optional(NoticeContent)
  },
  { title: 'notice' }
)
export type PublicNotice = Static<typeof PublicNotice>

export const levelColours: Readonly<Record<WarningLevel, string>> = { I: 'red', II: 'orange', III: 'yellow', IV: 'blue' }

export const noticeTexts = {
  level: {
    I: { zh: 'I级（特别严重）', en: 'Level I (grave)' },
    II: { zh: 'II级（严重）', en: 'Level II (serious)' },
    III: { zh: 'III级（较重）', en: 'Level III (considerable)' },
    IV: { zh: 'IV级（一般）', en: 'Level IV (general)' }
  },
  colour: {
    I: { zh: '红色', en: 'red' },
    II: { zh: '橙色', en: 'orange' },
    III: { zh: '黄色', en: 'yellow' },
    IV: { zh: '蓝色', en: 'blue' }
  },
  kind: {
    bulletin: { zh: '风险警示通报', en: 'Risk bulletin' },
    operatorNotice: { zh: '风险警示通告', en: 'Risk notice to operators' },
    publicAnnouncement: { zh: '风险警示公告', en: 'Public risk announcement' },
    recallNotice: { zh: '产品安全召回', en: 'Product safety recall' }
  },
  event: {
    published: { zh: '发布', en: 'Published' },
    raised: { zh: '上调级别', en: 'Level raised' },
    lowered: { zh: '下调级别', en: 'Level lowered' },
    extended: { zh: '延长期限', en: 'Extended' },
    amended: { zh: '内容更新', en: 'Amended' },
    lifted: { zh: '解除', en: 'Lifted' }
  },
  hazard: {
    health: { zh: '健康危害', en: 'Health' },
    physical: { zh: '物理危害', en: 'Physical' },
    chemical: { zh: '化学危害', en: 'Chemical' },
    biological: { zh: '生物危害', en: 'Biological' },
    environmental: { zh: '环境危害', en: 'Environmental' }
  },
  measure: {
    lowerCredit: { zh: '降低信用等级', en: 'Lower the credit grade' },
    traceInvestigation: { zh: '追溯调查', en: 'Trace investigation' },
    recall: { zh: '缺陷召回', en: 'Recall' },
    tightenSupervision: { zh: '加严监管', en: 'Tightened supervision' },
    restrictTrade: { zh: '限制或禁止进出口', en: 'Import or export restricted or banned' },
    sealDetain: { zh: '查封扣押', en: 'Seal and detain' },
    returnShipment: { zh: '退运', en: 'Return shipment' },
    suspendSale: { zh: '暂停销售', en: 'Sale suspended' },
    destroy: { zh: '销毁', en: 'Destroy' }
  }
} as const

/** Names a notice everywhere: its case and which edition of it. */
export function publicationId({ number, edition }: Pick<PublicNotice, 'number' | 'edition'>): string {
  return `${number}.${edition}`
}

/** Stable path of its page. */
export function noticePath({ subject, number }: Pick<PublicNotice, 'subject' | 'number'>): string {
  return `/${subject === 'warning' ? 'w' : 'r'}/${encodeURIComponent(number)}`
}

export function isEnded({ event }: Pick<PublicNotice, 'event'>): boolean {
  return event === 'lifted'
}

/** The title as lists show it: level, what it is, and whether it is an exercise or over. */
export function headlineOf(notice: PublicNotice, language: 'zh' | 'en'): string {
  const { level, kind, title, drill } = notice
  const drillMark = drill ? (language === 'zh' ? '【演练】' : '[EXERCISE] ') : ''
  const closed = kind === 'recallNotice' ? { zh: '【已结束】', en: '[Closed] ' } : { zh: '【已解除】', en: '[Lifted] ' }
  const end = isEnded(notice) ? closed[language] : ''
  const levelMark = level === undefined ? '' : `${noticeTexts.level[level][language]} `
  return `${drillMark}${end}${levelMark}${noticeTexts.kind[kind][language]}${language === 'zh' ? '：' : ': '}${title[language]}`
}

export type { NoticeKind }
