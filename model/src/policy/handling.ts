/** The policy of handling anomalies: how long one may be shelved, whether a shelved one drafts warnings, and when alarms come too often. */
import { Type, type Static } from 'typebox'
import { anomalyTypes, type AnomalyType } from '../anomaly.ts'

export const HandlingPolicy = Type.Object(
  {
    source: Type.String(),
    shelveMsMax: Type.Integer({ minimum: 60_000, description: 'Longest time an anomaly may be shelved at once' }),
    severity: Type.Partial(Type.Record(Type.Enum(anomalyTypes), Type.Integer({ minimum: 1, maximum: 4 })), {
      description: 'How bad an anomaly of the type is, 4 worst; 2 where none is named'
    }),
    shelvedDrafts: Type.Boolean({ description: 'Whether a shelved anomaly still drafts and updates warnings' }),
    /** Alarms that come and go: ISA-18.2 §16 counts three in a minute as chattering; what opens and returns so often in the window does here. */
    chatter: Type.Object(
      { windowMs: Type.Integer({ minimum: 60_000 }), transitions: Type.Integer({ minimum: 2 }) },
      { additionalProperties: false }
    ),
    flood: Type.Object(
      { windowMs: Type.Integer({ minimum: 60_000 }), openings: Type.Integer({ minimum: 1 }) },
      { additionalProperties: false }
    )
  },
  { additionalProperties: false }
)
export type HandlingPolicy = Static<typeof HandlingPolicy>

const severity: Readonly<Partial<Record<AnomalyType, number>>> = {
  limit: 3,
  excursion: 4,
  cumulativeExcursion: 4,
  meanKineticTemperature: 4,
  gap: 2,
  clonedSerial: 4,
  impossibleTravel: 3,
  missingInspection: 3,
  useAfterEnd: 3,
  movedAlthoughHeld: 4,
  complaintSurge: 3,
  injurySurge: 4,
  spike: 1,
  attenuated: 1,
  novelty: 1,
  overdueSampling: 1
}

export const handlingDefaults: HandlingPolicy = {
  source: '[ours] Figures in use with ISA-18.2 and EEMUA 191: more than ten alarms in ten minutes for one operator are a flood',
  shelveMsMax: 7 * 86_400_000,
  severity,
  shelvedDrafts: false,
  chatter: { windowMs: 3_600_000, transitions: 6 },
  flood: { windowMs: 600_000, openings: 10 }
}
