/**
 * The upgrade of `GET /queries/{queryName}/events` to a WebSocket: who may, with which controls, and what the handshake says. Everything
 * that can be refused is refused before the upgrade, as a problem.
 */
import type { IncomingMessage } from 'node:http'
import websocket, { type WebSocket } from '@fastify/websocket'
import type { FastifyRequest } from 'fastify'
import { requireSameOrigin, sessionTokenOf } from '../../gatekeeper.ts'
import { pathValue, type EpcisScope } from '../scope.ts'
import { callerOf } from './caller.ts'
import { readSocketRequest, type SubscriptionControls } from './request.ts'

/** A client has nothing to say; what comes is refused, and large messages are not even read. */
const messageBytesMax = 1_024

interface Prepared {
  readonly controls: SubscriptionControls
  readonly isAllowed: () => boolean
}

/** What the handshake says of each request. */
const handshakes = new WeakMap<IncomingMessage, string>()
const prepared = new WeakMap<FastifyRequest, Prepared>()

/** To be called before the route is added. */
export async function openSockets({ app }: EpcisScope): Promise<void> {
  // After an upgrade that is refused nobody reads this connection any longer: it is not to be used again.
  app.addHook('onSend', async (request, reply) => {
    if (isSocketRequest(request.raw)) reply.header('connection', 'close')
  })
  app.addHook('onResponse', async (request) => {
    if (isSocketRequest(request.raw) && !request.ws) request.raw.socket.destroySoon()
  })
  await app.register(websocket, { options: { maxPayload: messageBytesMax, perMessageDeflate: false, clientTracking: true } })
  app.websocketServer.on('headers', (headers, request) => {
    const header = handshakes.get(request)
    if (header !== undefined) headers.push(header)
  })
}

/** Only this is upgraded; an `Upgrade` of anything else is answered as if it were not there (RFC 9110 §7.8). */
export function isSocketRequest({ method, headers, url = '' }: IncomingMessage): boolean {
  return method === 'GET' && /^websocket$/i.test(headers.upgrade ?? '') && /^\/epcis\/v2\/queries\/[^/?]+\/events(\?|$)/.test(url)
}

export function socketHandlers(scope: EpcisScope) {
  const { context } = scope
  const { subscriptions } = context
  return {
    async preHandler(request: FastifyRequest): Promise<void> {
      if (!request.ws) return
      const isAllowed = admission(scope, request)
      subscriptions.queries.get(pathValue(request, 'queryName'))
      const at = request.url.indexOf('?')
      const now = subscriptions.settings.nowMs()
      const read = readSocketRequest(new URLSearchParams(at === -1 ? '' : request.url.slice(at + 1)), now)
      const controls = { ...read, initialRecordMs: read.initialRecordMs ?? now }
      subscriptions.sockets.requireRoom(callerOf(request.principal))
      handshakes.set(request.raw, `GS1-Query-Min-Record-Time: ${new Date(controls.initialRecordMs).toISOString()}`)
      prepared.set(request, { controls, isAllowed })
    },
    wsHandler(socket: WebSocket, request: FastifyRequest): void {
      const ready = prepared.get(request)
      if (ready === undefined) return socket.terminate()
      subscriptions.sockets.join({
        socket,
        queryName: pathValue(request, 'queryName'),
        controls: ready.controls,
        isAllowed: ready.isAllowed,
        caller: callerOf(request.principal),
        format: subscriptions.formatOf(request.wishes.epcFormat)
      })
    }
  }
}

/**
 * A browser sends its cookie with a WebSocket to any host, whatever page asks for it; so with a session the origin must be ours. Gives
 * what tells later whether the caller may still listen.
 */
function admission({ context }: EpcisScope, request: FastifyRequest): () => boolean {
  const byKey = request.headers.authorization
  if (byKey !== undefined) {
    const key = /^Bearer +(\S+)$/i.exec(byKey)?.[1]
    return () => key !== undefined && context.accounts.byKey(key) !== undefined
  }
  requireSameOrigin(request, true)
  const token = sessionTokenOf(request)
  return () => token !== undefined && context.sessions.has(token)
}
