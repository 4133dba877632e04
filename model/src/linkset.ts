/**
 * Link sets (RFC 9264) as a GS1-Conformant resolver gives them, and the links that operators keep for products, lots, items and other
 * keys. Schemas and names only; which link answers a request is decided elsewhere.
 */
import { Type, type Static } from 'typebox'
import { page } from './http.ts'
import { TraceKey } from './registers.ts'
import { BilingualText } from './text.ts'
import { TimeMs } from './wire.ts'

/** Link types are terms of the GS1 Web Vocabulary, written `gs1:pip` for short. */
export const linkTypeRoot = 'https://ref.gs1.org/voc/'

/** Link types that every known thing has here, made by us. */
export const ownLinkTypes = ['pip', 'traceability', 'epcis', 'recallStatus', 'safetyInfo', 'dpp'] as const
export type OwnLinkType = (typeof ownLinkTypes)[number]

/** A target of a link (RFC 9264 §4.2.3). */
export const LinkTarget = Type.Object(
  {
    href: Type.String({ format: 'uri' }),
    title: Type.Optional(Type.String()),
    'title*': Type.Optional(Type.Array(Type.Object({ value: Type.String(), language: Type.Optional(Type.String()) }), { minItems: 1 })),
    type: Type.Optional(Type.String({ pattern: '^[\\w.+-]+/[\\w.+-]+$' })),
    hreflang: Type.Optional(Type.Array(Type.String({ pattern: '^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$' }), { minItems: 1 }))
  },
  { additionalProperties: false }
)
export type LinkTarget = Static<typeof LinkTarget>

/** Its links by relation (RFC 9264 §4.2.2): beside anchor and description every member is a relation, which is a URI. */
export const LinkContext = Type.Intersect([
  Type.Object({ anchor: Type.String({ format: 'uri' }), description: Type.Optional(Type.String()) }),
  Type.Record(Type.String({ pattern: '^https?://' }), Type.Array(LinkTarget, { minItems: 1 }))
])
export const Linkset = Type.Object({ linkset: Type.Array(LinkContext, { minItems: 1 }) }, { additionalProperties: false })
export type Linkset = Static<typeof Linkset>

export const linksPerKeyMax = 50

/** A link that an operator keeps. */
export const KeptLink = Type.Object(
  {
    linkType: Type.String({
      pattern: '^(?:gs1:[A-Za-z][A-Za-z0-9]{0,63}|https://[^\\s"<>]{1,200})$',
      description: 'e.g. gs1:pip, or a URI'
    }),
    href: Type.String({ minLength: 1, maxLength: 2_048, description: 'A path here, or https:// to an allowed host' }),
    title: BilingualText,
    type: Type.Optional(Type.String({ pattern: '^[\\w.+-]{1,64}/[\\w.+-]{1,64}$', description: 'Media type of what is there' })),
    hreflang: Type.Optional(Type.Array(Type.String({ pattern: '^[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*$' }), { minItems: 1, maxItems: 10 })),
    isDefault: Type.Optional(Type.Boolean({ description: 'Where a request without linkType goes' })),
    passQuery: Type.Optional(Type.Boolean({ description: 'Whether the query of the request goes along; true without it' }))
  },
  { additionalProperties: false }
)
export type KeptLink = Static<typeof KeptLink>

export const KeptLinksBody = Type.Object(
  { description: Type.Optional(BilingualText), links: Type.Array(KeptLink, { minItems: 1, maxItems: linksPerKeyMax }) },
  { additionalProperties: false }
)
export type KeptLinksBody = Static<typeof KeptLinksBody>

/** A row of the register `links`; the id of the row is the key. */
export const KeptLinks = Type.Object({ key: TraceKey, ...KeptLinksBody.properties, by: Type.String(), atMs: TimeMs })
export type KeptLinks = Static<typeof KeptLinks>
export const KeptLinksRow = Type.Object({ ...KeptLinks.properties, version: Type.Integer() })
export type KeptLinksRow = Static<typeof KeptLinksRow>
export const KeptLinksPage = page(KeptLinksRow)

export const LinkHosts = Type.Object({
  hosts: Type.Array(Type.String({ pattern: '^[a-z0-9](?:[a-z0-9.-]{0,251}[a-z0-9])?(?::\\d{1,5})?$' }), {
    maxItems: 200,
    description: 'Hosts, with port where it is not the usual one, that links may lead to; none: only this server'
  })
})
export type LinkHosts = Static<typeof LinkHosts>

/** item: by its own key; lot, product: recalled as a whole; contents: what is in it; partOf…: some goods of it are recalled. */
export const recallMatchKinds = ['item', 'lot', 'product', 'contents', 'partOfLot', 'partOfProduct'] as const
export type RecallMatchKind = (typeof recallMatchKinds)[number]
export const RecallMatch = Type.Object({
  id: Type.String(),
  status: Type.String(),
  match: Type.Enum(recallMatchKinds),
  title: BilingualText,
  headline: Type.Optional(BilingualText),
  hazard: Type.Optional(BilingualText),
  instruction: Type.Optional(BilingualText),
  publishedAtMs: Type.Optional(TimeMs)
})
export type RecallMatch = Static<typeof RecallMatch>

export const recallStates = ['none', 'warning', 'recall'] as const
export const RecallStatus = Type.Object({
  of: TraceKey,
  status: Type.Enum(recallStates, {
    description: 'warning: a published warning names it; recall: a recall of it is under way or was made'
  }),
  warnings: Type.Array(
    Type.Object({ id: Type.String(), level: Type.String(), title: BilingualText, matters: BilingualText, startMs: TimeMs })
  ),
  recalls: Type.Array(RecallMatch),
  asOfMs: TimeMs
})
export type RecallStatus = Static<typeof RecallStatus>

/** GS1-Conformant Resolver 1.2, the description file. */
export const ResolverDescription = Type.Object({
  name: Type.String(),
  resolverRoot: Type.String({ format: 'uri' }),
  supportedPrimaryKeys: Type.Array(Type.String(), { minItems: 1 }),
  supportedLinkType: Type.Array(
    Type.Object({ namespace: Type.String({ format: 'uri' }), prefix: Type.String({ pattern: '^[A-Za-z_][\\w-]*:$' }) })
  ),
  linkTypeDefaultCanBeLinkset: Type.Boolean(),
  supportedContextValuesEnumerated: Type.Optional(Type.Array(Type.String()))
})
export type ResolverDescription = Static<typeof ResolverDescription>

/** `https://ref.gs1.org/voc/pip` for every spelling of `gs1:pip`, any other URI as it is; undefined for what is no link type. */
export function linkTypeUri(text: string): string | undefined {
  const term = /^(?:gs1:|https?:\/\/(?:www\.|ref\.)?gs1\.org\/voc\/)([A-Za-z][A-Za-z0-9]{0,63})$/.exec(text)?.[1]
  if (term !== undefined) return linkTypeRoot + term
  return /^https?:\/\/[^\s"<>]{1,200}$/.test(text) ? text : undefined
}
