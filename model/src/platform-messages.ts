/**
 * What the platform tells everybody who may listen: warnings in force, recalls and anomalies. Topics `tg/v1/-/…`, JSON. A warning in force is
 * retained at `warning/{level}/{number}` until it is lifted or has another level; `warning/{level}` retains the list of its level.
 */
import { Type, type Static } from 'typebox'
import { wireVersion } from './wire-limits.ts'
import { TimeMs } from './wire.ts'

const closed = { additionalProperties: false } as const
const V = Type.Literal(wireVersion, { description: 'Contract version' })
const Level = Type.Enum(['I', 'II', 'III', 'IV'] as const)
const Number64 = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', description: 'Number of the publication' })
const Gtin = Type.String({ pattern: '^\\d{14}$' })
const listMax = 200
const Text = Type.Object({ zh: Type.String({ maxLength: 4_096 }), en: Type.String({ maxLength: 4_096 }) }, closed)

const goods = {
  products: Type.Array(Gtin, { maxItems: listMax }),
  lots: Type.Array(Type.Object({ gtin: Gtin, lot: Type.String() }, closed), { maxItems: listMax }),
  hsCodes: Type.Array(Type.String(), { maxItems: listMax }),
  truncated: Type.Boolean({ description: 'There are more goods than are listed' })
} as const

const at = (name: string) => ({ $id: `https://tracegate.dev/schema/v${wireVersion}/${name}.json`, title: name, ...closed })

export const WarningMessage = Type.Object(
  {
    v: V,
    number: Number64,
    edition: Type.Integer({ minimum: 1, description: 'Grows with each change; an older one is never published after a newer one' }),
    kind: Type.Enum(['bulletin', 'operatorNotice', 'publicAnnouncement'] as const),
    level: Level,
    drill: Type.Optional(Type.Literal(true, { description: 'An exercise' })),
    title: Text,
    matters: Text,
    controlInstruction: Type.Optional(Text),
    advice: Type.Optional(Text),
    startMs: TimeMs,
    untilMs: Type.Optional(TimeMs),
    publishedAtMs: { ...TimeMs, description: 'Of this edition' },
    ports: Type.Array(Type.String(), {
      maxItems: 256,
      description: 'UN/LOCODE of the area and of those it is addressed to; none: everywhere'
    }),
    ...goods,
    page: Type.Optional(Type.String({ maxLength: 1_024 })),
    cap: Type.Optional(Type.String({ maxLength: 1_024, description: 'The CAP 1.2 message' }))
  },
  at('warning')
)
export type WarningMessage = Static<typeof WarningMessage>

export const WarningList = Type.Object(
  {
    v: V,
    level: Level,
    asOfMs: TimeMs,
    warnings: Type.Array(
      Type.Object(
        { number: Number64, edition: Type.Integer({ minimum: 1 }), title: Text, startMs: TimeMs, drill: Type.Optional(Type.Literal(true)) },
        closed
      ),
      { maxItems: listMax, description: 'In force, newest first' }
    ),
    total: Type.Integer({ minimum: 0, description: 'In force; more than are listed where it is the greater one' })
  },
  at('warning-list')
)
export type WarningList = Static<typeof WarningList>

export const RecallMessage = Type.Object(
  {
    v: V,
    number: Number64,
    edition: Type.Integer({ minimum: 1 }),
    event: Type.Enum(['published', 'extended', 'amended', 'closed'] as const),
    title: Text,
    hazard: Text,
    instruction: Type.Optional(Text),
    publishedAtMs: TimeMs,
    ...goods,
    page: Type.Optional(Type.String({ maxLength: 1_024 }))
  },
  at('recall')
)
export type RecallMessage = Static<typeof RecallMessage>

export const AnomalyMessage = Type.Object(
  {
    v: V,
    id: Type.String({ maxLength: 256 }),
    type: Type.String({ pattern: '^[A-Za-z]{1,64}$', description: 'What kind of anomaly; new ones may join' }),
    category: Type.String({ pattern: '^[A-Za-z]{1,64}$' }),
    status: Type.Union([Type.Literal('open'), Type.Literal('closed')]),
    point: Type.Optional(Type.String()),
    place: Type.Optional(Type.String()),
    device: Type.Optional(Type.String()),
    metric: Type.Optional(Type.String()),
    onsetMs: TimeMs,
    openedMs: TimeMs,
    closedMs: Type.Optional(TimeMs),
    proof: Text
  },
  at('anomaly')
)
export type AnomalyMessage = Static<typeof AnomalyMessage>

/** By the name of the published schema. */
export const platformSchemas = {
  warning: WarningMessage,
  'warning-list': WarningList,
  recall: RecallMessage,
  anomaly: AnomalyMessage
} as const
