/** The policy of the exchange with the single window and the port control centre (task 4): versions taken, and how often a message is tried. */
import { Type, type Static } from 'typebox'

const closed = { additionalProperties: false } as const
const Ms = (description: string) => Type.Integer({ minimum: 100, maximum: 31_536_000_000, description })

export const ExchangePolicy = Type.Object(
  {
    source: Type.String(),
    declarationVersions: Type.Array(Type.String({ pattern: '^\\d+\\.\\d+$' }), {
      minItems: 1,
      description: 'Taken from the single window'
    }),
    instructionVersion: Type.String({ pattern: '^\\d+\\.\\d+$', description: 'Sent to the port control centre' }),
    retry: Type.Object(
      { firstMs: Ms('Wait after the first failure'), longestMs: Ms('Longest wait'), deadAfterMs: Ms('Then it is a dead letter') },
      closed
    ),
    receiptWithinMs: Ms('An instruction without a receipt after this is shown as overdue')
  },
  closed
)
export type ExchangePolicy = Static<typeof ExchangePolicy>

const hourMs = 3_600_000

export const exchangeDefaults: ExchangePolicy = {
  source: '[ours] Guofa [2017] No. 43, task 4 asks for the exchange with the single window and the port control centre, no terms',
  declarationVersions: ['1.0', '1.1'],
  instructionVersion: '1.0',
  retry: { firstMs: 2_000, longestMs: hourMs / 4, deadAfterMs: 72 * hourMs },
  receiptWithinMs: hourMs
}
