/** What an event says of a key, found without walking its list for every key: a pallet's event names hundreds. Says nothing of meaning. */
import type { TraceFact, TraceSubject } from '@tracegate/model/trace-event'

const roleBits = { object: 1, parent: 2, child: 4, input: 8, output: 16 } as const satisfies Record<TraceSubject['role'], number>

interface FactIndex {
  readonly roles: ReadonlyMap<string, number>
  readonly subjects: ReadonlyMap<string, TraceSubject>
  readonly lots: readonly string[]
  readonly children: readonly TraceSubject[]
}

const indexes = new WeakMap<TraceFact, FactIndex>()

function indexOf(fact: TraceFact): FactIndex {
  const known = indexes.get(fact)
  if (known !== undefined) return known
  const roles = new Map<string, number>()
  const subjects = new Map<string, TraceSubject>()
  const lots: string[] = []
  const children: TraceSubject[] = []
  for (const subject of fact.subjects) {
    const { key, role } = subject
    roles.set(key, (roles.get(key) ?? 0) | roleBits[role])
    if (!subjects.has(key)) subjects.set(key, subject)
    if (subject.kind === 'lot') lots.push(key)
    if (role === 'child') children.push(subject)
  }
  const made = { roles, subjects, lots, children }
  indexes.set(fact, made)
  return made
}

/** Whether the event names the key in the role. */
export function isIn(fact: TraceFact, key: string, role: TraceSubject['role']): boolean {
  return ((indexOf(fact).roles.get(key) ?? 0) & roleBits[role]) !== 0
}

export function names(fact: TraceFact, key: string): boolean {
  return indexOf(fact).roles.has(key)
}

export function subjectIn(fact: TraceFact, key: string): TraceSubject | undefined {
  return indexOf(fact).subjects.get(key)
}

/** What the event says is, or was, inside of its parent. */
export function childrenNamed(fact: TraceFact): readonly TraceSubject[] {
  return indexOf(fact).children
}

/** Keys of the lots that the event names as such. */
export function lotsNamed(fact: TraceFact): readonly string[] {
  return indexOf(fact).lots
}

export function isAggregation(fact: TraceFact): boolean {
  return fact.type === 'AggregationEvent'
}

/** It says that an event was wrong, or was said to be wrong itself: it bears no witness of goods. */
export function isDeclaration(fact: TraceFact): boolean {
  return fact.errorDeclaration !== undefined || fact.declaredWrong === true
}
