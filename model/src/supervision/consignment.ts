/**
 * Consignments declared at the border and how each is supervised (tasks 11, 20): declared, a mode proposed with reasons, decided by a
 * person, sampled or inspected, released, released under a quality guarantee, or refused. A case of kind `consignment`; pure reducer.
 */
import { Type, type Static } from 'typebox'
import { supervisionModes, type SupervisionMode } from '../policy/supervision.ts'
import { TraceKey } from '../registers.ts'
import { BilingualText } from '../text.ts'
import { TimeMs } from '../wire.ts'
import { supervisionError } from './errors.ts'
import { requireStep, type SupervisionContext } from './plan.ts'

const Id = Type.String({ pattern: '^[A-Za-z0-9._-]{1,64}$' })
const Gln = Type.String({ pattern: '^\\d{13}$' })
const strict = { additionalProperties: false } as const
const Mode = Type.Enum(supervisionModes)

export const DeclaredGood = Type.Object(
  {
    gtin: Type.Optional(Type.String({ pattern: '^\\d{14}$' })),
    hsCode: Type.String({ pattern: '^\\d{6,10}$' }),
    lots: Type.Array(Type.String({ minLength: 1, maxLength: 20 }), { maxItems: 200 }),
    quantity: Type.Optional(Type.Number({ exclusiveMinimum: 0 })),
    unit: Type.Optional(Type.String({ minLength: 1, maxLength: 16 })),
    originCountry: Type.Optional(Type.String({ pattern: '^[A-Z]{2}$' }))
  },
  strict
)
export type DeclaredGood = Static<typeof DeclaredGood>

export const Declaration = Type.Object(
  {
    id: Id,
    direction: Type.Enum(['import', 'export'] as const),
    importer: Type.Optional(Gln),
    exporter: Type.Optional(Gln),
    port: Type.Optional(Type.String({ pattern: '^[A-Z]{2}[A-Z2-9]{3}$' })),
    goods: Type.Array(DeclaredGood, { minItems: 1, maxItems: 500 }),
    /** Certificates that the declaration relies on. */
    certificates: Type.Array(Id, { maxItems: 64 }),
    /** Pallets and containers that it travels in. */
    units: Type.Array(TraceKey, { maxItems: 500 }),
    declaredMs: TimeMs,
    /** Whether the declarant asks to move it off the port under a quality guarantee. */
    guaranteeAsked: Type.Optional(Type.Boolean())
  },
  strict
)
export type Declaration = Static<typeof Declaration>

export const ModeProposal = Type.Object({
  mode: Mode,
  rate: Type.Number({ minimum: 0, maximum: 1 }),
  /** Whether this consignment is to be opened: always under inspection, by its own lot in a draw under the other modes. */
  open: Type.Boolean(),
  reasons: Type.Array(BilingualText, { minItems: 1, maxItems: 64 }),
  /** Certificates that the proposal rests on: when one is revoked it is made anew. */
  restsOn: Type.Array(Id),
  blacklisted: Type.Boolean(),
  policyVersion: Type.Integer({ minimum: 1 }),
  atMs: TimeMs
})
export type ModeProposal = Static<typeof ModeProposal>

const Guarantee = Type.Object(
  {
    /** The place the goods are kept at until they are found to conform. */
    place: TraceKey,
    untilMs: TimeMs,
    conditions: BilingualText
  },
  strict
)

export const consignmentStatuses = ['declared', 'decided', 'inspected', 'released', 'releasedUnderGuarantee', 'refused'] as const

export const Consignment = Type.Object(
  {
    ...Declaration.properties,
    status: Type.Enum(consignmentStatuses),
    proposal: Type.Optional(ModeProposal),
    decided: Type.Optional(Type.Object({ mode: Mode, atMs: TimeMs, by: Type.String(), why: Type.String(), policyVersion: Type.Integer() })),
    result: Type.Optional(Type.Object({ conforms: Type.Boolean(), atMs: TimeMs, by: Type.String(), certificate: Type.Optional(Id) })),
    guarantee: Type.Optional(Guarantee),
    /** Set when a certificate it rested on was revoked: somebody has to look at it again. */
    reopened: Type.Optional(Type.Object({ certificate: Id, atMs: TimeMs })),
    updatedAtMs: TimeMs
  },
  { title: 'consignment' }
)
export type Consignment = Static<typeof Consignment>

export const ConsignmentStep = Type.Union([
  Type.Object({ type: Type.Literal('declared'), declaration: Declaration }),
  Type.Object({ type: Type.Literal('proposed'), proposal: ModeProposal }),
  Type.Object({ type: Type.Literal('decided'), mode: Mode, policyVersion: Type.Integer({ minimum: 1 }) }),
  Type.Object({ type: Type.Literal('inspected'), conforms: Type.Boolean(), certificate: Type.Optional(Id) }),
  Type.Object({ type: Type.Literal('released') }),
  Type.Object({ type: Type.Literal('releasedUnderGuarantee'), guarantee: Guarantee }),
  Type.Object({ type: Type.Literal('refused') }),
  Type.Object({ type: Type.Literal('reopened'), certificate: Id })
])
export type ConsignmentStep = Static<typeof ConsignmentStep>

export const consignmentTransitions: Readonly<Record<ConsignmentStep['type'], readonly string[]>> = {
  declared: ['none'],
  proposed: ['declared', 'decided', 'releasedUnderGuarantee', 'released'],
  decided: ['declared', 'decided'],
  inspected: ['decided', 'releasedUnderGuarantee'],
  released: ['decided', 'inspected'],
  releasedUnderGuarantee: ['decided'],
  refused: ['decided', 'inspected'],
  reopened: ['declared', 'decided', 'inspected', 'released', 'releasedUnderGuarantee']
}

export function isOpenConsignment({ status, reopened }: Pick<Consignment, 'status' | 'reopened'>): boolean {
  return reopened !== undefined || (status !== 'released' && status !== 'refused')
}

export function reduceConsignment(
  before: Consignment | undefined,
  step: ConsignmentStep,
  context: SupervisionContext & { readonly by: string; readonly why: string }
): Consignment {
  const { id, atMs } = context
  requireStep('consignment', { id, status: before?.status ?? 'none', step: step.type, transitions: consignmentTransitions })
  if (step.type === 'declared') return { ...step.declaration, status: 'declared', updatedAtMs: atMs }
  if (before === undefined) throw new TypeError(`Cannot apply ${step.type} to consignment ${id}: there is none`)
  return { ...applied(before, step, context), updatedAtMs: atMs }
}

function applied(
  before: Consignment,
  step: Exclude<ConsignmentStep, { type: 'declared' }>,
  { atMs, by, why }: { readonly atMs: number; readonly by: string; readonly why: string }
): Consignment {
  switch (step.type) {
    case 'proposed':
      return { ...before, proposal: step.proposal }
    case 'decided': {
      requireDecision(before, step.mode, why)
      const { reopened: _reopened, ...rest } = before
      return { ...rest, status: 'decided', decided: { mode: step.mode, atMs, by, why, policyVersion: step.policyVersion } }
    }
    case 'inspected': {
      const result = { conforms: step.conforms, atMs, by, ...(step.certificate === undefined ? {} : { certificate: step.certificate }) }
      const { reopened: _reopened, ...rest } = before
      return { ...rest, status: 'inspected', result }
    }
    case 'released':
      requireConforms(before, 'released')
      return { ...before, status: 'released' }
    case 'releasedUnderGuarantee':
      return { ...before, status: 'releasedUnderGuarantee', guarantee: step.guarantee }
    case 'refused':
      return { ...before, status: 'refused' }
    case 'reopened':
      return reopened(before, { certificate: step.certificate, atMs })
    default:
      return step satisfies never
  }
}

/** What is not released yet is decided again; what is out stays out, marked. */
function reopened(before: Consignment, mark: { readonly certificate: string; readonly atMs: number }): Consignment {
  const status = before.status === 'decided' || before.status === 'inspected' ? 'declared' : before.status
  return { ...before, status, reopened: mark }
}

function requireDecision(before: Consignment, mode: SupervisionMode, why: string): void {
  const { id, proposal, importer, exporter } = before
  if (proposal?.blacklisted === true && mode !== 'inspection')
    throw supervisionError('CONSIGNMENT_BLACKLISTED', { id, mode, company: importer ?? exporter ?? '' })
  if (proposal !== undefined && proposal.mode !== mode && why.trim() === '')
    throw supervisionError('CONSIGNMENT_REASON', { id, mode, proposed: proposal.mode })
}

/** Goods found not to conform are refused; goods to be opened are released after they were. */
function requireConforms(before: Consignment, step: string): void {
  const { id, status, result, decided, proposal } = before
  const isToOpen = decided?.mode === 'inspection' || proposal?.open === true
  if (result?.conforms === false || (isToOpen && result === undefined))
    throw supervisionError('SUPERVISION_STEP', {
      what: 'consignment',
      id,
      step,
      status: result === undefined ? `${status} and not opened` : 'found not to conform',
      allowed: 'found to conform'
    })
}
