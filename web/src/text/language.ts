/** Which language and which look a page has: URL, then the kept setting, then what the browser asks for. Pure. */
import { languages, type Language } from '@tracegate/model/text'

export const languageKey = 'tracegate.language'

/** `chooseLanguage({ search: '?lang=zh', kept: null, accepted: ['en'] })` is `zh`. */
export function chooseLanguage(from: {
  readonly search: string
  readonly kept: string | null
  readonly accepted: readonly string[]
}): Language {
  const wanted = [new URLSearchParams(from.search).get('lang'), from.kept, ...from.accepted]
  for (const tag of wanted) {
    const language = asLanguage(tag)
    if (language !== undefined) return language
  }
  return 'en'
}

/** `zh-Hans-CN` is zh. */
export function asLanguage(tag: string | null | undefined): Language | undefined {
  const head = tag?.toLowerCase().split('-')[0]
  return languages.find((language) => language === head)
}
