/** EPCIS documents, query documents and bare events taken apart into checked events, or up to ten findings that say what is wrong where. */
import { Type, type Static } from 'typebox'
import { compileValidator, isTooDeep, jsonDepthMax } from '../codec.ts'
import type { Reason } from '../errors.ts'
import { reasonsPerInputMax } from '../reasons.ts'
import { checkEvent, type EpcisEvent, type EventOrigin } from './event.ts'
import { plainDocument } from './json-ld.ts'
import { Context, DateTime, extensible, Uri } from './schema-parts.ts'

/** Most events of one document. */
export const eventsPerDocumentMax = 10_000

const Event = Type.Unknown({ description: 'An event of one of the five types; checked by its own schema' })
const EventList = Type.Array(Event)

const Vocabulary = Type.Object({
  type: Uri,
  vocabularyElementList: Type.Optional(
    Type.Array(
      Type.Object({
        id: Uri,
        attributes: Type.Optional(Type.Array(Type.Object({ id: Uri, attribute: Type.Optional(Type.Unknown()) }))),
        children: Type.Optional(Type.Array(Uri))
      })
    )
  )
})

const head = {
  '@context': Context,
  id: Type.Optional(Uri),
  schemaVersion: Type.String({ pattern: '^\\d+(\\.\\d+)*$', description: 'a version such as 2.0' }),
  creationDate: DateTime,
  createdAt: Type.Optional(DateTime)
} as const

export const EpcisDocument = extensible({
  ...head,
  type: Type.Literal('EPCISDocument'),
  instanceIdentifier: Type.Optional(Type.String()),
  sender: Type.Optional(Type.String()),
  receiver: Type.Optional(Type.String()),
  epcisHeader: Type.Optional(
    extensible({ epcisMasterData: Type.Optional(Type.Object({ vocabularyList: Type.Optional(Type.Array(Vocabulary)) })) })
  ),
  epcisBody: extensible({ eventList: EventList })
})

export const EpcisQueryDocument = extensible({
  ...head,
  schemaVersion: Type.Optional(head.schemaVersion),
  creationDate: Type.Optional(DateTime),
  type: Type.Literal('EPCISQueryDocument'),
  epcisHeader: Type.Optional(Type.Unknown()),
  epcisBody: extensible({
    queryResults: extensible({
      queryName: Type.String(),
      subscriptionID: Type.Optional(Type.String()),
      resultsBody: extensible({ eventList: EventList, vocabularyList: Type.Optional(Type.Array(Vocabulary)) })
    })
  })
})

export type EpcisDocument = Static<typeof EpcisDocument>
export type EpcisQueryDocument = Static<typeof EpcisQueryDocument>

const epcisDocument = compileValidator(EpcisDocument)
const epcisQueryDocument = compileValidator(EpcisQueryDocument)

export type Capture =
  | {
      readonly ok: true
      /** In the order of the document. */
      readonly events: readonly EpcisEvent[]
      /** The document's JSON-LD context, or the bare event's own; prefixes of extensions are declared here. */
      readonly context: unknown
      readonly form: 'document' | 'queryDocument' | 'event'
    }
  | { readonly ok: false; readonly findings: readonly Reason[] }

/** Takes an EPCISDocument, an EPCISQueryDocument or one bare event, in any spelling of JSON-LD; findings point into the plain one. */
export function parseCapture(input: unknown, origin: EventOrigin = 'json'): Capture {
  if (isTooDeep(input)) {
    const message = `the document nests deeper than ${jsonDepthMax} levels, expected at most so many`
    return { ok: false, findings: [{ code: 'EPCIS_TOO_DEEP', pointer: '', message }] }
  }
  const value = plainDocument(input)
  const type = memberOf(value, 'type')
  if (type === 'EPCISDocument') {
    const checked = epcisDocument.check(value)
    return checked.ok
      ? checkEvents({
          form: 'document',
          context: checked.value['@context'],
          events: checked.value.epcisBody.eventList,
          at: '/epcisBody/eventList',
          origin
        })
      : withEvents(epcisDocument.reasons(value), memberOf(memberOf(value, 'epcisBody'), 'eventList'), '/epcisBody/eventList')
  }
  if (type === 'EPCISQueryDocument') {
    const at = '/epcisBody/queryResults/resultsBody/eventList'
    const checked = epcisQueryDocument.check(value)
    if (checked.ok) {
      const events = checked.value.epcisBody.queryResults.resultsBody.eventList
      return checkEvents({ form: 'queryDocument', context: checked.value['@context'], events, at, origin })
    }
    const body = memberOf(memberOf(memberOf(value, 'epcisBody'), 'queryResults'), 'resultsBody')
    return withEvents(epcisQueryDocument.reasons(value), memberOf(body, 'eventList'), at)
  }
  const checked = checkEvent(value, '', reasonsPerInputMax, origin)
  if (!checked.ok) return checked
  return { ok: true, events: [checked.event], context: checked.event['@context'], form: 'event' }
}

export type Validated =
  | { readonly ok: true; readonly events: readonly EpcisEvent[] }
  | { readonly ok: false; readonly findings: readonly Reason[] }

/** Checks an EPCISDocument or EPCISQueryDocument; a bare event is refused here. */
export function validateDocument(input: unknown): Validated {
  const value = isTooDeep(input) ? input : plainDocument(input)
  const type = memberOf(value, 'type')
  if (type === 'EPCISDocument' || type === 'EPCISQueryDocument') return parseCapture(value)
  const message = `the document's type is ${typeof type === 'string' ? `"${type.slice(0, 64)}"` : typeof type}, expected EPCISDocument or EPCISQueryDocument`
  return { ok: false, findings: [{ code: 'EPCIS_DOCUMENT_TYPE', pointer: '/type', message }] }
}

function checkEvents(options: {
  readonly form: 'document' | 'queryDocument'
  readonly context: unknown
  readonly events: readonly unknown[]
  readonly at: string
  readonly origin: EventOrigin
}): Capture {
  const { events, at, origin } = options
  if (events.length > eventsPerDocumentMax) {
    const message = `${at} has ${events.length} events, expected at most ${eventsPerDocumentMax}`
    return { ok: false, findings: [{ code: 'EPCIS_TOO_MANY_EVENTS', pointer: at, message }] }
  }
  const good: EpcisEvent[] = []
  const findings: Reason[] = []
  for (const [index, event] of events.entries()) {
    const checked = checkEvent(event, `${at}/${index}`, reasonsPerInputMax - findings.length, origin)
    if (checked.ok) good.push(checked.event)
    else findings.push(...checked.findings)
    if (findings.length >= reasonsPerInputMax) break
  }
  if (findings.length > 0) return { ok: false, findings }
  return { ok: true, events: good, context: options.context, form: options.form }
}

/** A wrong frame does not hide what is wrong inside: the events are checked as far as they can be found. */
function withEvents(findings: readonly Reason[], events: unknown, at: string): Capture {
  const all = [...findings]
  if (Array.isArray(events)) {
    for (const [index, event] of events.slice(0, eventsPerDocumentMax).entries()) {
      if (all.length >= reasonsPerInputMax) break
      const checked = checkEvent(event, `${at}/${index}`, reasonsPerInputMax - all.length)
      if (!checked.ok) all.push(...checked.findings)
    }
  }
  return { ok: false, findings: all }
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? Object.entries(value).find(([key]) => key === name)?.[1]
    : undefined
}
