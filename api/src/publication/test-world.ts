/** Published warnings for tests, written as the journals that the workflow writes. Nothing of the product imports it. */
import { setTimeout as wait } from 'node:timers/promises'
import { isOpenWarning, readWarningStep, reduceWarning, type WarningStep } from '@tracegate/model/warning-reducer'
import type { WarningCase, WarningContent } from '@tracegate/model/warning'
import { createHealth } from '@tracegate/service/health'
import { createMetrics } from '@tracegate/service/metrics'
import { startApi, type ApiOptions } from '../api.ts'
import { createWorld, startMs, vaccine, type World } from '../harness.ts'

export const lot = `${vaccine}/10/LOT-7`

export interface WarningFacts {
  readonly id: string
  readonly number: string
  readonly change?: Partial<WarningContent>
  readonly drill?: boolean
  readonly lots?: readonly string[]
  readonly products?: readonly string[]
  readonly atMs?: number
}

const signed = { policyVersion: 1 } as const

function contentOf({ change = {} }: WarningFacts): WarningContent {
  return {
    title: { zh: '疫苗冷链失效', en: 'Vaccine cold chain failure' },
    hazard: 'biological',
    regime: 'general',
    kind: 'publicAnnouncement',
    level: 'II',
    startMs,
    range: { regions: ['CNSHG', '310115'], hsPrefixes: ['3002'], brands: [] },
    matters: { zh: '储存温度超过上限 & 可能失效', en: 'Kept above its limit & may have lost its effect' },
    advice: { zh: '请勿使用', en: 'Do not use it' },
    audience: {},
    measuresStated: ['suspendSale'],
    ...change
  }
}

export function publishedSteps(facts: WarningFacts): WarningStep[] {
  const content = contentOf(facts)
  const { title, hazard, regime, matters } = content
  const reason = { zh: '因', en: 'reason' }
  const criteria = { harm: { value: 4, reason }, urgency: { value: 3, reason }, scope: { value: 1, reason } }
  const products = [...(facts.products ?? [vaccine])]
  const scope = { exposed: [], products, lots: [...(facts.lots ?? [lot])], holdings: [], total: 1, truncated: false, asOfMs: startMs }
  const proposal = { level: content.level, criteria, table: { id: 't', version: 1, source: '[ours]' }, reason }
  const drafted = {
    title,
    hazard,
    regime,
    matters,
    proposal,
    scope,
    startMs,
    draftedAtMs: startMs,
    draftedAfterMs: 1,
    drill: facts.drill ?? false
  }
  return [
    { type: 'drafted', content: { ...drafted, anomaly: 'a-1', point: 'port-1' } },
    { type: 'assessed', ...signed, content, criteria, assessment: 'A-1' },
    { type: 'approved', ...signed },
    { type: 'published', ...signed, number: facts.number, mandatoryMeasures: ['suspendSale'] }
  ]
}

export function raisedStep(facts: WarningFacts, change: Partial<WarningContent>): WarningStep {
  const content = { ...contentOf(facts), ...change }
  return { type: 'raised', ...signed, content, mandatoryMeasures: ['suspendSale'] }
}

export const liftedSteps: readonly WarningStep[] = [
  { type: 'linked', evaluations: ['E-1'] },
  { type: 'lifted', ...signed, evaluation: 'E-1' }
]

/** Appends the steps, each a second after the one before, and tells the bus of the last. */
export async function appendSteps(
  world: Pick<World, 'cases' | 'bus'>,
  id: string,
  steps: readonly WarningStep[],
  atMs = Date.now()
): Promise<WarningCase> {
  const journal = await world.cases.journal('warning', id)
  let state: WarningCase | undefined
  for (const { data, atMs: stepMs, by, why } of journal) {
    const read = readWarningStep(data)
    if (read.ok) state = reduceWarning(state, read.value, { id, atMs: stepMs, by, why })
  }
  let length = journal.length
  for (const step of steps) {
    const context = { id, atMs: atMs + length * 1_000, by: 'test', why: 'test' }
    state = reduceWarning(state, step, context)
    await world.cases.append({
      kind: 'warning',
      id,
      expectedLength: length,
      step: { atMs: context.atMs, by: 'test', action: step.type, why: 'test', data: step },
      head: { open: isOpenWarning(state), state }
    })
    length += 1
  }
  if (state === undefined) throw new TypeError('no steps')
  world.bus.publish('warning', { warning: state })
  return state
}

export async function publish(world: World, facts: WarningFacts): Promise<WarningCase> {
  return appendSteps(world, facts.id, publishedSteps(facts), facts.atMs)
}

/** An api on a free port over a world; ends by itself. */
export async function startPublishing(options: Partial<ApiOptions> = {}, world?: World) {
  const used = world ?? (await createWorld({ withAccount: false }))
  // What counts and probes belongs to one start.
  const own = { metrics: createMetrics(), health: createHealth() }
  const api = await startApi({
    ...used,
    ...own,
    ...options,
    publication: { lookMs: 50, ...options.publication },
    host: '127.0.0.1',
    port: 0
  })
  return {
    world: used,
    url: api.url,
    get: (path: string, headers: Record<string, string> = {}) => fetch(`${api.url}${path}`, { headers, redirect: 'manual' }),
    [Symbol.asyncDispose]: () => api[Symbol.asyncDispose]()
  }
}

/** Asks again until it holds, for at most five seconds. */
export async function until<Value>(what: string, ask: () => Promise<Value | undefined | false>): Promise<Value> {
  const endMs = Date.now() + 5_000
  for (;;) {
    const value = await ask()
    if (value !== undefined && value !== false) return value
    if (Date.now() > endMs) throw new Error(`waited in vain for ${what}`)
    await wait(10)
  }
}
