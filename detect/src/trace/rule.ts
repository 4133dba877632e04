/** What every trace rule is made of: its definition with typed parameters, what it is told, and what it finds. Judges nothing itself. */
import type { Static, TSchema } from 'typebox'
import type { AnomalyType } from '@tracegate/model/anomaly'
import { compileValidator } from '@tracegate/model/codec'
import type { Product } from '@tracegate/model/registers'
import { shippedRuleVersion, type RuleDefinition, type RuleSetting } from '@tracegate/model/rules'
import type { BilingualText } from '@tracegate/model/text'
import type { TraceFact } from '@tracegate/model/trace-event'
import { iso } from '../proof.ts'
import type { HoldIndex } from './holds.ts'
import type { Life, Lives } from './life.ts'
import type { Site } from './sites.ts'

/** How a rule is set now. */
export interface Setting<Parameters> {
  readonly id: string
  readonly version: number
  readonly enabled: boolean
  readonly parameters: Parameters
}

export interface Rule<Parameters> {
  readonly definition: RuleDefinition
  /** The setting of this rule among those of all; what does not fit its schema is not taken, as an edit would have refused it. */
  settingIn(rules: readonly RuleSetting[]): Setting<Parameters>
}

interface RuleFacts<Schema extends TSchema> {
  readonly type: AnomalyType
  readonly title: BilingualText
  readonly parameters: Schema
  readonly defaults: Static<Schema> & Readonly<Record<string, unknown>>
}

export function defineRule<const Schema extends TSchema>(facts: RuleFacts<Schema>): Rule<Static<Schema>> {
  const { type, title, parameters, defaults } = facts
  const id = `trace:${type}`
  const validator = compileValidator(parameters)
  return {
    definition: { id, category: 'trace', types: [type], title, parameters, defaults },
    settingIn(rules) {
      const setting = rules.find((one) => one.id === id)
      const checked = setting === undefined ? undefined : validator.check({ ...defaults, ...setting.parameters })
      if (setting === undefined || checked?.ok !== true) return { id, version: shippedRuleVersion, enabled: true, parameters: defaults }
      return { id, version: setting.version, enabled: setting.enabled, parameters: checked.value }
    }
  }
}

/** What a rule may look at besides the life that it judges. */
export interface RuleContext {
  readonly sites: ReadonlyMap<string, Site>
  /** By GTIN of 14 digits. */
  readonly products: ReadonlyMap<string, Product>
  readonly holds: HoldIndex
  readonly lives: Lives
  /** Events of this life that a rule before has told of: one cause is told once. */
  readonly told: Set<string>
}

/** A rule's say about one thing. Things with the same cause become one anomaly. */
export interface Finding {
  readonly type: AnomalyType
  /** Makes the id together with the type: the same cause gives the same anomaly. */
  readonly cause: readonly string[]
  readonly onsetMs: number
  readonly openedMs: number
  readonly site?: Site
  /** Canonical key of the place. */
  readonly place?: string
  readonly figures: Readonly<Record<string, number>>
  readonly witnesses: readonly TraceFact[]
  /** `{goods}` stands for what it is about. Asked for when it is new only: most findings are found again and again. */
  readonly proof: () => BilingualText
  /** Opens only then, if nothing has explained it before. */
  readonly dueMs?: number
}

export type Judge<Parameters> = (life: Life, context: RuleContext, parameters: Parameters) => Finding[]

/** Where an event took place, for the anomaly that rests on it. */
export function whereOf(fact: TraceFact, site: Site | undefined): Pick<Finding, 'site' | 'place'> {
  const place = fact.readPoint ?? fact.bizLocation
  return { ...(site === undefined ? {} : { site }), ...(place === undefined ? {} : { place }) }
}

/** The sentence of a proof, with the times as people write them. */
export function at(fact: TraceFact): string {
  return iso(fact.eventTimeMs)
}

export const hourMs = 3_600_000
export const minuteMs = 60_000

export function minutesBetween(before: TraceFact, after: TraceFact): number {
  return Math.round((after.eventTimeMs - before.eventTimeMs) / minuteMs)
}

export function hoursBetween(before: TraceFact, after: TraceFact): number {
  return Math.round((after.eventTimeMs - before.eventTimeMs) / 3_600) / 1_000
}

const stepNames: Readonly<Record<string, BilingualText>> = {
  commissioning: { zh: '赋码', en: 'commissioned' },
  packing: { zh: '装箱', en: 'packed' },
  unpacking: { zh: '拆箱', en: 'unpacked' },
  shipping: { zh: '发运', en: 'shipped' },
  departing: { zh: '离开', en: 'sent off' },
  transporting: { zh: '运输', en: 'transported' },
  arriving: { zh: '到达', en: 'recorded as arrived' },
  receiving: { zh: '接收', en: 'received' },
  storing: { zh: '入库', en: 'stored' },
  loading: { zh: '装载', en: 'loaded' },
  unloading: { zh: '卸载', en: 'unloaded' },
  stocking: { zh: '上架', en: 'put on sale' },
  retail_selling: { zh: '售出', en: 'sold' },
  dispensing: { zh: '发放', en: 'dispensed' },
  installing: { zh: '安装', en: 'installed' },
  decommissioning: { zh: '注销', en: 'decommissioned' },
  destroying: { zh: '销毁', en: 'destroyed' }
}

/** What was done with the goods, as people say it. */
export function stepName(fact: TraceFact): BilingualText {
  return stepNames[fact.bizStep ?? ''] ?? { zh: `被识读（${fact.bizStep ?? fact.type}）`, en: `seen (${fact.bizStep ?? fact.type})` }
}

/** The name of a place: of its site, else its key. */
export function siteName(fact: TraceFact, site: Site | undefined): BilingualText {
  const key = fact.readPoint ?? fact.bizLocation
  return site?.name ?? { zh: key ?? '未知地点', en: key ?? 'an unknown place' }
}
