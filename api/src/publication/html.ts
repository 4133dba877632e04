/** Pieces of HTML without script: escaping, the frame of a page and its style. Whatever comes in is text. */
import { createHash } from 'node:crypto'
import type { BilingualText, Language } from '@tracegate/model/text'

/** Characters that HTML does not allow become U+FFFD. */
export function escapeHtml(text: string): string {
  // oxlint-disable-next-line no-control-regex -- these are what is looked for
  const allowed = text.toWellFormed().replaceAll(/[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\uFFFE\uFFFF]/g, '\uFFFD')
  return allowed.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** Paragraphs of a text with line ends. */
export function paragraphs(text: string): string {
  return text
    .split(/\n+/)
    .filter((line) => line.trim() !== '')
    .map((line) => `<p>${escapeHtml(line)}</p>`)
    .join('')
}

export function langOf(language: Language): string {
  return language === 'zh' ? 'zh-CN' : 'en'
}

/** Both languages one after the other, each marked as what it is. */
export function both({ zh, en }: BilingualText): string {
  return zh === en ? escapeHtml(zh) : `<span lang="zh-CN">${escapeHtml(zh)}</span> <span lang="en">${escapeHtml(en)}</span>`
}

export const style = `
:root{color-scheme:light dark;--ink:#1b1f24;--faint:#57606a;--line:#d0d7de;--paper:#fff;--I:#b3261e;--II:#a84300;--III:#7a5c00;--IV:#0b57d0;--end:#3d5a3d}
@media (prefers-color-scheme:dark){:root{--ink:#e6e9ed;--faint:#a5adb8;--line:#3d444d;--paper:#14181d;--I:#ff8a80;--II:#ffab66;--III:#f2d16b;--IV:#8ab4f8;--end:#9fd09f}}
*{box-sizing:border-box}
body{margin:0;background:var(--paper);color:var(--ink);font:1rem/1.6 system-ui,"Noto Sans SC","PingFang SC","Microsoft YaHei",sans-serif}
header,main,footer{max-width:50rem;margin:0 auto;padding:1rem 1.25rem}
header{display:flex;flex-wrap:wrap;gap:.5rem 1rem;justify-content:space-between;border-bottom:1px solid var(--line)}
footer{border-top:1px solid var(--line);color:var(--faint);font-size:.9rem}
h1{font-size:1.6rem;line-height:1.3;margin:.75rem 0;overflow-wrap:anywhere}
h1 span{display:block}
h1 span[lang=en]{font-size:1.15rem;font-weight:600}
h2{font-size:1.1rem;margin:1.75rem 0 .5rem;padding-bottom:.2rem;border-bottom:1px solid var(--line)}
p{margin:.4rem 0;overflow-wrap:anywhere}
a{color:inherit}
section[lang=en],div[lang=en]{margin-top:.75rem}
.mark{display:inline-block;margin:.15rem .25rem .15rem 0;border:2px solid currentcolor;border-radius:.4rem;padding:.1rem .6rem;font-weight:700}
.I{color:var(--I)}.II{color:var(--II)}.III{color:var(--III)}.IV{color:var(--IV)}.end{color:var(--end)}
.say{border-left:.4rem solid currentcolor;padding:.25rem 1rem;margin:1rem 0;font-weight:600}
dl{display:grid;grid-template-columns:minmax(8rem,14rem) 1fr;gap:.3rem 1rem;margin:.5rem 0}
dt{color:var(--faint)}dd{margin:0;overflow-wrap:anywhere}
dt span,dd span{display:inline-block;margin-right:.5em}
table{border-collapse:collapse;width:100%;font-size:.95rem}
th,td{text-align:left;vertical-align:top;padding:.35rem .6rem .35rem 0;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
.scroll{overflow-x:auto}.scroll table{min-width:34rem}
ul,ol{padding-left:1.4rem;margin:.4rem 0}
form{display:grid;gap:.75rem;margin:1rem 0;max-width:32rem}
label{display:grid;gap:.2rem}
input,select,button{font:inherit;padding:.5rem .6rem;border:1px solid var(--faint);border-radius:.3rem;background:var(--paper);color:var(--ink);min-height:2.75rem}
button{cursor:pointer;font-weight:600}
:focus-visible{outline:3px solid var(--IV);outline-offset:2px}
.skip{position:absolute;left:-999rem}.skip:focus{left:1rem;top:.5rem;background:var(--paper);padding:.5rem}
@media (max-width:36rem){dl{grid-template-columns:1fr;gap:0}dd{margin-bottom:.6rem}}
@media print{header nav,footer nav,form,.skip{display:none}body{color:#000;background:#fff;font-size:11pt}header,main,footer{max-width:none;padding:0}a[href^="/"]{text-decoration:none}h2{break-after:avoid}tr,.say{break-inside:avoid}.scroll table{min-width:0}}
`

const styleHash = createHash('sha256').update(style).digest('base64')

/** No script, no frame, nothing from elsewhere; the one style by its hash. */
export const pagePolicy = `default-src 'none'; style-src 'sha256-${styleHash}'; img-src 'self' data:; form-action 'self'; base-uri 'none'; frame-ancestors 'none'`

export interface PageFrame {
  readonly language: Language
  readonly title: string
  readonly issuer: BilingualText
  readonly body: string
  /** More of the head, escaped already. */
  readonly head?: string
}

export function framedPage({ language, title, issuer, body, head = '' }: PageFrame): string {
  return `<!doctype html>
<html lang="${langOf(language)}"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title>
<link rel="alternate" type="application/atom+xml" title="Atom" href="/feeds/warnings.atom">
${head}<style>${style}</style></head>
<body><a class="skip" href="#main">跳到正文 · Skip to the text</a>
<header><strong>${both(issuer)}</strong><nav aria-label="Links"><a href="/w"><span lang="zh-CN">预警与召回查询</span> · <span lang="en">Warnings and recalls</span></a></nav></header>
<main id="main">
${body}
</main>
<footer><p><span lang="zh-CN">扫描商品编码可查询其追溯信息</span> · <span lang="en">Scan the code on a product to see where it comes from</span>: <a href="/t/">/t/</a></p></footer>
</body></html>
`
}

/** A time as both languages write it, with its offset. */
export function timeText(atMs: number, utcOffset: string): string {
  const [, sign = '+', hours = '0', minutes = '0'] = /^([+-])(\d\d):(\d\d)$/.exec(utcOffset) ?? []
  const local = new Date(atMs + (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) * 60_000).toISOString()
  return `<time datetime="${new Date(atMs).toISOString()}">${local.slice(0, 10)} ${local.slice(11, 16)} (UTC${utcOffset})</time>`
}
