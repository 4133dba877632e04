/**
 * The policy of the workflow from draft to lifting (tasks 8 to 11): which anomalies draft, which kind is proposed, who may publish which
 * level, who must not do two steps of one case, by when each step is due, the fast path, the numbers, and where food goes.
 */
import { Type, type Static } from 'typebox'
import { anomalyTypes } from '../anomaly.ts'
import type { Reason } from '../errors.ts'
import { BilingualText } from '../text.ts'
import { warningLevels } from './grading.ts'
import { measureTypes } from './measures.ts'

const closed = { additionalProperties: false } as const
const Duration = Type.Integer({ minimum: 1_000, maximum: 366 * 86_400_000, description: 'Milliseconds' })
const Score = Type.Integer({ minimum: 1, maximum: 4 })
const Count = Type.Integer({ minimum: 0 })

/** Two steps of one case that one person must not do both. */
export const separations = [
  'assessed/approved',
  'approved/published',
  'assessed/published',
  'evaluated/lowered',
  'evaluated/lifted'
] as const
export type Separation = (typeof separations)[number]

/** Rights that may publish; `publishLevelI` is that of the authority that the State Council has authorised. */
export const publishingRights = ['publish', 'publishLevelI'] as const

const LevelRow = Type.Object(
  {
    authority: Type.Object({ right: Type.Enum(publishingRights), name: BilingualText }, closed),
    separation: Type.Array(Type.Enum(separations), { uniqueItems: true, maxItems: separations.length }),
    /** From the step before: draft, assessment, approval, publication (and each change after it). */
    clocks: Type.Object({ assessMs: Duration, approveMs: Duration, publishMs: Duration, evaluateMs: Duration }, closed)
  },
  closed
)
export type LevelRow = Static<typeof LevelRow>

export const PublicationPolicy = Type.Object(
  {
    id: Type.String(),
    version: Type.Integer({ minimum: 1 }),
    source: Type.String(),
    drafting: Type.Object(
      {
        /** Anomalies of other types are shown and draft nothing by themselves. */
        anomalyTypes: Type.Array(Type.Enum(anomalyTypes), { uniqueItems: true, maxItems: anomalyTypes.length })
      },
      closed
    ),
    /** The first row that fits gives the kind that a draft proposes (task 9). */
    kinds: Type.Array(
      Type.Object(
        {
          kind: Type.Union([Type.Literal('bulletin'), Type.Literal('operatorNotice'), Type.Literal('publicAnnouncement')]),
          harmAtLeast: Type.Optional(Score),
          /** Goods sold to consumers or on sale. */
          consumersAtLeast: Type.Optional(Count),
          /** Goods at ports or under way. */
          portsAtLeast: Type.Optional(Count)
        },
        closed
      ),
      { minItems: 1, maxItems: 16 }
    ),
    levels: Type.Object({ I: LevelRow, II: LevelRow, III: LevelRow, IV: LevelRow }, closed),
    /** For grave risks `approved` may be left out; authority and separation stay. */
    fastPath: Type.Object({ levels: Type.Array(Type.Enum(warningLevels), { uniqueItems: true }), harmAtLeast: Score }, closed),
    /** Changes that need an evaluation on file too; lowering and lifting need one whatever stands here (task 11). */
    evaluationFor: Type.Object({ raised: Type.Boolean(), extended: Type.Boolean() }, closed),
    /** Measures that count as mandatory for an announcement (强制性措施). */
    mandatoryMeasures: Type.Array(Type.Enum(measureTypes), { minItems: 1, uniqueItems: true }),
    numbering: Type.Object(
      {
        prefix: Type.String({ pattern: '^[A-Z][A-Z0-9-]{0,15}$' }),
        drillPrefix: Type.String({ pattern: '^[A-Z][A-Z0-9-]{0,15}$' }),
        digits: Type.Integer({ minimum: 3, maximum: 8 })
      },
      closed
    ),
    evaluation: Type.Object(
      {
        /** Without a new anomaly about the same goods or place for so long, the cause counts as gone. */
        quietMs: Duration,
        /** Share of goods accounted for by its recalls from which lifting is proposed. */
        recallShareToLift: Type.Number({ minimum: 0, maximum: 1 }),
        /** Share of measures done from which lowering is proposed. */
        measuresShareToLower: Type.Number({ minimum: 0, maximum: 1 })
      },
      closed
    ),
    /** The other procedure that food is handed to. */
    food: Type.Object({ procedure: BilingualText, authority: BilingualText, source: Type.String() }, closed)
  },
  closed
)
export type PublicationPolicy = Static<typeof PublicationPolicy>

/** What the schema cannot say: level I belongs to its authority, and number series stay apart. */
export function publicationFaults(policy: PublicationPolicy): Reason[] {
  const faults: Reason[] = []
  const fault = (pointer: string, message: string) => faults.push({ code: 'POLICY_INVALID', pointer, message: `${pointer} ${message}` })
  if (policy.levels.I.authority.right !== 'publishLevelI')
    fault(
      '/levels/I/authority/right',
      'is publish, expected publishLevelI: level I is for the authority authorised by the State Council (task 10)'
    )
  if (policy.numbering.prefix === policy.numbering.drillPrefix)
    fault('/numbering/drillPrefix', 'is that of real warnings, expected another one')
  for (const name of ['assessMs', 'approveMs', 'publishMs', 'evaluateMs'] as const)
    for (const [index, level] of warningLevels.entries()) {
      const graver = warningLevels[index - 1]
      if (graver !== undefined && policy.levels[level].clocks[name] < policy.levels[graver].clocks[name])
        fault(`/levels/${level}/clocks/${name}`, `is shorter than that of the graver level ${graver}, expected at least as long`)
    }
  const last = policy.kinds.at(-1)
  if (last === undefined || Object.keys(last).length > 1)
    fault(`/kinds/${policy.kinds.length - 1}`, 'has conditions, expected the last row to fit everything')
  return faults
}

const minute = 60_000
const hour = 60 * minute
const day = 24 * hour
const department = { zh: '进出口商品质量主管部门', en: 'competent department for the quality of import and export commodities' }

export const publicationDefaults: PublicationPolicy = {
  id: 'tracegate-publication',
  version: 1,
  source:
    'Guofa [2017] No. 43, tasks 9 to 11: kinds, authority over level I and over II to IV, evaluation before lifting; time limits, separation of steps, fast path and numbers are [ours]',
  drafting: {
    anomalyTypes: [
      'limit',
      'excursion',
      'cumulativeExcursion',
      'meanKineticTemperature',
      'clonedSerial',
      'impossibleTravel',
      'brokenSequence',
      'missingInspection',
      'useAfterEnd',
      'massBalance',
      'movedAlthoughHeld',
      'unregistered',
      'aggregationMismatch',
      'complaintSurge',
      'injurySurge',
      'overdueSampling'
    ]
  },
  kinds: [
    { kind: 'publicAnnouncement', harmAtLeast: 3, consumersAtLeast: 1 },
    { kind: 'bulletin', portsAtLeast: 1 },
    { kind: 'operatorNotice' }
  ],
  levels: {
    I: {
      authority: {
        right: 'publishLevelI',
        name: { zh: '国务院授权的进出口商品质量主管部门', en: 'competent department authorised by the State Council' }
      },
      separation: ['assessed/approved', 'approved/published', 'evaluated/lowered', 'evaluated/lifted'],
      clocks: { assessMs: hour, approveMs: 30 * minute, publishMs: 30 * minute, evaluateMs: day }
    },
    II: {
      authority: { right: 'publish', name: department },
      separation: ['assessed/approved', 'evaluated/lifted'],
      clocks: { assessMs: 4 * hour, approveMs: 2 * hour, publishMs: 2 * hour, evaluateMs: 3 * day }
    },
    III: {
      authority: { right: 'publish', name: department },
      separation: ['assessed/approved'],
      clocks: { assessMs: day, approveMs: 8 * hour, publishMs: 8 * hour, evaluateMs: 7 * day }
    },
    IV: {
      authority: { right: 'publish', name: department },
      separation: [],
      clocks: { assessMs: 3 * day, approveMs: day, publishMs: day, evaluateMs: 30 * day }
    }
  },
  fastPath: { levels: ['I'], harmAtLeast: 4 },
  evaluationFor: { raised: false, extended: false },
  mandatoryMeasures: ['recall', 'restrictTrade', 'sealDetain', 'returnShipment', 'suspendSale', 'destroy'],
  numbering: { prefix: 'TG', drillPrefix: 'TG-DRILL', digits: 4 },
  evaluation: { quietMs: 3 * day, recallShareToLift: 0.95, measuresShareToLower: 0.8 },
  food: {
    procedure: { zh: '《国家食品安全事故应急预案》', en: 'the National Food Safety Incident Emergency Plan' },
    authority: { zh: '食品安全主管部门', en: 'competent department for food safety' },
    source: 'Guofa [2017] No. 43, task 8: warnings of food-safety incidents follow that plan; the authority is named by its function [ours]'
  }
}
