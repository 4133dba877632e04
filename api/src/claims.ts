/** Which warning an anomaly was given: a case of its own, written before the draft, so that an anomaly never gets two numbers. */
import { Type } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import type { CaseHead, CaseStore } from '@tracegate/store/case-store'
import { isStoreError } from '@tracegate/store/errors'

export const triggerName = 'tracegate/trigger'
const claims = compileValidator(Type.Object({ warning: Type.String() }))
const claimsKeptMax = 10_000

export interface Claims {
  /** The warning of the anomaly; takes the next number of the year when it has none. */
  of(anomaly: string): Promise<string>
}

export function createClaims(options: { readonly cases: CaseStore; readonly nowMs: () => number }): Claims {
  const kept = new Map<string, string>()
  return {
    async of(anomaly) {
      const known = kept.get(anomaly)
      if (known !== undefined) return known
      const before = await options.cases.head('audit', claimIdOf(anomaly))
      const warning = before === undefined ? await makeClaim(options.cases, anomaly, options.nowMs()) : readClaim(before)
      kept.set(anomaly, warning)
      const oldest = kept.size > claimsKeptMax ? kept.keys().next().value : undefined
      if (oldest !== undefined) kept.delete(oldest)
      return warning
    }
  }
}

async function makeClaim(cases: CaseStore, anomaly: string, nowMs: number): Promise<string> {
  const year = new Date(nowMs).getUTCFullYear()
  const number = await cases.nextNumber(`W-${year}`)
  const warning = `W-${year}-${String(number).padStart(6, '0')}`
  const id = claimIdOf(anomaly)
  const step = { atMs: nowMs, by: triggerName, action: 'claimed', why: `anomaly ${anomaly} is assessed`, data: { warning } }
  try {
    await cases.append({ kind: 'audit', id, expectedLength: 0, step, head: { open: false, state: { warning } } })
    return warning
  } catch (error) {
    if (!isStoreError(error, 'STORE_CONFLICT')) throw error
    const other = await cases.head('audit', id)
    if (other === undefined) throw error
    return readClaim(other)
  }
}

export function claimIdOf(anomaly: string): string {
  return `trigger:${anomaly}`
}

export function readClaim(head: CaseHead): string {
  const read = claims.check(head.state)
  if (!read.ok) throw new TypeError(`Cannot read claim ${head.id}: ${read.reason.message}`)
  return read.value.warning
}
