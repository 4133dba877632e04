/** The OpenAPI 3.1 description at `/openapi.json` and its page at `/docs`, served without any outside address. */
import swagger from '@fastify/swagger'
import swaggerUi from '@fastify/swagger-ui'
import type { HttpServer } from './schema-types.ts'
import { version } from './version.ts'

/** To be called before the routes, so that it sees them. */
export async function installDocs(app: HttpServer): Promise<void> {
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Tracegate',
        version,
        description: 'Monitoring points, readings, traces, anomalies and warnings; EPCIS 2.0 capture and query under /epcis/v2.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' }
      },
      components: {
        securitySchemes: {
          key: { type: 'http', scheme: 'bearer', description: 'A service key' },
          session: { type: 'apiKey', in: 'cookie', name: 'tg_session', description: 'Made by POST /api/v1/session' }
        }
      },
      security: [{ key: [] }, { session: [] }]
    },
    transformObject: (document) => ('openapiObject' in document ? withTuples(document.openapiObject) : document.swaggerObject)
  })
  await app.register(swaggerUi, {
    routePrefix: '/docs',
    staticCSP: true,
    // The page asks for no outside image; `upgrade-insecure-requests` would break plain HTTP on a loopback address.
    transformStaticCSP: (header) =>
      header
        .replaceAll(' validator.swagger.io', '')
        .replaceAll(' https:', '')
        .replace(/;?\s*upgrade-insecure-requests;?/, ''),
    // Without the bar that loads the description of another server into our page.
    uiConfig: { validatorUrl: null, docExpansion: 'list', tryItOutEnabled: true, layout: 'BaseLayout' }
  })
  app.get('/openapi.json', { config: { access: 'public' }, schema: { hide: true } }, async (_request, reply) =>
    reply.type('application/json').send(JSON.stringify(app.swagger()))
  )
}

/** The schema library writes tuples as JSON Schema did up to draft 7; OpenAPI 3.1 knows `prefixItems`. */
function withTuples<Value extends object>(document: Value): Value {
  const copy = structuredClone(document)
  rewriteTuples(copy)
  return copy
}

function rewriteTuples(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  if ('items' in value && Array.isArray(value.items)) {
    const items = 'additionalItems' in value ? value.additionalItems : true
    Object.assign(value, { prefixItems: value.items, items })
    Reflect.deleteProperty(value, 'additionalItems')
  }
  for (const member of Object.values(value)) rewriteTuples(member)
}
