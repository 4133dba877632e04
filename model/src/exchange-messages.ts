/**
 * The reference schemas of the exchange, one for each version and direction: declarations from the single window, control instructions to the
 * port control centre, and what comes back. National formats are mapped to these at the adapter, outside of this product.
 */
import { Type, type Static, type TSchema } from 'typebox'
import { hazards } from './registers.ts'
import { BilingualText } from './text.ts'

const closed = { additionalProperties: false } as const
const MessageId = Type.String({
  pattern: '^[A-Za-z0-9._-]{1,100}$',
  description: 'Of the sender; the same message has the same id for ever'
})
const At = Type.String({ format: 'date-time', maxLength: 40 })
const Gln = Type.String({ pattern: '^\\d{13}$' })
const Gtin = Type.String({ pattern: '^\\d{14}$' })
const Port = Type.String({ pattern: '^[A-Z]{2}[A-Z2-9]{3}$', description: 'UN/LOCODE' })
const Line = Type.String({ minLength: 1, maxLength: 256 })

const good10 = {
  hsCode: Type.String({ pattern: '^\\d{6,10}$' }),
  gtin: Type.Optional(Gtin),
  lots: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 20 }), { maxItems: 200 })),
  originCountry: Type.Optional(Type.String({ pattern: '^[A-Z]{2}$' })),
  quantity: Type.Optional(Type.Number({ minimum: 0 })),
  uom: Type.Optional(Type.String({ maxLength: 3, description: 'UN/ECE Recommendation 20' }))
} as const

const declaration10 = {
  number: Type.String({ pattern: '^[A-Za-z0-9_-]{1,64}$' }),
  direction: Type.Union([Type.Literal('import'), Type.Literal('export')]),
  importer: Type.Optional(Gln),
  exporter: Type.Optional(Gln),
  port: Type.Optional(Port),
  declaredAt: At,
  goods: Type.Array(Type.Object(good10, closed), { minItems: 1, maxItems: 500 }),
  certificates: Type.Optional(Type.Array(Line, { maxItems: 64 })),
  transportUnits: Type.Optional(Type.Array(Type.String({ pattern: '^\\d{18}$' }), { maxItems: 500, description: 'SSCC' }))
} as const

const message = <const Version extends string, const Schema extends TSchema>(
  name: string,
  version: Version,
  member: string,
  schema: Schema
) =>
  Type.Object(
    { messageId: MessageId, schemaVersion: Type.Literal(version), sentAt: At, [member]: schema },
    { ...closed, title: `${name}-${version}`, description: `The exchange, version ${version}` }
  )

export const Declaration10 = Type.Object(declaration10, closed)
/** 1.1 says what 1.0 had no word for: that the declarant asks to move the goods under a quality guarantee. */
export const Declaration11 = Type.Object({ ...declaration10, guaranteeRequested: Type.Optional(Type.Boolean()) }, closed)
export type ExchangeDeclaration = Static<typeof Declaration11>

export const DeclarationMessage10 = Type.Object(
  { messageId: MessageId, schemaVersion: Type.Literal('1.0'), sentAt: At, declaration: Declaration10 },
  { ...closed, title: 'declaration-1.0' }
)
export const DeclarationMessage11 = Type.Object(
  { messageId: MessageId, schemaVersion: Type.Literal('1.1'), sentAt: At, declaration: Declaration11 },
  { ...closed, title: 'declaration-1.1' }
)

export const Instruction10 = Type.Object(
  {
    number: Line,
    edition: Type.Integer({ minimum: 1 }),
    action: Type.Union([Type.Literal('apply'), Type.Literal('change'), Type.Literal('lift')], {
      description: 'change replaces what the edition before said; lift ends it'
    }),
    port: Type.String({ pattern: '^([A-Z]{2}[A-Z2-9]{3}|all)$' }),
    level: Type.Enum(['I', 'II', 'III', 'IV'] as const),
    exercise: Type.Boolean(),
    hazard: Type.Enum(hazards),
    title: BilingualText,
    instruction: BilingualText,
    matters: BilingualText,
    startAt: At,
    untilAt: Type.Optional(At),
    goods: Type.Object(
      {
        hsCodes: Type.Array(Type.String()),
        brands: Type.Array(Type.String()),
        products: Type.Array(Gtin),
        lots: Type.Array(Type.Object({ gtin: Gtin, lot: Type.String() }, closed)),
        truncated: Type.Boolean({ description: 'There are more; the page has them' })
      },
      closed
    ),
    page: Type.String(),
    cap: Type.String()
  },
  closed
)
export const InstructionMessage10 = message('instruction', '1.0', 'instruction', Instruction10)

export const ReceiptBody = Type.Object(
  {
    status: Type.Union([Type.Literal('received'), Type.Literal('applied'), Type.Literal('refused')]),
    at: At,
    reference: Type.Optional(Line),
    note: Type.Optional(Type.String({ maxLength: 2_000 }))
  },
  { ...closed, title: 'receipt-1.0' }
)
export type ReceiptBody = Static<typeof ReceiptBody>

/** What came of an instruction at the port, as often as there is something to say. */
export const FeedbackBody = Type.Object(
  {
    at: At,
    checked: Type.Optional(Type.Integer({ minimum: 0, description: 'Consignments looked at' })),
    held: Type.Optional(Type.Integer({ minimum: 0 })),
    returned: Type.Optional(Type.Integer({ minimum: 0 })),
    destroyed: Type.Optional(Type.Integer({ minimum: 0 })),
    note: Type.Optional(Type.String({ maxLength: 2_000 }))
  },
  { ...closed, title: 'feedback-1.0' }
)
export type FeedbackBody = Static<typeof FeedbackBody>

/** By name and version: what is published at `/api/v1/exchange/schemas`. */
export const exchangeSchemas = {
  'declaration-1.0': DeclarationMessage10,
  'declaration-1.1': DeclarationMessage11,
  'instruction-1.0': InstructionMessage10,
  'receipt-1.0': ReceiptBody,
  'feedback-1.0': FeedbackBody
} as const
