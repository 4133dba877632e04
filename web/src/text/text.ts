/** The texts of a page by key, in both languages, behind i18next. A page hands in its tables; nothing is loaded later. */
import i18next from 'i18next'
import { initReactI18next } from 'react-i18next'
import type { Language } from '@tracegate/model/text'
import { commonEn } from './common-en.ts'
import { commonZh } from './common-zh.ts'
import type { consoleEn } from './console-en.ts'
import type { traceEn } from './trace-en.ts'

export type TextKey = keyof typeof commonEn | keyof typeof consoleEn | keyof typeof traceEn
export type TextTable = Readonly<Record<string, string>>

/** Starts i18next with the common texts and the page's own. */
export async function startTexts(language: Language, own: { readonly zh: TextTable; readonly en: TextTable }): Promise<void> {
  await i18next.use(initReactI18next).init({
    lng: language,
    fallbackLng: 'en',
    keySeparator: false,
    nsSeparator: false,
    interpolation: { escapeValue: false },
    resources: { zh: { translation: { ...commonZh, ...own.zh } }, en: { translation: { ...commonEn, ...own.en } } }
  })
}
