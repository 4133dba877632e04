/**
 * `GET /capture/{captureID}/document`, which the standard does not have: the document that was captured, its head as it came (Standard
 * Business Document Header, sender, receiver, extensions), with the events that it added. Events that were there before are not repeated.
 */
import { formatEventText } from '@tracegate/model/epcis/format'
import { writeEpcisXml } from '@tracegate/model/epcis/xml/write'
import { epcisRoot } from '@tracegate/model/http-epcis'
import { Type } from 'typebox'
import { apiError } from '../errors.ts'
import type { CaptureJobs } from './capture-jobs.ts'
import { eventsMax } from './capture-document.ts'
import { contentTypeOf } from './event-answers.ts'
import { isXml, type Wishes } from './headers.ts'
import { operationSchema } from './route-schema.ts'
import { addOptions, ownSecurityHeaders, pathValue, type EpcisScope } from './scope.ts'

const path = `${epcisRoot}/capture/:captureID/document`
const captureID = { captureID: 'Of the Location header' }
const pageLimit = 1_000

export function documentRoute({ app, context, prefixes, ...scope }: EpcisScope, jobs: CaptureJobs): void {
  app.get(
    path,
    {
      ...ownSecurityHeaders,
      config: { produces: 'jsonAndXml' },
      schema: operationSchema({
        summary: 'The document of a capture: its head as it came, and the events that it added',
        ask: 'read',
        path: captureID,
        good: {
          status: 200,
          description: 'The document',
          body: { schema: Type.Unknown({ description: 'EPCISDocument or EPCISQueryDocument' }), xml: true }
        },
        refuses: [404]
      })
    },
    async (request, reply) => {
      const id = pathValue(request, 'captureID')
      const kept = jobs.document(id)
      if (kept === undefined) throw apiError('NOT_FOUND', { what: 'document of a capture job', id: id.slice(0, 64) })
      const { wishes } = request
      const events: string[] = []
      let cursor: string | undefined
      do {
        const page = await context.trace.events({
          recordFromMs: kept.recordTimeMs,
          recordToMs: kept.recordTimeMs + 1,
          order: 'ascending',
          orderBy: 'recordTime',
          limit: pageLimit,
          ...(cursor === undefined ? {} : { cursor })
        })
        events.push(...page.json)
        cursor = page.next
      } while (cursor !== undefined && events.length < eventsMax)
      return reply.type(contentTypeOf(wishes.mediaType)).send(documentText(kept.head, { events, wishes, prefixes }))
    }
  )
  addOptions({ ...scope, app }, { path, methods: ['GET'], parameters: captureID })
}

/** The list of events of a head is empty, and stands where theirs belongs. */
const emptyList = '"eventList":[]'

function documentText(
  head: string,
  { events, wishes, prefixes }: { readonly events: readonly string[]; readonly wishes: Wishes } & Pick<EpcisScope, 'prefixes'>
): string {
  const cbv = isXml(wishes.mediaType) ? wishes.cbvFormat : 'No_Preference'
  const list = events.map((json) => formatEventText(json, { epc: wishes.epcFormat, cbv, prefixes })).join(',')
  const at = head.lastIndexOf(emptyList)
  const text = at < 0 ? head : `${head.slice(0, at)}"eventList":[${list}]${head.slice(at + emptyList.length)}`
  if (!isXml(wishes.mediaType)) return text
  const document: unknown = JSON.parse(text)
  return writeEpcisXml(document, { version: wishes.version })
}
