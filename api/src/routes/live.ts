/** `GET /api/v1/live`: Server-Sent Events. What they carry is in the model's `live.ts`; how they are kept in `../live.ts`. */
import type { ServerResponse } from 'node:http'
import type { FastifyReply } from 'fastify'
import { Type } from 'typebox'
import type { Principal } from '../accounts.ts'
import { PointName } from '../answers.ts'
import type { ApiContext } from '../context.ts'
import { apiError } from '../errors.ts'
import { sessionTokenOf } from '../gatekeeper.ts'
import { clientBytesMax, clientsMax, clientsPerCallerMax, type LiveClient } from '../live.ts'
import type { HttpServer } from '../schema-types.ts'

export function liveRoutes(app: HttpServer, context: ApiContext): void {
  app.get(
    '/api/v1/live',
    {
      // A HEAD request would open a stream that nobody reads.
      exposeHeadRoute: false,
      schema: {
        tags: ['live'],
        summary: 'Live stream (Server-Sent Events: readings, anomaly, warning, device, event, reset)',
        querystring: Type.Object({
          point: Type.Optional(PointName),
          lastEventId: Type.Optional(Type.String({ maxLength: 64, description: 'For clients that cannot set the Last-Event-ID header' }))
        })
      }
    },
    (request, reply) => {
      const caller = callerOf(request.principal)
      requireRoom(context, caller)
      const raw = openStream(reply)
      const token = sessionTokenOf(request)
      const byKey = request.principal?.kind === 'key'
      const client: LiveClient = {
        caller,
        point: request.query.point,
        write(text) {
          // A session that ended takes its stream with it, at the next thing to send.
          if (!byKey && (token === undefined || !context.sessions.has(token))) return false
          raw.write(text)
          return raw.writableLength <= clientBytesMax
        },
        end(text) {
          if (text === '' && raw.writableLength > 0) raw.destroy()
          else raw.end(text)
        }
      }
      const header = request.headers['last-event-id']
      const leave = context.live.join(client, typeof header === 'string' ? header : request.query.lastEventId)
      raw.on('close', leave)
      raw.on('error', leave)
    }
  )
}

function callerOf(principal: Principal | undefined): string {
  return `${principal?.kind ?? ''} ${principal?.name ?? ''}`
}

function requireRoom({ live }: ApiContext, caller: string): void {
  const own = live.clientsOf(caller)
  if (own >= clientsPerCallerMax) throw apiError('STREAM_FULL', { open: own, openMax: clientsPerCallerMax })
  if (live.clients() >= clientsMax) throw apiError('STREAM_FULL', { open: live.clients(), openMax: clientsMax })
}

/** Takes the answer out of the engine's hands, with the headers it has so far. */
function openStream(reply: FastifyReply): ServerResponse {
  const { raw } = reply
  const headers = reply.getHeaders()
  reply.hijack()
  for (const [name, value] of Object.entries(headers)) if (value !== undefined) raw.setHeader(name, value)
  raw.writeHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'cache-control': 'no-store',
    'x-accel-buffering': 'no',
    connection: 'keep-alive'
  })
  return raw
}
