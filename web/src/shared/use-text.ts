/** The texts and formats of the language and zone now set, for components. */
import { useMemo } from 'react'
import { useTranslation } from 'react-i18next'
import type { BilingualText, Language } from '@tracegate/model/text'
import {
  formatAge,
  formatClock,
  formatCount,
  formatDuration,
  formatShortTime,
  formatTime,
  readableText,
  type Zone
} from '../text/format.ts'
import { asLanguage } from '../text/language.ts'
import type { TextKey } from '../text/text.ts'
import { useSettings } from './browser.ts'

const dayMs = 86_400_000

export interface Texts {
  readonly language: Language
  readonly zone: Zone
  readonly t: (key: TextKey, values?: Readonly<Record<string, string | number>>) => string
  /** The text of a code from outside, `level.I`; the code itself where we have no text. */
  readonly code: (prefix: string, code: string) => string
  /** The text in the language set; times and keys in it are written as all others of the page. */
  readonly pick: (text: BilingualText) => string
  readonly time: (timeMs: number) => string
  readonly shortTime: (timeMs: number) => string
  readonly clock: (timeMs: number) => string
  readonly age: (timeMs: number, nowMs: number) => string
  /** A past time as short as can be: the time of day within a day, otherwise day and time. */
  readonly since: (timeMs: number, nowMs: number) => string
  readonly duration: (spanMs: number) => string
  readonly count: (count: number) => string
}

export function useText(): Texts {
  const { i18n } = useTranslation()
  const { zone } = useSettings()
  const language = asLanguage(i18n.language) ?? 'en'
  return useMemo(
    () => ({
      language,
      zone,
      t: (key, values) => i18n.t(key, { ...values }),
      code: (prefix, code) => (i18n.exists(`${prefix}.${code}`) ? i18n.t(`${prefix}.${code}`) : code),
      pick: (text) => readableText(text[language], zone),
      time: (timeMs) => formatTime(timeMs, zone),
      shortTime: (timeMs) => formatShortTime(timeMs, zone),
      clock: (timeMs) => formatClock(timeMs, zone),
      age: (timeMs, nowMs) => formatAge(timeMs, nowMs, language),
      since: (timeMs, nowMs) => (nowMs - timeMs < dayMs ? formatClock(timeMs, zone) : formatShortTime(timeMs, zone)),
      duration: (spanMs) => formatDuration(spanMs, language),
      count: (count) => formatCount(count, language)
    }),
    [i18n, language, zone]
  )
}
