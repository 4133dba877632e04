/** The life of one thing or shipment: its own events, those of what it was inside of, and the making of its lot. Reads, decides nothing. */
import { keyKind, parentKeyOf } from '../gs1/key.ts'
import { stageOf } from '../lifecycle.ts'
import type { TraceFact } from '../trace-event.ts'
import type { KeyCut, Stay } from '../trace.ts'
import { memberKey, transactionKey, transformationKey } from './references.ts'
import { compareFacts, type TraceSession } from './session.ts'
import { deriveStays } from './stays.ts'
import { eachWindow, factsInWindow } from './windows.ts'

export interface LifeEvent {
  readonly fact: TraceFact
  /** The unit or asset that the event is about, which held the thing meanwhile. */
  readonly within?: string
}

export interface Life {
  /** Oldest first, at most as many as asked for. */
  readonly events: readonly LifeEvent[]
  /** How many there are. */
  readonly found: number
  readonly stays: readonly Stay[]
  /** The lot of an item, as its events tell. */
  readonly lot?: string
  readonly cuts: readonly KeyCut[]
  readonly truncated: boolean
}

export interface LifeLimits {
  readonly eventsMax: number
  /** Levels of containers. */
  readonly depthMax: number
}

export async function walkLife(session: TraceSession, of: string, limits: LifeLimits): Promise<Life> {
  const { eventsMax } = limits
  const kind = keyKind(of)
  const isClass = kind === 'lot' || kind === 'product'
  await session.load([of, ...(isClass ? [memberKey(of)] : [transactionKey(of), transformationKey(of)])])
  const byId = new Map<string, LifeEvent>()
  const add = (found: LifeEvent): void => {
    if (!byId.has(found.fact.eventID)) byId.set(found.fact.eventID, found)
  }
  for (const fact of session.facts(of)) add({ fact })
  for (const reference of isClass ? [] : [transactionKey(of), transformationKey(of)])
    for (const fact of session.facts(reference)) add({ fact })
  const lot = lotIn(session, of)
  if (lot !== undefined) {
    await session.load([lot])
    for (const fact of session.facts(lot)) if (isMakingOf(session, fact, lot)) add({ fact })
  }
  const tooDeep = new Set<string>()
  for (const own of session.containments(of))
    eachWindow(session, own, ({ window, level }) => {
      if (level > limits.depthMax) tooDeep.add(window.container)
      else for (const fact of factsInWindow(session, window)) add({ fact, within: window.container })
    })
  // The making of members is the making of the class; what became of each of them is theirs.
  if (isClass)
    for (const fact of session.facts(memberKey(of))) if (stageOf(fact) === 'production' || stageOf(fact) === 'inspection') add({ fact })
  const events = [...byId.values()].sort((a, b) => compareFacts(a.fact, b.fact))
  const cuts: KeyCut[] = []
  if (tooDeep.size > 0) cuts.push({ key: of, limit: 'depth', notFollowed: tooDeep.size })
  if (events.length > eventsMax) cuts.push({ key: of, limit: 'events', notFollowed: events.length - eventsMax })
  else if (session.truncated()) cuts.push({ key: of, limit: 'events' })
  return {
    events: events.slice(0, eventsMax),
    found: events.length,
    stays: deriveStays(session, of),
    ...(lot === undefined ? {} : { lot }),
    cuts,
    truncated: cuts.length > 0
  }
}

function lotIn(session: TraceSession, key: string): string | undefined {
  for (const fact of session.facts(key)) {
    const told = session.subjectsOf(fact, key).find(({ lot }) => lot !== undefined)?.lot
    const lot = told ?? lotUsedUp(fact, key)
    if (lot !== undefined) return lot
  }
  return undefined
}

/** An item that was made out of one lot of its own product, such as a box filled from it, belongs to that lot. */
function lotUsedUp(fact: TraceFact, key: string): string | undefined {
  if (!fact.subjects.some((subject) => subject.key === key && subject.role === 'output')) return undefined
  const inputs = fact.subjects.filter((subject) => subject.role === 'input')
  const [input] = inputs
  return inputs.length === 1 && input?.kind === 'lot' && parentKeyOf(input.key) === parentKeyOf(key) ? input.key : undefined
}

/** What happened to other members of the lot is not the item's life; its making and inspection are. */
function isMakingOf(session: TraceSession, fact: TraceFact, lot: string): boolean {
  const stage = stageOf(fact)
  if (stage !== 'production' && stage !== 'inspection') return false
  return !session.subjectsOf(fact, lot).some(({ role }) => role === 'input')
}
