/**
 * From a body to events that can be stored: the frame checked, every event validated, hashed and normalised, in slices that leave the
 * event loop to others. It stores nothing.
 */
import { hash } from 'node:crypto'
import { setImmediate as nextTurn } from 'node:timers/promises'
import { isTooDeep, jsonDepthMax } from '@tracegate/model/codec'
import type { Reason } from '@tracegate/model/errors'
import { eventsPerDocumentMax, parseCapture } from '@tracegate/model/epcis/document'
import { checkEvent, type EpcisEvent, type EventOrigin } from '@tracegate/model/epcis/event'
import { declarationText, eventPreHash } from '@tracegate/model/epcis/event-hash'
import { toTraceEvent } from '@tracegate/model/epcis/normalise'
import type { CaptureBehaviour } from '@tracegate/model/http-epcis'
import type { TraceEvent } from '@tracegate/model/trace-event'
import { apiError } from '../errors.ts'
import { FindingsError } from '../problem.ts'

/** The limit of the model's parser, named in the headers. */
export const eventsMax = eventsPerDocumentMax
const findingsMax = 10
/** Most errors of a job. */
export const errorsMax = 1_000
/** How long the event loop is kept before others have their turn. */
const sliceMs = 10
/** Levels of a document above its events. */
const frameDepth = 5

export interface Candidate {
  readonly event: TraceEvent
  /** Where it stands in the document. */
  readonly pointer: string
  /** The event hash id of its content. */
  readonly hashId: () => string
  /** What its declaration of error says, as canonical text. */
  readonly declaration: string | undefined
}

export interface Prepared {
  /** Events of the document, good and bad. */
  readonly count: number
  readonly candidates: readonly Candidate[]
  /** Of the events that are left out; empty with `rollback`. */
  readonly findings: readonly Reason[]
  /** Events with findings. */
  readonly refused: number
  /** The document with an empty list of events, as JSON text. */
  readonly head: string
  /** Master data of the header or of the query's answer, unchecked. */
  readonly vocabularyList: unknown
}

export interface PrepareOptions {
  readonly behaviour: CaptureBehaviour
  readonly recordTimeMs: number
  /** Prefixes of GS1-Extensions. */
  readonly extensions: Readonly<Record<string, string>>
  /** JSON without it. */
  readonly origin?: EventOrigin
}

/** Throws `FindingsError` for what leaves nothing to store. */
export async function prepareDocument(document: unknown, options: PrepareOptions): Promise<Prepared> {
  const { list, at, context, findings: broken } = openFrame(document, options.extensions)
  const events = prepareEvents({ list, at, context, options, findingsMax: findingsMax - broken.length })
  const { candidates, findings, refused } = await events
  const all = [...broken, ...findings]
  if (broken.length > 0 || (options.behaviour === 'rollback' && all.length > 0)) throw invalid(all)
  const head = JSON.stringify(replaced(document, at.split('/').slice(1), []))
  return { count: list.length, candidates, findings, refused, head, vocabularyList: vocabularyListOf(document) }
}

/** One bare event. */
export function prepareEvent(value: unknown, options: Omit<PrepareOptions, 'behaviour'>): Candidate {
  const findings = depthFindings(value, '')
  const checked = findings.length === 0 ? checkEvent(value, '', findingsMax, options.origin) : undefined
  if (checked?.ok !== true) throw invalid(checked?.findings ?? findings)
  return candidateOf(checked.event, {
    pointer: '',
    context: withExtensions(undefined, options.extensions),
    recordTimeMs: options.recordTimeMs
  })
}

interface Frame {
  readonly list: readonly unknown[]
  /** Pointer of the list. */
  readonly at: string
  readonly context: unknown
  /** What is wrong outside of the events. */
  readonly findings: readonly Reason[]
}

function openFrame(document: unknown, extensions: Readonly<Record<string, string>>): Frame {
  const type = memberOf(document, 'type')
  if (type !== 'EPCISDocument' && type !== 'EPCISQueryDocument') {
    const found = typeof type === 'string' ? `"${type.slice(0, 64)}"` : 'missing'
    const message = `the type of the body is ${found}, expected EPCISDocument or EPCISQueryDocument; a single event goes to /events`
    throw invalid([{ code: 'EPCIS_DOCUMENT_TYPE', pointer: '/type', message }])
  }
  const at = type === 'EPCISDocument' ? '/epcisBody/eventList' : '/epcisBody/queryResults/resultsBody/eventList'
  const path = at.split('/').slice(1)
  const list = path.reduce<unknown>(memberOf, document)
  if (!Array.isArray(list)) throw invalid(framesOf(document))
  if (list.length > eventsMax) {
    const message = `${at} has ${list.length} events, expected at most ${eventsMax}`
    const tooMany = apiError('EPCIS_TOO_MANY_EVENTS', { count: list.length, max: eventsMax })
    throw new FindingsError(tooMany, [{ code: 'EPCIS_TOO_MANY_EVENTS', pointer: at, message }])
  }
  const context = withExtensions(memberOf(document, '@context'), extensions)
  return { list, at, context, findings: framesOf(replaced(document, path, [])) }
}

/** What is wrong with a document besides its events. */
function framesOf(document: unknown): readonly Reason[] {
  const parsed = parseCapture(document)
  return parsed.ok ? [] : parsed.findings
}

async function prepareEvents(work: {
  readonly list: readonly unknown[]
  readonly at: string
  readonly context: unknown
  readonly options: PrepareOptions
  readonly findingsMax: number
}): Promise<{ candidates: Candidate[]; findings: Reason[]; refused: number }> {
  const { list, at, context, options } = work
  const candidates: Candidate[] = []
  const findings: Reason[] = []
  const most = options.behaviour === 'proceed' ? errorsMax : work.findingsMax
  let refused = 0
  let turnMs = performance.now()
  for (const [index, value] of list.entries()) {
    const pointer = `${at}/${index}`
    const deep = depthFindings(value, pointer)
    const checked = deep.length > 0 ? { ok: false as const, findings: deep } : checkEvent(value, pointer, findingsMax, options.origin)
    if (checked.ok) candidates.push(candidateOf(checked.event, { pointer, context, recordTimeMs: options.recordTimeMs }))
    else {
      refused += 1
      findings.push(...checked.findings.slice(0, most - findings.length))
      if (options.behaviour === 'rollback' && findings.length >= most) break
    }
    if (performance.now() - turnMs < sliceMs) continue
    await nextTurn()
    turnMs = performance.now()
  }
  return { candidates, findings, refused }
}

function candidateOf(
  event: EpcisEvent,
  at: { readonly pointer: string; readonly context: unknown; readonly recordTimeMs: number }
): Candidate {
  const { pointer, context, recordTimeMs } = at
  const declaration = event.errorDeclaration === undefined ? undefined : declarationText(event, context)
  if (event.eventID !== undefined)
    return { event: toTraceEvent(event, { recordTimeMs, context }), pointer, hashId: () => hashIdOf(event, context), declaration }
  const eventID = hashIdOf(event, context)
  return { event: toTraceEvent({ ...event, eventID }, { recordTimeMs, context }), pointer, hashId: () => eventID, declaration }
}

/** As `eventHashId()`, by the platform's own SHA-256. */
export function hashIdOf(event: EpcisEvent, context: unknown): string {
  return `ni:///sha-256;${hash('sha256', eventPreHash(event, context))}?ver=CBV2.0`
}

function depthFindings(event: unknown, pointer: string): Reason[] {
  if (!isTooDeep(event, jsonDepthMax - frameDepth)) return []
  const message = `${pointer === '' ? 'the event' : pointer} nests deeper than ${jsonDepthMax - frameDepth} levels, expected at most so many`
  return [{ code: 'EPCIS_TOO_DEEP', pointer, message }]
}

/** The context with the prefixes of the header before it, so that what the document declares itself holds. */
function withExtensions(context: unknown, extensions: Readonly<Record<string, string>>): unknown {
  if (Object.keys(extensions).length === 0) return context
  return [extensions, ...(context === undefined ? [] : Array.isArray(context) ? (context satisfies unknown[]) : [context])]
}

function vocabularyListOf(document: unknown): unknown {
  const paths = [
    ['epcisHeader', 'epcisMasterData', 'vocabularyList'],
    ['epcisBody', 'queryResults', 'resultsBody', 'vocabularyList']
  ]
  return paths.map((path) => path.reduce<unknown>(memberOf, document)).find((list) => list !== undefined)
}

/** A copy of the members on the way; the rest is shared. */
function replaced(value: unknown, [name, ...rest]: readonly string[], leaf: unknown): unknown {
  if (name === undefined) return leaf
  return typeof value === 'object' && value !== null ? { ...value, [name]: replaced(memberOf(value, name), rest, leaf) } : value
}

export function memberOf(value: unknown, name: string): unknown {
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined
  return new Map(Object.entries(value)).get(name)
}

function invalid(findings: readonly Reason[]): FindingsError {
  return new FindingsError(apiError('EPCIS_INVALID', { count: findings.length }), findings)
}
