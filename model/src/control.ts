/**
 * Control orders to a monitoring point: which goods its scanners must refuse. Topic `tg/v1/{point}/-/control` and, when one message cannot
 * hold them, `…/control/{part}`; QoS 1, retained. Always the whole list and never a change of it, so that who comes back has everything.
 */
import { Type, type Static } from 'typebox'
import { controlActions } from './control-actions.ts'
import { controlPartsMax, wireVersion } from './wire-limits.ts'
import { TimeMs } from './wire.ts'

/** Most bytes of one of them: room is left below the limit of a payload for what a bridge adds. */
export const controlPartBytesMax = 200_000
/** Most orders in one message. */
export const controlOrdersMax = 500
/** Most keys of one kind in one order of one message. */
export const controlKeysMax = 10_000
export const controlReasonLengthMax = 256
/** The reading by which who applies control orders says which revision it applied. */
export const controlRevisionMetric = 'control.revision'

const closed = { additionalProperties: false } as const
const Name = Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' })
const Gtin = Type.String({ pattern: '^\\d{14}$', description: 'AI 01' })
/** GS1 AI encodable character set 82 (General Specifications §7.11), as in AI 10 and AI 21. */
const Text20 = '^[!%-?A-Z_a-z"]{1,20}$'
const Lot = Type.String({ pattern: Text20, description: 'AI 10, as read, not escaped' })
const Serial = Type.String({ pattern: Text20, description: 'AI 21, as read, not escaped' })
const Text = Type.Object(
  { zh: Type.String({ maxLength: controlReasonLengthMax }), en: Type.String({ maxLength: controlReasonLengthMax }) },
  closed
)

/** Goods in the elements that a scanner reads. An order fits what any of them fits. */
export const ControlGoods = Type.Object(
  {
    products: Type.Optional(Type.Array(Gtin, { minItems: 1, maxItems: controlKeysMax, description: 'Every unit of the product' })),
    lots: Type.Optional(
      Type.Array(Type.Object({ gtin: Gtin, lots: Type.Array(Lot, { minItems: 1, maxItems: controlKeysMax }) }, closed), {
        minItems: 1,
        maxItems: controlKeysMax,
        description: 'Lots: fit what carries the GTIN and the lot'
      })
    ),
    items: Type.Optional(
      Type.Array(Type.Object({ gtin: Gtin, serials: Type.Array(Serial, { minItems: 1, maxItems: controlKeysMax }) }, closed), {
        minItems: 1,
        maxItems: controlKeysMax,
        description: 'Single units, also those of a held lot that the platform knows, as a tag need not carry its lot'
      })
    ),
    containers: Type.Optional(
      Type.Array(Type.String({ pattern: '^\\d{18}$', description: 'SSCC, AI 00' }), {
        minItems: 1,
        maxItems: controlKeysMax,
        description: 'Logistic units that hold such goods now'
      })
    ),
    keys: Type.Optional(
      Type.Array(Type.String({ pattern: '^https://id\\.gs1\\.org/', maxLength: 512 }), {
        minItems: 1,
        maxItems: controlKeysMax,
        description: 'Anything else as canonical GS1 Digital Link, such as a returnable container (AI 8003)'
      })
    )
  },
  { ...closed, minProperties: 1 }
)
export type ControlGoods = Static<typeof ControlGoods>

export const ControlReference = Type.Object(
  { measure: Type.Optional(Name), warning: Type.Optional(Name), recall: Type.Optional(Name) },
  { ...closed, description: 'The cases it rests on' }
)

export const ControlOrder = Type.Object(
  {
    id: Name,
    action: Type.Enum(controlActions, {
      description:
        'hold: nothing but storing, inspecting, destroying; recall: the same, and goods on their way back pass; refuseSale, refuseImport, refuseExport: not sold, not in, not out; release: lifts the order `of` for these goods'
    }),
    of: Type.Optional(Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$', description: 'Of a release: the order that it lifts' })),
    reason: Text,
    reference: ControlReference,
    level: Type.Optional(Type.Enum(['I', 'II', 'III', 'IV'])),
    drill: Type.Optional(Type.Literal(true, { description: 'An exercise: scans are told of it and not refused' })),
    issuedAtMs: TimeMs,
    untilMs: Type.Optional(TimeMs),
    goods: ControlGoods
  },
  closed
)
export type ControlOrder = Static<typeof ControlOrder>

export const ControlList = Type.Object(
  {
    v: Type.Literal(wireVersion, { description: 'Contract version' }),
    point: Name,
    revision: Type.Integer({
      minimum: 1,
      maximum: Number.MAX_SAFE_INTEGER,
      description: 'Grows with every change of the list of this point, never falls'
    }),
    part: Type.Integer({ minimum: 0, maximum: controlPartsMax - 1 }),
    parts: Type.Integer({ minimum: 1, maximum: controlPartsMax, description: 'The parts of one revision are applied together' }),
    issuedAtMs: TimeMs,
    leftOut: Type.Optional(
      Type.Integer({
        minimum: 1,
        maximum: Number.MAX_SAFE_INTEGER,
        description: 'Single units for which there was no room; their lots are here'
      })
    ),
    orders: Type.Array(ControlOrder, { maxItems: controlOrdersMax }),
    signature: Type.Optional(
      Type.Object(
        {
          keyId: Name,
          value: Type.String({
            pattern: '^[A-Za-z0-9_-]{86}$',
            description: 'Ed25519 over the text that `signedControlText` gives, base64url'
          })
        },
        closed
      )
    )
  },
  { $id: 'https://tracegate.dev/schema/v1/control.json', title: 'control', ...closed }
)
export type ControlList = Static<typeof ControlList>

/** The bytes that a signature covers: the list without it, members in alphabetical order (RFC 8785 for what a list can hold). */
export function signedControlText(list: ControlList): string {
  const { signature: _signature, ...rest } = list
  return `tracegate-control/1\n${sorted(rest)}`
}

function sorted(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(sorted).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([left], [right]) => (left < right ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${sorted(member)}`).join(',')}}`
}
