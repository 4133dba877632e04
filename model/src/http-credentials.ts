/** Requests and answers about the credentials of devices and agents; beside `http.ts`. No answer but that of the making holds a secret. */
import { Type, type Static } from 'typebox'
import { TimeMs } from './wire.ts'

export const deviceRoles = ['device', 'edge', 'sparkplug', 'collector', 'service'] as const

/** Default 24 h, at most 30 days: how long what is replaced still works. */
export const overlapDefaultS = 86_400
const overlapMaxS = 30 * 86_400

const Role = Type.Optional(
  Type.Enum(deviceRoles, {
    description:
      'device: its own topics. edge: those of every device at its point. sparkplug: those of one Sparkplug edge node, group and node in place of point and device. For point `-`: collector (reads everything, sends what the platform sends) or service (everything). Default by the register of devices, then device; collector for point `-`.'
  })
)
const Note = Type.Optional(Type.String({ maxLength: 256, description: 'For people, such as where the device stands' }))
const Secret = Type.String({
  minLength: 16,
  maxLength: 256,
  description: 'Where the device comes with one; leave it out to have 256 random bits made'
})
const Pem = Type.String({ maxLength: 16_384, description: 'The certificate as PEM text' })
const Fingerprint = Type.String({
  pattern: '^(?:[0-9A-Fa-f]{2}:?){31}[0-9A-Fa-f]{2}$',
  description: 'SHA-256 of the certificate in hexadecimal digits'
})
const LifeS = Type.Optional(
  Type.Integer({ minimum: 1, maximum: 86_400, description: 'How long the token lives, in seconds; 3,600 without it' })
)
const closed = { additionalProperties: false } as const

export const CredentialRequest = Type.Union([
  Type.Object({ kind: Type.Literal('secret'), secret: Type.Optional(Secret), role: Role, note: Note }, closed),
  Type.Object(
    { kind: Type.Literal('certificate'), pem: Type.Optional(Pem), fingerprint: Type.Optional(Fingerprint), role: Role, note: Note },
    { ...closed, description: 'Either of `pem` and `fingerprint`' }
  ),
  Type.Object(
    { kind: Type.Literal('issuer'), pem: Type.Optional(Pem), fingerprint: Type.Optional(Fingerprint), role: Role, note: Note },
    { ...closed, description: 'Every certificate of this authority that names the device; the listener must trust the authority, too' }
  ),
  Type.Object({ kind: Type.Literal('token'), lifeS: LifeS, role: Role, note: Note }, closed)
])
export type CredentialRequest = Static<typeof CredentialRequest>

export const RotationRequest = Type.Object(
  {
    overlapS: Type.Optional(
      Type.Integer({
        minimum: 0,
        maximum: overlapMaxS,
        default: overlapDefaultS,
        description: 'How long the old one still works; 0 ends it and its connections at once'
      })
    ),
    secret: Type.Optional(Secret),
    pem: Type.Optional(Pem),
    fingerprint: Type.Optional(Fingerprint),
    lifeS: LifeS
  },
  { ...closed, description: 'The new one is of the kind of the old one and takes what a new one of that kind takes' }
)
export type RotationRequest = Static<typeof RotationRequest>

export const CredentialView = Type.Object({
  id: Type.String(),
  kind: Type.Enum(['secret', 'certificate', 'issuer', 'token'] as const),
  state: Type.Enum(['active', 'expired', 'revoked'] as const),
  origin: Type.Optional(Type.Enum(['generated', 'chosen'] as const, { description: 'Of a secret' })),
  fingerprint: Type.Optional(Type.String({ description: 'Of a certificate or issuer' })),
  note: Type.Optional(Type.String()),
  createdAtMs: Type.Optional(TimeMs),
  createdBy: Type.Optional(Type.String()),
  lastUsedAtMs: Type.Optional(Type.Integer({ minimum: 0, description: 'To the minute' })),
  validUntilMs: Type.Optional(TimeMs),
  revokedAtMs: Type.Optional(TimeMs)
})
export type CredentialView = Static<typeof CredentialView>

export const CredentialList = Type.Object({
  username: Type.String({ description: 'To sign in at the broker with' }),
  role: Type.Enum(deviceRoles),
  items: Type.Array(CredentialView)
})
export type CredentialList = Static<typeof CredentialList>

export const CredentialMade = Type.Object({
  username: Type.String({ description: 'To sign in at the broker with' }),
  role: Type.Enum(deviceRoles),
  credential: CredentialView,
  secret: Type.Optional(Type.String({ description: 'The password. Shown this once; nobody can read it again' })),
  token: Type.Optional(Type.String({ description: 'The password, a signed token. Shown this once' }))
})
export type CredentialMade = Static<typeof CredentialMade>

export const CredentialsRevoked = Type.Object({ revoked: Type.Integer({ minimum: 0 }) })

export const CredentialJournal = Type.Object({
  items: Type.Array(
    Type.Object({
      index: Type.Integer(),
      atMs: TimeMs,
      by: Type.String(),
      action: Type.String(),
      why: Type.String(),
      hash: Type.String({ description: 'Over the step and the hash before it' })
    })
  )
})
