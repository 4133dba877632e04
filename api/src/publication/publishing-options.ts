/** How a start is told about mail, its public address and partners of the exchange. Secrets come from files or the environment, never as flags. */
import { readFileSync } from 'node:fs'
import { Type, type Static } from 'typebox'
import type { ExchangeSettings } from '../exchange/exchange.ts'
import { ExchangePartnerSettings } from '../exchange/partners.ts'
import { publicationError } from './errors.ts'
import type { PublicationSettings } from './office.ts'

const Path = (description: string) => Type.Optional(Type.String({ minLength: 1, description }))

const smtpPortDefault = 587

export const publishingOptions = {
  publicUrl: Type.Optional(
    Type.String({
      pattern: '^https?://[^/?#]+(/[^?#]*)?$',
      description: 'Address that people reach the pages under; without it the one listened on'
    })
  ),
  smtpHost: Type.Optional(Type.String({ minLength: 1, description: 'Mail server; without it no mail is sent' })),
  smtpPort: Type.Optional(
    Type.Integer({ minimum: 1, maximum: 65_535, default: smtpPortDefault, description: 'TCP port of the mail server' })
  ),
  smtpSecurity: Type.Optional(
    Type.Enum(['starttls', 'implicit', 'none'] as const, {
      default: 'starttls',
      description: 'TLS with the mail server: asked for after the greeting, from the first byte, or none'
    })
  ),
  smtpFrom: Type.Optional(
    Type.String({ minLength: 3, maxLength: 256, description: 'Sender of mails, such as "Warnings <warnings@example.org>"' })
  ),
  smtpUser: Type.Optional(Type.String({ minLength: 1, maxLength: 256, description: 'Name to sign in to the mail server with' })),
  smtpPasswordFile: Path('File with the password; TRACEGATE_SMTP_PASSWORD may hold it instead'),
  smtpCaFile: Path('PEM of the authority that signed the certificate of the mail server'),
  webhookSecretFile: Path('File with the secret that signs webhooks to the receivers of the policy'),
  exchangePartners: Type.Optional(
    Type.Array(ExchangePartnerSettings, { maxItems: 100, description: 'Single window and port control: id, kind, url, ports, keyFile' })
  )
} as const
const Options = Type.Object(publishingOptions)
export type PublishingStartOptions = Static<typeof Options>

export interface PublishingSecrets {
  /** `TRACEGATE_SMTP_PASSWORD`. */
  readonly smtpPassword?: string | undefined
}

/** Throws a coded error for a mail server without a sender and for a file that cannot be read. */
export function publishingSettings(
  options: PublishingStartOptions,
  secrets: PublishingSecrets = {}
): { readonly publication: PublicationSettings; readonly exchange: ExchangeSettings } {
  const { publicUrl, smtpHost, smtpFrom, webhookSecretFile, exchangePartners = [] } = options
  if (smtpHost !== undefined && smtpFrom === undefined) throw publicationError('MAIL_SENDER', { host: smtpHost })
  const webhookSecret = webhookSecretFile === undefined ? undefined : readSecret(webhookSecretFile)
  const mail =
    smtpHost === undefined || smtpFrom === undefined ? {} : { mail: mailOf(options, { host: smtpHost, from: smtpFrom }, secrets) }
  return {
    publication: {
      ...(publicUrl === undefined ? {} : { publicUrl }),
      ...mail,
      ...(webhookSecret === undefined ? {} : { webhookSecret })
    },
    exchange: {
      partners: exchangePartners.map((one) => (one.keyFile === undefined ? one : { ...withoutFile(one), key: readSecret(one.keyFile) }))
    }
  }
}

function mailOf(
  { smtpPort = smtpPortDefault, smtpSecurity = 'starttls', smtpUser, smtpPasswordFile, smtpCaFile }: PublishingStartOptions,
  { host, from }: { readonly host: string; readonly from: string },
  { smtpPassword }: PublishingSecrets
): NonNullable<PublicationSettings['mail']> {
  const password = smtpPasswordFile === undefined ? smtpPassword : readSecret(smtpPasswordFile)
  if (smtpCaFile !== undefined) readSecret(smtpCaFile)
  return {
    host,
    port: smtpPort,
    security: smtpSecurity,
    from,
    ...(smtpUser === undefined ? {} : { user: smtpUser }),
    ...(password === undefined ? {} : { password }),
    ...(smtpCaFile === undefined ? {} : { caFile: smtpCaFile })
  }
}

function withoutFile({ keyFile: _keyFile, ...rest }: ExchangePartnerSettings): ExchangePartnerSettings {
  return rest
}

function readSecret(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch (error) {
    throw publicationError('SECRET_FILE', { path }, error)
  }
}
