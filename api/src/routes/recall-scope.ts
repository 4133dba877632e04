/** `/api/v1/recall-scope`: where everything is that came of suspect goods, per holder with name and contact. */
import type { Static } from 'typebox'
import { plainFormats, ScopeBody, ScopeQuery } from '@tracegate/model/http-trace'
import { ScopeAnswer } from '@tracegate/model/trace-scope'
import type { ApiContext } from '../context.ts'
import type { HttpServer } from '../schema-types.ts'
import { optionsOf, thingsOf } from '../trace/ask.ts'
import { formatOf, formedAnswers, sendFormed, type Formed } from '../trace/formats.ts'
import { nameScope } from '../trace/scope-names.ts'
import { tableOfScope } from '../trace/tables.ts'

type Asked = Static<typeof ScopeBody>

export function recallScopeRoutes(app: HttpServer, context: ApiContext): void {
  const url = '/api/v1/recall-scope'
  const schema = {
    tags: ['trace'],
    summary: 'In stock where, in transit whither, sold or consumed when, destroyed, unknown: per holder with contact and quantity',
    description:
      'Asked by `of` (item, lot, product, pallet, container, shipment, business transaction) or by `place` with `from` and `to`. Counts and sums are exact also where lists are cut. `include=siblings` adds other goods made of the same inputs.',
    response: formedAnswers(ScopeAnswer, plainFormats)
  }
  const answer = async (asked: Asked): Promise<Formed<ScopeAnswer>> => {
    const { holders, goods, include, rows } = asked
    const found = await context.trace.ask('scope', {
      ...thingsOf(asked),
      ...optionsOf(asked),
      ...(holders === undefined ? {} : { holdersMax: holders }),
      ...(goods === undefined ? {} : { goodsMax: goods }),
      ...(include === undefined ? {} : { withSiblings: true })
    })
    const named = await nameScope(context.registers, found)
    return { answer: named, table: () => tableOfScope(named, rows), name: 'recall-scope' }
  }
  app.get(url, { schema: { ...schema, querystring: ScopeQuery } }, async (request, reply) => {
    const format = formatOf(request, request.query.format, plainFormats)
    return sendFormed(reply, format, await answer(request.query))
  })
  app.post(url, { schema: { ...schema, body: ScopeBody } }, async (request, reply) => {
    const format = formatOf(request, request.body.format, plainFormats)
    return sendFormed(reply, format, await answer(request.body))
  })
}
