/** `/api/v1/lookup`: anything typed or scanned, taken apart. */
import { Type, type Static } from 'typebox'
import { keyKind, parentKeyOf } from '@tracegate/model/gs1/key'
import { LookupAnswer } from '@tracegate/model/http'
import { answers } from '../answers.ts'
import type { ApiContext } from '../context.ts'
import { apiError } from '../errors.ts'
import { codeLengthMax, elementStringOf, keyOfText } from '../keys.ts'
import type { HttpServer } from '../schema-types.ts'

export function lookupRoutes(app: HttpServer, context: ApiContext): void {
  app.get(
    '/api/v1/lookup',
    {
      schema: {
        tags: ['trace'],
        summary: 'Anything typed or scanned, taken apart',
        querystring: LookupQuery,
        response: answers(LookupAnswer)
      }
    },
    (request) => lookup(context, request.query.code)
  )
}

export const LookupQuery = Type.Object({ code: Type.String({ minLength: 1, maxLength: codeLengthMax }) })

export async function lookup(context: ApiContext, code: string): Promise<Static<typeof LookupAnswer>> {
  const key = keyOfText(code.trim())
  if (!key.startsWith('https://id.gs1.org/'))
    throw apiError('CODE_UNREADABLE', { code: code.slice(0, 64), reason: 'it is a URI, expected a GS1 key' })
  const kind = keyKind(key)
  const productKey = kind === 'product' ? key : parentKeyOf(key)
  const [ledger, products] = await Promise.all([context.trace.ledger({ key, limit: 1 }), context.registers.products()])
  const product = products.find((row) => row.key === productKey)
  const elementString = elementStringOf(key)
  const urn = /^urn:epc:/i.test(code.trim()) ? code.trim() : undefined
  return {
    key,
    kind,
    digitalLink: key,
    ...(urn === undefined ? {} : { urn }),
    ...(elementString === undefined ? {} : { elementString }),
    known: ledger.length > 0 || (kind === 'product' && product !== undefined),
    ...(product === undefined ? {} : { product })
  }
}
