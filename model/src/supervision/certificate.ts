/**
 * Laboratories and their certificates (tasks 5, 21): what one may test, what a certificate says of which goods, and its end by revocation,
 * after which everything that it carried is judged anew. A certificate is a case of kind `certificate`; pure.
 */
import { Type, type Static } from 'typebox'
import { hazards } from '../registers.ts'
import { BilingualText } from '../text.ts'
import { TimeMs } from '../wire.ts'
import { supervisionError } from './errors.ts'
import { requireStep, type SupervisionContext } from './plan.ts'

const Id = Type.String({ pattern: '^[A-Za-z0-9._-]{1,64}$' })
const strict = { additionalProperties: false } as const

export const Laboratory = Type.Object(
  {
    id: Id,
    name: BilingualText,
    gln: Type.Optional(Type.String({ pattern: '^\\d{13}$' })),
    accreditation: Type.String({ minLength: 1, maxLength: 128, description: 'Number of its accreditation, such as CNAS L0001' }),
    accreditedUntilMs: TimeMs,
    /** What it may test. */
    scope: Type.Array(
      Type.Object({ hsPrefix: Type.String({ pattern: '^\\d{2,10}$' }), hazards: Type.Array(Type.Enum(hazards), { minItems: 1 }) }, strict),
      {
        maxItems: 500
      }
    )
  },
  strict
)
export type Laboratory = Static<typeof Laboratory>

export const CertificateContent = Type.Object(
  {
    laboratory: Id,
    /** As the laboratory numbers it. */
    number: Type.String({ minLength: 1, maxLength: 128 }),
    issuedMs: TimeMs,
    validUntilMs: TimeMs,
    goods: Type.Array(
      Type.Object(
        {
          gtin: Type.Optional(Type.String({ pattern: '^\\d{14}$' })),
          hsCode: Type.String({ pattern: '^\\d{6,10}$' }),
          /** Empty: every lot of the product. */
          lots: Type.Array(Type.String({ minLength: 1, maxLength: 20 }), { maxItems: 500 })
        },
        strict
      ),
      { minItems: 1, maxItems: 200 }
    ),
    hazards: Type.Array(Type.Enum(hazards), { minItems: 1 }),
    conforms: Type.Boolean(),
    /** Attachments, such as the scanned report. */
    attachments: Type.Array(Type.String({ maxLength: 128 }), { maxItems: 16 })
  },
  strict
)
export type CertificateContent = Static<typeof CertificateContent>

/** What rested on it when it was revoked, and what became of that. */
export const Carried = Type.Object({
  kind: Type.Enum(['consignment', 'plan', 'assessment'] as const),
  id: Type.String(),
  outcome: Type.Enum(['reopened', 'marked', 'failed'] as const),
  before: Type.Optional(Type.String()),
  after: Type.Optional(Type.String())
})
export type Carried = Static<typeof Carried>

export const Certificate = Type.Object(
  {
    id: Id,
    status: Type.Enum(['valid', 'revoked'] as const),
    ...CertificateContent.properties,
    revoked: Type.Optional(Type.Object({ atMs: TimeMs, by: Type.String(), why: Type.String() })),
    carried: Type.Array(Carried, { maxItems: 2_000 }),
    /** Whether everything that it carried has been looked at since the revocation. */
    recomputed: Type.Boolean(),
    updatedAtMs: TimeMs
  },
  { title: 'certificate' }
)
export type Certificate = Static<typeof Certificate>

export const CertificateStep = Type.Union([
  Type.Object({ type: Type.Literal('registered'), content: CertificateContent }),
  Type.Object({ type: Type.Literal('revoked') }),
  Type.Object({ type: Type.Literal('recomputed'), carried: Type.Array(Carried, { maxItems: 2_000 }) })
])
export type CertificateStep = Static<typeof CertificateStep>

const transitions: Readonly<Record<CertificateStep['type'], readonly string[]>> = {
  registered: ['none'],
  revoked: ['valid'],
  recomputed: ['revoked']
}

export function isOpenCertificate({ status, recomputed }: Pick<Certificate, 'status' | 'recomputed'>): boolean {
  return status === 'revoked' && !recomputed
}

export function reduceCertificate(
  before: Certificate | undefined,
  step: CertificateStep,
  { id, atMs, by, why }: SupervisionContext & { readonly by: string; readonly why: string }
): Certificate {
  requireStep('certificate', { id, status: before?.status ?? 'none', step: step.type, transitions })
  if (step.type === 'registered') return { id, status: 'valid', ...step.content, carried: [], recomputed: false, updatedAtMs: atMs }
  if (before === undefined) throw new TypeError(`Cannot apply ${step.type} to certificate ${id}: there is none`)
  if (step.type === 'revoked') return { ...before, status: 'revoked', revoked: { atMs, by, why }, updatedAtMs: atMs }
  return { ...before, carried: step.carried, recomputed: true, updatedAtMs: atMs }
}

/** A laboratory certifies what its accreditation covers, and nothing else. */
export function requireWithinScope(id: string, content: CertificateContent, laboratory: Laboratory | undefined): void {
  const refuse = (detail: string): never => {
    throw supervisionError('CERTIFICATE_SCOPE', { id, detail })
  }
  if (laboratory === undefined) return refuse(`laboratory "${content.laboratory}" is not in the register, expected one that is`)
  if (content.validUntilMs <= content.issuedMs) refuse('it ends before it is issued, expected a later end')
  if (content.issuedMs > laboratory.accreditedUntilMs)
    refuse(`laboratory ${laboratory.id} was accredited until ${new Date(laboratory.accreditedUntilMs).toISOString()}`)
  for (const { hsCode } of content.goods)
    for (const hazard of content.hazards)
      if (!laboratory.scope.some((row) => hsCode.startsWith(row.hsPrefix) && row.hazards.includes(hazard)))
        refuse(`laboratory ${laboratory.id} is not accredited for ${hazard} in ${hsCode}`)
}

/** Why a certificate does not carry these goods at a moment; undefined when it does. */
export function certificateFault(
  certificate: Certificate | undefined,
  goods: readonly { readonly gtin?: string; readonly hsCode: string; readonly lots: readonly string[] }[],
  atMs: number
): BilingualText | undefined {
  if (certificate === undefined) return { zh: '未登记', en: 'it is not registered' }
  if (certificate.status === 'revoked') return { zh: '已撤销', en: 'it is revoked' }
  if (!certificate.conforms) return { zh: '结论为不合格', en: 'it says that the goods do not conform' }
  if (atMs > certificate.validUntilMs) return { zh: '已过期', en: 'it has expired' }
  const covers = (good: (typeof goods)[number]): boolean =>
    certificate.goods.some(
      ({ gtin, hsCode, lots }) =>
        (gtin === undefined ? good.hsCode.startsWith(hsCode) : gtin === good.gtin) &&
        (lots.length === 0 || (good.lots.length > 0 && good.lots.every((lot) => lots.includes(lot))))
    )
  return goods.every(covers) ? undefined : { zh: '未覆盖全部货物', en: 'it does not cover all of the goods' }
}
