/** Events as an EPCISQueryDocument in the form that the caller wishes. Stored events are joined as text where nothing asks for more. */
import { randomUUID } from 'node:crypto'
import type { FastifyReply } from 'fastify'
import { formatEvent, formatEventText } from '@tracegate/model/epcis/format'
import { writeEpcisXml } from '@tracegate/model/epcis/xml/write'
import type { CompanyPrefixes } from '@tracegate/model/gs1/company-prefix'
import { epcisContextUri } from '@tracegate/model/http-epcis'
import { isXml, jsonType, type Wishes } from './headers.ts'

export interface EventAnswer {
  readonly events: readonly string[]
  readonly queryName?: string
  readonly wishes: Wishes
  readonly prefixes: CompanyPrefixes
  readonly nowMs: number
}

export function sendEvents(reply: FastifyReply, answer: EventAnswer): FastifyReply {
  const { mediaType } = answer.wishes
  return reply.type(contentTypeOf(mediaType)).send(queryDocument(answer))
}

/** With the character set, which `application/ld+json` has no parameter for. */
export function contentTypeOf(mediaType: string): string {
  if (mediaType === 'application/json') return jsonType
  return isXml(mediaType) ? `${mediaType}; charset=utf-8` : mediaType
}

/** The document as text. */
function queryDocument(answer: EventAnswer): string {
  const { wishes, nowMs, queryName = 'SimpleEventQuery' } = answer
  const head =
    `{"@context":["${epcisContextUri}"],"id":"urn:uuid:${randomUUID()}","type":"EPCISQueryDocument","schemaVersion":"2.0",` +
    `"creationDate":"${new Date(nowMs).toISOString()}","epcisBody":{"queryResults":{"queryName":${JSON.stringify(queryName)},`
  const body = (events: readonly string[]) => `${head}"resultsBody":{"eventList":[${events.join(',')}]}}}}`
  if (!isXml(wishes.mediaType)) return body(formattedTexts(answer))
  const document: unknown = JSON.parse(body(answer.events.map((json) => formattedForXml(json, answer))))
  return writeEpcisXml(document, { version: wishes.version })
}

/** GS1-CBV-XML-Format speaks of XML; in JSON the words that were captured as URNs are bare. Most events are served as they are stored. */
function formattedTexts({ events, wishes, prefixes }: EventAnswer): readonly string[] {
  return events.map((json) => formatEventText(json, { epc: wishes.epcFormat, cbv: 'No_Preference', prefixes }))
}

function formattedForXml(json: string, { wishes, prefixes }: EventAnswer): string {
  const { epcFormat, cbvFormat } = wishes
  if (epcFormat === 'No_Preference' && cbvFormat === 'No_Preference') return json
  const event: unknown = JSON.parse(json)
  return JSON.stringify(formatEvent(event, { epc: epcFormat, cbv: cbvFormat, prefixes }))
}
