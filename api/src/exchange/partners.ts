/** Who the exchange is with, as configuration: address and key of each. Keys are read from files or given, never stored and never logged. */
import { readFileSync } from 'node:fs'
import { Type, type Static } from 'typebox'

const Key = Type.String({ minLength: 16, maxLength: 1_024 })

export const ExchangePartnerSettings = Type.Object(
  {
    id: Type.String({ pattern: '^[a-z0-9-]{1,64}$' }),
    kind: Type.Union([Type.Literal('singleWindow'), Type.Literal('portControl')]),
    url: Type.Optional(Type.String({ pattern: '^https?://', maxLength: 2_048, description: 'Where instructions are posted to' })),
    ports: Type.Optional(
      Type.Array(Type.String({ pattern: '^[A-Z]{2}[A-Z2-9]{3}$' }), { maxItems: 1_000, description: 'Without them every port' })
    ),
    key: Type.Optional(Key),
    keyFile: Type.Optional(Type.String({ minLength: 1, description: 'File with the key that both sides use' }))
  },
  { additionalProperties: false }
)
export type ExchangePartnerSettings = Static<typeof ExchangePartnerSettings>

export interface ExchangePartner {
  readonly id: string
  readonly kind: ExchangePartnerSettings['kind']
  readonly url?: string
  readonly ports?: readonly string[]
  readonly key?: string
}

export function partnersOf(settings: readonly ExchangePartnerSettings[]): ExchangePartner[] {
  return settings.map(({ keyFile, key, ...rest }) => {
    const own = keyFile === undefined ? key : readFileSync(keyFile, 'utf8').trim()
    return { ...rest, ...(own === undefined ? {} : { key: own }) }
  })
}

/** The name under which a partner signs in with its key. */
export function partnerPrincipal(id: string): string {
  return `exchange:${id}`
}
