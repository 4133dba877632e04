/** The EPCISQueryDocument that a subscriber is sent. Events are joined as text; the same delivery gives the same text each time. */
import { formatEventText, type FormatOptions } from '@tracegate/model/epcis/format'

export interface QueryDocumentOptions {
  readonly id: string
  readonly queryName: string
  readonly subscriptionID: string
  readonly createdAtMs: number
  readonly events: readonly string[]
  readonly format: FormatOptions
}

const context = '["https://ref.gs1.org/standards/epcis/2.0.0/epcis-context.jsonld"]'

export function writeQueryDocument(options: QueryDocumentOptions): string {
  const events = options.events.map((json) => formatEventText(json, options.format))
  return (
    `{"@context":${context},"id":"urn:uuid:${options.id}","type":"EPCISQueryDocument","schemaVersion":"2.0",` +
    `"creationDate":"${new Date(options.createdAtMs).toISOString()}","epcisBody":{"queryResults":{` +
    `"queryName":${JSON.stringify(options.queryName)},"subscriptionID":${JSON.stringify(options.subscriptionID)},` +
    `"resultsBody":{"eventList":[${events.join(',')}]}}}}`
  )
}

/** Members of a stored event that deliveries need; undefined where the text does not have them. */
export function factsOf(json: string): { readonly eventID?: string; readonly recordMs?: number } {
  const event: unknown = JSON.parse(json)
  if (typeof event !== 'object' || event === null) return {}
  const eventID = 'eventID' in event && typeof event.eventID === 'string' ? event.eventID : undefined
  const recordMs = 'recordTime' in event && typeof event.recordTime === 'string' ? Date.parse(event.recordTime) : Number.NaN
  return { ...(eventID === undefined ? {} : { eventID }), ...(Number.isNaN(recordMs) ? {} : { recordMs }) }
}
