/** `/api/v1/trace/…`: the questions asked of the trace of things, shipments and places, one call each. */
import {
  BalanceQuery,
  HoldersBody,
  HoldersQuery,
  JourneyQuery,
  plainFormats,
  TraceBody,
  TraceQuery,
  type TraceAsk
} from '@tracegate/model/http-trace'
import { HoldersAnswer, JourneyAnswer, TraceAnswer } from '@tracegate/model/trace'
import { BalanceAnswer } from '@tracegate/model/trace-balance'
import { traceDirections } from '@tracegate/store/trace-store'
import type { ApiContext } from '../context.ts'
import { journeyOf } from '../journey.ts'
import { keyOfText } from '../keys.ts'
import type { HttpServer } from '../schema-types.ts'
import { optionsOf, thingsOf } from '../trace/ask.ts'
import { formatOf, formedAnswers, sendFormed, type Formed } from '../trace/formats.ts'
import { tableOfBalance, tableOfHolders, tableOfJourney, tableOfTrace } from '../trace/tables.ts'

type Asked = Pick<TraceAsk, Exclude<keyof TraceAsk, 'format'>>

const description =
  'Asked by `of` (item, lot, product, pallet, container, shipment, business transaction or transformation) or by `place` with `from` and `to`. Where a limit cuts the answer, `truncated` is true and the node says which limit and how many neighbours were not followed.'

export function traceRoutes(app: HttpServer, context: ApiContext): void {
  for (const direction of traceDirections) directionRoutes(app, context, direction)
  holdersRoutes(app, context)
  journeyRoute(app, context)
  balanceRoute(app, context)
}

function directionRoutes(app: HttpServer, context: ApiContext, direction: (typeof traceDirections)[number]): void {
  const url = `/api/v1/trace/${direction}`
  const schema = {
    tags: ['trace'],
    summary: direction === 'back' ? 'Everything that went into a thing' : 'Everything it went into, and what held it',
    description,
    response: formedAnswers(TraceAnswer)
  }
  const answer = async (asked: Asked): Promise<Formed<TraceAnswer>> => {
    const found = await context.trace.ask(direction, { ...thingsOf(asked), ...optionsOf(asked) })
    return { answer: found, table: () => tableOfTrace(found, asked.rows), graph: found, name: `trace-${direction}` }
  }
  app.get(url, { schema: { ...schema, querystring: TraceQuery } }, async (request, reply) => {
    const format = formatOf(request, request.query.format)
    return sendFormed(reply, format, await answer(request.query))
  })
  app.post(url, { schema: { ...schema, body: TraceBody } }, async (request, reply) => {
    const format = formatOf(request, request.body.format)
    return sendFormed(reply, format, await answer(request.body))
  })
}

function holdersRoutes(app: HttpServer, context: ApiContext): void {
  const url = '/api/v1/trace/holders'
  const response = formedAnswers(HoldersAnswer, plainFormats)
  const schema = { tags: ['trace'], summary: 'Who holds what came of a thing, and in what state', description, response }
  const answer = async (asked: Asked): Promise<Formed<HoldersAnswer>> => {
    const found = await context.trace.ask('holders', { ...thingsOf(asked), ...optionsOf(asked) })
    return { answer: found, table: () => tableOfHolders(found, asked.rows), name: 'holders' }
  }
  app.get(url, { schema: { ...schema, querystring: HoldersQuery } }, async (request, reply) => {
    const format = formatOf(request, request.query.format, plainFormats)
    return sendFormed(reply, format, await answer(request.query))
  })
  app.post(url, { schema: { ...schema, body: HoldersBody } }, async (request, reply) => {
    const format = formatOf(request, request.body.format, plainFormats)
    return sendFormed(reply, format, await answer(request.body))
  })
}

function journeyRoute(app: HttpServer, context: ApiContext): void {
  const response = formedAnswers(JourneyAnswer, plainFormats)
  const summary = 'The life of a thing or shipment by stages, with the readings it lived through'
  app.get(
    '/api/v1/trace/journey',
    { schema: { tags: ['trace'], summary, querystring: JourneyQuery, response } },
    async (request, reply) => {
      const { query } = request
      const format = formatOf(request, query.format, plainFormats)
      const answer = await journeyOf(context, keyOfText(query.of), optionsOf(query))
      return sendFormed(reply, format, { answer, table: () => tableOfJourney(answer), name: 'journey' })
    }
  )
}

function balanceRoute(app: HttpServer, context: ApiContext): void {
  const response = formedAnswers(BalanceAnswer, plainFormats)
  const schema = {
    tags: ['trace'],
    summary: 'Inputs against outputs of a lot, transformation or shipment, and the unexplained rest',
    description:
      'Quantities are converted to kilogram, litre, metre, square metre and pieces; pieces are compared within one product. What cannot be compared is listed with the reason.',
    querystring: BalanceQuery,
    response
  }
  app.get('/api/v1/trace/balance', { schema }, async (request, reply) => {
    const { query } = request
    const format = formatOf(request, query.format, plainFormats)
    const tolerance = query.tolerance === undefined ? {} : { toleranceShare: query.tolerance }
    const answer = await context.trace.ask('balance', { of: keyOfText(query.of), ...optionsOf(query), ...tolerance })
    return sendFormed(reply, format, { answer, table: () => tableOfBalance(answer), name: 'balance' })
  })
}
