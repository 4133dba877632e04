/** `/api/v1/master-data/…`: products, parties and places with their versions, and what EPCIS headers told. It keeps nothing itself. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { Type, type TSchema } from 'typebox'
import { Problem } from '@tracegate/model/http'
import { canonicalKey } from '@tracegate/model/gs1/key'
import { attributeName } from '@tracegate/model/master-data'
import {
  ElementPage,
  masterDataKinds,
  PartyRow,
  PartyRowPage,
  PlaceRow,
  PlaceRowPage,
  ProductRow,
  ProductRowPage,
  standings,
  type MasterDataKind
} from '@tracegate/model/master-data-record'
import { answers, limitDefault } from '../answers.ts'
import type { ApiContext } from '../context.ts'
import { apiError } from '../errors.ts'
import { masterDataError } from '../master-data/errors.ts'
import { vocabularyName } from '../master-data/header.ts'
import { kindSpecs } from '../master-data/kinds.ts'
import type { Expected } from '../master-data/master-data.ts'
import { matchesWords, objectOf, type RecordRow } from '../master-data/records.ts'
import type { HttpServer } from '../schema-types.ts'
import { masterDataCsvRoutes } from './master-data-csv.ts'

const Search = Type.Optional(Type.String({ maxLength: 128, description: 'Words that all stand somewhere in the record' }))
const Page = {
  limit: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000 })),
  cursor: Type.Optional(Type.String({ maxLength: 2_048 }))
} as const
const ListQuery = Type.Object({ q: Search, standing: Type.Optional(Type.Enum(standings)), ...Page })
const IdParams = Type.Object({
  id: Type.String({ minLength: 1, maxLength: 512, description: 'GTIN, GLN, or a place as GLN, SGLN or link' })
})
const rowSchemas: Readonly<Record<MasterDataKind, { readonly row: TSchema; readonly page: TSchema }>> = {
  products: { row: ProductRow, page: ProductRowPage },
  parties: { row: PartyRow, page: PartyRowPage },
  places: { row: PlaceRow, page: PlaceRowPage }
}
const problem = { description: 'RFC 9457 problem details', content: { 'application/problem+json': { schema: Problem } } }
/** Answers whose schema differs by kind: typed for the document and checked in tests, not for the handler. */
const answersOf = (schemas: Readonly<Record<number, TSchema>>): Readonly<Record<string, unknown>> => ({
  ...schemas,
  '4xx': problem,
  '5xx': problem
})

export function masterDataRoutes(app: HttpServer, context: ApiContext): void {
  for (const kind of masterDataKinds) {
    readRoutes(app, context, kind)
    writeRoutes(app, context, kind)
  }
  masterDataCsvRoutes(app, context)
  elementRoutes(app, context)
}

function readRoutes(app: HttpServer, context: ApiContext, kind: MasterDataKind): void {
  const { what } = kindSpecs[kind]
  const { row, page } = rowSchemas[kind]
  app.get(
    `/api/v1/master-data/${kind}`,
    {
      schema: {
        tags: ['master data'],
        summary: `The ${kind}, registered and told of`,
        querystring: ListQuery,
        response: answersOf({ 200: page })
      }
    },
    async (request) => {
      const { q = '', standing, limit = limitDefault, cursor } = request.query
      const words = q
        .toLowerCase()
        .split(/\s+/)
        .filter((word) => word !== '')
      const rows = (await context.masterData.rows(kind)).filter(
        (one) => (standing === undefined || one.standing === standing) && matchesWords(one, words)
      )
      return pageAfter(rows, { limit, cursor, idOf: (one) => one.id })
    }
  )
  app.get(
    `/api/v1/master-data/${kind}/:id`,
    {
      schema: { tags: ['master data'], summary: `A ${what} with who said what of it`, params: IdParams, response: answersOf({ 200: row }) }
    },
    async (request, reply) => {
      const id = idOf(kind, request.params.id)
      const found = (await context.masterData.rows(kind)).find((one) => one.id === id)
      if (found === undefined) throw masterDataError('MASTER_DATA_UNKNOWN', { what, id })
      return tagged(reply, found)
    }
  )
}

function writeRoutes(app: HttpServer, context: ApiContext, kind: MasterDataKind): void {
  const { what, schema } = kindSpecs[kind]
  const { row } = rowSchemas[kind]
  app.put(
    `/api/v1/master-data/${kind}/:id`,
    {
      config: { right: 'administer' },
      schema: {
        tags: ['master data'],
        summary: `Add a ${what}, or replace what is said of it`,
        description:
          'If-None-Match: * adds, If-Match: "version" replaces what was seen; a registered one is not replaced without. ' +
          'Fields that are left out are taken away; what a record must have and nobody said is assumed and marked so.',
        params: IdParams,
        body: Type.Partial(Type.Object({ ...propertiesOf(schema) }, { additionalProperties: true })),
        response: answersOf({ 200: row, 201: row })
      }
    },
    async (request, reply) => {
      const id = idOf(kind, request.params.id)
      const { row: written, change } = await context.masterData.put({
        kind,
        id,
        body: bodyOf(kind, id, request.body),
        expected: expectedOf(request),
        by: request.principal?.name ?? 'unknown'
      })
      return tagged(reply.code(change === 'added' ? 201 : 200), written)
    }
  )
  app.delete(
    `/api/v1/master-data/${kind}/:id`,
    {
      config: { right: 'administer' },
      schema: {
        tags: ['master data'],
        summary: `Remove a ${what} that nothing refers to`,
        description: 'Refused with 409 while anything refers to it; the findings say what.',
        params: IdParams,
        response: answersOf({ 204: Type.Null({ description: 'removed' }) })
      }
    },
    async (request, reply) => {
      const id = idOf(kind, request.params.id)
      await context.masterData.remove({ kind, id, expected: expectedOf(request), by: request.principal?.name ?? 'unknown' })
      return reply.code(204).send()
    }
  )
}

/** Members of a body are judged by the rules of their fields, which say more than a schema can; the document still shows their names. */
function propertiesOf(schema: TSchema): Record<string, TSchema> {
  const properties: unknown = 'properties' in schema ? schema.properties : {}
  return Object.fromEntries(Object.keys(objectOf(properties)).map((name) => [name, Type.Unknown()]))
}

function bodyOf(kind: MasterDataKind, id: string, body: unknown): Readonly<Record<string, unknown>> {
  const spec = kindSpecs[kind]
  const draft = objectOf(body)
  // Given back by GET, and follow from the id.
  const { key: _key, path: _path, ...rest } = draft
  const own = spec.id === 'key' ? draft['key'] : draft[spec.id]
  if (typeof own === 'string' && own !== '') {
    const read = spec.readId(own)
    if (read.ok && read.value !== id)
      throw masterDataError('MASTER_DATA_VERSION_HEADER', {
        header: spec.id,
        value: own.slice(0, 64),
        wanted: `${id}, as the address says`
      })
  }
  return rest
}

function idOf(kind: MasterDataKind, text: string): string {
  const spec = kindSpecs[kind]
  const read = spec.readId(text)
  if (!read.ok) throw apiError('CODE_UNREADABLE', { code: text.slice(0, 64), reason: `${spec.id} ${read.reason.message}` })
  return read.value
}

/** Strong tags are the version in quotes; `*` says there or not there at all. */
export function expectedOf(request: FastifyRequest): Expected {
  const none = request.headers['if-none-match']
  const match = request.headers['if-match']
  if (none !== undefined) {
    if (none.trim() === '*') return 'new'
    throw masterDataError('MASTER_DATA_VERSION_HEADER', { header: 'If-None-Match', value: none.slice(0, 64), wanted: '*' })
  }
  if (match === undefined) return undefined
  const version = /^\s*"?(\d{1,15})"?\s*$/.exec(match)?.[1]
  if (version === undefined)
    throw masterDataError('MASTER_DATA_VERSION_HEADER', { header: 'If-Match', value: match.slice(0, 64), wanted: 'the version in quotes' })
  return Number(version)
}

function tagged(reply: FastifyReply, row: RecordRow): FastifyReply {
  return reply.header('etag', `"${row.version}"`).send(row)
}

/** A page by keyset: rows that come or go meanwhile move none of the others. */
export function pageAfter<Item>(
  all: readonly Item[],
  query: { readonly limit: number; readonly cursor: string | undefined; readonly idOf: (item: Item) => string }
): { readonly items: Item[]; readonly next?: string } {
  const { limit, cursor, idOf: nameOf } = query
  const rest = cursor === undefined ? all : all.filter((item) => nameOf(item) > cursor)
  const items = rest.slice(0, limit)
  const last = items.at(-1)
  return { items, ...(rest.length > limit && last !== undefined ? { next: nameOf(last) } : {}) }
}

const ElementQuery = Type.Object({
  of: Type.Optional(Type.String({ maxLength: 2_048, description: 'The identifier, in any syntax' })),
  type: Type.Optional(Type.String({ maxLength: 256, description: 'Vocabulary, e.g. Location or its URI' })),
  attribute: Type.Optional(Type.String({ maxLength: 512, description: 'Only elements with this attribute, in any spelling of its name' })),
  ...Page
})
const LookupAnswer = Type.Object({
  of: Type.String(),
  attributes: Type.Record(Type.String(), Type.Array(Type.String())),
  descendants: Type.Array(Type.String(), { description: 'The identifier itself, then what lies below it; at most 1,000 here' }),
  descendantsTotal: Type.Integer()
})
const descendantsShownMax = 1_000

function elementRoutes(app: HttpServer, context: ApiContext): void {
  app.get(
    '/api/v1/master-data/elements',
    {
      schema: {
        tags: ['master data'],
        summary: 'Elements of EPCIS headers as partners wrote them',
        querystring: ElementQuery,
        response: answers(ElementPage)
      }
    },
    async (request) => {
      const { of, type, attribute, limit = limitDefault, cursor } = request.query
      const key = of === undefined ? undefined : (canonicalKey(of) ?? of)
      const name = attribute === undefined ? undefined : attributeName(attribute)
      const wanted = type === undefined ? undefined : vocabularyName(type).toLowerCase()
      const idOfElement = (element: { readonly type: string; readonly key: string }) => `${element.key} ${element.type}`
      const found = (await context.registers.elements())
        .filter((element) => key === undefined || element.key === key)
        .filter((element) => wanted === undefined || vocabularyName(element.type).toLowerCase() === wanted)
        .filter((element) => name === undefined || element.attributes.some(({ id }) => attributeName(id) === name))
        .toSorted((left, right) => (idOfElement(left) < idOfElement(right) ? -1 : 1))
      return pageAfter(found, { limit, cursor, idOf: idOfElement })
    }
  )
  app.get(
    '/api/v1/master-data/lookup',
    {
      schema: {
        tags: ['master data'],
        summary: 'What queries know of an identifier: its attributes and what lies below it',
        querystring: Type.Object({ of: Type.String({ minLength: 1, maxLength: 2_048 }) }),
        response: answers(LookupAnswer)
      }
    },
    async (request) => {
      const of = canonicalKey(request.query.of) ?? request.query.of
      const lookup = await context.masterData.lookup()
      const descendants = lookup.descendants(of)
      const attributes = Object.fromEntries(Object.entries(lookup.attributesOf(of)).map(([name, values]) => [name, [...values]]))
      return { of, attributes, descendants: descendants.slice(0, descendantsShownMax), descendantsTotal: descendants.length }
    }
  )
}
