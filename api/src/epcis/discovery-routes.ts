/** `GET /`, `DELETE /nextPageToken/{token}`, and OPTIONS of both. */
import { Collection, epcisCollections, epcisRoot } from '@tracegate/model/http-epcis'
import { contentTypeOf } from './event-answers.ts'
import { isXml } from './headers.ts'
import { collectionText } from './resource-routes.ts'
import { operationSchema } from './route-schema.ts'
import { addOptions, pathValue, type EpcisScope } from './scope.ts'
import { element, xmlDocument } from './xml-text.ts'

export function discoveryRoutes(scope: EpcisScope): void {
  const { app, tokens } = scope
  // The standard names the resource with the slash; without it is what people write.
  for (const path of [`${epcisRoot}/`, epcisRoot]) {
    const hide = path === epcisRoot
    app.get(
      path,
      {
        config: { produces: 'jsonAndXml' },
        schema: operationSchema({
          summary: 'What is here',
          ask: 'discover',
          good: { status: 200, description: 'The top-level resources', body: { schema: Collection, xml: true } },
          hide
        })
      },
      async (request, reply) => {
        const { mediaType } = request.wishes
        const text = isXml(mediaType) ? collectionXml(epcisCollections) : collectionText(epcisCollections)
        return reply.type(contentTypeOf(mediaType)).send(text)
      }
    )
    addOptions(scope, { path, methods: ['GET'], hide })
  }
  app.delete(
    `${epcisRoot}/nextPageToken/:token`,
    {
      config: { produces: 'nothing' },
      schema: operationSchema({
        summary: 'Give a page token back before it expires; it works no longer',
        ask: 'none',
        path: { token: 'nextPageToken of a Link header' },
        good: { status: 204, description: 'The token does not work, whether it ever did or not' }
      })
    },
    async (request, reply) => {
      tokens.forget(pathValue(request, 'token'))
      return reply.code(204).send()
    }
  )
}

function collectionXml(member: readonly string[]): string {
  const inside = member.map((name) => element('member', name)).join('')
  return xmlDocument(`<Collection xmlns="urn:epcglobal:epcis:xsd:2">${inside}</Collection>`)
}
