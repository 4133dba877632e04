/** What a person set for this browser: language, look, time zone shown. Kept in local storage; a page without it works all the same. */
import type { Language } from '@tracegate/model/text'
import { chooseLanguage, languageKey } from '../text/language.ts'
import type { Zone } from '../text/format.ts'

export const themes = ['system', 'light', 'dark'] as const
type Theme = (typeof themes)[number]

export interface Settings {
  readonly language: Language
  readonly theme: Theme
  readonly zone: Zone
}

const themeKey = 'tracegate.theme'
const zoneKey = 'tracegate.zone'

export interface SettingsStore {
  readonly get: () => Settings
  readonly subscribe: (listener: () => void) => () => void
  readonly set: (change: Partial<Settings>) => void
}

/** The part of `localStorage` that is used; a browser may refuse it. */
export interface Keeper {
  getItem(key: string): string | null
  setItem(key: string, value: string): void
}

export function createSettings(from: {
  readonly keeper: Keeper
  readonly search: string
  readonly accepted: readonly string[]
}): SettingsStore {
  const kept = (key: string) => {
    try {
      return from.keeper.getItem(key)
    } catch {
      return null
    }
  }
  const query = new URLSearchParams(from.search)
  let settings: Settings = {
    language: chooseLanguage({ search: from.search, kept: kept(languageKey), accepted: from.accepted }),
    theme: themes.find((theme) => theme === (query.get('theme') ?? kept(themeKey))) ?? 'system',
    zone: kept(zoneKey) === 'utc' ? 'utc' : 'local'
  }
  const listeners = new Set<() => void>()
  return {
    get: () => settings,
    subscribe(listener) {
      listeners.add(listener)
      return () => listeners.delete(listener)
    },
    set(change) {
      settings = { ...settings, ...change }
      try {
        from.keeper.setItem(languageKey, settings.language)
        from.keeper.setItem(themeKey, settings.theme)
        from.keeper.setItem(zoneKey, settings.zone)
      } catch {
        // Storage may be full or forbidden; the setting then lasts as long as the page.
      }
      for (const listener of listeners) listener()
    }
  }
}
