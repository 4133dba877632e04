/**
 * Which links a key has, from the most particular level to the most general, and which of them answers a request (GS1-Conformant
 * Resolver: link type, language, media type). Pure: what is known comes in.
 */
import { keyKind } from '@tracegate/model/gs1/key'
import {
  linkTypeRoot,
  linkTypeUri,
  type KeptLink,
  type KeptLinks,
  type Linkset,
  type LinkTarget,
  type OwnLinkType
} from '@tracegate/model/linkset'
import type { BilingualText } from '@tracegate/model/text'

export interface Level {
  readonly key: string
  readonly description?: BilingualText
  /** Links that an operator keeps, without those to hosts that are not allowed. */
  readonly kept: KeptLinks | undefined
}

/** A link that may answer. */
export interface Candidate {
  readonly relation: string
  readonly href: string
  readonly title: BilingualText
  readonly type?: string
  readonly hreflang?: readonly string[]
  readonly isDefault: boolean
  readonly passQuery: boolean
}

const own = (relation: OwnLinkType, href: string, type: string, title: BilingualText): Candidate => ({
  relation: linkTypeRoot + relation,
  href,
  title,
  type,
  ...(type === 'text/html' ? { hreflang: ['zh', 'en'] } : {}),
  isDefault: false,
  passQuery: false
})

const titles = {
  pip: { zh: '产品与追溯信息', en: 'Product and trace information' },
  traceability: { zh: '追溯信息', en: 'Traceability information' },
  epcis: { zh: 'EPCIS 事件（须登录）', en: 'EPCIS events (signed in)' },
  recallStatus: { zh: '召回与风险警示状态', en: 'Recall and warning status' },
  safetyInfo: { zh: '安全信息与风险警示', en: 'Safety information and warnings' },
  dpp: { zh: '数字产品护照', en: 'Digital product passport' }
} as const satisfies Readonly<Record<OwnLinkType, BilingualText>>

/** What this server itself has to say of any key. */
function ownLinks(key: string): Candidate[] {
  const code = encodeURIComponent(key)
  const page = `/t/?code=${code}`
  const json = 'application/json'
  const kind = keyKind(key)
  const isGoods = kind === 'product' || kind === 'lot' || kind === 'item'
  const links = [
    own('pip', page, 'text/html', titles.pip),
    own('traceability', page, 'text/html', titles.traceability),
    own('traceability', `/api/v1/public/journey?of=${code}`, json, titles.traceability),
    own('epcis', `/epcis/v2/epcs/${code}/events`, json, titles.epcis),
    own('recallStatus', page, 'text/html', titles.recallStatus),
    own('recallStatus', `/api/v1/public/recall-status?of=${code}`, json, titles.recallStatus),
    own('safetyInfo', isGoods ? `/w?code=${code}` : page, 'text/html', titles.safetyInfo)
  ]
  return isGoods ? [...links, own('dpp', `/api/v1/public/passport?of=${code}`, 'application/ld+json', titles.dpp)] : links
}

/** The links of one level, kept ones first. */
export function candidatesOf(level: Level): Candidate[] {
  const kept = level.kept?.links.flatMap((link) => keptCandidate(link) ?? []) ?? []
  return [...kept, ...ownLinks(level.key)]
}

function keptCandidate(link: KeptLink): Candidate | undefined {
  const relation = linkTypeUri(link.linkType)
  if (relation === undefined) return undefined
  const { href, title, type, hreflang } = link
  return {
    relation,
    href,
    title,
    ...(type === undefined ? {} : { type }),
    ...(hreflang === undefined ? {} : { hreflang }),
    isDefault: link.isDefault === true,
    passQuery: link.passQuery !== false && !href.startsWith('/')
  }
}

export interface Wish {
  /** A URI; undefined for the default link. */
  readonly relation: string | undefined
  /** Base languages in the order of preference. */
  readonly languages: readonly string[]
  /** Media types as wished, best first; `*` accepts all. */
  readonly accepts: (type: string) => number
}

const defaultRelation = `${linkTypeRoot}defaultLink`
const pip = `${linkTypeRoot}pip`

/**
 * The link that answers: of the first level that has one of the type. Without a wish it is the kept default, of the most particular level
 * that has one, else this server's page. Among links of a type those win that are of a media type asked for, then the best language, then the order.
 */
export function chooseLink(levels: readonly Level[], wish: Wish): Candidate | undefined {
  const isDefault = wish.relation === undefined || wish.relation === defaultRelation
  for (const level of levels) {
    const kept = level.kept?.links.flatMap((link) => keptCandidate(link) ?? []) ?? []
    const found = kept.filter((link) => (isDefault ? link.isDefault : link.relation === wish.relation))
    if (found.length > 0) return best(found, wish)
  }
  const [first] = levels
  if (first === undefined) return undefined
  const wanted = isDefault ? pip : wish.relation
  const found = ownLinks(first.key).filter((link) => link.relation === wanted)
  return found.length === 0 ? undefined : best(found, wish)
}

function best(links: readonly Candidate[], wish: Wish): Candidate | undefined {
  const score = (link: Candidate) => {
    const weight = wish.accepts(link.type ?? '*/*')
    return (weight > 0 ? 10 : 0) + 4 * languageScore(link.hreflang, wish.languages) + weight
  }
  return links.toSorted((left, right) => score(right) - score(left))[0]
}

function languageScore(hreflang: readonly string[] | undefined, wished: readonly string[]): number {
  if (hreflang === undefined) return 0.5
  const at = wished.findIndex((language) => hreflang.some((one) => one.toLowerCase().split('-')[0] === language))
  return at < 0 ? 0 : 1 + 1 / (1 + at)
}

/** The whole of it (RFC 9264 §4.2): one context for each level, the most particular first. */
export function linksetOf(levels: readonly Level[], options: { readonly base: string; readonly language: 'zh' | 'en' }): Linkset {
  const linkset = levels.map((level) => {
    const links = candidatesOf(level)
    const relations: Record<string, LinkTarget[]> = {}
    const chosen = links.find((link) => link.isDefault) ?? links.find((link) => link.relation === pip && link.href.startsWith('/t/'))
    if (chosen !== undefined) relations[defaultRelation] = [targetOf(chosen, options)]
    for (const link of links) relations[link.relation] = [...(relations[link.relation] ?? []), targetOf(link, options)]
    const description = level.description === undefined ? {} : { description: level.description[options.language] }
    return Object.assign({ anchor: level.key, ...description }, relations)
  })
  return { linkset }
}

function targetOf(link: Candidate, { base, language }: { readonly base: string; readonly language: 'zh' | 'en' }): LinkTarget {
  return {
    href: absolute(link.href, base),
    title: link.title[language],
    'title*': [
      { value: link.title.zh, language: 'zh' },
      { value: link.title.en, language: 'en' }
    ],
    ...(link.type === undefined ? {} : { type: link.type }),
    ...(link.hreflang === undefined ? {} : { hreflang: [...link.hreflang] })
  }
}

function absolute(href: string, base: string): string {
  return href.startsWith('/') ? base + href : href
}

/** Links in one `Link` header (RFC 8288); the rest is in the link set, which the header names. */
const headerLinksMax = 20

/** `Link`: where the link set is, what the same thing is called at GS1, the JSON-LD context, and the links of the first level. */
export function linkHeader(levels: readonly Level[], self: string): string {
  const [first] = levels
  const key = first?.key ?? ''
  const fixed = [
    `<${self}>; rel="linkset"; type="application/linkset+json"; title="Linkset"`,
    `<${key}>; rel="owl:sameAs"`,
    '<https://ref.gs1.org/standards/resolver/linkset-context>; rel="http://www.w3.org/ns/json-ld#context"; type="application/ld+json"'
  ]
  const links = first === undefined ? [] : candidatesOf(first).slice(0, headerLinksMax)
  return [...fixed, ...links.map(linkValue)].join(', ')
}

function linkValue(link: Candidate): string {
  const parts = [`<${link.href}>`, `rel="${link.relation}"`]
  if (link.type !== undefined) parts.push(`type="${link.type}"`)
  for (const language of link.hreflang ?? []) parts.push(`hreflang="${language}"`)
  // RFC 8187: a header carries no other characters as they are.
  parts.push(
    `title*=UTF-8''${encodeURIComponent(link.title.en).replaceAll(/['()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)}`
  )
  return parts.join('; ')
}

/** The link set as a document of media type `application/linkset` (RFC 9264 §4.1). */
export function linksetText(levels: readonly Level[], base: string): string {
  const values = levels.flatMap((level) =>
    candidatesOf(level).map((link) => `${linkValue({ ...link, href: absolute(link.href, base) })}; anchor="${level.key}"`)
  )
  return `${values.join(',\n')}\n`
}

/** Names in a query that are for the resolver and go no further. */
const ownNames: ReadonlySet<string> = new Set(['linkType', 'linktype', 'context', 'lang'])
const locationLengthMax = 4_096

/** Where a redirect goes: the query of the request goes along, never over a name that the target has, and only whole. */
export function locationOf(link: Candidate, query: string): string {
  if (!link.passQuery || query === '') return link.href
  const url = new URL(link.href)
  const added = query
    .split('&')
    .filter((parameter) => /^[\w.~%+-]{1,128}(?:=|$)/.test(parameter))
    .filter((parameter) => !ownNames.has(parameter.split('=', 1)[0] ?? '') && !url.searchParams.has(parameter.split('=', 1)[0] ?? ''))
    .filter((parameter) => /^[\w\-.~!$'()*+,;:@/?=%]*$/.test(parameter))
  if (added.length === 0) return link.href
  const [before = '', fragment] = link.href.split('#', 2)
  const joined = `${before}${before.includes('?') ? '&' : '?'}${added.join('&')}${fragment === undefined ? '' : `#${fragment}`}`
  return joined.length > locationLengthMax ? link.href : joined
}
