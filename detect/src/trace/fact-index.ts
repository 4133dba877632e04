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

/** A list as short as this is walked: an index of it costs more than it saves. */
const walkedMax = 8

/** Whether the event names the key in the role. */
export function isIn(fact: TraceFact, key: string, role: TraceSubject['role']): boolean {
  if (fact.subjects.length > walkedMax) return ((indexOf(fact).roles.get(key) ?? 0) & roleBits[role]) !== 0
  for (const subject of fact.subjects) if (subject.role === role && subject.key === key) return true
  return false
}

export function names(fact: TraceFact, key: string): boolean {
  return subjectIn(fact, key) !== undefined
}

export function subjectIn(fact: TraceFact, key: string): TraceSubject | undefined {
  if (fact.subjects.length > walkedMax) return indexOf(fact).subjects.get(key)
  for (const subject of fact.subjects) if (subject.key === key) return subject
  return undefined
}

/** What the event says is, or was, inside of its parent. */
export function childrenNamed(fact: TraceFact): readonly TraceSubject[] {
  return fact.subjects.length > walkedMax ? indexOf(fact).children : fact.subjects.filter(({ role }) => role === 'child')
}

const none: readonly string[] = []

/** Keys of the lots that the event names as such. */
export function lotsNamed(fact: TraceFact): readonly string[] {
  if (fact.subjects.length > walkedMax) return indexOf(fact).lots
  return fact.subjects.some(({ kind }) => kind === 'lot') ? fact.subjects.filter(({ kind }) => kind === 'lot').map(({ key }) => key) : none
}

export function isAggregation(fact: TraceFact): boolean {
  return fact.type === 'AggregationEvent'
}

/** It says that an event was wrong, or was said to be wrong itself: it bears no witness of goods. */
export function isDeclaration(fact: TraceFact): boolean {
  return fact.errorDeclaration !== undefined || fact.declaredWrong === true
}
