/** Who may take which step of a recall: by the rights of the caller; a refusal is audited. It knows no HTTP. */
import { recallError } from '@tracegate/model/recall-errors'
import type { RecallRole } from '@tracegate/model/recall-case'
import { recallStepRoles, type RecallStepType } from '@tracegate/model/recall-steps'
import type { Principal, Right } from '../accounts.ts'
import type { AuditTrail } from '../audit.ts'
import { apiError } from '../errors.ts'

const rightOfRole: Readonly<Record<Exclude<RecallRole, 'machine'>, Right>> = {
  company: 'respond',
  authority: 'order',
  inspector: 'inspect'
}

export interface RoleAsked {
  readonly id: string
  readonly type: RecallStepType
  readonly principal: Principal
  /** For callers with several rights. */
  readonly role?: RecallRole
}

/** The role in which the caller takes the step; rejects with `RIGHT_MISSING` or `RECALL_RIGHT`, and a step in the audit journal. */
export async function roleFor(audit: AuditTrail, { id, type, principal, role }: RoleAsked): Promise<RecallRole> {
  const allowed = recallStepRoles[type].filter((one) => one !== 'machine')
  const held = allowed.filter((one) => principal.rights.includes(rightOfRole[one]))
  const [first] = held
  if (first === undefined) {
    const right = allowed.map((one) => rightOfRole[one]).join('" or "')
    await audit.append(`recall:${id}`, { by: principal.name, action: 'refused', why: `right missing: ${right}`, state: { step: type } })
    throw apiError('RIGHT_MISSING', { right, name: principal.name })
  }
  if (role === undefined) return first
  if (held.some((one) => one === role)) return role
  await audit.append(`recall:${id}`, { by: principal.name, action: 'refused', why: `role ${role}`, state: { step: type } })
  throw recallError('RECALL_RIGHT', { id, step: type, role, wanted: held.join(' or ') })
}
