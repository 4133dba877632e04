/** Trace answers as rows for people and spreadsheets: times in ISO 8601, several values in one cell apart by a blank. Pure. */
import type { RowKind } from '@tracegate/model/http-trace'
import type { BalanceAnswer } from '@tracegate/model/trace-balance'
import type { ScopeAnswer, ScopeHolder } from '@tracegate/model/trace-scope'
import type { ExposureAnswer, HoldersAnswer, JourneyAnswer, Quantity, TraceAnswer, TraceCut } from '@tracegate/model/trace'
import { elementStringOf } from '../keys.ts'

type Cell = string | number | null
export interface Table {
  readonly columns: string[]
  readonly rows: Iterable<Cell[]>
}

export function tableOfTrace(answer: TraceAnswer, rows: RowKind = 'nodes'): Table {
  return rows === 'edges' ? tableOfEdges(answer) : tableOfNodes(answer)
}

function tableOfNodes({ nodes, edges }: TraceAnswer): Table {
  const before = new Map<string, Set<string>>()
  for (const { from, to } of edges) {
    const found = before.get(to)
    if (found === undefined) before.set(to, new Set([from]))
    else if (found.size < 10) found.add(from)
  }
  return {
    columns: ['key', 'code', 'kind', 'depth', 'first', 'last', 'place', 'disposition', 'from', 'cut'],
    rows: nodes.map((node) => [
      node.key,
      elementStringOf(node.key) ?? null,
      node.kind,
      node.depth,
      timeOf(node.firstMs),
      timeOf(node.lastMs),
      node.place ?? null,
      node.disposition ?? null,
      [...(before.get(node.key) ?? [])].join(' ') || null,
      cutsOf(node.cuts)
    ])
  }
}

function tableOfEdges({ edges }: TraceAnswer): Table {
  return {
    columns: ['from', 'to', 'kind', 'eventID', 'begin', 'end', 'declaredWrong'],
    rows: edges.map((edge) => [
      edge.from,
      edge.to,
      edge.kind,
      edge.eventID,
      timeOf(edge.fromMs),
      timeOf(edge.toMs),
      edge.declaredWrong === true ? 'true' : null
    ])
  }
}

export function tableOfHolders({ holdings }: HoldersAnswer, rows: RowKind = 'holders'): Table {
  const columns = ['state', 'party', 'place', 'count', 'serials', 'quantities', 'last']
  const cells = (holding: HoldersAnswer['holdings'][number]): Cell[] => {
    const { state, party, place, count, serials, quantities, lastMs } = holding
    return [state, party ?? null, place ?? null, count, serials ?? null, quantitiesText(quantities), timeOf(lastMs)]
  }
  if (rows !== 'goods') return { columns, rows: holdings.map(cells) }
  return { columns: ['key', 'code', ...columns], rows: holdings.flatMap((holding) => goodsRows(holding.goods, cells(holding))) }
}

export function tableOfScope(answer: ScopeAnswer, rows: RowKind = 'holders'): Table {
  const columns = [
    'part',
    'state',
    'party',
    'partyName',
    'contact',
    'place',
    'placeName',
    'toParty',
    'toPlace',
    'shipments',
    'count',
    'serials',
    'quantities',
    'since',
    'until',
    'last'
  ]
  const parts = [
    { part: 'scope', holders: answer.holders },
    { part: 'siblings', holders: answer.siblings?.holders ?? [] }
  ]
  if (rows !== 'goods')
    return { columns, rows: parts.flatMap(({ part, holders }) => holders.map((holder) => [part, ...scopeCells(holder)])) }
  return {
    columns: ['key', 'code', ...columns],
    rows: parts.flatMap(({ part, holders }) => holders.flatMap((holder) => goodsRows(holder.goods, [part, ...scopeCells(holder)])))
  }
}

function scopeCells(holder: ScopeHolder): Cell[] {
  const { state, party, partyName, contact, place, placeName, to, shipments, count, serials, quantities } = holder
  return [
    state,
    party ?? null,
    partyName?.en ?? null,
    contact === undefined ? null : Object.values(contact).join(', '),
    place ?? null,
    placeName?.en ?? null,
    to?.party ?? null,
    to?.place ?? null,
    shipments?.join(' ') ?? null,
    count,
    serials,
    quantitiesText(quantities),
    timeOf(holder.sinceMs),
    timeOf(holder.untilMs),
    timeOf(holder.lastMs)
  ]
}

/** Of what is listed: a holder with more goods than that says so in its count. */
function goodsRows(goods: readonly string[], cells: readonly Cell[]): Cell[][] {
  return goods.map((key) => [key, elementStringOf(key) ?? null, ...cells])
}

export function tableOfExposure({ goods }: ExposureAnswer): Table {
  return {
    columns: ['key', 'code', 'kind', 'place', 'begin', 'end', 'within', 'quantity', 'uom', 'eventID'],
    rows: goods.map(({ key, kind, place, fromMs, toMs, within, quantity, uom, eventID }) => [
      key,
      elementStringOf(key) ?? null,
      kind,
      place,
      timeOf(fromMs),
      timeOf(toMs),
      within ?? null,
      quantity ?? null,
      uom ?? null,
      eventID
    ])
  }
}

export function tableOfJourney({ steps }: JourneyAnswer): Table {
  return {
    columns: [
      'time',
      'offset',
      'stage',
      'bizStep',
      'disposition',
      'place',
      'until',
      'party',
      'within',
      'readings',
      'eventID',
      'declaredWrong'
    ],
    rows: steps.map((step) => [
      timeOf(step.timeMs),
      step.timeZoneOffset,
      step.stage,
      step.bizStep ?? null,
      step.disposition ?? null,
      step.place ?? null,
      timeOf(step.untilMs),
      step.party ?? null,
      step.within ?? null,
      step.readings.map(({ quantity, min, max, unit }) => `${quantity} ${min}..${max} ${unit}`).join('; ') || null,
      step.eventID,
      step.declaredWrong === true ? 'true' : null
    ])
  }
}

const accountColumns = [
  'made',
  'cameIn',
  'shipped',
  'received',
  'consumed',
  'sold',
  'destroyed',
  'present',
  'underWay',
  'foundLess',
  'foundMore'
] as const

export function tableOfBalance({ of, accounts, serials, steps, chain, quantityUnknown }: BalanceAnswer): Table {
  const none = accountColumns.map(() => null)
  const sum = (part: string, id: string, time: Cell, one: BalanceAnswer['chain'][number]): Cell[] => {
    const { unit, product, input, output, rest, verdict } = one
    return [part, id, time, unit, product ?? null, input, output, rest, verdict, ...none]
  }
  const rows: Cell[][] = accounts.map((account) => {
    const cells = accountColumns.map((name) => account[name])
    return ['account', of, null, account.unit, null, null, null, account.unexplained, account.verdict, ...cells]
  })
  if (serials !== undefined) {
    const { total, made, inTransit, sold, consumed, destroyed, inStock, unexplained } = serials
    const cells = [made, null, null, null, consumed, sold, destroyed, inStock, inTransit, null, null]
    rows.push(['serials', of, null, 'C62', null, total, total - unexplained, unexplained, null, ...cells])
  }
  for (const step of steps) {
    for (const one of step.sums) rows.push(sum(step.kind, step.id, timeOf(step.timeMs), one))
    for (const { key, side, reason } of step.notCompared)
      rows.push([`not compared: ${reason}`, step.id, timeOf(step.timeMs), null, key, side, null, null, 'notComparable', ...none])
  }
  for (const one of chain) rows.push(sum('chain', of, null, one))
  for (const eventID of quantityUnknown)
    rows.push(['not compared: quantityUnknown', eventID, null, null, null, null, null, null, 'notComparable', ...none])
  return { columns: ['part', 'id', 'time', 'unit', 'product', 'input', 'output', 'rest', 'verdict', ...accountColumns], rows }
}

function quantitiesText(quantities: readonly Quantity[] | undefined): string | null {
  return (quantities ?? []).map(({ quantity, uom }) => (uom === undefined ? String(quantity) : `${quantity} ${uom}`)).join('; ') || null
}

function cutsOf(cuts: readonly TraceCut[] | undefined): string | null {
  return (cuts ?? []).map(({ limit, notFollowed }) => (notFollowed === undefined ? limit : `${limit}: ${notFollowed}`)).join('; ') || null
}

function timeOf(timeMs: number | undefined): string | null {
  return timeMs === undefined || !Number.isFinite(timeMs) ? null : new Date(timeMs).toISOString()
}
