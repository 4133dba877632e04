/** The pages on which people subscribe, confirm and end a subscription: forms without script. Pure. */
import type { BilingualText, Language } from '@tracegate/model/text'
import { noticeTexts } from '@tracegate/model/notice'
import { warningLevels } from '@tracegate/model/warning'
import { both, escapeHtml, framedPage } from './html.ts'

export interface AlertPageWorld {
  readonly issuer: BilingualText
  readonly language: Language
}

const subscribeTitle = { zh: '订阅风险预警与召回通知', en: 'Warnings and recalls by mail' }

function titled(title: BilingualText, body: string, { issuer, language }: AlertPageWorld): string {
  const head = '<meta name="robots" content="noindex"><meta name="referrer" content="no-referrer">'
  const heading = `<h1><span lang="zh-CN">${escapeHtml(title.zh)}</span><span lang="en">${escapeHtml(title.en)}</span></h1>`
  return framedPage({ language, title: title[language], issuer, body: `${heading}${body}`, head })
}

export function subscribePage(world: AlertPageWorld, options: { readonly hasMail: boolean; readonly fault?: BilingualText }): string {
  if (!options.hasMail)
    return titled(
      subscribeTitle,
      `<p class="say">${both({ zh: '本站未开通邮件，请使用 Atom 订阅源。', en: 'This site sends no mail: use the Atom feed.' })} <a href="/feeds/warnings.atom">Atom</a></p>`,
      world
    )
  const field = (name: string, label: BilingualText, extra = '') =>
    `<label>${both(label)}<input name="${name}" maxlength="512"${extra}></label>`
  const levels = warningLevels.map(
    (level) => `<option value="${level}">${noticeTexts.level[level].zh} · ${noticeTexts.level[level].en}</option>`
  )
  const form = `<form method="post" action="/alerts">${[
    field('address', { zh: '电子邮箱', en: 'Mail address' }, ' type="email" required autocomplete="email"'),
    `<label>${both({ zh: '邮件语言', en: 'Language of the mails' })}<select name="language"><option value="zh">中文</option><option value="en"${world.language === 'en' ? ' selected' : ''}>English</option></select></label>`,
    `<label>${both({ zh: '发送频率', en: 'How often' })}<select name="rhythm"><option value="each">即时 · At once</option><option value="daily">每日汇总 · Once a day</option></select></label>`,
    field(
      'hsPrefixes',
      { zh: 'HS 编码前缀（可选，逗号分隔）', en: 'HS prefixes (optional, commas between)' },
      ' inputmode="numeric" pattern="[0-9, ]*"'
    ),
    field('brands', { zh: '品牌（可选）', en: 'Brands (optional)' }),
    field('products', { zh: '商品条码 GTIN（可选）', en: 'GTIN (optional)' }, ' inputmode="numeric" pattern="[0-9, ]*"'),
    field('ports', { zh: '口岸 UN/LOCODE（可选）', en: 'Ports, UN/LOCODE (optional)' }),
    `<label>${both({ zh: '级别（可选）', en: 'Level (optional)' })}<select name="levels"><option value="">全部 · All</option>${levels.join('')}</select></label>`
  ].join('')}<button>${both({ zh: '订阅', en: 'Subscribe' })}</button></form>`
  const fault = options.fault === undefined ? '' : `<p class="say" role="alert">${both(options.fault)}</p>`
  const note = `<p>${both({ zh: '我们会发送一封确认邮件；每封邮件都带有退订链接。', en: 'We send a mail to confirm it first; every mail has a link to end it.' })}</p>`
  return titled(subscribeTitle, `${fault}${form}${note}`, world)
}

export function askedPage(world: AlertPageWorld): string {
  const text = {
    zh: '若该地址可以订阅，确认邮件已发出。请打开邮件中的链接完成订阅。',
    en: 'If the address can subscribe, a mail is on its way: open the link in it.'
  }
  return titled(subscribeTitle, `<p class="say">${both(text)}</p>`, world)
}

/** A link in a mail may be opened by a scanner; only the button does something. */
export function buttonPage(world: AlertPageWorld, action: 'confirm' | 'end', target: string): string {
  const title = action === 'confirm' ? { zh: '确认订阅', en: 'Confirm the subscription' } : { zh: '退订', en: 'Unsubscribe' }
  return titled(title, `<form method="post" action="${escapeHtml(target)}"><button>${both(title)}</button></form>`, world)
}

export function donePage(world: AlertPageWorld, action: 'confirm' | 'end'): string {
  const text =
    action === 'confirm'
      ? { zh: '订阅已确认。', en: 'The subscription is confirmed.' }
      : { zh: '已退订，不会再收到邮件。', en: 'The subscription has ended: no more mail will come.' }
  return titled(text, `<p><a href="/w">${both({ zh: '预警与召回查询', en: 'Warnings and recalls' })}</a></p>`, world)
}
