/** `/api/v1/measures`: orders of the authority, and what their addressees do about them. */
import { Type } from 'typebox'
import {
  MeasureAction,
  MeasureAnswer,
  MeasureBoard,
  MeasureDecision,
  MeasureDetail,
  MeasurePage,
  MeasureQuery,
  MeasureRequest,
  MeasuresOrdered
} from '@tracegate/model/http-measures'
import { measureStepRights } from '@tracegate/model/measure-reducer'
import { type MeasureCase, measureNames, measureStatuses, measureTypes } from '@tracegate/model/measure'
import { answers, Id, limitDefault } from '../answers.ts'
import type { KeptCase } from '../cases/case-book.ts'
import { deadlineOfMeasure } from '../clocks/deadlines.ts'
import type { ApiContext } from '../context.ts'
import type { HttpServer } from '../schema-types.ts'

const Params = Type.Object({ id: Id })
const tags = ['measures']
/** Measures counted for the board. */
const boardMax = 5_000

export function measureRoutes(app: HttpServer, context: ApiContext): void {
  const { office, book } = context.measures
  const answer = ({ state, length }: KeptCase<MeasureCase>) => ({ ...state, length })
  const by = (request: { readonly principal?: { readonly name: string } | undefined }) => request.principal?.name ?? ''
  app.post(
    '/api/v1/measures',
    {
      config: { right: measureStepRights.ordered },
      schema: {
        tags,
        summary: 'Order a measure for a warning or recall, to points, companies or to everybody who finds the goods',
        description:
          'One measure for each addressee, of a type that the policy allows at the level. Deadlines follow the policy. Seizure, recall, suspension of sale and restriction of trade reach the scanners of the points as control orders at once.',
        body: MeasureRequest,
        response: answers(MeasuresOrdered)
      }
    },
    async (request) => ({ items: (await office.order(request.body, by(request))).map(answer) })
  )
  app.post(
    '/api/v1/measures/:id/actions',
    {
      config: { right: measureStepRights.acknowledged },
      schema: {
        tags,
        summary: 'What the addressee does: acknowledge, start, feed back, done with its proof, or failed',
        description: 'Proofs are attachments by id. A step that the status does not allow is 409 with the status and those that allow it.',
        params: Params,
        body: MeasureAction,
        response: answers(MeasureAnswer)
      }
    },
    async (request) => answer(await office.act(request.params.id, request.body, by(request)))
  )
  app.post(
    '/api/v1/measures/:id/decisions',
    {
      config: { right: measureStepRights.evaluated },
      schema: {
        tags,
        summary: 'What the authority decides: evaluate, withdraw, extend deadlines, or let single goods pass',
        params: Params,
        body: MeasureDecision,
        response: answers(MeasureAnswer)
      }
    },
    async (request) => answer(await office.decide(request.params.id, request.body, by(request)))
  )
  app.get(
    '/api/v1/measures',
    { schema: { tags, summary: 'Measures, open ones first, newest first', querystring: MeasureQuery, response: answers(MeasurePage) } },
    async (request) => {
      const { limit = limitDefault, cursor, state, point, ...filter } = request.query
      const page = await book.page({
        limit,
        ...(cursor === undefined ? {} : { cursor }),
        ...(state === undefined ? {} : { state }),
        ...(point === undefined ? {} : { point })
      })
      return { ...page, items: page.items.filter((measure) => fits(measure, filter)) }
    }
  )
  app.get(
    '/api/v1/measures/board',
    {
      schema: { tags, summary: 'How many measures stand where, by type and status, and how many are late', response: answers(MeasureBoard) }
    },
    async () => {
      const { items, truncated } = await book.open(boardMax)
      const { items: closed, next } = await book.page({ state: 'closed', limit: 1_000 })
      return { items: boardOf([...items, ...closed], context.nowMs()), truncated: truncated || next !== undefined }
    }
  )
  app.get(
    '/api/v1/measures/:id',
    { schema: { tags, summary: 'A measure with its journal', params: Params, response: answers(MeasureDetail) } },
    async (request) => {
      const { id } = request.params
      const [kept, journal] = await Promise.all([book.get(id), book.journal(id)])
      return {
        ...answer(kept),
        journal: journal.map(({ index, atMs, by: who, action, why, data, hash }) => ({ index, atMs, by: who, action, why, data, hash }))
      }
    }
  )
}

function fits(
  measure: MeasureCase,
  filter: {
    readonly status?: string
    readonly type?: string
    readonly warning?: string
    readonly recall?: string
    readonly company?: string
  }
): boolean {
  const { status, type, warning, recall, company } = filter
  return (
    (status === undefined || measure.status === status) &&
    (type === undefined || measure.type === type) &&
    (warning === undefined || measure.warning === warning) &&
    (recall === undefined || measure.recall === recall) &&
    (company === undefined || (measure.addressee.type === 'company' && measure.addressee.gln === company))
  )
}

function boardOf(measures: readonly MeasureCase[], nowMs: number) {
  return measureTypes.map((type) => {
    const own = measures.filter((measure) => measure.type === type)
    const countOf = (status: MeasureCase['status']) => own.filter((measure) => measure.status === status).length
    return {
      type,
      name: measureNames[type],
      counts: measureStatuses.map((status) => ({ status, count: countOf(status) })),
      overdue: own.filter((measure) => (deadlineOfMeasure(measure)?.dueMs ?? Infinity) < nowMs).length
    }
  })
}
