/** `/api/v1/devices/{point}/{device}/credentials`: lets devices and agents in, and keeps them out. */
import type { FastifyRequest } from 'fastify'
import { Type } from 'typebox'
import {
  CredentialJournal,
  CredentialList,
  CredentialMade,
  CredentialRequest,
  CredentialsRevoked,
  RotationRequest
} from '@tracegate/model/http-credentials'
import type { IdentityRole } from '@tracegate/service/identity'
import { answers, PointName } from '../answers.ts'
import type { ApiContext } from '../context.ts'
import { usernameOfHolder, type Holder } from '../credentials.ts'
import { apiError } from '../errors.ts'
import type { HttpServer } from '../schema-types.ts'

const Params = Type.Object({ point: PointName, id: PointName })
const CredentialParams = Type.Object({ point: PointName, id: PointName, credential: Type.String({ minLength: 1, maxLength: 64 }) })
const path = '/api/v1/devices/:point/:id/credentials'
const tags = ['devices']
const config = { right: 'administer' } as const
const platform = 'The point `-` stands for the platform: its devices are collectors and services.'

export function credentialRoutes(app: HttpServer, context: ApiContext): void {
  readRoutes(app, context)
  changeRoutes(app, context)
  endRoutes(app, context)
}

function readRoutes(app: HttpServer, { credentials }: ApiContext): void {
  app.get(
    path,
    {
      config,
      schema: {
        tags,
        summary: 'What a device may sign in with, without the secrets',
        description: platform,
        params: Params,
        response: answers(CredentialList)
      }
    },
    async (request) => {
      const holder = holderOf(request.params)
      const list = await credentials.list(holder)
      if (list === undefined) throw apiError('NOT_FOUND', { what: 'credentials of', id: usernameOfHolder(holder) })
      return list
    }
  )
  app.get(
    `${path}/journal`,
    {
      config,
      schema: { tags, summary: 'Who changed the credentials of a device, and when', params: Params, response: answers(CredentialJournal) }
    },
    async (request) => {
      const journal = await credentials.journal(holderOf(request.params))
      return { items: journal.map(({ index, atMs, by, action, why, hash }) => ({ index, atMs, by, action, why, hash })) }
    }
  )
}

function changeRoutes(app: HttpServer, context: ApiContext): void {
  app.post(
    path,
    {
      config,
      schema: {
        tags,
        summary: 'Enrol a device, or give it a further credential',
        description: `A generated secret or a token is in this answer and nowhere else. The device need not be known yet. ${platform}`,
        params: Params,
        body: CredentialRequest,
        response: answers(CredentialMade)
      }
    },
    async (request, reply) => {
      const holder = holderOf(request.params)
      const usualRole = await usualRoleOf(context, holder)
      const made = await context.credentials.make(holder, { ...request.body, by: nameOf(request), usualRole })
      context.events.credentialChanged({ device: made.username, action: 'made', kind: made.credential.kind, by: nameOf(request) })
      reply.header('cache-control', 'no-store')
      return made
    }
  )
  app.post(
    `${path}/:credential/rotate`,
    {
      config,
      schema: {
        tags,
        summary: 'Replace a credential; the old one works for a while longer',
        params: CredentialParams,
        body: RotationRequest,
        response: answers(CredentialMade)
      }
    },
    async (request, reply) => {
      const made = await context.credentials.rotate(holderOf(request.params), request.params.credential, {
        ...request.body,
        by: nameOf(request)
      })
      context.events.credentialChanged({ device: made.username, action: 'rotated', kind: made.credential.kind, by: nameOf(request) })
      reply.header('cache-control', 'no-store')
      return made
    }
  )
}

function endRoutes(app: HttpServer, context: ApiContext): void {
  const revoke = async (request: FastifyRequest, holder: Holder, id?: string) => {
    const by = nameOf(request)
    const revoked = await context.credentials.revoke(holder, { by, ...(id === undefined ? {} : { id }) })
    context.events.credentialChanged({ device: usernameOfHolder(holder), action: 'revoked', kind: id === undefined ? 'all' : 'one', by })
    return { revoked }
  }
  app.delete(
    `${path}/:credential`,
    {
      config,
      schema: {
        tags,
        summary: 'Revoke a credential; connections that came in with it end at once',
        params: CredentialParams,
        response: answers(CredentialsRevoked)
      }
    },
    (request) => revoke(request, holderOf(request.params), request.params.credential)
  )
  app.delete(
    path,
    {
      config,
      schema: {
        tags,
        summary: 'Revoke all credentials of a device, as when it was stolen; it is disconnected at once',
        params: Params,
        response: answers(CredentialsRevoked)
      }
    },
    (request) => revoke(request, holderOf(request.params))
  )
}

function holderOf({ point, id }: { readonly point: string; readonly id: string }): Holder {
  if (id === '-') throw apiError('CREDENTIAL_INVALID', { detail: 'device is "-", expected the name of one' })
  return { point, device: id }
}

async function usualRoleOf(context: ApiContext, { point, device }: Holder): Promise<IdentityRole> {
  if (point === '-') return 'collector'
  const known = (await context.registers.devices()).find((row) => row.point === point && row.id === device)
  return known?.kind === 'edge' ? 'edge' : 'device'
}

function nameOf(request: FastifyRequest): string {
  return request.principal?.name ?? ''
}
