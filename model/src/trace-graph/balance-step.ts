/** Inputs against outputs of one transformation, of a chain of them, or of one shipment. Pure; it converts units and guesses nothing. */
import { keyKind, parentKeyOf } from '../gs1/key.ts'
import type { BalanceItem, BalanceStep, BalanceSum, NotCompared } from '../trace-balance.ts'
import type { TraceFact, TraceSubject } from '../trace-event.ts'
import { amountOf, clean, isComparableUnit } from './amounts.ts'

type Side = 'input' | 'output'

/** One thing on one side. */
export interface Portion {
  readonly side: Side
  readonly subject: TraceSubject
}

export interface StepFacts {
  readonly kind: BalanceStep['kind']
  readonly id: string
  readonly facts: readonly TraceFact[]
  readonly portions: readonly Portion[]
}

const itemsListedMax = 100
const pieces = 'C62'

export function balanceStep({ kind, id, facts, portions }: StepFacts, toleranceShare: number): BalanceStep {
  const inputs = portions.filter(({ side }) => side === 'input')
  const outputs = portions.filter(({ side }) => side === 'output')
  const { sums, notCompared } = compareSides(portions, toleranceShare)
  const last = facts.at(-1)
  const place = facts.map((fact) => fact.bizLocation ?? fact.readPoint).findLast((found) => found !== undefined)
  return {
    kind,
    id,
    events: facts.slice(0, itemsListedMax).map(({ eventID }) => eventID),
    timeMs: last?.eventTimeMs ?? 0,
    ...(place === undefined ? {} : { place }),
    inputs: inputs.slice(0, itemsListedMax).map(itemOf),
    outputs: outputs.slice(0, itemsListedMax).map(itemOf),
    inputsFound: inputs.length,
    outputsFound: outputs.length,
    sums,
    notCompared
  }
}

function itemOf({ subject }: Portion): BalanceItem {
  const { key, quantity, uom } = subject
  if (isSerial(subject)) return { key, quantity: 1, serial: true }
  return { key, ...(quantity === undefined ? {} : { quantity }), ...(uom === undefined ? {} : { uom }) }
}

/** Things of a kind that exists once; units and assets that hold goods are no goods. */
function isSerial({ kind, quantity }: TraceSubject): boolean {
  return quantity === undefined && kind === 'item'
}

interface Column {
  readonly unit: string
  readonly product: string | undefined
  readonly input: Portion[]
  readonly output: Portion[]
  readonly sums: Record<Side, number>
}

export function compareSides(portions: readonly Portion[], toleranceShare: number): { sums: BalanceSum[]; notCompared: NotCompared[] } {
  const columns = new Map<string, Column>()
  const notCompared: NotCompared[] = []
  for (const portion of portions) {
    const { side, subject } = portion
    if (subject.kind === 'logistic' || subject.kind === 'asset') continue
    const told = quantityOf(subject)
    if (told === undefined) {
      notCompared.push({ key: subject.key, side, reason: 'quantityUnknown' })
      continue
    }
    const column = columnOf(columns, told.unit, told.unit === pieces ? productOf(subject) : undefined)
    column[side].push(portion)
    column.sums[side] = clean(column.sums[side] + told.quantity)
  }
  const sums: BalanceSum[] = []
  for (const column of [...columns.values()].sort(byUnit)) {
    sums.push(sumOf(column, toleranceShare))
    if (column.input.length > 0 && column.output.length > 0) continue
    for (const { side, subject } of [...column.input, ...column.output]) notCompared.push(refusalOf(side, subject))
  }
  return { sums, notCompared: notCompared.slice(0, itemsListedMax) }
}

function refusalOf(side: Side, subject: TraceSubject): NotCompared {
  const { key, uom } = subject
  const reason = isComparableUnit(uom) ? 'noCounterpart' : 'unitUnknown'
  return { key, side, reason, ...(uom === undefined ? {} : { uom }) }
}

function quantityOf(subject: TraceSubject): { unit: string; quantity: number } | undefined {
  if (isSerial(subject)) return { unit: pieces, quantity: 1 }
  const [entry] = amountOf(subject).of
  return entry === undefined ? undefined : { unit: entry[0], quantity: entry[1] }
}

function productOf({ key }: TraceSubject): string {
  return keyKind(key) === 'product' ? key : (parentKeyOf(key) ?? key)
}

function columnOf(columns: Map<string, Column>, unit: string, product: string | undefined): Column {
  const id = `${unit} ${product ?? ''}`
  let column = columns.get(id)
  if (column === undefined) {
    column = { unit, product, input: [], output: [], sums: { input: 0, output: 0 } }
    columns.set(id, column)
  }
  return column
}

function byUnit(a: Column, b: Column): number {
  const [left, right] = [`${a.unit} ${a.product ?? ''}`, `${b.unit} ${b.product ?? ''}`]
  return left < right ? -1 : 1
}

function sumOf({ unit, product, input, output, sums }: Column, toleranceShare: number): BalanceSum {
  const rest = clean(sums.input - sums.output)
  const comparable = input.length > 0 && output.length > 0
  return {
    unit,
    ...(product === undefined ? {} : { product }),
    input: sums.input,
    output: sums.output,
    rest,
    ...(comparable && sums.input !== 0 ? { restShare: clean(rest / sums.input) } : {}),
    verdict: comparable ? verdictOf(rest, sums.input, toleranceShare) : 'notComparable'
  }
}

export function verdictOf(rest: number, whole: number, toleranceShare: number): 'balanced' | 'loss' | 'gain' {
  if (Math.abs(rest) <= Math.abs(whole) * toleranceShare) return 'balanced'
  return rest > 0 ? 'loss' : 'gain'
}
