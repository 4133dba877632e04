/** What the routes of recalls share: who signs, the schema of a step, and the taking of it. */
import { Type, type TSchema } from 'typebox'
import { RecallDetail } from '@tracegate/model/http-recalls'
import type { RecallCase, RecallRole } from '@tracegate/model/recall-case'
import type { RecallStep, RecallStepType } from '@tracegate/model/recall-steps'
import type { Principal } from '../accounts.ts'
import { answers, Id } from '../answers.ts'
import type { KeptCase } from '../cases/case-book.ts'
import type { ApiContext } from '../context.ts'
import { apiError } from '../errors.ts'
import type { StepAsked } from '../recalls/recall-office.ts'

export const RecallParams = Type.Object({ id: Id })
/** Rights depend on the step and are checked, and audited, there. */
export const signedIn = { right: 'signedIn' } as const

export function principalOf(request: { readonly principal: Principal | undefined }): Principal {
  if (request.principal === undefined) throw apiError('SIGN_IN_REQUIRED')
  return request.principal
}

export function detailOf({ state, length }: KeptCase<RecallCase>): RecallDetail {
  return { ...state, length }
}

export interface Signed {
  readonly why?: string
  readonly role?: RecallRole
  readonly expectedLength?: number
}

export function signedOf({ why, role, expectedLength }: Signed): Signed {
  return {
    ...(why === undefined ? {} : { why }),
    ...(role === undefined ? {} : { role }),
    ...(expectedLength === undefined ? {} : { expectedLength })
  }
}

export function schemaOf<Body extends TSchema>(summary: string, body: Body) {
  return { tags: ['recalls'], summary, params: RecallParams, body, response: answers(RecallDetail) }
}

interface StepRequest {
  readonly params: { readonly id: string }
  readonly body: Signed
  readonly principal: Principal | undefined
}

/** Takes the step that `make` makes of the case as it stands. */
export function stepTaker({ recalls }: ApiContext) {
  return async (
    request: StepRequest,
    type: RecallStepType,
    make: (asked: StepAsked) => RecallStep | Promise<RecallStep>
  ): Promise<RecallDetail> => {
    const { params, body } = request
    return detailOf(await recalls.act({ id: params.id, type, principal: principalOf(request), ...signedOf(body), make }))
  }
}
