/** What detection and decoding need of the registers, read and checked; a row that does not fit is left out and named. */
import type { TSchema } from 'typebox'
import { compileValidator, type Validator } from '@tracegate/model/codec'
import { MonitoringPoint, Place, Product, ProductProfile, type RegisterName } from '@tracegate/model/registers'
import { RuleSetting } from '@tracegate/model/rules'
import { ScanRule } from '@tracegate/model/scan-event'
import type { DetectionRegisters } from '@tracegate/detect/engine'
import { holdsVersion, readHolds } from './holds.ts'
import type { Logger } from '@tracegate/service/log'
import type { CaseStore } from '@tracegate/store/case-store'

const point = compileValidator(MonitoringPoint)
const place = compileValidator(Place)
const product = compileValidator(Product)
const profile = compileValidator(ProductProfile)
const ruleSetting = compileValidator(RuleSetting)
const scanRule = compileValidator(ScanRule)
export const snapshotSetting = 'detection-snapshot'
const scanRulePrefix = 'scan-rule:'

export async function readDetectionRegisters(cases: CaseStore, logger: Logger): Promise<DetectionRegisters> {
  const [points, places, products, profiles, rules] = await Promise.all([
    readAll(cases, 'points', point, logger),
    readAll(cases, 'places', place, logger),
    readAll(cases, 'products', product, logger),
    readAll(cases, 'profiles', profile, logger),
    readAll(cases, 'rules', ruleSetting, logger)
  ])
  return { points, places, products, profiles, rules, holds: await readHolds(cases) }
}

/** Changes when a rule or a profile has a new version, or a measure or a recall a new step, whoever made it. */
export async function settingsVersion(cases: CaseStore): Promise<string> {
  const [rules, profiles, holds] = await Promise.all([cases.list('rules'), cases.list('profiles'), holdsVersion(cases)])
  return JSON.stringify([...rules, ...profiles].map((row) => [row.id, row.version])) + holds
}

/** By `point/device`. */
export async function readScanRules(cases: CaseStore, logger: Logger): Promise<Map<string, ScanRule>> {
  const rules = new Map<string, ScanRule>()
  for (const row of await cases.list('settings')) {
    if (!row.id.startsWith(scanRulePrefix)) continue
    const checked = scanRule.check(row.document)
    if (checked.ok) rules.set(row.id.slice(scanRulePrefix.length), checked.value)
    else logger.warn({ register: 'settings', id: row.id, ...checked.reason }, 'register row left out')
  }
  return rules
}

async function readAll<const Schema extends TSchema>(
  cases: CaseStore,
  register: RegisterName,
  validator: Validator<Schema>,
  logger: Logger
) {
  const rows = await cases.list(register)
  return rows.flatMap((row) => {
    const checked = validator.check(row.document)
    if (checked.ok) return [checked.value]
    logger.warn({ register, id: row.id, ...checked.reason }, 'register row left out')
    return []
  })
}
