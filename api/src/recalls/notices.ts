/**
 * Notices of recalls for their holders as page, PDF and body of a mail, under an address of their own that stays the same. Whoever sends
 * mail takes the bodies from here; nothing is sent here.
 */
import type { RecallCase } from '@tracegate/model/recall-case'
import { recallError } from '@tracegate/model/recall-errors'
import type { RecallHolder } from '@tracegate/model/recall-parts'
import type { Language } from '@tracegate/model/text'
import type { CaseStore } from '@tracegate/store/case-store'
import type { PolicyBook } from '../policy/policy-book.ts'
import { escapeHtml, langOf, style } from '../publication/html.ts'
import type { Registers } from '../registers.ts'
import type { AttachmentStore } from '../reports/attachments.ts'
import { jpegSize } from '../pdf/jpeg.ts'
import { createNoticeTokens, type NoticeTokens } from './notice-tokens.ts'
import { noticePaper } from './notice-paper.ts'
import { paperHtml, paperPdf, paperText, type Paper, type Picture } from './paper.ts'
import type { RecallOffice } from './recall-office.ts'

/** Serial numbers listed one by one; all of them are in the CSV of the notice. */
const serialsOnPaperMax = 500
const serialsInMailMax = 50

interface HolderMail {
  readonly holder: string
  /** Of the register of parties; missing where nobody told one. */
  readonly to?: string
  readonly subject: string
  readonly text: string
  readonly html: string
  readonly language: Language
  readonly address: string
}

interface Asked {
  readonly recall: RecallCase
  readonly holder: string
  readonly language: Language
  /** Where people reach this server, without a slash at its end. */
  readonly base: string
}

export interface RecallNotices {
  readonly tokens: NoticeTokens
  paper(asked: Asked): Promise<Paper>
  pdf(asked: Asked): Promise<Buffer>
  /** In the language asked for first, the other below. */
  mail(asked: Asked): Promise<HolderMail>
  /** Every good of the holder, as CSV. */
  csv(recall: RecallCase, holder: string): Promise<string>
}

export interface RecallNoticesOptions {
  readonly cases: CaseStore
  readonly office: Pick<RecallOffice, 'goods'>
  readonly registers: Registers
  readonly policy: PolicyBook
  readonly attachments: AttachmentStore
}

export function createRecallNotices({ cases, office, registers, policy, attachments }: RecallNoticesOptions): RecallNotices {
  const tokens = createNoticeTokens(cases)

  async function paperOf({ recall, holder: id, language, base }: Asked, serialsMax: number, picture?: Picture): Promise<Paper> {
    const holder = holderOf(recall, id)
    const [all, products, version, path] = await Promise.all([
      office.goods(recall),
      registers.products(),
      policy.current(),
      tokens.pathOf(recall.id, id)
    ])
    const paper = noticePaper({
      recall,
      holder,
      goods: all.filter((good) => good.holder === holder.key),
      products,
      language,
      address: `${base}${path}?lang=${language}`,
      respondWithinMs: version.policy.recalls.respondWithinMs,
      serialsMax,
      ...(picture === undefined ? {} : { picture })
    })
    if (paper === undefined)
      throw recallError('RECALL_STEP', { id: recall.id, step: 'notice', status: recall.status, allowed: 'a published notice' })
    return paper
  }

  async function pictureOf(recall: RecallCase): Promise<Picture | undefined> {
    const photo = recall.notice?.content.product.photo
    const found = photo === undefined || photo.startsWith('/') ? undefined : await attachments.read(photo)
    const size = found === undefined ? undefined : jpegSize(found.bytes)
    return found === undefined || size === undefined ? undefined : { jpeg: found.bytes, ...size }
  }

  return {
    tokens,
    paper: (asked) => paperOf(asked, serialsOnPaperMax),
    async pdf(asked) {
      return paperPdf(await paperOf(asked, serialsOnPaperMax, await pictureOf(asked.recall)))
    },
    async mail(asked) {
      const { language, recall, holder } = asked
      const other = language === 'zh' ? 'en' : 'zh'
      const first = await paperOf(asked, serialsInMailMax)
      const second = await paperOf({ ...asked, language: other }, serialsInMailMax)
      const to = holderOf(recall, holder).contact?.email
      return {
        holder,
        ...(to === undefined ? {} : { to }),
        subject: `${first.banner === undefined ? '' : `[${first.banner}] `}${first.title}: ${recall.title[language]} (${recall.id}) / ${second.title}`,
        text: `${paperText(first)}\n\n${'-'.repeat(60)}\n\n${paperText(second)}\n`,
        html: mailHtml(first, second),
        language,
        address: `${asked.base}${await tokens.pathOf(recall.id, holder)}`
      }
    },
    async csv(recall, id) {
      const holder = holderOf(recall, id)
      const goods = (await office.goods(recall)).filter((good) => good.holder === holder.key)
      const cells = goods.map(({ key, state, place = '', quantities = [] }) =>
        [key, state, place, quantities.map(({ quantity, uom }) => `${quantity} ${uom ?? 'C62'}`).join('; ')].map(csvCell).join(',')
      )
      return `key,state,place,quantity\r\n${cells.map((row) => `${row}\r\n`).join('')}`
    }
  }
}

function holderOf(recall: RecallCase, id: string): RecallHolder {
  const holder = recall.scope?.holders.find((one) => one.id === id)
  if (holder === undefined) throw recallError('RECALL_HOLDER', { id: recall.id, step: 'notice', holder: id })
  return holder
}

function mailHtml(first: Paper, second: Paper): string {
  const part = (paper: Paper): string => `<div lang="${langOf(paper.language)}">${paperHtml(paper)}<p>${escapeHtml(paper.footer)}</p></div>`
  return `<!doctype html>
<html lang="${langOf(first.language)}"><head><meta charset="utf-8"><title>${escapeHtml(first.title)}</title><style>${style}</style></head>
<body><main>${part(first)}<hr>${part(second)}</main></body></html>
`
}

/** A cell that a spreadsheet would take for a formula is told to be text. */
function csvCell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
