/**
 * Time stamps that prove since when a company knew of a defect, found in what is stored: its own reports of the product, and events at its
 * places or in its hands that say the goods do not conform. It judges nothing; the reducer compares them with the report.
 */
import { Type } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import { toTraceEvent } from '@tracegate/model/epcis/normalise'
import { parseCapture } from '@tracegate/model/epcis/document'
import { parentKeyOf, partyKey } from '@tracegate/model/gs1/key'
import type { Knowledge } from '@tracegate/model/recall-parts'
import type { RecallReport } from '@tracegate/model/recall-steps'
import { glnPlace } from '@tracegate/model/trace-graph/stays'
import type { TraceEvent } from '@tracegate/model/trace-event'
import type { CaseStore } from '@tracegate/store/case-store'
import type { TraceStore } from '@tracegate/store/trace-store'
import type { Registers } from '../registers.ts'

interface Sources {
  readonly cases: CaseStore
  readonly trace: TraceStore
  readonly registers: Registers
}

/** Reports and events that are looked through, oldest events first: the first one decides. */
const reportsMax = 1_000
const eventPagesMax = 10
const eventsPerPage = 500
const foundMax = 50
/** Dispositions by which somebody says that the goods are not as they should be. */
const badDispositions = ['non_conformant', 'recalled', 'damaged', 'non_sellable_other', 'needs_replacement']

const reports = compileValidator(
  Type.Object({
    id: Type.String(),
    source: Type.String(),
    receivedAtMs: Type.Number(),
    link: Type.Optional(Type.Object({ product: Type.Optional(Type.String()) }))
  })
)

export async function foundKnowledge(
  sources: Sources,
  report: Pick<RecallReport, 'company' | 'products' | 'origin'>
): Promise<Knowledge[]> {
  const [own, events] = await Promise.all([ownReports(sources.cases, report), ownEvents(sources, report)])
  return [...own, ...events]
}

/** Reports of the source `company` about one of the products. */
async function ownReports(cases: CaseStore, { products }: Pick<RecallReport, 'products'>): Promise<Knowledge[]> {
  const { heads } = await cases.heads({ kind: 'report', limit: reportsMax })
  return heads
    .flatMap((head) => {
      const read = reports.check(head.state)
      return read.ok ? [read.value] : []
    })
    .filter(({ source, link }) => source === 'company' && link?.product !== undefined && products.includes(link.product))
    .slice(0, foundMax)
    .map(({ id, receivedAtMs }) => ({
      kind: 'report',
      ref: id,
      atMs: receivedAtMs,
      what: { zh: '企业自身的报告', en: 'Report of the company itself' }
    }))
}

async function ownEvents(
  { trace, registers }: Sources,
  { company, products }: Pick<RecallReport, 'company' | 'products'>
): Promise<Knowledge[]> {
  const places = await placesOf(registers, company.key)
  const wanted = new Set(products)
  const found: Knowledge[] = []
  let cursor: string | undefined
  for (let page = 0; page < eventPagesMax && found.length < foundMax; page += 1) {
    const answer = await trace.events({
      dispositions: badDispositions,
      order: 'ascending',
      orderBy: 'eventTime',
      limit: eventsPerPage,
      ...(cursor === undefined ? {} : { cursor })
    })
    for (const json of answer.json) {
      const event = readEvent(json)
      if (event === undefined || !namesProduct(event, wanted) || !isOfCompany(event, company.key, places)) continue
      found.push({
        kind: 'event',
        ref: event.eventID,
        atMs: event.eventTimeMs,
        what: { zh: `事件处置状态：${event.disposition ?? ''}`, en: `Event with the disposition ${event.disposition ?? ''}` }
      })
    }
    cursor = answer.next
    if (cursor === undefined) break
  }
  return found.slice(0, foundMax)
}

/** Places that the company runs, by the registers, as GLN places. */
async function placesOf(registers: Registers, company: string): Promise<ReadonlySet<string>> {
  const [points, places] = await Promise.all([registers.points(), registers.places()])
  const keys = new Set<string>()
  for (const point of points)
    if (partyKey(point.operator) === company) for (const key of [point.key, ...point.places]) keys.add(glnPlace(key))
  for (const { key, party } of places) if (party !== undefined && partyKey(party) === company) keys.add(glnPlace(key))
  return keys
}

function readEvent(json: string): TraceEvent | undefined {
  const parsed: unknown = JSON.parse(json)
  const capture = parseCapture(parsed)
  const [event] = capture.ok ? capture.events : []
  return event === undefined ? undefined : toTraceEvent(event, { recordTimeMs: 0 })
}

function namesProduct({ subjects }: TraceEvent, products: ReadonlySet<string>): boolean {
  return subjects.some(({ key }) => products.has(key) || products.has(parentKeyOf(key) ?? ''))
}

function isOfCompany(event: TraceEvent, company: string, places: ReadonlySet<string>): boolean {
  const at = [event.bizLocation, event.readPoint].flatMap((key) => (key === undefined ? [] : [glnPlace(key)]))
  return at.some((key) => places.has(key)) || [...event.sources, ...event.destinations].some(({ key }) => key === company)
}
