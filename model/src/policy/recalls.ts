/**
 * The policy of recalls: when a company must report and plan, what a plan offers, how a notice may not speak, which events count as
 * quarantined, returned or destroyed, and how many holders are checked. What rules of task 12 leave open is ours and says so.
 */
import { Type, type Static } from 'typebox'

export const effectivenessLevels = ['A', 'B', 'C', 'D', 'E'] as const
export type EffectivenessLevel = (typeof effectivenessLevels)[number]
export const recallDepths = ['consumer', 'retail', 'wholesale'] as const
export const remedies = ['repair', 'replace', 'refund'] as const
export type Remedy = (typeof remedies)[number]

const Source = Type.String({ description: 'Where the figures come from; [ours]: the regulation leaves it open' })
const Share = Type.Number({ minimum: 0, maximum: 1 })
const Words = Type.Array(Type.String({ minLength: 1, maxLength: 128 }), { maxItems: 64 })
const strict = { additionalProperties: false }

/** How an event is told to be one kind of outcome: by its business step, its disposition, the place of it or its transaction. */
export const OutcomeRule = Type.Object(
  {
    bizSteps: Words,
    dispositions: Words,
    places: Type.Array(Type.String({ maxLength: 512 }), { maxItems: 1_000, description: 'Keys of places, such as a quarantine area' }),
    transactions: Type.Array(Type.String({ maxLength: 128 }), { maxItems: 16, description: 'Types of business transactions, such as rma' })
  },
  strict
)
export type OutcomeRule = Static<typeof OutcomeRule>

export const OutcomeRules = Type.Object(
  {
    quarantined: OutcomeRule,
    returned: OutcomeRule,
    corrected: OutcomeRule,
    destroyed: OutcomeRule,
    /** What ends a quarantine: the goods move or may be sold again. */
    released: OutcomeRule
  },
  strict
)
export type OutcomeRules = Static<typeof OutcomeRules>

export const NoticeWord = Type.Object(
  {
    language: Type.Enum(['zh', 'en'] as const),
    /** Letters as they stand, in any case; a space stands for any white space. */
    text: Type.String({ minLength: 1, maxLength: 64 }),
    why: Type.Object({ zh: Type.String(), en: Type.String() }, strict)
  },
  strict
)
export type NoticeWord = Static<typeof NoticeWord>

const EffectivenessShare = Type.Object(
  {
    level: Type.Enum(effectivenessLevels),
    /** Of the holders that were sent a notice. */
    share: Share,
    /** Bounds of the share that a plan may ask for instead; exclusive where the text says so. */
    above: Type.Optional(Share),
    below: Type.Optional(Share)
  },
  strict
)
export type EffectivenessShare = Static<typeof EffectivenessShare>

export const RecallPolicy = Type.Object(
  {
    source: Source,
    reportWithinMs: Type.Integer({ minimum: 0, description: 'From the first time stamp of knowledge to the report; later is concealment' }),
    investigateWithinMs: Type.Integer({ minimum: 0 }),
    /** From the end of the investigation to the voluntary plan, by harm 1 to 4. */
    planWithinMs: Type.Tuple([
      Type.Integer({ minimum: 0 }),
      Type.Integer({ minimum: 0 }),
      Type.Integer({ minimum: 0 }),
      Type.Integer({ minimum: 0 })
    ]),
    orderedPlanWithinMs: Type.Integer({ minimum: 0, description: 'From the order to the plan that it asks for' }),
    orderAtOnceFromHarm: Type.Integer({
      minimum: 1,
      maximum: 5,
      description: 'From this harm on an order need not wait for the plan; 5: never'
    }),
    completeWithinMs: Type.Integer({ minimum: 0, description: 'Longest time from the start to the completion that a plan may take' }),
    respondWithinMs: Type.Integer({ minimum: 0, description: 'From a notice to the reply of its holder' }),
    /** Without it: as shipped. */
    noticeMail: Type.Optional(
      Type.Object(
        {
          perMinuteMax: Type.Integer({ minimum: 1, maximum: 10_000, description: 'Mails of all recalls together' }),
          drills: Type.Boolean({ description: 'Whether holders of a drill are written to' })
        },
        strict
      )
    ),
    remediesAtLeast: Type.Integer({ minimum: 1, maximum: 3 }),
    headline: Type.Object({ zh: Type.String(), en: Type.String() }, strict),
    wordsSource: Source,
    words: Type.Array(NoticeWord, { maxItems: 500 }),
    outcomesSource: Source,
    outcomes: OutcomeRules,
    effectivenessSource: Source,
    effectiveness: Type.Array(EffectivenessShare, { minItems: 5, maxItems: 5 }),
    /** A check counts as effective when the holder got the notice and acted on it; of all checks at least this share must be. */
    effectiveShareAtLeast: Share,
    correctionMonthsMax: Type.Integer({ minimum: 1, maximum: 120, description: 'Months of the series of the correction rate' })
  },
  strict
)
export type RecallPolicy = Static<typeof RecallPolicy>

const hourMs = 3_600_000
const dayMs = 24 * hourMs

const no = { bizSteps: [], dispositions: [], places: [], transactions: [] }
const lowers = { zh: '使人低估风险', en: 'makes the reader think that the risk is small' }
const optional = { zh: '使人以为可以不理会', en: 'makes the reader think that it may be ignored' }
const quiet = { zh: '没有事故不等于没有危险', en: 'no accident so far is no proof that there is no danger' }
const en = (why: NoticeWord['why'], ...texts: readonly string[]): NoticeWord[] => texts.map((text) => ({ language: 'en', text, why }))
const zh = (why: NoticeWord['why'], ...texts: readonly string[]): NoticeWord[] => texts.map((text) => ({ language: 'zh', text, why }))

export const noticeMailDefaults = { perMinuteMax: 120, drills: false }

export const recallDefaults: RecallPolicy = {
  source:
    '[ours] Guofa [2017] No. 43, task 12 asks for reports, voluntary and ordered recalls and names no time; the 20 days are those of CPSC Fast Track',
  reportWithinMs: 24 * hourMs,
  investigateWithinMs: 10 * dayMs,
  planWithinMs: [20 * dayMs, 10 * dayMs, 3 * dayMs, dayMs],
  orderedPlanWithinMs: dayMs,
  orderAtOnceFromHarm: 4,
  completeWithinMs: 180 * dayMs,
  respondWithinMs: 3 * dayMs,
  noticeMail: noticeMailDefaults,
  remediesAtLeast: 2,
  headline: { zh: '产品安全召回', en: 'Product safety recall' },
  wordsSource:
    '[ours] after the elements that Regulation (EU) 2023/988, Article 36 keeps out of a recall notice, and what Chinese says instead',
  words: [
    ...en(optional, 'voluntary', 'voluntarily', 'discretionary', 'optional', 'goodwill', 'courtesy', 'if you wish'),
    ...en(lowers, 'precautionary', 'precaution', 'out of an abundance of caution', 'preventive', 'in rare cases', 'in rare situations'),
    ...en(
      lowers,
      'in specific situations',
      'in very few cases',
      'isolated',
      'unlikely',
      'remote possibility',
      'minor',
      'slight',
      'no cause for concern'
    ),
    ...en(
      quiet,
      'no accidents reported',
      'no reported accidents',
      'no incidents reported',
      'no reported incidents',
      'no injuries reported'
    ),
    ...en(
      quiet,
      'no reported injuries',
      'no accidents have been reported',
      'no injuries have been reported',
      'no incidents have been reported'
    ),
    ...zh(optional, '自愿', '自主召回', '酌情', '自行决定', '视情况', '如您愿意', '温馨提示', '友情提示'),
    ...zh(
      lowers,
      '预防性',
      '出于谨慎',
      '谨慎起见',
      '以防万一',
      '极少数',
      '少数情况',
      '个别情况',
      '特定情况下',
      '极端情况下',
      '罕见',
      '概率极低',
      '可能性很小'
    ),
    ...zh(lowers, '轻微', '无需担心', '不必惊慌', '小问题', '瑕疵'),
    ...zh(
      quiet,
      '未发生事故',
      '尚未发生事故',
      '未接到事故报告',
      '未收到事故报告',
      '无事故报告',
      '未造成伤害',
      '尚无伤害报告',
      '未接到伤害报告'
    )
  ],
  outcomesSource: '[ours] CBV 2.0 business steps and dispositions, read for what they say of recalled goods',
  outcomes: {
    quarantined: { ...no, bizSteps: ['holding'], dispositions: ['recalled', 'non_sellable_other', 'unavailable'] },
    returned: { ...no, dispositions: ['returned'], transactions: ['rma'] },
    corrected: { ...no, bizSteps: ['repairing'] },
    destroyed: { ...no, bizSteps: ['destroying'], dispositions: ['destroyed', 'disposed'] },
    released: {
      ...no,
      bizSteps: ['shipping', 'departing', 'retail_selling', 'dispensing', 'picking', 'staging_outbound'],
      dispositions: ['sellable_accessible', 'sellable_not_accessible', 'available', 'conformant', 'in_transit', 'retail_sold', 'dispensed']
    }
  },
  effectivenessSource: '21 CFR 7.42(b)(3) for the levels A to E; the share of level B and the pass mark are [ours]',
  effectiveness: [
    { level: 'A', share: 1 },
    { level: 'B', share: 0.5, above: 0.1, below: 1 },
    { level: 'C', share: 0.1 },
    { level: 'D', share: 0.02 },
    { level: 'E', share: 0 }
  ],
  effectiveShareAtLeast: 0.95,
  correctionMonthsMax: 36
}
