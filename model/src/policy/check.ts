/** What a policy must hold beyond its schema: each section's own rules, above all that a graver case never gets a lower level. Pure. */
import { compileValidator } from '../codec.ts'
import type { Reason } from '../errors.ts'
import { assessmentFaults } from './assessment.ts'
import { gradingFaults } from './grading.ts'
import { Policy, policyDefaults, type PolicyVersion } from './policy.ts'
import { publicationFaults } from './publication.ts'

const policies = compileValidator(Policy)
const reasonsMax = 64

function under(section: string, faults: readonly Reason[]): Reason[] {
  return faults.map(({ code, pointer, message }) => ({
    code,
    pointer: `/${section}${pointer}`,
    message: message.startsWith('/') ? `/${section}${message}` : message
  }))
}

export type CheckedPolicy = { readonly ok: true; readonly policy: Policy } | { readonly ok: false; readonly faults: readonly Reason[] }

/** The policy, or every fault with its JSON pointer. */
export function checkPolicy(document: unknown): CheckedPolicy {
  const read = policies.check(document)
  if (!read.ok) return { ok: false, faults: policies.reasons(document, reasonsMax) }
  const policy = read.value
  const faults = [
    ...under('grading', gradingFaults(policy.grading)),
    ...under('assessment', assessmentFaults(policy.assessment)),
    ...under('publication', publicationFaults(policy.publication))
  ]
  return faults.length === 0 ? { ok: true, policy } : { ok: false, faults }
}

/** A kept version; a section that did not exist when it was made has its shipped values. */
export function completePolicy(
  version: PolicyVersion | (Omit<PolicyVersion, 'policy'> & { readonly policy: object })
): PolicyVersion | undefined {
  const checked = checkPolicy({ ...policyDefaults, ...version.policy })
  return checked.ok ? { ...version, policy: checked.policy } : undefined
}

/** JSON Merge Patch (RFC 7396): members of `change` replace those of the same name, null removes one, arrays are replaced whole. */
export function mergeDocument(document: unknown, change: unknown): unknown {
  if (!isObject(change)) return change
  const merged = new Map(Object.entries(isObject(document) ? document : {}))
  for (const [name, value] of Object.entries(change)) {
    if (value === null) merged.delete(name)
    else merged.set(name, mergeDocument(merged.get(name), value))
  }
  return Object.fromEntries(merged)
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
