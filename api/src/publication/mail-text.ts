/** What mails say: a notice, a digest of several, and the question whether a subscription was meant. Text and a plain HTML of it. */
import { headlineOf, noticePath, noticeTexts, publicationId, type PublicNotice } from '@tracegate/model/notice'
import type { BilingualText, Language } from '@tracegate/model/text'
import { escapeHtml, langOf } from './html.ts'

export interface MailParts {
  readonly subject: string
  readonly text: string
  readonly html: string
}

export interface MailContext {
  readonly base: string
  readonly issuer: BilingualText
  /** Address of the page that ends the subscription; none for fixed receivers. */
  readonly unsubscribe?: string
}

const words = {
  zh: {
    from: '发布机构',
    number: '编号',
    time: '起始时间',
    goods: '涉及商品',
    lots: '批次',
    advice: '建议',
    instruction: '控制指令',
    page: '详情',
    more: '更多商品见详情页',
    digest: (count: number) => `${count} 条风险预警与召回通知`,
    end: '退订',
    confirmSubject: '请确认订阅风险预警通知',
    confirm: '有人用此邮箱地址订阅了风险预警与召回通知。若是您本人，请打开以下链接确认；若不是，请忽略本邮件，不会再收到其他邮件。'
  },
  en: {
    from: 'Published by',
    number: 'Number',
    time: 'In force from',
    goods: 'Products',
    lots: 'Lots',
    advice: 'Advice',
    instruction: 'Control instruction',
    page: 'In full',
    more: 'More goods are on the page',
    digest: (count: number) => `${count} risk warnings and recall notices`,
    end: 'Unsubscribe',
    confirmSubject: 'Please confirm your subscription to risk warnings',
    confirm:
      'Somebody has asked for risk warnings and recall notices to this address. If it was you, open the link to confirm; if not, do nothing: no other mail will come.'
  }
} as const

const listedMax = 20

export function noticeMail(notices: readonly PublicNotice[], language: Language, context: MailContext): MailParts {
  const [first] = notices
  const subject = notices.length === 1 && first !== undefined ? headlineOf(first, language) : words[language].digest(notices.length)
  const blocks = notices.map((notice) => linesOf(notice, language, context.base))
  const foot = [
    `${words[language].from}: ${context.issuer[language]}`,
    ...(context.unsubscribe === undefined ? [] : [`${words[language].end}: ${context.unsubscribe}`])
  ]
  return partsOf(oneLine(subject), [...blocks, foot], language)
}

function linesOf(notice: PublicNotice, language: Language, base: string): string[] {
  const word = words[language]
  const names = notice.products
    .slice(0, listedMax)
    .map(({ gtin, name, brand }) => [name?.[language], brand, `GTIN ${gtin}`].filter((part) => part !== undefined).join(', '))
  const lots = notice.lots.slice(0, listedMax).map(({ lot }) => lot)
  const isCut = notice.truncated || notice.products.length > listedMax || notice.lots.length > listedMax
  return [
    headlineOf(notice, language),
    `${word.number}: ${publicationId(notice)} (${noticeTexts.event[notice.event][language]})`,
    notice.matters[language],
    ...(notice.controlInstruction === undefined ? [] : [`${word.instruction}: ${notice.controlInstruction[language]}`]),
    ...(notice.advice === undefined ? [] : [`${word.advice}: ${notice.advice[language]}`]),
    ...(names.length === 0 ? [] : [`${word.goods}: ${names.join('; ')}`]),
    ...(lots.length === 0 ? [] : [`${word.lots}: ${lots.join(', ')}`]),
    ...(isCut ? [word.more] : []),
    `${word.page}: ${base}${noticePath(notice)}`
  ]
}

export function confirmationMail(link: string, language: Language, context: MailContext): MailParts {
  const word = words[language]
  return partsOf(word.confirmSubject, [[word.confirm, link], [`${word.from}: ${context.issuer[language]}`]], language)
}

function partsOf(subject: string, blocks: readonly (readonly string[])[], language: Language): MailParts {
  const html = blocks.map((lines) => `<div style="margin:0 0 1.5em">${lines.map(lineHtml).join('')}</div>`).join('\n')
  return {
    subject,
    text: `${blocks.map((lines) => lines.join('\n')).join('\n\n--\n\n')}\n`,
    html: `<!doctype html><html lang="${langOf(language)}"><meta charset="utf-8"><title>${escapeHtml(subject)}</title><body>${html}</body></html>`
  }
}

function lineHtml(line: string): string {
  const escaped = escapeHtml(line).replaceAll('\n', '<br>')
  return `<p>${escaped.replaceAll(/https?:\/\/[^\s<]+/g, (link) => `<a href="${link}">${link}</a>`)}</p>`
}

/** A line end in a subject would begin another header. */
function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').slice(0, 200)
}
