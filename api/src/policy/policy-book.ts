/**
 * The versions of the policy: which holds now, which held then, and a new one. They are one hash-chained journal; no version ever changes.
 * It decides nothing by them.
 */
import { Type } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import type { Reason } from '@tracegate/model/errors'
import { checkPolicy, completePolicy, mergeDocument } from '@tracegate/model/policy/check'
import { policyDefaults, PolicyVersion } from '@tracegate/model/policy/policy'
import type { CaseStore } from '@tracegate/store/case-store'
import { isStoreError } from '@tracegate/store/errors'
import { apiError } from '../errors.ts'
import { FindingsError } from '../problem.ts'

/** What decisions need of it. */
export interface PolicyBook {
  /** The version in effect at the time, by default now: the newest of those whose time has come. */
  current(atMs?: number): Promise<PolicyVersion>
  /** Oldest first, the shipped one included. */
  versions(): Promise<PolicyVersion[]>
}

interface NewPolicy {
  /** The whole policy, or with `base` the members that change (RFC 7396). */
  readonly policy?: unknown
  readonly base?: number
  readonly change?: unknown
  readonly effectiveFromMs?: number
  readonly why: string
  readonly by: string
  /** The version that the caller has seen as the newest. */
  readonly expectedVersion?: number
}

export interface PolicyOffice extends PolicyBook {
  /** Rejects with NOT_FOUND. */
  version(version: number): Promise<PolicyVersion>
  /** The policy that would be added, checked; rejects with every fault and its pointer. */
  check(request: Pick<NewPolicy, 'policy' | 'base' | 'change'>): Promise<PolicyVersion['policy']>
  add(request: NewPolicy): Promise<PolicyVersion>
}

/** Case of kind `audit` that holds the versions. */
const journalId = 'policy'
/** Another process may add a version; it is seen after so long. */
const lookEveryMs = 1_000
const versionsMax = 10_000

const kept = compileValidator(Type.Object({ ...PolicyVersion.properties, policy: Type.Object({}) }))
const shippedPolicy: PolicyVersion = {
  version: 1,
  effectiveFromMs: 0,
  by: 'tracegate',
  why: 'shipped',
  policy: policyDefaults
}

interface Held {
  readonly versions: PolicyVersion[]
  readonly length: number
  lookedAtMs: number
}

export function createPolicyBook({ cases, nowMs }: { readonly cases: CaseStore; readonly nowMs: () => number }): PolicyOffice {
  let held: Held | undefined

  /** Decisions ask for it all the time, so it is read once and looked after. */
  async function versions(): Promise<PolicyVersion[]> {
    const atMs = performance.now()
    if (held !== undefined && atMs - held.lookedAtMs < lookEveryMs) return held.versions
    const length = (await cases.head('audit', journalId))?.length ?? 0
    if (held?.length === length) held.lookedAtMs = atMs
    else held = { versions: await readVersions(), length, lookedAtMs: atMs }
    return held.versions
  }

  async function readVersions(): Promise<PolicyVersion[]> {
    const steps = await cases.journal('audit', journalId)
    const added = steps.map(({ data }) => {
      const read = kept.check(data)
      const complete = read.ok ? completePolicy(read.value) : undefined
      // A policy that cannot be read must stop decisions, not be passed over in silence.
      if (complete === undefined) throw new TypeError(`Cannot read policy: a step of its journal holds no policy of this software`)
      return complete
    })
    return [shippedPolicy, ...added]
  }

  async function version(wanted: number): Promise<PolicyVersion> {
    const found = (await versions()).find((one) => one.version === wanted)
    if (found === undefined) throw apiError('NOT_FOUND', { what: 'policy version', id: wanted })
    return found
  }

  async function check({ policy, base, change }: Pick<NewPolicy, 'policy' | 'base' | 'change'>): Promise<PolicyVersion['policy']> {
    const document = policy ?? mergeDocument((base === undefined ? await newest() : await version(base)).policy, change ?? {})
    const checked = checkPolicy(document)
    if (!checked.ok) throw refused(checked.faults)
    return checked.policy
  }

  async function newest(): Promise<PolicyVersion> {
    return (await versions()).at(-1) ?? shippedPolicy
  }

  return {
    versions,
    version,
    check,
    async current(atMs = nowMs()) {
      return (await versions()).findLast((one) => one.effectiveFromMs <= atMs) ?? shippedPolicy
    },
    async add(request) {
      held = undefined
      const all = await versions()
      const before = all.at(-1) ?? shippedPolicy
      const { expectedVersion, by, why } = request
      if (expectedVersion !== undefined && expectedVersion !== before.version)
        throw apiError('CASE_CHANGED', { what: 'policy', id: 'policy', length: before.version, expected: expectedVersion })
      if (all.length >= versionsMax) throw apiError('POLICY_FULL', { versions: all.length, versionsMax })
      const policy = await check(request)
      const atMs = nowMs()
      const effectiveFromMs = request.effectiveFromMs ?? atMs
      if (effectiveFromMs < atMs)
        throw apiError('POLICY_PAST', { effectiveFrom: new Date(effectiveFromMs).toISOString(), now: new Date(atMs).toISOString() })
      const added: PolicyVersion = { version: before.version + 1, effectiveFromMs, by, why, policy }
      const state = { version: added.version, effectiveFromMs }
      try {
        const step = { atMs, by, action: 'policy', why, data: added }
        await cases.append({ kind: 'audit', id: journalId, expectedLength: all.length - 1, step, head: { open: false, state } })
      } catch (error) {
        if (!isStoreError(error, 'STORE_CONFLICT')) throw error
        throw apiError('CASE_CHANGED', { what: 'policy', id: 'policy', length: before.version + 1, expected: before.version })
      } finally {
        held = undefined
      }
      return added
    }
  }
}

function refused(faults: readonly Reason[]): FindingsError {
  return new FindingsError(apiError('POLICY_INVALID', { count: faults.length }), faults)
}
