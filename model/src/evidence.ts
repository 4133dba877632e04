/**
 * The sealed evidence bundle: what may be asked, and the manifest that names every file of it with its hash. The canonical JSON
 * (RFC 8785) of the manifest is what the signature stands on. Schemas only.
 */
import { Type, type Static } from 'typebox'
import { TimeMs } from './wire.ts'

export const evidenceFormat = 'tracegate-evidence/1'
export const manifestName = 'manifest.json'
export const signatureName = 'manifest.sig'
export const publicKeyName = 'public-key.pem'

const Time = Type.String({ format: 'date-time' })
const Key = Type.String({ minLength: 1, maxLength: 2_048 })
const knownAt = Type.Optional(Type.String({ format: 'date-time', description: 'The evidence as it was known then; now by default' }))

/** Exactly one of: a thing, an anomaly, a warning, or a place with its period. */
export const EvidenceQuestion = Type.Object(
  {
    of: Type.Optional(Key),
    anomaly: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
    warning: Type.Optional(Type.String({ minLength: 1, maxLength: 256 })),
    place: Type.Optional(Key),
    from: Type.Optional(Time),
    to: Type.Optional(Time),
    knownAt
  },
  { additionalProperties: false }
)
export type EvidenceQuestion = Static<typeof EvidenceQuestion>

const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' })
export const EvidenceFile = Type.Object({
  name: Type.String({ pattern: '^[a-z0-9][a-z0-9._-]*(?:/[a-z0-9][a-z0-9._-]*)?$', maxLength: 128 }),
  bytes: Type.Integer({ minimum: 0 }),
  sha256: Sha256,
  /** Lines or members; what they are says `holds`. */
  count: Type.Integer({ minimum: 0 }),
  holds: Type.String({ maxLength: 256 })
})
export type EvidenceFile = Static<typeof EvidenceFile>

/** A journal of the case store in a file: one step a line. */
export const EvidenceJournal = Type.Object({
  file: Type.String(),
  kind: Type.String(),
  id: Type.String(),
  steps: Type.Integer({ minimum: 0 }),
  lastHash: Type.String()
})
export type EvidenceJournal = Static<typeof EvidenceJournal>

export const EvidenceManifest = Type.Object({
  format: Type.Literal(evidenceFormat),
  id: Type.String(),
  createdAt: Time,
  createdAtMs: TimeMs,
  /** What the bundle speaks of was recorded up to here. */
  knownAt: Time,
  askedBy: Type.Object({ name: Type.String(), kind: Type.String() }),
  software: Type.Object({ name: Type.String(), version: Type.String() }),
  question: EvidenceQuestion,
  keyId: Sha256,
  algorithm: Type.Literal('Ed25519'),
  files: Type.Array(EvidenceFile),
  journals: Type.Array(EvidenceJournal),
  /** What limits left out, in words; empty when nothing was. */
  cut: Type.Array(Type.String())
})
export type EvidenceManifest = Static<typeof EvidenceManifest>
