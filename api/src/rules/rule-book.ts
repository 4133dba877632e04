/** How the rules of detection are set now: each definition with its newest version. It reads; versions are made by `rule-office.ts`. */
import { compileValidator } from '@tracegate/model/codec'
import { RuleSetting, shippedRuleVersion, type RuleDefinition } from '@tracegate/model/rules'
import type { Bus } from '@tracegate/service/bus'
import type { CaseStore } from '@tracegate/store/case-store'

export interface RuleBook {
  /** The setting in effect: the newest version, or the defaults. */
  setting(definition: RuleDefinition): Promise<RuleSetting>
  forget(): void
}

const settings = compileValidator(RuleSetting)
/** Another process may have changed them. */
const keptMs = 2_000

export function createRuleBook({
  cases,
  bus,
  nowMs
}: {
  readonly cases: CaseStore
  readonly bus: Bus
  readonly nowMs: () => number
}): RuleBook {
  let held: { readonly atMs: number; readonly rows: Promise<ReadonlyMap<string, RuleSetting>> } | undefined
  const forget = () => void (held = undefined)
  bus.subscribe('rules', forget)
  const rows = () => {
    if (held === undefined || nowMs() - held.atMs > keptMs) held = { atMs: nowMs(), rows: readSettings(cases) }
    held.rows.catch(forget)
    return held.rows
  }
  return {
    forget,
    setting: async (definition) => (await rows()).get(definition.id) ?? shippedSetting(definition)
  }
}

export function shippedSetting({ id, defaults }: RuleDefinition): RuleSetting {
  return { id, version: shippedRuleVersion, enabled: true, parameters: { ...defaults } }
}

/** What does not match is left out: the defaults hold then. */
async function readSettings(cases: CaseStore): Promise<ReadonlyMap<string, RuleSetting>> {
  const found = new Map<string, RuleSetting>()
  for (const row of await cases.list('rules')) {
    const read = settings.check(row.document)
    if (read.ok) found.set(read.value.id, read.value)
  }
  return found
}
