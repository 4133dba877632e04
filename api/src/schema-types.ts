/** Makes TypeScript read the TypeBox schemas of a route as the types of its request and answer. Types only, nothing at run time. */
import type { FastifyBaseLogger, FastifyInstance, FastifyTypeProvider, RawServerDefault } from 'fastify'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Static, TSchema } from 'typebox'
import type { Principal, Right } from './accounts.ts'

interface SchemaTypes extends FastifyTypeProvider {
  validator: this['schema'] extends TSchema ? Static<this['schema']> : unknown
  serializer: this['schema'] extends TSchema ? Static<this['schema']> : unknown
}

export type HttpServer = FastifyInstance<RawServerDefault, IncomingMessage, ServerResponse, FastifyBaseLogger, SchemaTypes>

/** session: a session or a key (the default under /api/v1 and /epcis); public: anybody; loopback: this machine, or a key. */
export type Access = 'session' | 'public' | 'loopback'

declare module 'fastify' {
  interface FastifyContextConfig {
    access?: Access
    /** The right a caller needs beyond being signed in: `read` where nothing else is said; signedIn: none. */
    right?: Right | 'signedIn'
  }
  interface FastifyRequest {
    principal: Principal | undefined
  }
}
