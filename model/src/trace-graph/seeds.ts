/**
 * Where a walk begins: the things asked about, what a shipment or business transaction covered, the items and lots of a class, the goods
 * at a place in a period. It reads what it needs for that and walks nowhere.
 */
import { keyKind, keyRoot } from '../gs1/key.ts'
import type { TraceFact, TraceSubject } from '../trace-event.ts'
import { walkPresence } from './exposure.ts'
import { memberKey, transactionKey, transformationKey } from './references.ts'
import { isClassKind, type TraceReader, type TraceSession } from './session.ts'
import type { Findings } from './walk.ts'

/** A place and a period instead of things. */
export interface PlaceAsked {
  readonly place: string
  readonly fromMs: number
  readonly toMs: number
}

export interface Asked {
  readonly of: readonly string[]
  readonly at?: PlaceAsked
}

/** One beginning: `key` at the times [fromMs, toMs]; `whole` means that all of its life is asked for. */
export interface Seed {
  readonly key: string
  readonly fromMs: number
  readonly toMs: number
  readonly depth: number
  readonly whole: boolean
  readonly via?: string
}

export interface SeedOptions {
  readonly session: TraceSession
  readonly reader: TraceReader
  readonly findings: Findings
  readonly direction: 'back' | 'forward'
}

/** Puts the roots and what they cover into the findings. */
export async function seedsOf(options: SeedOptions, asked: Asked): Promise<Seed[]> {
  const { session, findings } = options
  await session.load(asked.of.flatMap((key) => [key, ...referencesOf(key)]))
  const seeds: Seed[] = []
  for (const key of asked.of) {
    if (!findings.node({ key, depth: 0 })) continue
    seeds.push({ key, fromMs: -Infinity, toMs: Infinity, depth: 0, whole: true })
    seeds.push(...covered(options, key), ...members(options, key))
    for (const reference of referencesOf(key)) if (session.isCut(reference)) findings.cut(key, 'events')
  }
  if (asked.at !== undefined) seeds.push(...(await present(options, asked.at)))
  return seeds
}

/** Items, lots and products are asked for as classes; anything else may be a shipment, a transaction or a transformation. */
function referencesOf(key: string): string[] {
  const kind = keyKind(key)
  if (isClassKind(kind)) return [memberKey(key)]
  return key.startsWith(`${keyRoot}01/`) || key.startsWith(`${keyRoot}00/`) ? [] : [transactionKey(key), transformationKey(key)]
}

/** The goods of the events that name the shipment or transaction, each at the times of these events. */
function covered({ session, findings, direction }: SeedOptions, root: string): Seed[] {
  const seeds: Seed[] = []
  const cover = (fact: TraceFact, subject: TraceSubject): void => {
    if (subject.key === root || !findings.node({ key: subject.key, depth: 1, via: root })) return
    findings.relates({ from: root, to: subject.key, kind: 'covers', by: fact })
    seeds.push({ key: subject.key, fromMs: fact.eventTimeMs, toMs: fact.eventTimeMs, depth: 1, whole: false, via: root })
  }
  for (const fact of session.facts(transactionKey(root))) {
    findings.fact(fact)
    for (const subject of fact.subjects) cover(fact, subject)
  }
  for (const fact of session.facts(transformationKey(root))) {
    findings.fact(fact)
    for (const subject of fact.subjects) if (subject.role === (direction === 'back' ? 'output' : 'input')) cover(fact, subject)
  }
  return seeds
}

function members({ session, findings }: SeedOptions, root: string): Seed[] {
  if (!isClassKind(keyKind(root))) return []
  const seeds: Seed[] = []
  for (const [key, { fact, atMs }] of membersOf(session, root)) {
    if (!findings.node({ key, depth: 1, via: root })) continue
    findings.relates({ from: key, to: root, kind: 'instanceOf', by: fact })
    seeds.push({ key, fromMs: keyKind(root) === 'lot' ? atMs : -Infinity, toMs: Infinity, depth: 1, whole: true, via: root })
  }
  return seeds
}

/**
 * The items of a lot, or the items and lots of a product, each with the first event that tells it. The events must be loaded under
 * `memberKey`; of an item whose lot is told only later, what happened before is not known to have happened to the lot.
 */
export function membersOf(session: TraceSession, classKey: string): Map<string, { readonly fact: TraceFact; readonly atMs: number }> {
  const found = new Map<string, { fact: TraceFact; atMs: number }>()
  const isLot = keyKind(classKey) === 'lot'
  for (const fact of session.facts(memberKey(classKey))) {
    for (const { key, lot } of fact.subjects) {
      if (found.has(key) || key === classKey) continue
      if (isLot ? lot === classKey : key.startsWith(`${classKey}/`)) found.set(key, { fact, atMs: fact.eventTimeMs })
    }
  }
  return found
}

async function present({ session, reader, findings }: SeedOptions, asked: PlaceAsked): Promise<Seed[]> {
  const { place, fromMs, toMs } = asked
  findings.node({ key: place, depth: 0 })
  const { stays, cut } = await walkPresence(session, reader, asked)
  if (cut) findings.cut(place, session.isLate() ? 'time' : 'depth')
  const seeds: Seed[] = []
  for (const stay of stays) {
    if (!findings.node({ key: stay.key, depth: 1, via: place })) continue
    findings.relates({ from: place, to: stay.key, kind: 'covers', by: { eventID: stay.eventID, eventTimeMs: stay.fromMs } })
    const span = { fromMs: Math.max(stay.fromMs, fromMs), toMs: Math.min(stay.toMs ?? toMs, toMs) }
    seeds.push({ key: stay.key, ...span, depth: 1, whole: false, via: place })
  }
  return seeds
}
