/**
 * What belongs to a question of evidence: events, places with their intervals, anomalies and journals, and the answers of the trace that they
 * stand on. It reads the stores, within limits that say what they left out, and writes nothing.
 */
import { Compile } from 'typebox/compile'
import { Anomaly } from '@tracegate/model/anomaly'
import type { Stay } from '@tracegate/model/trace'
import type { WarningCase } from '@tracegate/model/warning'
import { warningCases } from '@tracegate/model/warning-cases'
import type { CaseHead, CaseKind, JournalStep } from '@tracegate/store/case-store'
import type { ApiContext } from '../context.ts'
import { apiError } from '../errors.ts'
import { placesFrom, selectEvents } from './event-selection.ts'
import { mergeWindows, windowsOfPlace, windowsOfStays, type Window } from './evidence-windows.ts'

/** Exactly one kind of question, its keys canonical. */
export type EvidenceAsk = { readonly knownAtMs: number } & (
  | { readonly of: string }
  | { readonly anomaly: string }
  | { readonly warning: string }
  | { readonly place: string; readonly fromMs: number; readonly toMs: number }
)

interface KeptJournal {
  readonly kind: CaseKind
  readonly id: string
  readonly steps: readonly JournalStep[]
}

export interface EvidenceScope {
  readonly eventIDs: readonly string[]
  readonly windows: readonly Window[]
  readonly anomalies: readonly Anomaly[]
  readonly journals: readonly KeptJournal[]
  /** Answers of the trace by their question. */
  readonly trace: Readonly<Record<string, unknown>>
  readonly keys: ReadonlySet<string>
  readonly cuts: readonly string[]
}

const scopeLimits = {
  events: 20_000,
  things: 200,
  eventsPerThing: 1_000,
  stays: 2_000,
  cases: 5_000,
  journals: 200,
  windows: 1_000
} as const
/** What happened shortly before an anomaly and after it belongs to it. */
const marginMs = 3_600_000

const anomalies = Compile(Anomaly)

export type EvidenceSources = Pick<ApiContext, 'trace' | 'telemetry' | 'cases' | 'registers' | 'masterData'>
type Sources = EvidenceSources

interface Draft {
  readonly eventIDs: Set<string>
  readonly things: Set<string>
  readonly stays: Stay[]
  /** Of a question about a place: it and those below it. */
  readonly places: Set<string>
  readonly windows: Window[]
  readonly anomalyIds: Set<string>
  readonly warningIds: Set<string>
  readonly trace: Record<string, unknown>
  readonly cuts: string[]
}

export async function scopeOf(sources: Sources, ask: EvidenceAsk): Promise<EvidenceScope> {
  const draft: Draft = {
    eventIDs: new Set(),
    things: new Set(),
    stays: [],
    places: new Set(),
    windows: [],
    anomalyIds: new Set(),
    warningIds: new Set(),
    trace: {},
    cuts: []
  }
  if ('of' in ask) await askThing(sources, draft, ask.of, ask.knownAtMs)
  else if ('place' in ask) await askPlace(sources, draft, ask)
  else await askCase(sources, draft, ask)
  await addStays(sources, draft, ask.knownAtMs)
  const places = await sources.registers.places()
  const windows = [...draft.windows, ...windowsOfStays(draft.stays, places, ask.knownAtMs)]
  const cases = await findCases(sources, draft, ask)
  const merged = mergeWindows(windows)
  if (merged.length > scopeLimits.windows)
    draft.cuts.push(`readings: ${merged.length} stretches of series, ${scopeLimits.windows} were taken`)
  const eventIDs = [...draft.eventIDs]
  if (eventIDs.length > scopeLimits.events) draft.cuts.push(`events: ${eventIDs.length} found, ${scopeLimits.events} were taken`)
  return {
    eventIDs: eventIDs.slice(0, scopeLimits.events),
    windows: merged.slice(0, scopeLimits.windows),
    ...cases,
    trace: draft.trace,
    keys: new Set([...draft.things, ...draft.stays.map(({ place }) => place)]),
    cuts: draft.cuts
  }
}

async function askThing({ trace }: Sources, draft: Draft, of: string, knownAtMs: number): Promise<void> {
  const known = { knownAtMs }
  const [back, forward, holders, scope, life] = await Promise.all([
    trace.ask('back', { of, ...known }),
    trace.ask('forward', { of, ...known }),
    trace.ask('holders', { of: [of], ...known }),
    trace.ask('scope', { of, ...known }),
    trace.ask('life', { of, eventsMax: scopeLimits.events, ...known })
  ])
  Object.assign(draft.trace, { back, forward, holders, scope })
  for (const [name, answer] of [
    ['back', back],
    ['forward', forward],
    ['holders', holders],
    ['scope', scope],
    ['life', life]
  ] as const)
    if (answer.truncated) draft.cuts.push(`trace: the answer to "${name}" was cut by its limits`)
  for (const eventID of [...back.events, ...forward.events, ...life.events.map(({ fact }) => fact.eventID)]) draft.eventIDs.add(eventID)
  draft.things.add(of)
  for (const { key } of [...back.nodes, ...forward.nodes]) addThing(draft, key)
}

function addThing(draft: Draft, key: string): void {
  if (draft.things.has(key)) return
  if (draft.things.size < scopeLimits.things) draft.things.add(key)
  else if (draft.things.size === scopeLimits.things && !draft.cuts.some((cut) => cut.startsWith('stays:')))
    draft.cuts.push(`stays: only those of the first ${scopeLimits.things} things were looked at`)
}

async function askPlace(
  sources: Sources,
  draft: Draft,
  ask: { place: string; fromMs: number; toMs: number; knownAtMs: number }
): Promise<void> {
  const { place, fromMs, toMs, knownAtMs } = ask
  const exposure = await sources.trace.ask('exposure', { place, fromMs, toMs, knownAtMs })
  draft.trace['exposure'] = exposure
  if (exposure.truncated) draft.cuts.push('trace: the goods at the place were cut by their limit')
  for (const stay of exposure.goods) {
    draft.eventIDs.add(stay.eventID)
    draft.stays.push({ ...stay, fromMs: Math.max(stay.fromMs, fromMs), toMs: Math.min(stay.toMs ?? toMs, toMs) })
  }
  for await (const page of selectEvents(sources, { place, fromMs, toMs, knownAtMs }).pages) {
    for (const { fact } of page) draft.eventIDs.add(fact.eventID)
    if (draft.eventIDs.size > scopeLimits.events) break
  }
  for (const one of await placesFrom(sources, place)) draft.places.add(one)
  const places = (await sources.registers.places()).filter(({ key }) => draft.places.has(key))
  for (const one of places) draft.windows.push(...windowsOfPlace(one, fromMs, Math.min(toMs, knownAtMs)))
}

async function askCase(
  sources: Sources,
  draft: Draft,
  ask: { knownAtMs: number } & ({ anomaly: string } | { warning: string })
): Promise<void> {
  const warning = 'warning' in ask ? await warningOf(sources, ask.warning) : undefined
  const id = warning?.anomaly ?? ('anomaly' in ask ? ask.anomaly : '')
  const head = await sources.cases.head('anomaly', id)
  const anomaly = anomalies.Check(head?.state) ? head.state : undefined
  if (anomaly === undefined && warning === undefined) throw apiError('NOT_FOUND', { what: 'anomaly', id })
  if (warning !== undefined) {
    draft.warningIds.add(warning.id)
    draft.trace['warningScope'] = warning.scope
    for (const stay of warning.scope.exposed) takeStay(draft, stay)
  }
  if (anomaly === undefined) return
  draft.anomalyIds.add(anomaly.id)
  const fromMs = anomaly.onsetMs - marginMs
  const toMs = Math.min((anomaly.closedMs ?? ask.knownAtMs) + marginMs, ask.knownAtMs)
  const { point, device, metric, place } = anomaly
  if (point !== undefined && device !== undefined && metric !== undefined)
    draft.windows.push({ series: `${point}/${device}/${metric}`, fromMs, toMs })
  for (const key of anomaly.goods) addThing(draft, key)
  for (const witness of anomaly.witnesses) if (witness.type === 'event') draft.eventIDs.add(witness.eventID)
  if (place !== undefined) {
    const exposure = await sources.trace.ask('exposure', { place, fromMs: anomaly.onsetMs, toMs, knownAtMs: ask.knownAtMs })
    draft.trace['exposure'] = exposure
    if (exposure.truncated) draft.cuts.push('trace: the exposed goods were cut by their limit')
    for (const stay of exposure.goods) takeStay(draft, stay)
    for (const one of await sources.registers.places()) if (one.key === place) draft.windows.push(...windowsOfPlace(one, fromMs, toMs))
  }
  await addChains(sources, draft, ask.knownAtMs)
}

function takeStay(draft: Draft, stay: Stay): void {
  draft.eventIDs.add(stay.eventID)
  addThing(draft, stay.key)
}

/** Of the goods in question: their own events, and who holds what came of them. */
async function addChains({ trace }: Sources, draft: Draft, knownAtMs: number): Promise<void> {
  const of = [...draft.things]
  if (of.length === 0) return
  draft.trace['holders'] = await trace.ask('holders', { of, knownAtMs })
  draft.trace['scope'] = await trace.ask('scope', { of, knownAtMs })
  for (const key of of) {
    const events = await trace.ledger({ key, limit: scopeLimits.eventsPerThing, knownAtMs })
    if (events.length >= scopeLimits.eventsPerThing) draft.cuts.push(`events: of ${key} the first ${scopeLimits.eventsPerThing} were taken`)
    for (const { eventID } of events) draft.eventIDs.add(eventID)
  }
}

async function warningOf({ cases }: Sources, id: string): Promise<WarningCase> {
  const head = await cases.head('warning', id)
  const read = warningCases.check(head?.state)
  if (!read.ok) throw apiError('NOT_FOUND', { what: 'warning', id })
  return read.value
}

/** The assessment, evaluations and measures that a warning rests on or brought about. */
function decisionsOf(state: unknown): { kind: CaseKind; id: string }[] {
  const read = warningCases.check(state)
  if (!read.ok) return []
  const { assessment, evaluations, measures } = read.value
  const named = (kind: CaseKind, ids: readonly string[]) => ids.map((id) => ({ kind, id }))
  return [
    ...named('assessment', assessment === undefined ? [] : [assessment]),
    ...named('evaluation', evaluations),
    ...named('measure', measures)
  ]
}

function isOfAnomalies(state: unknown, ids: ReadonlySet<string>): boolean {
  const read = warningCases.check(state)
  return read.ok && read.value.anomaly !== undefined && ids.has(read.value.anomaly)
}

async function addStays({ trace }: Sources, draft: Draft, knownAtMs: number): Promise<void> {
  for (const key of draft.things) {
    if (draft.stays.length >= scopeLimits.stays) return void draft.cuts.push(`stays: the first ${scopeLimits.stays} were taken`)
    for (const stay of await trace.ask('stays', key)) if (stay.fromMs <= knownAtMs) draft.stays.push(stay)
  }
  draft.trace['stays'] = draft.stays
}

/** Anomalies that touch the goods or the places in their time, the warnings of these, and the journals of both. */
async function findCases(sources: Sources, draft: Draft, ask: EvidenceAsk): Promise<Pick<EvidenceScope, 'anomalies' | 'journals'>> {
  const { cases } = sources
  const stays = Map.groupBy(draft.stays, ({ place }) => place)
  const touches = (anomaly: Anomaly): boolean => {
    if (draft.anomalyIds.has(anomaly.id) || anomaly.goods.some((key) => draft.things.has(key))) return true
    const untilMs = anomaly.closedMs ?? ask.knownAtMs
    if ('place' in ask && draft.places.has(anomaly.place ?? '') && anomaly.onsetMs <= ask.toMs && untilMs >= ask.fromMs) return true
    return (stays.get(anomaly.place ?? '') ?? []).some(
      ({ fromMs, toMs }) => anomaly.onsetMs <= (toMs ?? ask.knownAtMs) && untilMs >= fromMs
    )
  }
  const found: Anomaly[] = []
  for await (const { state } of headsOf(cases, 'anomaly', draft.cuts)) if (anomalies.Check(state) && touches(state)) found.push(state)
  const ids = new Set(found.map(({ id }) => id))
  const journals: { kind: CaseKind; id: string }[] = found.map(({ id }) => ({ kind: 'anomaly', id }))
  for await (const { id, state } of headsOf(cases, 'warning', draft.cuts))
    if (draft.warningIds.has(id) || isOfAnomalies(state, ids)) journals.push({ kind: 'warning', id }, ...decisionsOf(state))
  const wanted = new Set([...journals.map(({ id }) => id), ...('of' in ask ? [ask.of] : [])])
  for await (const { id, state } of headsOf(cases, 'recall', draft.cuts)) if (mentions(state, wanted)) journals.push({ kind: 'recall', id })
  if (journals.length > scopeLimits.journals) draft.cuts.push(`journals: ${journals.length} found, ${scopeLimits.journals} were taken`)
  const kept: KeptJournal[] = []
  for (const { kind, id } of journals.slice(0, scopeLimits.journals)) {
    const steps = (await cases.journal(kind, id)).filter(({ atMs }) => atMs <= ask.knownAtMs)
    if (steps.length > 0) kept.push({ kind, id, steps })
  }
  return { anomalies: asKnown(kept), journals: kept }
}

/** The state that the last step known by then left behind. */
function asKnown(journals: readonly KeptJournal[]): Anomaly[] {
  return journals.flatMap(({ kind, steps }) => {
    const state = steps.at(-1)?.data
    return kind === 'anomaly' && anomalies.Check(state) ? [state] : []
  })
}

function mentions(state: unknown, ids: ReadonlySet<string>): boolean {
  const text = JSON.stringify(state) ?? ''
  return [...ids].some((id) => text.includes(JSON.stringify(id)))
}

async function* headsOf(cases: Sources['cases'], kind: CaseKind, cuts: string[]): AsyncGenerator<CaseHead> {
  let cursor: string | undefined
  let seen = 0
  do {
    const page = await cases.heads({ kind, limit: 500, ...(cursor === undefined ? {} : { cursor }) })
    yield* page.heads
    seen += page.heads.length
    cursor = page.next
  } while (cursor !== undefined && seen < scopeLimits.cases)
  if (cursor !== undefined) cuts.push(`${kind} cases: the newest ${scopeLimits.cases} were looked at`)
}
