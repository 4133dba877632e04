/** The one settings store of the page and what it does to the document: language, look. Import it in pages only. */
import { useSyncExternalStore } from 'react'
import { createSettings, type Settings } from './settings.ts'

export const settings = createSettings({ keeper: window.localStorage, search: window.location.search, accepted: navigator.languages })

export function useSettings(): Settings {
  return useSyncExternalStore(settings.subscribe, settings.get)
}

/** Sets `lang` and `data-dark` on the document now and at every change. */
export function followSettings(onLanguage: (language: Settings['language']) => void): void {
  const apply = () => {
    const { language, theme } = settings.get()
    document.documentElement.lang = language === 'zh' ? 'zh-CN' : 'en'
    document.documentElement.toggleAttribute('data-dark', isDark(theme))
    onLanguage(language)
  }
  apply()
  settings.subscribe(apply)
  darkQuery.addEventListener('change', apply)
}

const darkQuery = window.matchMedia('(prefers-color-scheme: dark)')

const printQuery = window.matchMedia('print')

/** Whether the page is dark now, by setting or by system; paper never is. */
export function useDark(): boolean {
  const { theme } = useSettings()
  const system = useSyncExternalStore(
    (listener) => {
      darkQuery.addEventListener('change', listener)
      printQuery.addEventListener('change', listener)
      return () => {
        darkQuery.removeEventListener('change', listener)
        printQuery.removeEventListener('change', listener)
      }
    },
    () => (printQuery.matches ? 'paper' : darkQuery.matches ? 'dark' : 'light')
  )
  return system !== 'paper' && (theme === 'dark' || (theme === 'system' && system === 'dark'))
}

function isDark(theme: Settings['theme']): boolean {
  return theme === 'dark' || (theme === 'system' && darkQuery.matches)
}
