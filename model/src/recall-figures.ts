/**
 * How far a recall is, per holder and in sum: computed from events, deliveries and checks, never typed in. What holders say of themselves
 * stands apart, and where it contradicts the events that is flagged. Pure.
 */
import type { HolderReply, RecallCase } from './recall-case.ts'
import { recallOutcomes, removedOutcomes, type RecallGood, type RecallOutcome } from './recall-outcome.ts'
import type { RecallHolder } from './recall-parts.ts'
import type { Contradiction, HolderProgress, OutcomeFigure, RecallProgress } from './recall-progress.ts'
import { add, clean, noAmount, quantitiesOf, type Amount } from './trace-graph/amounts.ts'

/** A good with the key of the holder it counts for, and of the one that has it now. */
export interface CountedGood {
  readonly good: RecallGood
  readonly holder: string
  readonly now: string
}

interface Sum {
  count: number
  serials: number
  readonly amount: Amount
}
type Sums = Map<RecallOutcome, Sum>

interface HolderSums {
  readonly outcomes: Sums
  movedOn: number
  lastEventMs: number
  soldAfterMs: number[]
}

export interface ProgressInput {
  readonly recall: RecallCase
  readonly goods: readonly CountedGood[]
  /** Holders that got goods of it since; they are listed after those of the scope. */
  readonly strangers: readonly RecallHolder[]
  readonly respondWithinMs: number
  readonly monthsMax: number
  readonly nowMs: number
  readonly truncated: boolean
}

export function computeProgress(input: ProgressInput): Omit<RecallProgress, 'tookMs'> {
  const { recall, goods, nowMs, truncated } = input
  const all: Sums = new Map()
  const byHolder = new Map<string, HolderSums>()
  const removedMs: number[] = []
  for (const counted of goods) {
    const { good, holder } = counted
    enter(all, good)
    let sums = byHolder.get(holder)
    if (sums === undefined) byHolder.set(holder, (sums = { outcomes: new Map(), movedOn: 0, lastEventMs: 0, soldAfterMs: [] }))
    enterHolder(sums, counted)
    if (removedOutcomes.has(good.outcome)) removedMs.push(good.outcomeMs ?? good.lastMs)
  }
  const listed = [...(recall.scope?.holders ?? []), ...input.strangers]
  const holders = listed.map((holder) => holderProgress(input, holder, byHolder.get(holder.key)))
  const total = goods.length
  return {
    recall: recall.id,
    status: recall.status,
    scopeVersion: recall.scope?.version ?? 0,
    noticeVersion: recall.notice?.version ?? 0,
    asOfMs: nowMs,
    goods: total,
    totals: figuresOf(all),
    correctionRate: total === 0 ? 0 : removedMs.length / total,
    months: monthsOf(removedMs, { fromMs: recall.startedAtMs ?? recall.reported.atMs, nowMs, total, monthsMax: input.monthsMax }),
    figures: statusFigures(input, holders, { all, removed: removedMs.length }),
    holders,
    holdersFound: Math.max(recall.scope?.holdersFound ?? 0, holders.length),
    contradictions: holders.reduce((sum, holder) => sum + holder.contradictions.length, 0),
    outcomes: recall.outcomes,
    truncated
  }
}

function enter(sums: Sums, { outcome, quantities, quantityUnknown }: RecallGood): void {
  let sum = sums.get(outcome)
  if (sum === undefined) sums.set(outcome, (sum = { count: 0, serials: 0, amount: noAmount() }))
  sum.count += 1
  if (quantities === undefined) sum.serials += 1
  else
    add(sum.amount, {
      of: new Map(quantities.map(({ quantity, uom }) => [uom ?? 'C62', clean(quantity)])),
      untold: quantityUnknown === true
    })
}

function enterHolder(sums: HolderSums, { good, holder, now }: CountedGood): void {
  enter(sums.outcomes, good)
  if (now !== holder && !removedOutcomes.has(good.outcome)) sums.movedOn += 1
  sums.lastEventMs = Math.max(sums.lastEventMs, good.lastMs)
  if (good.outcome === 'sold' && good.outcomeMs !== undefined) sums.soldAfterMs.push(good.outcomeMs)
}

function figuresOf(sums: Sums): OutcomeFigure[] {
  return recallOutcomes.flatMap((outcome) => {
    const sum = sums.get(outcome)
    return sum === undefined ? [] : [{ outcome, count: sum.count, serials: sum.serials, quantities: quantitiesOf(sum.amount) }]
  })
}

function holderProgress(input: ProgressInput, holder: RecallHolder, sums: HolderSums | undefined): HolderProgress {
  const { recall, respondWithinMs, nowMs } = input
  const contact = recall.contacts[holder.id]
  const { status, sentAtMs, readAtMs, acknowledgedAtMs, reply, repliedAtMs } = contact ?? {}
  const noticed = [sentAtMs, contact?.deliveredAtMs, readAtMs, acknowledgedAtMs].filter((atMs) => atMs !== undefined)
  const respondByMs = noticed.length === 0 ? undefined : Math.min(...noticed) + respondWithinMs
  const name = holder.partyName ?? holder.placeName
  const responded = repliedAtMs !== undefined
  return {
    id: holder.id,
    key: holder.key,
    ...(name === undefined ? {} : { name }),
    ...(holder.place === undefined ? {} : { place: holder.place }),
    goods: holder.count,
    outcomes: figuresOf(sums?.outcomes ?? new Map()),
    movedOn: sums?.movedOn ?? 0,
    ...(status === undefined ? {} : { status }),
    notified: noticed.length > 0,
    responded,
    ...(sentAtMs === undefined ? {} : { sentAtMs }),
    ...(readAtMs === undefined ? {} : { readAtMs }),
    ...(acknowledgedAtMs === undefined ? {} : { acknowledgedAtMs }),
    ...(repliedAtMs === undefined ? {} : { repliedAtMs }),
    ...(respondByMs === undefined ? {} : { respondByMs }),
    overdue: !responded && respondByMs !== undefined && nowMs > respondByMs,
    ...(reply === undefined ? {} : { reply }),
    contradictions: reply === undefined ? [] : contradictionsOf(reply, sums, repliedAtMs ?? nowMs),
    ...(sums === undefined || sums.lastEventMs === 0 ? {} : { lastEventMs: sums.lastEventMs })
  }
}

/** Replies count pieces: things with serial numbers and quantities told in pieces. */
function piecesOf(sums: HolderSums | undefined, outcomes: readonly RecallOutcome[]): number {
  let pieces = 0
  for (const outcome of outcomes) {
    const sum = sums?.outcomes.get(outcome)
    if (sum !== undefined) pieces += sum.serials + (sum.amount.of.get('C62') ?? 0)
  }
  return pieces
}

function contradictionsOf(reply: HolderReply, sums: HolderSums | undefined, repliedAtMs: number): Contradiction[] {
  const found: Contradiction[] = []
  const compare = (of: keyof HolderReply, seen: number): void => {
    const said = reply[of]
    if (typeof said === 'number' && said > seen) found.push({ kind: 'moreThanEvents', of, said, seen })
  }
  compare('quarantined', piecesOf(sums, ['quarantined', 'returning', ...removedOutcomes]))
  compare('returned', piecesOf(sums, ['returning', 'returned', 'destroyed']))
  compare('corrected', piecesOf(sums, ['corrected']))
  compare('destroyed', piecesOf(sums, ['destroyed']))
  const sold = piecesOf(sums, ['sold'])
  if (reply.sold !== undefined && reply.sold < sold) found.push({ kind: 'lessThanEvents', of: 'sold', said: reply.sold, seen: sold })
  compare('sold', sold)
  const after = sums?.soldAfterMs.filter((atMs) => atMs > repliedAtMs).length ?? 0
  if (reply.stopped && after > 0) found.push({ kind: 'soldAfter', of: 'stopped', said: 0, seen: after })
  return found
}

function statusFigures(
  { recall, nowMs }: ProgressInput,
  holders: readonly HolderProgress[],
  { all, removed }: { readonly all: Sums; readonly removed: number }
): RecallProgress['figures'] {
  const notified = holders.filter((holder) => holder.notified)
  const times = notified.flatMap(({ sentAtMs }) => sentAtMs ?? [])
  const methods = [...new Set(Object.values(recall.contacts).flatMap(({ channel }) => channel ?? []))].sort()
  const responding = holders.filter(({ responded }) => responded).length
  const corrected = merged(all, ['returned', 'corrected'])
  const onHand = merged(all, ['inStock', 'quarantined'])
  const total = [...all.values()].reduce((sum, { count }) => sum + count, 0)
  const startMs = recall.startedAtMs ?? nowMs
  const paceMs = removed > 0 && nowMs > startMs ? (nowMs - startMs) / removed : undefined
  const last = recall.outcomes.at(-1)
  const isOpen = recall.sample !== undefined && recall.sample.round === recall.outcomes.length + 1
  const effective = recall.checks.filter(({ reached, noticeReceived, acted }) => reached && noticeReceived && acted).length
  return {
    holders: holders.length,
    notified: notified.length,
    ...(times.length === 0 ? {} : { notifiedFrom: Math.min(...times), notifiedTo: Math.max(...times) }),
    methods,
    responding,
    onHand: onHand.count,
    onHandQuantities: quantitiesOf(onHand.amount),
    notResponding: notified.length - notified.filter(({ responded }) => responded).length,
    returnedOrCorrected: corrected.count,
    returnedOrCorrectedQuantities: quantitiesOf(corrected.amount),
    accountedFor: total - (all.get('unknown')?.count ?? 0) - (all.get('sold')?.count ?? 0) - (all.get('inTransit')?.count ?? 0),
    checksDone: recall.checks.length,
    checksDrawn: recall.sample?.rows.length ?? 0,
    checksEffective: isOpen ? effective : (last?.effective ?? effective),
    completionShare: total === 0 ? 0 : removed / total,
    ...(recall.completeByMs === undefined ? {} : { completeByMs: recall.completeByMs }),
    ...(paceMs === undefined ? {} : { completionAtMs: Math.round(nowMs + paceMs * (total - removed)) })
  }
}

function merged(sums: Sums, outcomes: readonly RecallOutcome[]): Sum {
  const into: Sum = { count: 0, serials: 0, amount: noAmount() }
  for (const outcome of outcomes) {
    const sum = sums.get(outcome)
    if (sum === undefined) continue
    into.count += sum.count
    into.serials += sum.serials
    add(into.amount, sum.amount)
  }
  return into
}

interface Months {
  readonly fromMs: number
  readonly nowMs: number
  readonly total: number
  readonly monthsMax: number
}

/** Month by month in UTC from the start on, the last ones where there are too many; the rate is of all months up to then. */
function monthsOf(removedMs: readonly number[], { fromMs, nowMs, total, monthsMax }: Months): RecallProgress['months'] {
  const counts = new Map<string, number>()
  for (let date = firstOfMonth(fromMs); date.getTime() <= nowMs; date.setUTCMonth(date.getUTCMonth() + 1))
    counts.set(monthOf(date.getTime()), 0)
  for (const atMs of removedMs) {
    const month = monthOf(Math.min(Math.max(atMs, fromMs), nowMs))
    counts.set(month, (counts.get(month) ?? 0) + 1)
  }
  let sum = 0
  return [...counts]
    .map(([month, removed]) => {
      sum += removed
      return { month, removed, rate: total === 0 ? 0 : sum / total }
    })
    .slice(-monthsMax)
}

const monthOf = (atMs: number): string => new Date(atMs).toISOString().slice(0, 7)

function firstOfMonth(atMs: number): Date {
  const date = new Date(atMs)
  return new Date(Date.UTC(date.getUTCFullYear(), date.getUTCMonth(), 1))
}
