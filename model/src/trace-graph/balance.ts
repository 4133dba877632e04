/** What went in against what came out: the accounts of a lot, its serial numbers, and every transformation it came from or went into. */
import { isClassKind, type TraceFact, type TraceReader, type TraceSession } from './session.ts'
import type { BalanceAccount, BalanceAnswer, SerialAccount } from '../trace-balance.ts'
import { add, clean, isNothing, noAmount, type Amount } from './amounts.ts'
import { walkBack } from './back.ts'
import { balanceStep, compareSides, verdictOf, type Portion, type StepFacts } from './balance-step.ts'
import { bookOf, totalNames, type ClassBook } from './class-book.ts'
import { heldParts } from './holders.ts'
import { transactionKey, transformationKey } from './references.ts'
import { membersOf, seedsOf } from './seeds.ts'
import { compareFacts } from './session.ts'
import { createFindings, listCuts, type WalkLimits } from './walk.ts'

export interface BalanceOptions {
  readonly of: string
  readonly limits: WalkLimits
  readonly toleranceShare: number
}

/** Transformations told one by one; the chain is summed over all of them. */
const stepsMax = 500

export async function walkBalance(
  session: TraceSession,
  reader: TraceReader,
  { of, limits, toleranceShare }: BalanceOptions
): Promise<Omit<BalanceAnswer, 'tookMs'>> {
  const findings = createFindings(limits)
  const walk = { session, reader, findings, direction: 'back' } as const
  await walkBack(walk, await seedsOf(walk, { of: [of] }), limits)
  const result = findings.result()
  const back = await transformationsOf(session, [...result.facts].sort(compareFacts))
  const own = await transformationsOf(session, session.facts(of))
  const steps = [...new Map([...back, ...own, ...shipmentsOf(session, of)].map((step) => [`${step.kind} ${step.id}`, step])).values()]
  steps.sort((a, b) => compareSteps(a, b))
  const isClass = isClassKind(session.kindOf(of)) && session.facts(of).length > 0
  const book = isClass ? bookOf(session, of) : undefined
  const serials = serialsOf(session, of)
  const cuts = listCuts(session, [result])
  return {
    of,
    kind: session.kindOf(of),
    toleranceShare,
    accounts: book === undefined ? [] : accountsOf(session, book, toleranceShare),
    ...(serials === undefined ? {} : { serials }),
    quantityUnknown: [...(book?.untold ?? [])],
    steps: steps.slice(0, stepsMax).map((step) => balanceStep(step, toleranceShare)),
    chain: compareSides(chainOf(back), toleranceShare).sums,
    ...(cuts.length === 0 ? {} : { cuts }),
    truncated: result.truncated || session.truncated() || steps.length > stepsMax
  }
}

function compareSteps(a: StepFacts, b: StepFacts): number {
  const [left, right] = [a.facts.at(-1), b.facts.at(-1)]
  return left === undefined || right === undefined ? 0 : compareFacts(left, right)
}

/** Each transformation once, with all of its events, whichever of them was found. */
async function transformationsOf(session: TraceSession, facts: readonly TraceFact[]): Promise<StepFacts[]> {
  const found = facts.filter((fact) => fact.type === 'TransformationEvent')
  const ids = new Set(found.flatMap(({ transformationID }) => transformationID ?? []))
  await session.load([...ids].map(transformationKey))
  const steps = new Map<string, StepFacts>()
  for (const fact of found) {
    const id = fact.transformationID ?? fact.eventID
    if (steps.has(id)) continue
    const parts = fact.transformationID === undefined ? [fact] : session.facts(transformationKey(fact.transformationID))
    steps.set(id, { kind: 'transformation', id, facts: parts, portions: parts.flatMap(portionsOf) })
  }
  return [...steps.values()]
}

function portionsOf(fact: TraceFact): Portion[] {
  return fact.subjects.flatMap((subject): Portion[] =>
    subject.role === 'input' || subject.role === 'output' ? [{ side: subject.role, subject }] : []
  )
}

/** Of a business transaction: what was sent against what was received; of things named by several such events, the first of each side. */
function shipmentsOf(session: TraceSession, of: string): StepFacts[] {
  const facts = session.facts(transactionKey(of)).filter(({ bizStep }) => sideOfStep(bizStep) !== undefined)
  if (facts.length === 0) return []
  const named = new Set<string>()
  const portions: Portion[] = []
  for (const fact of facts) {
    const side = sideOfStep(fact.bizStep)
    for (const subject of fact.subjects) {
      if (side === undefined || subject.role === 'parent') continue
      const id = `${side} ${subject.key}`
      if (named.has(id) && subject.kind === 'item') continue
      named.add(id)
      portions.push({ side, subject })
    }
  }
  return [{ kind: 'shipment', id: of, facts, portions }]
}

function sideOfStep(bizStep: string | undefined): Portion['side'] | undefined {
  return bizStep === 'shipping' ? 'input' : bizStep === 'receiving' ? 'output' : undefined
}

/** What no step of the chain made goes in; what none of them used, and what of the made was not used up, comes out. */
function chainOf(steps: readonly StepFacts[]): Portion[] {
  const portions = steps.flatMap((step) => step.portions)
  const made = new Set(portions.filter(({ side }) => side === 'output').map(({ subject }) => subject.key))
  return portions.flatMap(({ side, subject }): Portion[] => {
    if (side === 'output' || !made.has(subject.key)) return [{ side, subject }]
    // An intermediate that was used is no input of the chain: it takes away from what came out.
    return subject.quantity === undefined ? [] : [{ side: 'output', subject: { ...subject, quantity: -subject.quantity } }]
  })
}

function accountsOf(session: TraceSession, book: ClassBook, toleranceShare: number): BalanceAccount[] {
  const present = noAmount()
  const underWay = noAmount()
  for (const heap of book.places.values()) add(present, heap.amount)
  for (const heap of book.transit) add(underWay, heap.amount)
  for (const [unit, heap] of book.units) add(heldParts(session, unit)[0]?.state === 'inTransit' ? underWay : present, heap.amount)
  const sums: readonly Amount[] = [...Object.values(book.totals), present, underWay]
  const units = [...new Set(sums.flatMap((amount) => [...amount.of.keys()]))].sort()
  const knowsMaking = !isNothing(book.totals.made)
  return units.map((unit) => {
    const of = (amount: Amount): number => amount.of.get(unit) ?? 0
    const [made, cameIn, shipped, received, consumed, sold, destroyed, foundMore, foundLess] = totalNames.map((name) =>
      of(book.totals[name])
    )
    const entered = knowsMaking ? (made ?? 0) : (cameIn ?? 0)
    const known = { made, cameIn, shipped, received, consumed, sold, destroyed, foundMore, foundLess }
    const unexplained = clean(entered - (consumed ?? 0) - (sold ?? 0) - (destroyed ?? 0) - of(present) - of(underWay))
    return {
      unit,
      ...zeroed(known),
      present: of(present),
      underWay: of(underWay),
      unexplained,
      verdict: verdictOf(unexplained, entered, toleranceShare)
    }
  })
}

function zeroed<Name extends string>(sums: Readonly<Record<Name, number | undefined>>): Record<Name, number>
function zeroed(sums: Readonly<Record<string, number | undefined>>): Record<string, number> {
  return Object.fromEntries(Object.entries(sums).map(([name, quantity]) => [name, quantity ?? 0]))
}

/** The items of the lot or product. */
function serialsOf(session: TraceSession, of: string): SerialAccount | undefined {
  const members = [...membersOf(session, of).keys()].filter((key) => session.kindOf(key) === 'item')
  if (members.length === 0) return undefined
  const account = { total: 0, made: 0, inStock: 0, inTransit: 0, sold: 0, consumed: 0, destroyed: 0, unexplained: 0 }
  for (const key of members) {
    account.total += 1
    if (session.facts(key).some((fact) => isMaking(session, fact, key))) account.made += 1
    const state = heldParts(session, key)[0]?.state ?? 'unknown'
    account[state === 'unknown' ? 'unexplained' : state] += 1
  }
  return account
}

function isMaking(session: TraceSession, fact: TraceFact, key: string): boolean {
  if (fact.type === 'ObjectEvent') return fact.action === 'ADD'
  return session.subjectsOf(fact, key).some(({ role }) => role === 'output')
}
