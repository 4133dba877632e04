/** The port for registers and case journals. Adapters: `memory-case.ts`, `embedded-case.ts`. Its suite: `case-suite.ts`. */
import type { RegisterName } from '@tracegate/model/registers'

export interface RegisterRow<Document = unknown> {
  readonly id: string
  readonly version: number
  readonly document: Document
}

export const caseKinds = [
  'anomaly',
  'warning',
  'recall',
  'audit',
  'deadLetter',
  'report',
  'assessment',
  'measure',
  'evaluation',
  'plan',
  'draw',
  'consignment',
  'certificate',
  'credit',
  'publication',
  'exchange',
  'rule',
  'control'
] as const
export type CaseKind = (typeof caseKinds)[number]

/** One signed-off step of a case. `hash` covers the step and the hash before it: SHA-256, hex. */
export interface JournalStep {
  readonly index: number
  readonly atMs: number
  readonly by: string
  readonly action: string
  readonly why: string
  readonly data: unknown
  readonly previousHash: string
  readonly hash: string
}

export interface NewStep {
  readonly atMs: number
  readonly by: string
  readonly action: string
  readonly why: string
  readonly data: unknown
}

/** The head of a case: what its reducer made of the journal, kept beside it so that lists need no replay. */
export interface CaseHead {
  readonly kind: CaseKind
  readonly id: string
  readonly length: number
  readonly updatedAtMs: number
  /** Whether the case still needs somebody; such cases are counted apart. */
  readonly open: boolean
  readonly point?: string
  readonly state: unknown
}

export interface CaseStore {
  /** Durable before it resolves. With `expectedVersion` (0: must be new) rejects with `STORE_CONFLICT` when another came first. */
  put(register: RegisterName, id: string, document: unknown, expectedVersion?: number): Promise<RegisterRow>
  get(register: RegisterName, id: string): Promise<RegisterRow | undefined>
  list(register: RegisterName): Promise<RegisterRow[]>
  remove(register: RegisterName, id: string): Promise<boolean>
  /** Appends one step and sets the head, atomically and durably; `expectedLength` guards against a lost update (`STORE_CONFLICT`). */
  append(options: {
    readonly kind: CaseKind
    readonly id: string
    readonly expectedLength: number
    readonly step: NewStep
    readonly head: { readonly open: boolean; readonly point?: string; readonly state: unknown }
  }): Promise<CaseHead>
  journal(kind: CaseKind, id: string): Promise<JournalStep[]>
  head(kind: CaseKind, id: string): Promise<CaseHead | undefined>
  /** Newest first by `updatedAtMs`, then id. */
  heads(query: {
    readonly kind: CaseKind
    readonly open?: boolean
    readonly point?: string
    readonly limit: number
    readonly cursor?: string
  }): Promise<{ readonly heads: CaseHead[]; readonly next?: string }>
  count(kind: CaseKind, open?: boolean): Promise<number>
  /** Next number of a series, from 1, never given twice. */
  nextNumber(series: string): Promise<number>
  close(): Promise<void>
}
