/** The pages of warnings, recalls and the enquiry, as HTML without script: both languages, printable, each edition under its own address. Pure. */
import { headlineOf, isEnded, levelColours, noticePath, noticeTexts, publicationId, type PublicNotice } from '@tracegate/model/notice'
import type { BilingualText, Language } from '@tracegate/model/text'
import { both, escapeHtml, framedPage, langOf, paragraphs, timeText } from './html.ts'
import type { IndexedNotice } from './notice-index.ts'

export interface PageWorld {
  readonly issuer: BilingualText
  readonly utcOffset: string
  readonly language: Language
  /** Recalls that a page may link to. */
  readonly hasPage: (number: string) => boolean
}

const remedyTexts: Readonly<Record<string, BilingualText>> = {
  repair: { zh: '维修', en: 'Repair' },
  replace: { zh: '更换', en: 'Replacement' },
  refund: { zh: '退款', en: 'Refund' }
}

/** `edition` is one of the editions; with an older one the page says so and leads to the latest. */
export function noticePage(one: IndexedNotice, edition: PublicNotice, world: PageWorld): string {
  const { language } = world
  const isOld = edition.edition !== one.notice.edition
  const body = [
    marks(edition, one, world),
    `<h1><span lang="zh-CN">${escapeHtml(edition.title.zh)}</span><span lang="en">${escapeHtml(edition.title.en)}</span></h1>`,
    ...(['zh', 'en'] as const).map((each) => textSection(edition, each)),
    edition.recall === undefined ? '' : recallSection(edition.recall),
    goodsSection(edition),
    factsSection(edition, world),
    editionsSection(one, edition, world)
  ]
  const robots = isOld || edition.drill || edition.audience !== 'public' ? '<meta name="robots" content="noindex">' : ''
  const canonical = `<link rel="canonical" href="${escapeHtml(noticePath(edition))}">`
  return framedPage({
    language,
    title: headlineOf(edition, language),
    issuer: world.issuer,
    body: body.join('\n'),
    head: robots + canonical
  })
}

function marks(notice: PublicNotice, one: IndexedNotice, world: PageWorld): string {
  const { level, kind } = notice
  const ended = isEnded(one.notice)
  const parts: string[] = []
  if (notice.drill) parts.push(say('', { zh: '演练，并非真实预警。', en: 'This is an exercise, not a real warning.' }))
  if (ended) {
    const when = timeText(one.notice.atMs, world.utcOffset)
    const text =
      notice.subject === 'recall'
        ? { zh: '本召回已结束：', en: 'This recall is closed since' }
        : { zh: '本预警已解除：', en: 'This warning was lifted on' }
    parts.push(`<p class="say end">${both(text)} ${when}</p>`)
  }
  if (notice.edition !== one.notice.edition)
    parts.push(
      `<p class="say"><a href="${escapeHtml(noticePath(notice))}">${both({ zh: '这是旧版本，查看最新版本', en: 'This is an earlier version: see the latest' })}</a></p>`
    )
  const kindMark = `<span class="mark">${both(noticeTexts.kind[kind])}</span>`
  // The colour is said in words, too: not everybody sees it, and not every printer prints it.
  const levelMark =
    level === undefined
      ? ''
      : ` <span class="mark ${level}"><span lang="zh-CN">${noticeTexts.level[level].zh}·${noticeTexts.colour[level].zh}</span> <span lang="en">${noticeTexts.level[level].en}, ${levelColours[level]}</span></span>`
  return `${parts.join('\n')}<p>${kindMark}${levelMark}</p>`
}

function say(className: string, text: BilingualText): string {
  return `<p class="say ${className}">${both(text)}</p>`
}

function textSection(notice: PublicNotice, language: Language): string {
  const word =
    language === 'zh'
      ? { matters: '警示事项', instruction: '控制指令', advice: '消费者和经营者应当' }
      : { matters: 'What it is about', instruction: 'Control instruction', advice: 'What to do' }
  const parts = [`<h2>${word.matters}</h2>${paragraphs(notice.matters[language])}`]
  if (notice.controlInstruction !== undefined) parts.push(`<h2>${word.instruction}</h2>${paragraphs(notice.controlInstruction[language])}`)
  if (notice.advice !== undefined) parts.push(`<h2>${word.advice}</h2>${paragraphs(notice.advice[language])}`)
  return `<section lang="${langOf(language)}">${parts.join('')}</section>`
}

function recallSection(recall: NonNullable<PublicNotice['recall']>): string {
  const { product, remedies, contact } = recall
  const rows: [BilingualText, string][] = [
    [{ zh: '产品', en: 'Product' }, both(product.name)],
    ...(product.brand === undefined ? [] : [row({ zh: '品牌', en: 'Brand' }, escapeHtml(product.brand))]),
    ...(product.model === undefined ? [] : [row({ zh: '型号', en: 'Model' }, escapeHtml(product.model))]),
    [{ zh: '标识', en: 'Identifiers' }, product.identifiers.map(escapeHtml).join('<br>')],
    ...(product.whereToLook === undefined ? [] : [row({ zh: '查看位置', en: 'Where to look' }, both(product.whereToLook))]),
    ...(product.soldFrom === undefined && product.soldTo === undefined
      ? []
      : [row({ zh: '销售期间', en: 'Sold' }, `${escapeHtml(product.soldFrom ?? '…')} – ${escapeHtml(product.soldTo ?? '…')}`)]),
    ...remedies.map(({ remedy, how }) => row(remedyTexts[remedy] ?? { zh: remedy, en: remedy }, both(how))),
    [{ zh: '联系方式', en: 'Contact' }, both(contact)]
  ]
  return `<h2>${both({ zh: '召回产品', en: 'Recalled product' })}</h2>${list(rows)}`
}

function row(name: BilingualText, value: string): [BilingualText, string] {
  return [name, value]
}

function list(rows: readonly (readonly [BilingualText, string])[]): string {
  return `<dl>${rows.map(([name, value]) => `<dt>${both(name)}</dt><dd>${value}</dd>`).join('')}</dl>`
}

function goodsSection({ products, lots, truncated }: PublicNotice): string {
  if (products.length === 0 && lots.length === 0) return ''
  const rows = products.map(({ gtin, name, brand, hsCode }) => {
    const own = lots.filter((lot) => lot.gtin === gtin).map(({ lot }) => lot)
    const cells = [
      name === undefined ? '–' : both(name),
      escapeHtml(brand ?? '–'),
      `<a href="/t/01/${gtin}">${gtin}</a>`,
      own.length === 0 ? both({ zh: '全部批次', en: 'all lots' }) : own.map(escapeHtml).join(', '),
      escapeHtml(hsCode ?? '–')
    ]
    return `<tr>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`
  })
  const heads: BilingualText[] = [
    { zh: '商品', en: 'Product' },
    { zh: '品牌', en: 'Brand' },
    { zh: 'GTIN', en: 'GTIN' },
    { zh: '批次', en: 'Lots' },
    { zh: 'HS 编码', en: 'HS code' }
  ]
  const note = truncated ? `<p>${both({ zh: '涉及商品较多，未全部列出。', en: 'There are more goods than are listed.' })}</p>` : ''
  const title = both({ zh: '涉及商品', en: 'Products concerned' })
  return `<h2 id="goods">${title}</h2><div class="scroll" role="region" aria-labelledby="goods" tabindex="0"><table><thead><tr>${heads
    .map((head) => `<th scope="col">${both(head)}</th>`)
    .join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></div>${note}`
}

function factsSection(notice: PublicNotice, { utcOffset, issuer, hasPage }: PageWorld): string {
  const { startMs, untilMs, areas, measures, recalls } = notice
  const shown = recalls.filter(hasPage)
  const rows: [BilingualText, string][] = [
    [{ zh: '编号', en: 'Number' }, escapeHtml(publicationId(notice))],
    [{ zh: '发布机构', en: 'Published by' }, both(issuer)],
    [{ zh: '首次发布', en: 'First published' }, timeText(notice.firstAtMs, utcOffset)],
    [{ zh: '起始时间', en: 'In force from' }, timeText(startMs, utcOffset)],
    [{ zh: '截止时间', en: 'Until' }, untilMs === undefined ? both({ zh: '解除为止', en: 'until lifted' }) : timeText(untilMs, utcOffset)],
    [{ zh: '危害类型', en: 'Hazard' }, both(noticeTexts.hazard[notice.hazard])],
    [
      { zh: '预警范围', en: 'Area' },
      areas.length === 0 ? both({ zh: '不限地区', en: 'not limited' }) : areas.map(({ name }) => both(name)).join('; ')
    ],
    ...(measures.length === 0
      ? []
      : [row({ zh: '处置措施', en: 'Measures' }, measures.map((measure) => both(noticeTexts.measure[measure])).join('; '))]),
    ...(shown.length === 0
      ? []
      : [
          row(
            { zh: '相关召回', en: 'Recalls' },
            shown.map((id) => `<a href="/r/${encodeURIComponent(id)}">${escapeHtml(id)}</a>`).join(', ')
          )
        ])
  ]
  return `<h2>${both({ zh: '发布信息', en: 'About this notice' })}</h2>${list(rows)}`
}

function editionsSection({ editions, notice }: IndexedNotice, shown: PublicNotice, { utcOffset }: PageWorld): string {
  const items = editions.map(({ edition, event, atMs, level, hasCap }) => {
    const path = `${noticePath(notice)}/${edition}`
    const label = `${both(noticeTexts.event[event])}${level === undefined ? '' : ` · ${both(noticeTexts.level[level])}`}`
    const here = edition === shown.edition ? ' aria-current="page"' : ''
    const cap = hasCap ? ` · <a href="/cap/${encodeURIComponent(publicationId({ number: notice.number, edition }))}.xml">CAP</a>` : ''
    return `<li><a href="${escapeHtml(path)}"${here}>${label}</a> ${timeText(atMs, utcOffset)}${cap}</li>`
  })
  return `<h2>${both({ zh: '版本', en: 'Versions' })}</h2><ol>${items.join('')}</ol>`
}

export interface SearchPage {
  readonly asked: Readonly<Record<'code' | 'brand' | 'hs' | 'q', string>>
  readonly found: readonly IndexedNotice[]
  readonly total: number
  readonly page: number
  readonly pages: number
  /** The query without its page, escaped for an address. */
  readonly query: string
  /** Why a code could not be read. */
  readonly fault?: BilingualText
}

export function searchPage(search: SearchPage, world: PageWorld): string {
  const { asked, found, total, page, pages, query, fault } = search
  const field = (name: keyof SearchPage['asked'], label: BilingualText, hint: string) =>
    `<label>${both(label)}<input name="${name}" value="${escapeHtml(asked[name])}" maxlength="512" placeholder="${escapeHtml(hint)}"></label>`
  const form = `<form method="get" action="/w" role="search">${[
    field('code', { zh: '商品编码、批次或二维码内容', en: 'Code, lot or content of the QR code' }, '06901234567892'),
    field('brand', { zh: '品牌', en: 'Brand' }, ''),
    field('hs', { zh: 'HS 编码', en: 'HS code' }, '9503'),
    field('q', { zh: '名称或编号', en: 'Name or number' }, '')
  ].join('')}<button>${both({ zh: '查询', en: 'Search' })}</button></form>`
  const link = (number: number) => `/w?${query === '' ? '' : `${query}&amp;`}page=${number}`
  const turn = [
    page > 1 ? `<a rel="prev" href="${link(page - 1)}">${both({ zh: '上一页', en: 'Newer' })}</a>` : '',
    page < pages ? `<a rel="next" href="${link(page + 1)}">${both({ zh: '下一页', en: 'Older' })}</a>` : ''
  ].filter((part) => part !== '')
  const items = found.map(({ notice }) => {
    const mark = notice.level === undefined ? '' : `<strong class="${notice.level}">${notice.level}</strong> `
    return `<li>${mark}<a href="${escapeHtml(noticePath(notice))}">${both({ zh: headlineOf(notice, 'zh'), en: headlineOf(notice, 'en') })}</a><br>${timeText(notice.atMs, world.utcOffset)}</li>`
  })
  const count = both({ zh: `共 ${total} 条`, en: `${total} found` })
  const body = `<h1><span lang="zh-CN">风险预警与召回查询</span><span lang="en">Risk warnings and recalls</span></h1>
${form}${fault === undefined ? '' : `<p class="say" role="alert">${both(fault)}</p>`}
<h2>${count}</h2><ul>${items.join('')}</ul>${turn.length === 0 ? '' : `<nav aria-label="Pages"><p>${turn.join(' · ')}</p></nav>`}
<p><a href="/alerts">${both({ zh: '订阅邮件通知', en: 'Get them by mail' })}</a> · <a href="/feeds/warnings.atom">Atom</a></p>`
  return framedPage({
    language: world.language,
    title: world.language === 'zh' ? '风险预警与召回查询' : 'Risk warnings and recalls',
    issuer: world.issuer,
    body
  })
}
