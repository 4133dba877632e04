/** What a person sees who scanned a code that is well formed and unknown here. Text only: no script, nothing loaded. */
import type { Language } from '@tracegate/model/text'

const texts = {
  zh: {
    title: '未找到该编码',
    said: '编码格式正确，但本系统中没有该商品、批次或产品的记录。',
    advice: '请核对包装上的编码；若仍无结果，请联系销售者或监管部门。',
    link: '在追溯页面查询'
  },
  en: {
    title: 'This code is not known here',
    said: 'The code is well formed, but nothing is on record for the item, its lot or its product.',
    advice: 'Compare it with the package; if it is right, ask the seller or the authority.',
    link: 'Look it up on the trace page'
  }
} as const

export function unknownPage(key: string, language: Language): string {
  const text = texts[language]
  const escaped = key.replaceAll(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`)
  return `<!doctype html>
<html lang="${language}"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${text.title}</title>
<h1>${text.title}</h1>
<p>${text.said}</p>
<p><code>${escaped}</code></p>
<p>${text.advice}</p>
<p><a href="/t/?code=${encodeURIComponent(key)}">${text.link}</a></p>
</html>
`
}
