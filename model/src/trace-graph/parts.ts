/** What an event says of one of its keys, found without looking through all of its subjects. Pure. */
import type { TraceFact, TraceSubject } from '../trace-event.ts'
import { nodeKinds } from '../trace.ts'
import { roleBits } from './facts.ts'

/** In one number: the roles of the key, and above them its kind, which is the same in all of them. */
export const rolesMask = 31
export const kindShift = 5

/** Up to so many subjects a look through all of them costs less than an index. */
const lookThroughMax = 3

/** Kept as long as the event is: a store that keeps an event in memory is asked about it again. */
const indexes = new WeakMap<TraceFact, ReadonlyMap<string, number>>()

/** 0 where no subject of the event is the key. */
export function partOf(fact: TraceFact, key: string): number {
  const { subjects } = fact
  if (subjects.length > lookThroughMax) return indexOf(fact).get(key) ?? 0
  let part = 0
  for (const subject of subjects) if (subject.key === key) part |= partBits(subject)
  return part
}

function indexOf(fact: TraceFact): ReadonlyMap<string, number> {
  const known = indexes.get(fact)
  if (known !== undefined) return known
  const index = new Map<string, number>()
  for (const subject of fact.subjects) index.set(subject.key, (index.get(subject.key) ?? 0) | partBits(subject))
  indexes.set(fact, index)
  return index
}

function partBits({ role, kind }: TraceSubject): number {
  return roleBits[role] | (nodeKinds.indexOf(kind) << kindShift)
}
