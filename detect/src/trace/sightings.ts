/** Which events of a life show where the thing was, in pairs that follow each other. Knows places and steps, no rule. */
import { leavingBizSteps, type TraceFact } from '@tracegate/model/trace-event'
import { isClassKind } from '@tracegate/model/trace-graph/session'
import { names } from './fact-index.ts'
import type { Life, Step } from './life.ts'
import { siteAfter, siteOf, type Site } from './sites.ts'

/** Steps that are told of goods from elsewhere: a laboratory that tests a sample, a customs desk, a sensor. */
export const remoteBizSteps: ReadonlySet<string> = new Set(['inspecting', 'sampling', 'accepting', 'sensor_reporting', 'holding'])

export interface Sighting {
  readonly step: Step
  readonly fact: TraceFact
  readonly site: Site
  /** Where it is afterwards; undefined when it left and is on its way, or is sold. */
  readonly after: Site | undefined
}

/** The sightings of a single thing, oldest first; none of a class of goods, which is in many places at once. */
export function sightingsOf(life: Life, sites: ReadonlyMap<string, Site>): readonly Sighting[] {
  const known = sightingsByLife.get(life)
  if (known !== undefined) return known
  const found = findSightings(life, sites)
  sightingsByLife.set(life, found)
  return found
}

/** Three rules ask for them, one after the other. */
const sightingsByLife = new WeakMap<Life, readonly Sighting[]>()

function findSightings(life: Life, sites: ReadonlyMap<string, Site>): readonly Sighting[] {
  // They are asked for in pairs.
  if (life.steps.length < 2 || isClassKind(life.kind) || life.kind === 'other') return []
  const found: Sighting[] = []
  for (const step of life.steps) {
    const { fact } = step
    if (fact.type === 'TransactionEvent' || remoteBizSteps.has(fact.bizStep ?? '')) continue
    const site = siteOf(fact, sites)
    if (site === undefined) continue
    found.push({ step, fact, site, after: isLeaving(fact) ? undefined : siteAfter(fact, sites) })
  }
  return found
}

/** bizLocation says that the goods are still there; without one these steps say that they are gone. */
export function isLeaving(fact: TraceFact): boolean {
  return fact.bizLocation === undefined && leavingBizSteps.has(fact.bizStep ?? '')
}

/**
 * Whether the pair is the container's matter: both speak of what held the thing, or one does and the other names a container of it
 * as well. Told of the container, it need not be told of everything inside.
 */
export function isOfContainer(life: Life, before: Sighting, after: Sighting): boolean {
  const [via, then] = [before.step.via, after.step.via]
  if (via === undefined && then === undefined) return false
  if (via !== undefined && then !== undefined) return true
  const own = via === undefined ? before.fact : after.fact
  return life.stays.some(({ parent }) => names(own, parent))
}
