/** What is inside of things, what they are inside of and their lots, as the events of the thing itself tell. At most so much of each. */
import type { TraceFact, TraceSubject } from '@tracegate/model/trace-event'
import { parentOf } from '@tracegate/model/trace-graph/session'
import type { TraceHistory } from '../engine.ts'
import { gtinOf } from '../goods-key.ts'
import { isAggregation, isDeclaration, isIn, lotsNamed, subjectIn, childrenNamed } from './fact-index.ts'

/** Item in case, case on pallet, pallet in container. */
export const levelsMax = 3
/** Of one container the trace rules look at so many things at most. */
export const contentMax = 500

/** The lot of a key: as an event that names the key says, or where an event names lots of the same product beside it. */
export function lotsIn(own: readonly TraceFact[], key: string): string[] {
  const gtin = gtinOf(key)
  if (gtin === undefined) return []
  const lots = new Set<string>()
  for (const fact of own) {
    const lot = subjectIn(fact, key)?.lot
    if (lot !== undefined) lots.add(lot)
    for (const named of lotsNamed(fact)) if (named !== key && gtinOf(named) === gtin) lots.add(named)
  }
  return [...lots]
}

/** The containers that a key was ever put into or seen inside of, as its own events tell. */
export function parentsIn(own: readonly TraceFact[], key: string): string[] {
  const parents = new Set<string>()
  for (const fact of own) {
    if (!isAggregation(fact) || !isIn(fact, key, 'child')) continue
    const parent = parentOf(fact)
    if (parent !== undefined && parent !== key) parents.add(parent)
  }
  return [...parents]
}

/** What was packed into a key and not yet taken out again right before or right at the time, as its own events tell. */
export function childrenIn(own: readonly TraceFact[], key: string, atMs: number): TraceSubject[] {
  const inside = new Map<string, TraceSubject>()
  const before = new Map<string, TraceSubject>()
  for (const fact of own) {
    if (fact.eventTimeMs > atMs || !isAggregation(fact) || isDeclaration(fact) || !isIn(fact, key, 'parent')) continue
    const named = childrenNamed(fact)
    if (fact.action !== 'DELETE') for (const child of named) inside.set(child.key, child)
    else
      for (const [child, subject] of named.length === 0 ? [...inside] : named.map((one) => [one.key, one] as const)) {
        if (fact.eventTimeMs === atMs) before.set(child, subject)
        inside.delete(child)
      }
  }
  return [...new Map([...inside, ...before]).values()].slice(0, contentMax)
}

/** Everything that was ever packed into a unit, as its own events tell; at most so much. */
export function contentKeysIn({ key, own }: { readonly key: string; readonly own: readonly TraceFact[] }): string[] {
  const keys = new Set<string>()
  for (const fact of own) {
    if (!isAggregation(fact) || !isIn(fact, key, 'parent')) continue
    for (const { key: child } of childrenNamed(fact)) if (keys.size < contentMax) keys.add(child)
  }
  return [...keys]
}

/** What is inside of a key at the time, and inside of that. */
export function contentOf(key: string, atMs: number, history: TraceHistory): TraceSubject[] {
  const found = new Map<string, TraceSubject>()
  const visit = (container: string, level: number): void => {
    for (const child of childrenIn(history.of(container), container, atMs)) {
      if (found.has(child.key) || found.size >= contentMax) continue
      found.set(child.key, child)
      if (level < levelsMax && (child.kind === 'logistic' || child.kind === 'asset')) visit(child.key, level + 1)
    }
  }
  visit(key, 1)
  return [...found.values()]
}
