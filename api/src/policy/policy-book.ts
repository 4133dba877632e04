/** The versions of the policy: which holds now, which held then, and a new one. It decides nothing by them. */
import { policyDefaults, PolicyVersion } from '@tracegate/model/policy/policy'
import { compileValidator } from '@tracegate/model/codec'
import type { CaseStore } from '@tracegate/store/case-store'

export interface PolicyBook {
  /** The version in effect at the time, by default now. */
  current(atMs?: number): Promise<PolicyVersion>
  /** Oldest first, the shipped one included. */
  versions(): Promise<PolicyVersion[]>
}

const rows = compileValidator(PolicyVersion)
const shipped: PolicyVersion = { version: 1, effectiveFromMs: 0, by: 'tracegate', why: 'shipped', policy: policyDefaults }

export function createPolicyBook({ cases, nowMs }: { readonly cases: CaseStore; readonly nowMs: () => number }): PolicyBook {
  async function versions(): Promise<PolicyVersion[]> {
    const kept = (await cases.list('policies')).flatMap((row) => {
      const read = rows.check(row.document)
      return read.ok ? [read.value] : []
    })
    return [shipped, ...kept.toSorted((left, right) => left.version - right.version)]
  }
  return {
    versions,
    async current(atMs = nowMs()) {
      return (await versions()).findLast((version) => version.effectiveFromMs <= atMs) ?? shipped
    }
  }
}
