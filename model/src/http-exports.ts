/** Questions and answers of `/api/v1/exports`: the FSMA 204 spreadsheet, events as files, and sealed evidence bundles. Schemas only. */
import { Type, type Static } from 'typebox'
import { EvidenceQuestion } from './evidence.ts'
import { QueryTime } from './http.ts'
import { TimeMs } from './wire.ts'

const Code = Type.String({ minLength: 1, maxLength: 2_048, description: 'EPC URN, GS1 Digital Link, canonical key or element string' })

export const fsmaFormats = ['csv', 'xlsx', 'json'] as const
export type FsmaFormat = (typeof fsmaFormats)[number]

const selection = {
  of: Type.Optional(Type.Union([Code], { description: 'A traceability lot, item, logistic unit or product; with the chain of it' })),
  lot: Type.Optional(
    Type.String({ minLength: 1, maxLength: 64, description: 'Traceability lot code of the product in `of`, as it is printed' })
  ),
  place: Type.Optional(Type.Union([Code], { description: 'GLN or SGLN; with the places below it' })),
  from: Type.Optional(QueryTime),
  to: Type.Optional(QueryTime),
  knownAt: Type.Optional(Type.String({ format: 'date-time', description: 'The answer that was right then: later records do not count' }))
}

export const FsmaQuery = Type.Object({ ...selection, format: Type.Optional(Type.Enum(fsmaFormats, { default: 'csv' })) })
export type FsmaQuery = Static<typeof FsmaQuery>

const Counts = Type.Record(Type.String(), Type.Integer({ minimum: 0 }))
export const FsmaSummary = Type.Object({
  rows: Type.Record(Type.String(), Type.Integer({ minimum: 0 }), { description: 'By critical tracking event' }),
  total: Type.Integer({ minimum: 0 }),
  complete: Type.Integer({ minimum: 0, description: 'Rows that lack no key data element' }),
  missing: Type.Record(Type.String(), Type.Integer({ minimum: 0 }), { description: 'By key data element with its paragraph' }),
  leftOut: Type.Record(Type.String(), Type.Integer({ minimum: 0 }), { description: 'Events that gave no row, by reason' }),
  cut: Type.Array(Type.String(), { description: 'What a limit left out; empty when the answer is whole' })
})
export type FsmaSummary = Static<typeof FsmaSummary>

export const FsmaAnswer = Type.Object({
  about: Type.Object({ question: Type.Record(Type.String(), Type.String()), madeAtMs: TimeMs, by: Type.String() }),
  summary: FsmaSummary,
  rows: Type.Array(Type.Record(Type.String(), Type.Union([Type.String(), Type.Number()])))
})

export const eventFormats = ['jsonl', 'csv'] as const
export const EventsExportQuery = Type.Object(
  { ...selection, format: Type.Optional(Type.Enum(eventFormats, { default: 'jsonl' })) },
  { additionalProperties: true, description: 'Also every parameter of the EPCIS 2.0 query but those of pages' }
)

/** waiting, running: not yet; ready: can be taken; failed: `detail` says why; gone: kept no longer. */
export const evidenceStates = ['waiting', 'running', 'ready', 'failed'] as const
export type EvidenceState = (typeof evidenceStates)[number]

export const EvidenceJob = Type.Object({
  id: Type.String(),
  state: Type.Enum(evidenceStates),
  question: EvidenceQuestion,
  by: Type.String(),
  createdAtMs: TimeMs,
  finishedAtMs: Type.Optional(TimeMs),
  expiresAtMs: Type.Optional(TimeMs),
  /** What is being written, and what has been. */
  step: Type.Optional(Type.String()),
  progress: Counts,
  bytes: Type.Optional(Type.Integer({ minimum: 0 })),
  /** Of the whole file. */
  sha256: Type.Optional(Type.String()),
  manifestSha256: Type.Optional(Type.String()),
  keyId: Type.Optional(Type.String()),
  cut: Type.Optional(Type.Array(Type.String())),
  detail: Type.Optional(Type.String()),
  download: Type.Optional(Type.String())
})
export type EvidenceJob = Static<typeof EvidenceJob>
export const EvidenceJobList = Type.Object({ items: Type.Array(EvidenceJob) })

export const EvidenceKey = Type.Object({
  keyId: Type.String({ description: 'SHA-256 of the public key (SPKI, DER), hex' }),
  algorithm: Type.Literal('Ed25519'),
  publicKeyPem: Type.String(),
  createdAtMs: TimeMs,
  retiredAtMs: Type.Optional(TimeMs)
})
export const EvidenceKeys = Type.Object({
  current: Type.String({ description: 'keyId of the key that signs now' }),
  keys: Type.Array(EvidenceKey, { description: 'Newest first; a retired key signs no more and goes on verifying' })
})
export type EvidenceKeys = Static<typeof EvidenceKeys>
