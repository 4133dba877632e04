/** `/api/v1/dead-letters`: what could not be taken, with the reason; to look through, download, mend, hand in again or let go. */
import { Readable } from 'node:stream'
import type { FastifyRequest } from 'fastify'
import { Type, type Static } from 'typebox'
import {
  DeadLetter,
  DeadLetterListQuery,
  DeadLetterPage,
  DeadLetterQuery,
  DeadLetterSelection,
  DeadLetterSummary,
  DiscardAnswer,
  ReplayAllAnswer,
  ReplayAnswer,
  ReplayRequest
} from '@tracegate/model/http-dead-letters'
import { pageLimitMax } from '@tracegate/model/http'
import type { DeadLetterFilter, DeadLetterReader } from '@tracegate/service/dead-letter'
import { answers, fileAnswers, limitDefault } from '../answers.ts'
import type { ApiContext } from '../context.ts'
import { apiError } from '../errors.ts'
import type { HttpServer } from '../schema-types.ts'

const Params = Type.Object({ id: Type.Integer({ minimum: 1 }) })
const tags = ['dead letters']
const groupsMax = 200
const reasonsMax = 20

export function deadLetterRoutes(app: HttpServer, context: ApiContext): void {
  readRoutes(app, context)
  workRoutes(app, context)
}

function readRoutes(app: HttpServer, context: ApiContext): void {
  app.get(
    '/api/v1/dead-letters',
    {
      schema: {
        tags,
        summary: 'Messages that could not be taken, newest first',
        description: 'Without `state` those that nobody has dealt with.',
        querystring: DeadLetterListQuery,
        response: answers(DeadLetterPage)
      }
    },
    async (request) => {
      const { limit, cursor, ...query } = request.query
      const page = { limit: limit ?? limitDefault, ...(cursor === undefined ? {} : { cursor }), ...filterOf(query) }
      return (await context.deadLetters?.list(page)) ?? { items: [] }
    }
  )
  app.get(
    '/api/v1/dead-letters/summary',
    { schema: { tags, summary: 'How many are open, by reason and device', response: answers(DeadLetterSummary) } },
    async () => {
      const letters = context.deadLetters
      if (letters === undefined) return { open: 0, kept: 0, groups: [] }
      const [open, kept, groups] = await Promise.all([letters.count(), letters.count({ state: 'any' }), letters.groups(groupsMax)])
      return { open, kept, groups }
    }
  )
  app.get(
    '/api/v1/dead-letters/export',
    {
      schema: {
        tags,
        summary: 'The same as a file: a JSON object a line, newest first',
        querystring: DeadLetterQuery,
        response: fileAnswers('application/x-ndjson', 'One object a line')
      }
    },
    (request, reply) =>
      reply
        .type('application/x-ndjson')
        .header('content-disposition', 'attachment; filename="dead-letters.ndjson"')
        .send(Readable.from(linesOf(context.deadLetters, filterOf(request.query))))
  )
  app.get(
    '/api/v1/dead-letters/:id',
    { schema: { tags, summary: 'One of them', params: Params, response: answers(DeadLetter) } },
    (request) => letterOf(context, request.params.id)
  )
  app.get(
    '/api/v1/dead-letters/:id/payload',
    {
      schema: {
        tags,
        summary: 'Its bytes as they came',
        params: Params,
        response: fileAnswers('application/octet-stream', 'The payload')
      }
    },
    async (request, reply) => {
      const { id, payloadBase64 } = await letterOf(context, request.params.id)
      return reply
        .type('application/octet-stream')
        .header('content-disposition', `attachment; filename="dead-letter-${id}.bin"`)
        .send(Buffer.from(payloadBase64, 'base64'))
    }
  )
}

function workRoutes(app: HttpServer, context: ApiContext): void {
  app.post(
    '/api/v1/dead-letters/:id/replay',
    {
      config: { right: 'administer' },
      schema: {
        tags,
        summary: 'Hand one in again, mended or as it is',
        description: 'A message that still cannot be taken leaves the letter as it was; the answer names the reason.',
        params: Params,
        body: ReplayRequest,
        response: answers(ReplayAnswer)
      }
    },
    async (request) => {
      await letterOf(context, request.params.id)
      const fix = fixOf(request.body)
      const options = { by: nameOf(request), ...(fix === undefined ? {} : { fix }) }
      return officeOf(context).replay(request.params.id, options)
    }
  )
  app.post(
    '/api/v1/dead-letters/replay',
    {
      config: { right: 'administer' },
      schema: {
        tags,
        summary: 'Hand all that fit in again as they are, oldest first, as after a missing rule was set',
        body: DeadLetterSelection,
        response: answers(ReplayAllAnswer)
      }
    },
    async (request) => {
      const { limit, ...selection } = request.body
      return replayAll(officeOf(context), { filter: filterOf(selection), limit: limit ?? pageLimitMax, by: nameOf(request) })
    }
  )
  app.post(
    '/api/v1/dead-letters/:id/discard',
    {
      config: { right: 'administer' },
      schema: { tags, summary: 'Let one go', params: Params, response: answers(DiscardAnswer) }
    },
    async (request) => {
      await letterOf(context, request.params.id)
      return { discarded: (await officeOf(context).discard(request.params.id, nameOf(request))) ? 1 : 0 }
    }
  )
}

async function replayAll(
  office: DeadLetterReader,
  { filter, limit, by }: { readonly filter: DeadLetterFilter; readonly limit: number; readonly by: string }
): Promise<ReplayAllAnswer> {
  const ids = await oldestOf(office, filter, limit)
  const reasons: ReplayAnswer[] = []
  let [replayed, refused] = [0, 0]
  for (const id of ids) {
    const answer = await office.replay(id, { by })
    if (answer.outcome === 'replayed') replayed += 1
    if (answer.outcome !== 'refused') continue
    refused += 1
    if (reasons.length < reasonsMax) reasons.push(answer)
  }
  return { replayed, refused, left: await office.count({ ...filter, state: 'open' }), reasons }
}

/** Pages run from the newest to the oldest, so the last `limit` numbers are what is wanted. */
async function oldestOf(office: DeadLetterReader, filter: DeadLetterFilter, limit: number): Promise<number[]> {
  let ids: number[] = []
  let cursor: string | undefined
  do {
    const page = await office.list({ ...filter, state: 'open', limit: pageLimitMax, ...(cursor === undefined ? {} : { cursor }) })
    ids = [...ids, ...page.items.map(({ id }) => id)].slice(-limit)
    cursor = page.next
  } while (cursor !== undefined)
  return ids.toReversed()
}

async function* linesOf(office: DeadLetterReader | undefined, filter: DeadLetterFilter): AsyncGenerator<string> {
  let cursor: string | undefined
  do {
    const page = await office?.list({ ...filter, limit: limitDefault, ...(cursor === undefined ? {} : { cursor }) })
    for (const letter of page?.items ?? []) yield `${JSON.stringify(letter)}\n`
    cursor = page?.next
  } while (cursor !== undefined)
}

function filterOf({ from, to, ...rest }: Static<typeof DeadLetterQuery>): DeadLetterFilter {
  return {
    ...rest,
    ...(from === undefined ? {} : { fromMs: Date.parse(from) }),
    ...(to === undefined ? {} : { toMs: Date.parse(to) })
  }
}

function fixOf({ topic, payload, payloadBase64 }: ReplayRequest) {
  if (payload !== undefined && payloadBase64 !== undefined) throw apiError('DEAD_LETTER_FIX')
  const bytes =
    payloadBase64 !== undefined
      ? Buffer.from(payloadBase64, 'base64')
      : payload !== undefined
        ? Buffer.from(JSON.stringify(payload))
        : undefined
  if (topic === undefined && bytes === undefined) return undefined
  return { ...(topic === undefined ? {} : { topic }), ...(bytes === undefined ? {} : { payload: bytes }) }
}

function officeOf(context: ApiContext): DeadLetterReader {
  if (context.deadLetters === undefined) throw apiError('DEAD_LETTERS_ABSENT')
  return context.deadLetters
}

async function letterOf(context: ApiContext, id: number): Promise<DeadLetter> {
  const letter = await context.deadLetters?.get(id)
  if (letter === undefined) throw apiError('NOT_FOUND', { what: 'dead letter', id: String(id) })
  return letter
}

function nameOf(request: FastifyRequest): string {
  return request.principal?.name ?? ''
}
