/**
 * How far an event reaches: which things must be judged anew because of it, and whose histories that takes. Both are bounded, so that
 * neither a pallet of hundreds nor a lot of thousands makes a question of everything.
 */
import type { TraceFact } from '@tracegate/model/trace-event'
import { destroysContents, endsGoods, parentOf } from '@tracegate/model/trace-graph/session'
import { transformationKey } from '@tracegate/model/trace-graph/references'
import type { TraceHistory } from '../engine.ts'
import type { Groups } from './groups.ts'
import type { HoldIndex } from './holds.ts'
import { contentMax, contentOf, lotsIn, parentsIn } from './contents.ts'
import { isAggregation, isDeclaration } from './fact-index.ts'
import { isRelease } from './missing-inspection.ts'
import type { Site } from './sites.ts'
import type { TraceSettings } from './trace-rules.ts'
import type { Watchers } from './watchers.ts'

/** Of a larger event only the first so many keys are judged. */
const keysPerEventMax = 500
/** Containers of one key that are looked up, the newest ones; a lot on more pallets than that is judged without the older ones. */
export const parentsMax = 64

export interface Reach {
  readonly sites: ReadonlyMap<string, Site>
  readonly settings: TraceSettings
  readonly holds: HoldIndex
  readonly groups: Pick<Groups, 'witnessedBy'>
  readonly watchers: Pick<Watchers, 'of'>
}

/** The things to judge anew, each with the event that asks for it: a declaration of error before any other. */
export function reachOf(events: readonly TraceFact[], history: TraceHistory, reach: Reach): Map<string, TraceFact> {
  const found = new Map<string, TraceFact>()
  for (const event of events) {
    const add = (key: string): void => {
      const known = found.get(key)
      if (known === undefined || isDeclaration(event)) found.set(key, event)
    }
    let count = 0
    for (const { key } of event.subjects) {
      if (count >= keysPerEventMax) break
      count += 1
      add(key)
      for (const watcher of reach.watchers.of(key)) add(watcher)
    }
    for (const key of insideOf(event, history, reach)) add(key)
    if (!isDeclaration(event)) continue
    for (const member of reach.groups.witnessedBy(event.eventID).slice(0, keysPerEventMax)) if (member.startsWith('https:')) add(member)
  }
  return found
}

/** What is inside of the containers that the event names, where that matters: a release, an end, a move of what may be held. */
function insideOf(event: TraceFact, history: TraceHistory, { sites, settings, holds }: Reach): string[] {
  const containers = event.subjects.filter(({ kind }) => kind === 'logistic' || kind === 'asset').slice(0, keysPerEventMax)
  if (containers.length === 0) return []
  const all = isAggregation(event)
    ? isLatePacking(event, history) || isEmptying(event)
    : endsGoods(event) || destroysContents(event) || isRelease(event, sites, settings.missingInspection.parameters)
  const held = !all && holds.count > 0 && settings.movedAlthoughHeld.parameters.movingBizSteps.includes(event.bizStep ?? '')
  if (!all && !held) return []
  const found = new Set<string>()
  const max = contentMax + containers.length
  for (const { key } of containers) {
    if (all) found.add(key)
    for (const child of contentOf(key, event.eventTimeMs, history)) {
      if (found.size >= max) return [...found]
      if (all || holds.mayConcern(child.key)) found.add(child.key)
    }
  }
  return [...found]
}

/** A container is told to have been put into another, of which later things are known already. */
function isLatePacking(event: TraceFact, history: TraceHistory): boolean {
  const parent = parentOf(event)
  return parent !== undefined && history.of(parent).some(({ eventTimeMs }) => eventTimeMs > event.eventTimeMs)
}

/** All that was inside is taken out without being named (EPCIS 2.0 §7.4.3). */
function isEmptying(event: TraceFact): boolean {
  return event.action === 'DELETE' && !event.subjects.some(({ role }) => role === 'child')
}

/** Asked in every round with the same history of the key. */
const relatedByHistory = new WeakMap<readonly TraceFact[], readonly string[]>()

function relatedIn(own: readonly TraceFact[], key: string): readonly string[] {
  const known = relatedByHistory.get(own)
  if (known !== undefined) return known
  const related = [...parentsIn(own, key).slice(-parentsMax), ...lotsIn(own, key)]
  relatedByHistory.set(own, related)
  return related
}

/** Those keys, what holds them, what holds that, and the lots of all of them. */
export function relatedKeys(keys: Iterable<string>, events: readonly TraceFact[], known: TraceHistory): string[] {
  const found = new Set<string>(keys)
  // A set goes on to what is added while it is walked: containers of containers, up to the rounds that the caller asks.
  for (const key of found) {
    const own = known.of(key)
    if (own.length > 0) for (const related of relatedIn(own, key)) found.add(related)
  }
  for (const { type, transformationID } of events)
    if (type === 'TransformationEvent' && transformationID !== undefined) found.add(transformationKey(transformationID))
  return [...found]
}
