/** The Atom feed of notices (RFC 4287) with pages (RFC 5005 §3). Pure: it is given what may be shown. */
import { headlineOf, isEnded, levelColours, noticePath, noticeTexts, publicationId, type PublicNotice } from '@tracegate/model/notice'
import type { BilingualText, Language } from '@tracegate/model/text'
import { attribute, element, escapeText } from '@tracegate/model/epcis/xml/write-text'
import type { IndexedNotice } from './notice-index.ts'
import { langOf } from './html.ts'

export interface FeedOptions {
  readonly notices: readonly IndexedNotice[]
  /** From 1. */
  readonly page: number
  readonly pageSize: number
  readonly base: string
  /** The query without its page, such as `level=I&lang=zh`; part of the id, as another query is another feed. */
  readonly query: string
  readonly language: Language | undefined
  readonly issuer: { readonly name: BilingualText; readonly sender: string }
  readonly generatedMs: number
}

export function pagesOf(count: number, pageSize: number): number {
  return Math.max(1, Math.ceil(count / pageSize))
}

export function atomFeed(options: FeedOptions): string {
  const { notices, page, pageSize, base, query, language, issuer } = options
  const shown = notices.slice((page - 1) * pageSize, page * pageSize)
  const updatedMs = notices[0]?.notice.atMs ?? 0
  const lines = [
    element('id', escapeText(`urn:tracegate:feed:warnings${query === '' ? '' : `:${query.replaceAll('&', ':')}`}`)),
    element(
      'title',
      escapeText(inLanguage({ zh: '风险预警与召回', en: 'Risk warnings and recalls' }, language)),
      attribute('type', 'text')
    ),
    element('updated', isoTime(updatedMs)),
    element('author', element('name', escapeText(inLanguage(issuer.name, language)))),
    element('generator', 'Tracegate'),
    ...pageLinks(options),
    ...shown.map((one) => entryOf(one, base, language))
  ]
  const lang = language === undefined ? '' : attribute('xml:lang', langOf(language))
  return `<?xml version="1.0" encoding="UTF-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom"${lang}>\n${lines.join('\n')}\n</feed>\n`
}

function inLanguage({ zh, en }: BilingualText, language: Language | undefined): string {
  return language === undefined ? (zh === en ? zh : `${zh} / ${en}`) : language === 'zh' ? zh : en
}

function isoTime(atMs: number): string {
  return new Date(atMs).toISOString()
}

function pageLinks({ notices, page, pageSize, base, query }: FeedOptions): string[] {
  const last = pagesOf(notices.length, pageSize)
  const address = (number: number) => {
    const parts = [...(query === '' ? [] : [query]), ...(number === 1 ? [] : [`page=${number}`])]
    return `${base}/feeds/warnings.atom${parts.length === 0 ? '' : `?${parts.join('&')}`}`
  }
  const links: [string, number][] = [
    ['self', page],
    ['first', 1],
    ['last', last],
    ...(page > 1 ? [['previous', page - 1] satisfies [string, number]] : []),
    ...(page < last ? [['next', page + 1] satisfies [string, number]] : [])
  ]
  const feeds = links.map(([rel, number]) => link(rel, address(number), 'application/atom+xml'))
  return [...feeds, link('alternate', `${base}/w`, 'text/html')]
}

function link(rel: string, href: string, type: string): string {
  return element('link', '', attribute('rel', rel) + attribute('type', type) + attribute('href', href))
}

function entryOf({ notice, editions }: IndexedNotice, base: string, language: Language | undefined): string {
  const title = language === undefined ? `${headlineOf(notice, 'zh')} / ${headlineOf(notice, 'en')}` : headlineOf(notice, language)
  const cap = editions.findLast(({ hasCap }) => hasCap)
  const latest = cap === undefined ? undefined : publicationId({ number: notice.number, edition: cap.edition })
  const lines = [
    element('id', escapeText(`urn:tracegate:${notice.subject}:${notice.number}`)),
    element('title', escapeText(title), attribute('type', 'text')),
    element('updated', isoTime(notice.atMs)),
    element('published', isoTime(notice.firstAtMs)),
    link('alternate', `${base}${noticePath(notice)}`, 'text/html'),
    ...(latest === undefined ? [] : [link('related', `${base}/cap/${encodeURIComponent(latest)}.xml`, 'application/cap+xml')]),
    ...categoriesOf(notice),
    element('summary', escapeText(inLanguage(notice.matters, language)), attribute('type', 'text')),
    contentOf(notice, language)
  ]
  return element('entry', `\n${lines.join('\n')}\n`)
}

function categoriesOf(notice: PublicNotice): string[] {
  const { level, kind } = notice
  const category = (scheme: string, term: string, label: string) =>
    element('category', '', attribute('scheme', `urn:tracegate:${scheme}`) + attribute('term', term) + attribute('label', label))
  const both = ({ zh, en }: BilingualText) => `${zh} / ${en}`
  return [
    category('kind', kind, both(noticeTexts.kind[kind])),
    ...(level === undefined
      ? []
      : [
          category('level', level, both(noticeTexts.level[level])),
          category('colour', levelColours[level], both(noticeTexts.colour[level]))
        ]),
    category('hazard', notice.hazard, both(noticeTexts.hazard[notice.hazard])),
    category('state', isEnded(notice) ? 'ended' : 'open', isEnded(notice) ? '已解除 / lifted' : '有效 / in force'),
    ...(notice.drill ? [category('status', 'Exercise', '演练 / exercise')] : [])
  ]
}

function contentOf(notice: PublicNotice, language: Language | undefined): string {
  const languages: readonly Language[] = language === undefined ? ['zh', 'en'] : [language]
  const blocks = languages.map((one) => {
    const texts = [notice.matters, notice.controlInstruction, notice.advice].flatMap((text) => (text === undefined ? [] : [text[one]]))
    const goods = notice.products
      .slice(0, 50)
      .map(({ gtin, name, brand }) => [name?.[one], brand, `GTIN ${gtin}`].filter((part) => part !== undefined).join(', '))
    const lots = notice.lots.slice(0, 50).map(({ lot }) => lot)
    const lines = [
      ...texts,
      ...(goods.length === 0 ? [] : [goods.join('; ')]),
      ...(lots.length === 0 ? [] : [`${one === 'zh' ? '批次' : 'Lots'}: ${lots.join(', ')}`])
    ]
    return element('div', lines.map((line) => element('p', escapeText(line))).join(''), attribute('xml:lang', langOf(one)))
  })
  return element('content', element('div', blocks.join(''), ' xmlns="http://www.w3.org/1999/xhtml"'), attribute('type', 'xhtml'))
}
