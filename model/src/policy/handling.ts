/** The policy of handling anomalies: how long one may be shelved, whether a shelved one drafts warnings, and when alarms come too often. */
import { Type, type Static } from 'typebox'

export const HandlingPolicy = Type.Object(
  {
    source: Type.String(),
    shelveMsMax: Type.Integer({ minimum: 60_000, description: 'Longest time an anomaly may be shelved at once' }),
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

export const handlingDefaults: HandlingPolicy = {
  source: '[ours] Figures in use with ISA-18.2 and EEMUA 191: more than ten alarms in ten minutes for one operator are a flood',
  shelveMsMax: 7 * 86_400_000,
  shelvedDrafts: false,
  chatter: { windowMs: 3_600_000, transitions: 6 },
  flood: { windowMs: 600_000, openings: 10 }
}
