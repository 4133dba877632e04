/** `/api/v1/laboratories`, `/api/v1/certificates` and `/api/v1/inspection-catalogue`: third parties' results, and the headings that are inspected. */
import { Type } from 'typebox'
import {
  CatalogueEntry,
  CatalogueList,
  CertificateDetail,
  CertificatePage,
  CertificateRequest,
  LaboratoryList,
  Revocation
} from '@tracegate/model/http-supervision'
import { compileValidator } from '@tracegate/model/codec'
import { PageQuery } from '@tracegate/model/http'
import { Laboratory, type Certificate } from '@tracegate/model/supervision/certificate'
import { answers, Id, limitDefault } from '../answers.ts'
import { caseStates } from '../case-pages.ts'
import type { KeptCase } from '../cases/case-book.ts'
import type { ApiContext } from '../context.ts'
import { apiError } from '../errors.ts'
import type { HttpServer } from '../schema-types.ts'
import { journalOf, signedOf, withoutSigned } from './supervision-answers.ts'

const Params = Type.Object({ id: Id })
const PrefixParams = Type.Object({ hsPrefix: Type.String({ pattern: '^\\d{2,10}$' }) })
const Query = Type.Object({ ...PageQuery.properties, state: Type.Optional(Type.Enum(caseStates)) })
const laboratories = compileValidator(Laboratory)
const headings = compileValidator(CatalogueEntry)

export function certificateRoutes(app: HttpServer, context: ApiContext): void {
  const { books, office } = context.supervision
  const tags = ['certificates']
  const detailOf = async ({ state, length }: KeptCase<Certificate>) => ({
    ...state,
    journal: journalOf(await books.certificates.journal(state.id)),
    length
  })
  const page = { tags, summary: 'Certificates, newest change first', querystring: Query, response: answers(CertificatePage) }
  app.get('/api/v1/certificates', { schema: page }, (request) =>
    books.certificates.page({ ...request.query, limit: request.query.limit ?? limitDefault })
  )
  app.get(
    '/api/v1/certificates/:id',
    { schema: { tags, summary: 'A certificate, what it carried and its journal', params: Params, response: answers(CertificateDetail) } },
    async (request) => detailOf(await books.certificates.get(request.params.id))
  )
  app.post(
    '/api/v1/certificates',
    {
      config: { right: 'inspect' },
      schema: {
        tags,
        summary: 'Register a certificate of an accredited laboratory, within the scope of its accreditation',
        body: CertificateRequest,
        response: answers(CertificateDetail)
      }
    },
    async (request) => {
      const { id, ...content } = withoutSigned(request.body)
      return detailOf(await office.register(id, content, signedOf(request)))
    }
  )
  app.post(
    '/api/v1/certificates/:id/revoke',
    {
      config: { right: 'inspect' },
      schema: {
        tags,
        summary: 'Revoke a certificate: what it carried is opened again and judged anew',
        params: Params,
        body: Revocation,
        response: answers(CertificateDetail)
      }
    },
    async (request) => detailOf(await office.revoke(request.params.id, signedOf(request)))
  )
}

export function laboratoryRoutes(app: HttpServer, context: ApiContext): void {
  const { cases } = context
  const tags = ['certificates']
  app.get(
    '/api/v1/laboratories',
    { schema: { tags, summary: 'Laboratories and what they are accredited for', response: answers(LaboratoryList) } },
    async () => ({
      items: (await cases.list('laboratories')).flatMap(({ document }) => {
        const read = laboratories.check(document)
        return read.ok ? [read.value] : []
      })
    })
  )
  app.put(
    '/api/v1/laboratories/:id',
    {
      config: { right: 'configure' },
      schema: { tags, summary: 'Enter or change a laboratory', params: Params, body: Laboratory, response: answers(Laboratory) }
    },
    async (request) => {
      if (request.body.id !== request.params.id) throw apiError('REQUEST_INVALID', { part: 'id of the body' })
      await cases.put('laboratories', request.params.id, request.body)
      return request.body
    }
  )
  app.get(
    '/api/v1/inspection-catalogue',
    { schema: { tags: ['plans'], summary: 'Headings whose goods are inspected, with their times', response: answers(CatalogueList) } },
    async () => ({
      items: (await cases.list('catalogue')).flatMap(({ document }) => {
        const read = headings.check(document)
        return read.ok ? [read.value] : []
      })
    })
  )
  app.put(
    '/api/v1/inspection-catalogue/:hsPrefix',
    {
      config: { right: 'configure' },
      schema: {
        tags: ['plans'],
        summary: 'Enter or end a heading',
        params: PrefixParams,
        body: CatalogueEntry,
        response: answers(CatalogueEntry)
      }
    },
    async (request) => {
      if (request.body.hsPrefix !== request.params.hsPrefix) throw apiError('REQUEST_INVALID', { part: 'hsPrefix of the body' })
      await cases.put('catalogue', request.params.hsPrefix, request.body)
      return request.body
    }
  )
}
