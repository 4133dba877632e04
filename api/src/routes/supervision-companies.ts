/** `/api/v1/companies/{gln}/credit`, `/api/v1/blacklist`: the credit ledger with appeals, and the blacklist with entry and exit. */
import { Type } from 'typebox'
import {
  AppealDecision,
  AppealRequest,
  Blacklist,
  BlacklistExit,
  BlacklistRequest,
  CreditDetail,
  CreditEntryRequest
} from '@tracegate/model/http-supervision'
import { standingOf, type CreditLedger } from '@tracegate/model/supervision/credit'
import { answers, Id } from '../answers.ts'
import type { KeptCase } from '../cases/case-book.ts'
import type { ApiContext } from '../context.ts'
import type { HttpServer } from '../schema-types.ts'
import { publicConfig } from './public.ts'
import { journalOf, signedOf } from './supervision-answers.ts'

const Params = Type.Object({ gln: Type.String({ pattern: '^\\d{13}$' }) })
const EntryParams = Type.Object({ ...Params.properties, entry: Id })
const tags = ['credit']
/** Companies on the blacklist that one answer lists. */
const listedMax = 5_000

export function creditRoutes(app: HttpServer, context: ApiContext): void {
  const { credit } = context.supervision.books
  const current = async () => (await context.policy.current()).policy.supervision
  const detailOf = async (gln: string, kept: KeptCase<CreditLedger> | undefined) => ({
    gln,
    ...standingOf(kept?.state, context.nowMs(), await current()),
    ...(kept === undefined ? {} : { ledger: kept.state }),
    journal: kept === undefined ? [] : journalOf(await credit.journal(gln)),
    length: kept?.length ?? 0
  })
  app.get(
    '/api/v1/companies/:gln/credit',
    { schema: { tags, summary: 'Points, grade, ledger and journal of a company', params: Params, response: answers(CreditDetail) } },
    async (request) => detailOf(request.params.gln, await credit.find(request.params.gln))
  )
  app.post(
    '/api/v1/companies/:gln/credit/entries',
    {
      config: { right: 'order' },
      schema: {
        tags,
        summary: 'Enter something in the ledger, with the case that bears it out',
        params: Params,
        body: CreditEntryRequest,
        response: answers(CreditDetail)
      }
    },
    async (request) => {
      const { entry, kind, case: bearing } = request.body
      const points = (await current()).credit.points[kind]
      const { gln } = request.params
      const decide = (before: CreditLedger | undefined) =>
        // Handed in twice, entered once.
        before?.entries.some(({ id }) => id === entry) === true
          ? undefined
          : ({ type: 'entered', entry, kind, points, case: bearing } as const)
      return detailOf(gln, await credit.act({ id: gln, ...signedOf(request), decide }))
    }
  )
  app.post(
    '/api/v1/companies/:gln/credit/entries/:entry/appeal',
    {
      config: { right: 'respond' },
      schema: { tags, summary: 'Appeal against an entry', params: EntryParams, body: AppealRequest, response: answers(CreditDetail) }
    },
    async (request) => {
      const { gln, entry } = request.params
      const { grounds } = request.body
      const { appealWithinMs: withinMs } = (await current()).credit
      const decide = () => ({ type: 'appealed', entry, grounds, withinMs }) as const
      return detailOf(gln, await credit.act({ id: gln, ...signedOf(request), decide }))
    }
  )
  app.post(
    '/api/v1/companies/:gln/credit/entries/:entry/appeal/decide',
    {
      config: { right: 'approve' },
      schema: { tags, summary: 'Decide an appeal', params: EntryParams, body: AppealDecision, response: answers(CreditDetail) }
    },
    async (request) => {
      const { gln, entry } = request.params
      const { upheld } = request.body
      return detailOf(gln, await credit.act({ id: gln, ...signedOf(request), decide: () => ({ type: 'appealDecided', entry, upheld }) }))
    }
  )
  app.post(
    '/api/v1/companies/:gln/blacklist',
    {
      config: { right: 'approve' },
      schema: { tags, summary: 'Put a company on the blacklist', params: Params, body: BlacklistRequest, response: answers(CreditDetail) }
    },
    async (request) => {
      const { gln } = request.params
      const { grounds } = (await current()).blacklist
      const { ground } = request.body
      return detailOf(gln, await credit.act({ id: gln, ...signedOf(request), decide: () => ({ type: 'blacklisted', ground, grounds }) }))
    }
  )
  app.post(
    '/api/v1/companies/:gln/blacklist/exit',
    {
      config: { right: 'approve' },
      schema: { tags, summary: 'Take a company off the blacklist', params: Params, body: BlacklistExit, response: answers(CreditDetail) }
    },
    async (request) => {
      const { gln } = request.params
      const { grounds, stayAtLeastMs } = (await current()).blacklist
      return detailOf(gln, await credit.act({ id: gln, ...signedOf(request), decide: () => ({ type: 'exited', stayAtLeastMs, grounds }) }))
    }
  )
  app.get(
    '/api/v1/public/blacklist',
    {
      config: publicConfig,
      schema: {
        tags: ['public'],
        summary: 'Companies on the blacklist, with why and since when',
        security: [],
        response: answers(Blacklist)
      }
    },
    async () => {
      const [{ items, truncated }, parties] = await Promise.all([credit.open(listedMax), context.registers.parties()])
      const listed = items.flatMap(({ gln, blacklisted }) => {
        if (blacklisted === undefined) return []
        const name = parties.find((party) => party.gln === gln)?.name
        return [{ gln, sinceMs: blacklisted.atMs, why: blacklisted.why, ...(name === undefined ? {} : { name }) }]
      })
      return { items: listed.toSorted((a, b) => b.sinceMs - a.sinceMs), truncated }
    }
  )
}
