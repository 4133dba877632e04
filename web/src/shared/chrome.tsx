/** The switches both pages carry in their head: language and look. */
import { settings, useSettings } from './browser.ts'
import { themes } from './settings.ts'
import { useText } from './use-text.ts'

export function LanguageSwitch() {
  const { t, language } = useText()
  const other = language === 'zh' ? 'en' : 'zh'
  return (
    <button
      type="button"
      className="plain-button"
      lang={other === 'zh' ? 'zh-CN' : 'en'}
      aria-label={`${t('app.language')} – ${t('app.languageLabel')}`}
      data-testid="language-switch"
      onClick={() => settings.set({ language: other })}
    >
      {t('app.language')}
    </button>
  )
}

export function ThemeSwitch() {
  const { t } = useText()
  const { theme } = useSettings()
  return (
    <label className="select">
      <span className="hidden-text">{t('app.theme')}</span>
      <select
        value={theme}
        data-testid="theme-select"
        onChange={(event) => settings.set({ theme: themes.find((name) => name === event.target.value) ?? 'system' })}
      >
        {themes.map((name) => (
          <option key={name} value={name}>
            {t(`app.theme.${name}`)}
          </option>
        ))}
      </select>
    </label>
  )
}
