/**
 * The credit ledger of a company and the blacklist (tasks 13, 14): entries that are never taken out, each with reason and case; appeal;
 * a grade that follows from them at a moment; entry to and exit from the blacklist. A case of kind `credit`, its id the GLN; pure reducer.
 */
import { Type, type Static } from 'typebox'
import { creditEntryKinds, creditGrades, type CreditGrade, type SupervisionPolicy } from '../policy/supervision.ts'
import { TimeMs } from '../wire.ts'
import { supervisionError } from './errors.ts'
import { requireStep, type SupervisionContext } from './plan.ts'

const Gln = Type.String({ pattern: '^\\d{13}$' })
const EntryId = Type.String({ pattern: '^[A-Za-z0-9._-]{1,64}$' })
const strict = { additionalProperties: false } as const
export const creditEntriesMax = 2_000

/** The case that bears an entry out. */
const CaseRef = Type.Object(
  { kind: Type.String({ minLength: 1, maxLength: 32 }), id: Type.String({ minLength: 1, maxLength: 128 }) },
  strict
)

const Appeal = Type.Object({
  atMs: TimeMs,
  by: Type.String(),
  grounds: Type.String(),
  decided: Type.Optional(Type.Object({ upheld: Type.Boolean(), atMs: TimeMs, by: Type.String(), why: Type.String() }))
})

export const CreditEntry = Type.Object({
  id: EntryId,
  kind: Type.Enum(creditEntryKinds),
  points: Type.Integer(),
  atMs: TimeMs,
  by: Type.String(),
  why: Type.String(),
  case: CaseRef,
  appeal: Type.Optional(Appeal)
})
export type CreditEntry = Static<typeof CreditEntry>

export const CreditLedger = Type.Object(
  {
    gln: Gln,
    /** Oldest first. One whose appeal was upheld stays and counts nothing. */
    entries: Type.Array(CreditEntry, { maxItems: creditEntriesMax }),
    blacklisted: Type.Optional(Type.Object({ atMs: TimeMs, by: Type.String(), why: Type.String(), ground: EntryId })),
    exits: Type.Array(Type.Object({ atMs: TimeMs, by: Type.String(), why: Type.String(), listedMs: TimeMs }), { maxItems: 100 }),
    updatedAtMs: TimeMs
  },
  { title: 'creditLedger' }
)
export type CreditLedger = Static<typeof CreditLedger>

const Why = Type.String({ minLength: 1, maxLength: 2_048 })
export const CreditStep = Type.Union([
  Type.Object({ type: Type.Literal('entered'), entry: EntryId, kind: Type.Enum(creditEntryKinds), points: Type.Integer(), case: CaseRef }),
  Type.Object({ type: Type.Literal('appealed'), entry: EntryId, grounds: Why, withinMs: Type.Integer({ minimum: 0 }) }),
  Type.Object({ type: Type.Literal('appealDecided'), entry: EntryId, upheld: Type.Boolean() }),
  Type.Object({
    type: Type.Literal('blacklisted'),
    ground: EntryId,
    grounds: Type.Array(Type.Enum(creditEntryKinds), { description: 'What the policy takes as a ground' })
  }),
  Type.Object({
    type: Type.Literal('exited'),
    stayAtLeastMs: Type.Integer({ minimum: 0 }),
    grounds: Type.Array(Type.Enum(creditEntryKinds))
  })
])
export type CreditStep = Static<typeof CreditStep>

const transitions: Readonly<Record<CreditStep['type'], readonly string[]>> = {
  entered: ['none', 'kept', 'blacklisted'],
  appealed: ['kept', 'blacklisted'],
  appealDecided: ['kept', 'blacklisted'],
  blacklisted: ['kept'],
  exited: ['blacklisted']
}

export function isOpenLedger({ blacklisted, entries }: CreditLedger): boolean {
  return blacklisted !== undefined || entries.some(({ appeal }) => appeal !== undefined && appeal.decided === undefined)
}

interface LedgerContext extends SupervisionContext {
  readonly by: string
  readonly why: string
}

export function reduceCredit(before: CreditLedger | undefined, step: CreditStep, context: LedgerContext): CreditLedger {
  const { id, atMs } = context
  const status = before === undefined ? 'none' : before.blacklisted === undefined ? 'kept' : 'blacklisted'
  requireStep('credit ledger', { id, status, step: step.type, transitions })
  const ledger: CreditLedger = before ?? { gln: id, entries: [], exits: [], updatedAtMs: atMs }
  return { ...applied(ledger, step, context), updatedAtMs: atMs }
}

function applied(before: CreditLedger, step: CreditStep, { atMs, by, why }: LedgerContext): CreditLedger {
  switch (step.type) {
    case 'entered': {
      const entry = { id: step.entry, kind: step.kind, points: step.points, atMs, by, why, case: step.case }
      return { ...before, entries: [...before.entries, entry] }
    }
    case 'appealed': {
      const entry = entryOf(before, step.entry)
      const detail =
        entry.appeal !== undefined ? 'there is an appeal' : atMs - entry.atMs > step.withinMs ? 'the time for it is over' : undefined
      if (detail !== undefined) throw supervisionError('CREDIT_APPEAL', { entry: step.entry, company: before.gln, detail })
      return withEntry(before, { ...entry, appeal: { atMs, by, grounds: step.grounds } })
    }
    case 'appealDecided': {
      const entry = entryOf(before, step.entry)
      if (entry.appeal === undefined || entry.appeal.decided !== undefined)
        throw supervisionError('CREDIT_APPEAL', { entry: step.entry, company: before.gln, detail: 'none is open, expected one' })
      const appeal = { ...entry.appeal, decided: { upheld: step.upheld, atMs, by, why } }
      return withoutGround(withEntry(before, { ...entry, appeal }), step, { atMs, by, why })
    }
    case 'blacklisted': {
      const entry = entryOf(before, step.ground)
      if (!step.grounds.includes(entry.kind) || isVoid(entry))
        throw supervisionError('BLACKLIST_GROUND', {
          company: before.gln,
          detail: `entry ${entry.id} is ${isVoid(entry) ? 'void' : `of ${entry.kind}`}`,
          grounds: step.grounds.join(' or ')
        })
      return { ...before, blacklisted: { atMs, by, why, ground: entry.id } }
    }
    case 'exited':
      return exited(before, step, { atMs, by, why })
    default:
      return step satisfies never
  }
}

/** An appeal upheld against the ground of a listing ends the listing. */
function withoutGround(
  ledger: CreditLedger,
  { entry, upheld }: { readonly entry: string; readonly upheld: boolean },
  signed: { readonly atMs: number; readonly by: string; readonly why: string }
): CreditLedger {
  if (!upheld || ledger.blacklisted?.ground !== entry) return ledger
  const { blacklisted, ...rest } = ledger
  return { ...rest, exits: [...ledger.exits, { ...signed, listedMs: blacklisted.atMs }] }
}

function exited(
  before: CreditLedger,
  { stayAtLeastMs, grounds }: Extract<CreditStep, { type: 'exited' }>,
  signed: { readonly atMs: number; readonly by: string; readonly why: string }
): CreditLedger {
  const { blacklisted, ...rest } = before
  if (blacklisted === undefined) return before
  const staysUntilMs = blacklisted.atMs + stayAtLeastMs
  const since = before.entries.find((entry) => entry.atMs > blacklisted.atMs && grounds.includes(entry.kind) && !isVoid(entry))
  const detail =
    signed.atMs < staysUntilMs
      ? `it stays until ${new Date(staysUntilMs).toISOString()}`
      : since === undefined
        ? undefined
        : `entry ${since.id} of ${since.kind} came since, expected none`
  if (detail !== undefined) throw supervisionError('BLACKLIST_EXIT', { company: before.gln, detail })
  return { ...rest, exits: [...before.exits, { ...signed, listedMs: blacklisted.atMs }] }
}

function entryOf({ entries, gln }: CreditLedger, id: string): CreditEntry {
  const entry = entries.find((one) => one.id === id)
  if (entry === undefined) throw supervisionError('CREDIT_APPEAL', { entry: id, company: gln, detail: 'it is not in the ledger' })
  return entry
}

function withEntry(ledger: CreditLedger, changed: CreditEntry): CreditLedger {
  return { ...ledger, entries: ledger.entries.map((entry) => (entry.id === changed.id ? changed : entry)) }
}

/** Taken back on appeal. */
export function isVoid({ appeal }: CreditEntry): boolean {
  return appeal?.decided?.upheld === true
}

export interface CreditStanding {
  readonly points: number
  readonly grade: CreditGrade
  readonly blacklisted: boolean
}

/** The standing at a moment; a company without a ledger stands at the start. */
export function standingOf(ledger: CreditLedger | undefined, atMs: number, { credit }: SupervisionPolicy): CreditStanding {
  const counted = (ledger?.entries ?? []).filter((entry) => !isVoid(entry) && entry.atMs <= atMs && atMs - entry.atMs <= credit.countsMs)
  const sum = counted.reduce((total, { points }) => total + points, credit.start)
  const points = Math.max(0, Math.min(100, sum))
  const { A, B, C } = credit.gradesFrom
  const grade = creditGrades[points >= A ? 0 : points >= B ? 1 : points >= C ? 2 : 3] ?? 'D'
  return { points, grade, blacklisted: ledger?.blacklisted !== undefined }
}
