/**
 * Judges events: what was recorded of goods that cannot be right or allowed. Every thing that an event reaches is judged anew from all
 * that is known of it, and what was found before is held against what is found now; so it does not matter in which order events come,
 * how often, or whether they are declared wrong later. Pure; holds what stands open, bounded.
 */
import { Type } from 'typebox'
import { Anomaly } from '@tracegate/model/anomaly'
import { compileValidator } from '@tracegate/model/codec'
import type { TraceFact } from '@tracegate/model/trace-event'
import { transformationKey } from '@tracegate/model/trace-graph/references'
import { compareFacts } from '@tracegate/model/trace-graph/session'
import type { DetectionEngine, DetectionRegisters, TraceHistory } from '../engine.ts'
import { createGroups, Group, type Trigger } from './groups.ts'
import { indexHolds } from './holds.ts'
import { judgeTelling, type Telling } from './late-event.ts'
import { createLives, type Life, type Lives } from './life.ts'
import { parentsIn } from './contents.ts'
import { createLotWatch, LotWatchState } from './lot-watch.ts'
import { judgeLot, judgeTransformation } from './mass-balance.ts'
import { createListening, ListeningState } from './listening.ts'
import { isAggregation, names, isDeclaration } from './fact-index.ts'
import { parentsMax, reachOf, relatedKeys, type Reach } from './reach.ts'
import { hourMs, type Finding, type RuleContext, type Setting } from './rule.ts'
import { sitesOf } from './sites.ts'
import { judgeLife, traceSettings, type Found } from './trace-rules.ts'
import { isRegistered } from './unregistered.ts'
import { createWatchers } from './watchers.ts'

/** What a device tells later than this was kept during an outage. */
const historicalAfterMs = 300_000
const quietEveryMs = 60_000

const TraceState = Type.Object({
  groups: Type.Record(Type.String(), Group),
  ended: Type.Optional(Type.Record(Type.String(), Type.Integer())),
  watchers: Type.Array(Type.Tuple([Type.String(), Type.Array(Type.String())])),
  lots: LotWatchState,
  listening: ListeningState
})
const stateValidator = compileValidator(TraceState)
/** As it was before things were judged anew: open anomalies alone. */
const olderValidator = compileValidator(Type.Object({ open: Type.Record(Type.String(), Anomaly) }))

/** The part of the engine that this judge is; `engine.ts` says what each does. */
export interface TraceJudge extends Pick<
  DetectionEngine,
  'configure' | 'onEvents' | 'onTick' | 'keysToKnow' | 'balancesDue' | 'onBalances'
> {
  snapshot(): unknown
  /** `undefined` when it was taken, otherwise why not: the judge is empty then. */
  restore(snapshot: unknown): string | undefined
  /** How much it holds, and what went past its limits. */
  counts(): ReturnType<ReturnType<typeof createGroups>['counts']>
}

export function createTraceJudge(): TraceJudge {
  const groups = createGroups()
  const watchers = createWatchers()
  const lots = createLotWatch()
  const listening = createListening()
  let registers = indexOf({ places: [], profiles: [], products: [], points: [] })
  let reconfigured = false
  const reach = (): Reach => ({ ...registers, groups, watchers })

  const judge = (events: readonly TraceFact[], history: TraceHistory, how: { nowMs: number; origin: Telling['origin'] }): void => {
    const lives = createLives(history, events)
    const context: RuleContext = { ...registers, lives, told: new Set() }
    for (const [key, event] of reachOf(events, history, reach())) {
      const life = lives.of(key)
      // Nothing is known of it, as it was not asked for or not found in time: what stands stays.
      if (life.own.length === 0 && !names(event, key)) continue
      const found = judgeLife(life, context, registers.settings)
      groups.set(key, found, triggerOf(event, how))
      watchers.set(key, relatedOf(life, found, lives))
    }
    judgeTransformations(events, history, how)
    for (const fact of events) judgeOne(fact, how)
  }

  const judgeTransformations = (
    events: readonly TraceFact[],
    history: TraceHistory,
    how: { nowMs: number; origin: Telling['origin'] }
  ): void => {
    const setting = registers.settings.massBalance
    const triggers = new Map<string, TraceFact>()
    for (const fact of events) if (fact.type === 'TransformationEvent') triggers.set(memberOf(fact), fact)
    if (triggers.size === 0 || !setting.enabled) return
    const lives = createLives({ of: (key) => history.of(key) }, [])
    const wrong = new Set(events.filter(isDeclaration).map(({ eventID }) => eventID))
    for (const [member, fact] of triggers) {
      const known = fact.transformationID === undefined ? [] : lives.own(member)
      const all = new Map([...known, ...events.filter((one) => memberOf(one) === member)].map((one) => [one.eventID, one]))
      const facts = [...all.values()].filter(({ eventID }) => !wrong.has(eventID)).sort((a, b) => a.eventTimeMs - b.eventTimeMs)
      const goods = facts.flatMap(({ subjects }) => subjects.filter(({ role }) => role === 'output').map(({ key }) => key))
      groups.set(member, foundBy(judgeTransformation(facts, registers, setting.parameters), setting), triggerOf(fact, how), goods)
    }
  }

  const judgeOne = (fact: TraceFact, { nowMs, origin }: { nowMs: number; origin: Telling['origin'] }): void => {
    const { lateEvent, massBalance } = registers.settings
    const telling = { fact, origin, deaf: listening.deafness() }
    const late = lateEvent.enabled && !isDeclaration(fact) ? judgeTelling(telling, registers, lateEvent.parameters) : undefined
    // A declaration of error speaks of the event that it declares wrong, and of no telling of its own.
    if (late !== undefined || isDeclaration(fact))
      groups.set(
        `event:${fact.eventID}`,
        foundBy(late, lateEvent),
        triggerOf(fact, { nowMs, origin }),
        fact.subjects.slice(0, 100).map(({ key }) => key)
      )
    if (isDeclaration(fact)) endOlder(fact, { nowMs, origin })
    if (massBalance.enabled) lots.note(fact, nowMs + massBalance.parameters.settleSeconds * 1_000)
  }

  let quietAskedMs = 0
  /** What ends by nothing more being told need not be looked at every second. */
  const endQuiet = (nowMs: number): void => {
    if (nowMs - quietAskedMs < quietEveryMs) return
    quietAskedMs = nowMs
    const { closeAfterHours } = registers.settings.lateEvent.parameters
    const isQuiet = ({ type, lastMs }: Group) => type === 'lateEvent' && nowMs - lastMs > closeAfterHours * hourMs
    groups.end(isQuiet, { reason: 'quiet', atMs: nowMs })
  }
  const endOlder = (fact: TraceFact, how: { nowMs: number; origin: Telling['origin'] }): void =>
    groups.end(
      ({ cause, witnesses }) => cause.length === 0 && witnesses.some(({ eventID }) => eventID === fact.eventID),
      triggerOf(fact, how).closing
    )

  return {
    configure(given) {
      registers = indexOf(given)
      reconfigured = true
    },
    onEvents(events, history, nowMs, { origin = 'partner' } = {}) {
      listening.heard(nowMs)
      judge(events, history, { nowMs, origin })
      return groups.changes(nowMs)
    },
    onTick(nowMs) {
      listening.heard(nowMs)
      endQuiet(nowMs)
      if (reconfigured) {
        reconfigured = false
        groups.end(({ type, cause }) => type === 'unregistered' && isRegistered(cause, registers), { reason: 'registered', atMs: nowMs })
        const off = new Set(Object.values(registers.settings).flatMap((setting) => (setting.enabled ? [] : [setting.id])))
        if (off.size > 0) groups.end(({ rule }) => off.has(rule.id), { reason: 'disabled', atMs: nowMs })
      }
      return groups.changes(nowMs)
    },
    keysToKnow(events, known = { of: () => [] }) {
      return relatedKeys(reachOf(events, known, reach()).keys(), events, known)
    },
    balancesDue: (nowMs) => lots.due(nowMs),
    onBalances(balances, nowMs) {
      const setting = registers.settings.massBalance
      for (const balance of balances) {
        lots.answered(balance.of)
        if (!setting.enabled) continue
        const found = foundBy(judgeLot(balance, nowMs, setting.parameters), setting)
        groups.set(`lot:${balance.of}`, found, { closing: { reason: 'explained', atMs: nowMs }, historical: false, atMs: nowMs }, [
          balance.of
        ])
      }
      return groups.changes(nowMs)
    },
    snapshot: () =>
      structuredClone({
        groups: Object.fromEntries(groups.all()),
        ended: Object.fromEntries(groups.ended()),
        watchers: watchers.snapshot(),
        lots: lots.snapshot(),
        listening: listening.snapshot()
      }),
    restore(snapshot) {
      const checked = stateValidator.check(snapshot)
      const state = checked.ok ? structuredClone(checked.value) : undefined
      const older = olderValidator.check(snapshot)
      groups.restore(state?.groups ?? (older.ok ? groupsBefore(older.value.open) : {}), state?.ended)
      watchers.restore(state?.watchers ?? [])
      lots.restore(state?.lots ?? {})
      listening.restore(state?.listening ?? {})
      return checked.ok || older.ok ? undefined : checked.reason.message
    },
    counts: () => groups.counts()
  }
}

function indexOf(registers: DetectionRegisters) {
  return {
    sites: sitesOf(registers),
    products: new Map(registers.products.map((product) => [product.gtin, product])),
    settings: traceSettings(registers.rules ?? []),
    holds: indexHolds(registers.holds ?? [])
  }
}

function foundBy(finding: Finding | undefined, { id, version }: Setting<unknown>): Found[] {
  return finding === undefined ? [] : [{ finding, rule: { id, version } }]
}

/** A transformation told in several events is one. */
function memberOf(fact: TraceFact): string {
  return transformationKey(fact.transformationID ?? fact.eventID)
}

/** What an event means for that which it ends: a declaration withdraws, a late report explains, the next step ends a stay. */
function triggerOf(event: TraceFact, { nowMs, origin }: { nowMs: number; origin: Telling['origin'] }): Trigger {
  const { eventID, eventTimeMs, recordTimeMs } = event
  const historical = origin === 'device' && nowMs - eventTimeMs > historicalAfterMs
  const declaredMs = event.errorDeclaration?.declarationTimeMs
  const closing = isDeclaration(event)
    ? ({ reason: 'declared', atMs: declaredMs ?? recordTimeMs, eventID } as const)
    : ({ reason: 'explained', atMs: recordTimeMs, eventID, eventTimeMs } as const)
  return { closing, historical, atMs: eventTimeMs }
}

/** What this thing's judgement rests on besides its own events, where something was found or may be found by them alone. */
function relatedOf(life: Life, found: readonly Found[], lives: Lives): readonly string[] {
  if (found.length === 0 && life.stays.length === 0 && !life.own.some(isAggregation)) return []
  const on = new Set<string>()
  const isFound = found.some(({ finding }) => finding.type !== 'dwell')
  for (const { parent, opened, closed } of life.stays) {
    // Read by itself while it was inside: what its container did decides what that means.
    const isDuring = (fact: TraceFact) => compareFacts(opened, fact) < 0 && (closed === undefined || compareFacts(fact, closed) <= 0)
    if (!isFound && !life.own.some((fact) => isDuring(fact) && !names(fact, parent))) continue
    on.add(parent)
    if (isFound) for (const outer of parentsIn(lives.own(parent), parent).slice(-parentsMax)) on.add(outer)
  }
  for (const parent of parentsIn(life.own, life.key).slice(-parentsMax))
    if (!life.stays.some((stay) => stay.parent === parent)) on.add(parent)
  if (isFound) for (const lot of life.lots) on.add(lot)
  return [...on]
}

/** Anomalies of an older snapshot end by declaration only: what they are made of was not kept. */
function groupsBefore(open: Readonly<Record<string, Anomaly>>): Record<string, Group> {
  return Object.fromEntries(
    Object.entries(open).map(([id, anomaly]) => {
      const { type, rule, point, place, onsetMs, openedMs, lastMs, detectedAtMs, historical, figures, goods, proof } = anomaly
      const witnesses = anomaly.witnesses.flatMap((one) => (one.type === 'event' ? [{ eventID: one.eventID, timeMs: one.timeMs }] : []))
      const where = { ...(point === undefined ? {} : { point }), ...(place === undefined ? {} : { place }) }
      const group = {
        type,
        rule,
        cause: [],
        ...where,
        onsetMs,
        openedMs,
        lastMs,
        figures,
        witnesses,
        proof,
        members: [`older:${id}`],
        more: 0,
        goods
      }
      return [id, { ...group, detectedAtMs, historical }]
    })
  )
}
