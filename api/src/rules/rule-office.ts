/**
 * New versions of rules and of product profiles: checked by their schema, kept as a journal of kind `rule`, and then in the register that
 * detection reads. It touches no anomaly: what was raised keeps the version that raised it.
 */
import { ruleDefinition, ruleDefinitions } from '@tracegate/detect/rule-definitions'
import { compileValidator } from '@tracegate/model/codec'
import { differencesOf, type Difference } from '@tracegate/model/differences'
import type { ProfileContent, ProfileVersion, RuleInfo } from '@tracegate/model/http-rules'
import { ProfileVersion as ProfileVersionSchema } from '@tracegate/model/http-rules'
import { ProductProfile } from '@tracegate/model/registers'
import { RuleVersion, shippedRuleVersion, type RuleDefinition, type RuleParameters } from '@tracegate/model/rules'
import type { Bus } from '@tracegate/service/bus'
import type { CaseStore } from '@tracegate/store/case-store'
import { isStoreError } from '@tracegate/store/errors'
import { apiError } from '../errors.ts'
import { FindingsError } from '../problem.ts'
import { ruleError } from './errors.ts'
import { shippedSetting, type RuleBook } from './rule-book.ts'

interface Change {
  readonly id: string
  readonly by: string
  readonly why: string
  readonly expectedVersion?: number | undefined
}

export interface RuleOffice {
  rules(): Promise<RuleInfo[]>
  rule(id: string): Promise<RuleInfo>
  /** Throws a `FindingsError` for parameters that the schema does not take. */
  checkParameters(id: string, parameters: RuleParameters): RuleDefinition
  setRule(change: Change & { readonly parameters: RuleParameters; readonly enabled: boolean }): Promise<RuleInfo>
  ruleVersions(id: string): Promise<RuleVersion[]>
  profiles(): Promise<ProductProfile[]>
  profile(id: string): Promise<ProductProfile | undefined>
  checkProfile(id: string, version: number, content: ProfileContent): ProductProfile
  setProfile(change: Change & { readonly content: ProfileContent }): Promise<ProductProfile>
  profileVersions(id: string): Promise<ProfileVersion[]>
  /** Puts into the registers what a crash left in the journals only. */
  reconcile(): Promise<void>
}

export interface RuleOfficeOptions {
  readonly cases: CaseStore
  readonly bus: Bus
  readonly book: RuleBook
  readonly forgetProfiles: () => void
  readonly nowMs: () => number
}

const findingsMax = 50
const ruleVersions = compileValidator(RuleVersion)
const profileVersions = compileValidator(ProfileVersionSchema)
const profileRows = compileValidator(ProductProfile)
const profileCase = (id: string) => `profile:${id}`

export function createRuleOffice(options: RuleOfficeOptions): RuleOffice {
  const { cases, bus, book, nowMs } = options

  const definitionOf = (id: string): RuleDefinition => {
    const definition = ruleDefinition(id)
    if (definition === undefined) throw apiError('NOT_FOUND', { what: 'rule', id })
    return definition
  }

  async function infoOf(definition: RuleDefinition): Promise<RuleInfo> {
    const { id, category, types, title, defaults } = definition
    const { version, enabled, parameters } = await book.setting(definition)
    return {
      id,
      category,
      types: [...types],
      title,
      schema: definition.parameters,
      defaults: { ...defaults },
      version,
      enabled,
      parameters
    }
  }

  function checkParameters(id: string, parameters: RuleParameters): RuleDefinition {
    const definition = definitionOf(id)
    const findings = compileValidator(definition.parameters).reasons(parameters, findingsMax)
    if (findings.length > 0)
      throw new FindingsError(
        ruleError('RULE_PARAMETERS', { id, count: findings.length }),
        findings.map((finding) => ({ ...finding, pointer: `/parameters${finding.pointer}` }))
      )
    return definition
  }

  /** The journal first: what it says is put into the register again at the next start. */
  async function append(id: string, version: RuleVersion | ProfileVersion, expectedLength: number, action: string): Promise<void> {
    const { by, why, atMs } = version
    const step = { atMs, by, action, why, data: version }
    try {
      await cases.append({ kind: 'rule', id, expectedLength, step, head: { open: true, state: version } })
    } catch (error) {
      if (!isStoreError(error, 'STORE_CONFLICT')) throw error
      throw ruleError('RULE_CHANGED', { id, version: expectedLength + 1, expected: expectedLength }, error)
    }
  }

  const tell = (id: string): void => {
    book.forget()
    bus.publish('rules', { ids: [id] })
  }

  async function readProfile(id: string): Promise<ProductProfile | undefined> {
    const row = await cases.get('profiles', id)
    const read = row === undefined ? undefined : profileRows.check(row.document)
    return read?.ok === true ? read.value : undefined
  }

  async function stepsOf<Version>(id: string, read: (data: unknown) => Version | undefined): Promise<Version[]> {
    return (await cases.journal('rule', id)).flatMap((step) => read(step.data) ?? [])
  }

  return {
    rules: () => Promise.all(ruleDefinitions.map(infoOf)),
    rule: async (id) => infoOf(definitionOf(id)),
    checkParameters,
    async setRule({ id, by, why, expectedVersion, parameters, enabled }) {
      const definition = checkParameters(id, parameters)
      book.forget()
      const before = await book.setting(definition)
      requireVersion(id, before.version, expectedVersion)
      if (before.enabled === enabled && differencesOf(before.parameters, parameters).length === 0)
        throw ruleError('RULE_SAME', { id, version: before.version })
      const version: RuleVersion = { id, version: before.version + 1, enabled, parameters, atMs: nowMs(), by, why }
      await append(id, version, before.version - shippedRuleVersion, 'set')
      await cases.put('rules', id, { id, version: version.version, enabled, parameters })
      tell(id)
      return infoOf(definition)
    },
    async ruleVersions(id) {
      const definition = definitionOf(id)
      const shipped: RuleVersion = { ...shippedSetting(definition), atMs: 0, by: 'tracegate', why: 'shipped' }
      return [shipped, ...(await stepsOf(id, (data) => valueOf(ruleVersions.check(data))))]
    },
    async profiles() {
      const rows = await cases.list('profiles')
      return rows.flatMap((row) => valueOf(profileRows.check(row.document)) ?? [])
    },
    profile: readProfile,
    checkProfile,
    async setProfile({ id, by, why, expectedVersion, content }) {
      const before = await readProfile(id)
      requireVersion(id, before?.version ?? 0, expectedVersion)
      const profile = checkProfile(id, (before?.version ?? 0) + 1, content)
      if (before !== undefined && differencesOf({ ...before, version: 0 }, { ...profile, version: 0 }).length === 0)
        throw ruleError('RULE_SAME', { id, version: before.version })
      const caseId = profileCase(id)
      let length = (await cases.head('rule', caseId))?.length ?? 0
      // The version that was there before anybody edited it belongs to the history, too.
      if (before !== undefined && length === 0) {
        await append(caseId, { profile: before, atMs: nowMs(), by: 'tracegate', why: 'as it was registered' }, 0, 'registered')
        length = 1
      }
      await append(caseId, { profile, atMs: nowMs(), by, why }, length, 'set')
      await cases.put('profiles', id, profile)
      options.forgetProfiles()
      tell(caseId)
      return profile
    },
    async profileVersions(id) {
      const kept = await stepsOf(profileCase(id), (data) => valueOf(profileVersions.check(data)))
      if (kept.length > 0) return kept
      const registered = await readProfile(id)
      if (registered === undefined) throw apiError('NOT_FOUND', { what: 'profile', id })
      return [{ profile: registered, atMs: 0, by: 'tracegate', why: 'as it was registered' }]
    },
    async reconcile() {
      const { heads } = await cases.heads({ kind: 'rule', limit: 1_000 })
      for (const head of heads) {
        const rule = valueOf(ruleVersions.check(head.state))
        const profile = valueOf(profileVersions.check(head.state))?.profile
        if (rule !== undefined) {
          const { id, version, enabled, parameters } = rule
          const row = await cases.get('rules', id)
          if (versionIn(row?.document) < version) await cases.put('rules', id, { id, version, enabled, parameters })
        } else if (profile !== undefined && ((await readProfile(profile.id))?.version ?? 0) < profile.version)
          await cases.put('profiles', profile.id, profile)
      }
    }
  }
}

function requireVersion(id: string, version: number, expected: number | undefined): void {
  if (expected !== undefined && expected !== version) throw ruleError('RULE_CHANGED', { id, version, expected })
}

function valueOf<Value>(read: { readonly ok: true; readonly value: Value } | { readonly ok: false }): Value | undefined {
  return read.ok ? read.value : undefined
}

function versionIn(document: unknown): number {
  return typeof document === 'object' && document !== null && 'version' in document && typeof document.version === 'number'
    ? document.version
    : 0
}

/** What a schema cannot say. */
function checkProfile(id: string, version: number, content: ProfileContent): ProductProfile {
  const { low, high, deadBand } = content
  const refuse = (detail: string, pointer: string) =>
    new FindingsError(ruleError('PROFILE_LIMITS', { id, detail }), [
      { code: 'PROFILE_LIMITS', pointer: `/profile${pointer}`, message: detail }
    ])
  if (low === undefined && high === undefined) throw refuse('it has neither a low nor a high limit, expected one', '/high')
  if (low !== undefined && high !== undefined && low >= high)
    throw refuse(`low is ${low} and high ${high}, expected low below high`, '/low')
  if (low !== undefined && high !== undefined && deadBand * 2 >= high - low)
    throw refuse(`the dead band of ${deadBand} leaves nothing between ${low} and ${high}`, '/deadBand')
  return { id, version, ...content }
}

/** Throws `NOT_FOUND` for a version that there is not. */
export function diffOfVersions(
  id: string,
  versions: readonly { readonly version: number; readonly content: unknown }[],
  { from, to }: { readonly from: number; readonly to: number }
): { from: number; to: number; differences: Difference[] } {
  const contentOf = (wanted: number): unknown => {
    const found = versions.find(({ version }) => version === wanted)
    if (found === undefined) throw apiError('NOT_FOUND', { what: `version ${wanted} of`, id })
    return found.content
  }
  return { from, to, differences: differencesOf(contentOf(from), contentOf(to)) }
}
