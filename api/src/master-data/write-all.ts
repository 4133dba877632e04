/**
 * Many records written as one: all of them, or after a failure or a crash none. Rows have no common transaction in the port, so the rows
 * as they were are kept in one setting before the first is written, and taken from there when it did not end.
 */
import { isDeepStrictEqual } from 'node:util'
import { Type } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import { masterDataKinds, type MasterDataKind } from '@tracegate/model/master-data-record'
import type { CaseStore } from '@tracegate/store/case-store'
import { isStoreError } from '@tracegate/store/errors'
import { masterDataError } from './errors.ts'
import type { Plan } from './records.ts'

/** Rows that are written in one go; the store takes their commits together. */
const writesAtOnce = 500
const intentId = 'master-data-write'

const Intent = Type.Object({
  kind: Type.Enum(masterDataKinds),
  rows: Type.Array(
    Type.Object({
      rowId: Type.String(),
      version: Type.Integer({ description: 'Before; 0: was not there' }),
      after: Type.Unknown(),
      before: Type.Optional(Type.Unknown())
    })
  )
})
const intents = compileValidator(Intent)

/** Rejects with `MASTER_DATA_CHANGED` when another process wrote one of the rows meanwhile. */
export async function writeAll(cases: CaseStore, kind: MasterDataKind, plans: readonly Plan[]): Promise<void> {
  const wanted = plans.filter((plan) => plan.change !== 'unchanged')
  const rowIdOf = (plan: Plan) => plan.before?.rowId ?? plan.id
  if (wanted.length > 1) {
    const rows = wanted.map((plan) => ({
      rowId: rowIdOf(plan),
      version: plan.before?.version ?? 0,
      after: documentOf(plan),
      ...(plan.before === undefined ? {} : { before: documentOf(plan.before) })
    }))
    await cases.put('settings', intentId, { kind, rows })
  }
  let failure: { readonly error: unknown; readonly plan: Plan } | undefined
  for (let from = 0; from < wanted.length && failure === undefined; from += writesAtOnce) {
    const ended = await Promise.allSettled(
      wanted.slice(from, from + writesAtOnce).map((plan) => cases.put(kind, rowIdOf(plan), documentOf(plan), plan.before?.version ?? 0))
    )
    for (const [index, one] of ended.entries()) {
      const plan = wanted[from + index]
      if (one.status === 'rejected' && plan !== undefined) failure ??= { error: one.reason, plan }
    }
  }
  if (wanted.length > 1) {
    if (failure === undefined) await cases.remove('settings', intentId)
    else await mendTornWrite(cases)
  }
  if (failure === undefined) return
  if (!isStoreError(failure.error, 'STORE_CONFLICT')) throw failure.error
  const { plan, error } = failure
  const current = (await cases.get(kind, rowIdOf(plan)))?.version ?? 0
  throw masterDataError('MASTER_DATA_CHANGED', { what: kind, id: plan.id, current, wanted: plan.before?.version ?? 0 }, error)
}

/** Takes back what an unfinished `writeAll` wrote. A row that another wrote after it keeps that. */
export async function mendTornWrite(cases: CaseStore): Promise<void> {
  const intent = intents.check((await cases.get('settings', intentId))?.document)
  if (!intent.ok) return
  const { kind, rows } = intent.value
  for (const { rowId, version, before, after } of rows) {
    const now = await cases.get(kind, rowId)
    if (now?.version !== version + 1 || !isDeepStrictEqual(now.document, after)) continue
    if (before === undefined) await cases.remove(kind, rowId)
    else await cases.put(kind, rowId, before, now.version)
  }
  await cases.remove('settings', intentId)
}

function documentOf({ value, provenance }: Pick<Plan, 'value' | 'provenance'>): unknown {
  return { ...value, provenance }
}
