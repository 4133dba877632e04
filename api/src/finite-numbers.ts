/**
 * Refuses numbers that are not finite after the schema was held against a request: text such as `1e999` becomes a number beyond any limit
 * when it is read as one, and limits are not held against that. It changes nothing.
 */
import { apiError } from './errors.ts'
import type { HttpServer } from './schema-types.ts'

export function installFiniteNumbers(app: HttpServer): void {
  app.addHook('preHandler', async (request) => {
    const { schema } = request.routeOptions
    requireFinite(request.params, 'the address')
    requireFinite(request.query, 'the query')
    if (schema?.body !== undefined) requireFinite(request.body, 'the body')
  })
}

function requireFinite(value: unknown, part: string): void {
  // A list of what is left to see, as bodies may be nested deeper than calls can be.
  const left: unknown[] = [value]
  while (left.length > 0) {
    const one = left.pop()
    if (typeof one === 'number' && !Number.isFinite(one))
      throw apiError('REQUEST_INVALID', { part: `a number of ${part} is too large and` })
    if (typeof one !== 'object' || one === null || ArrayBuffer.isView(one)) continue
    for (const member of Object.values(one)) left.push(member)
  }
}
