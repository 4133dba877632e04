/** The frame around every page: head with navigation and line state, the gravest open warning, the page, the help on keys. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import type { Session } from '@tracegate/model/http'
import { lazy, Suspense, useCallback, useState, type ReactNode } from 'react'
import { Link, useLocation } from 'wouter'
import { scenariosQuery, sessionQuery } from '../data/queries.ts'
import { tell } from '../data/request.ts'
import { settings, useSettings } from '../shared/browser.ts'
import { LanguageSwitch, ThemeSwitch } from '../shared/chrome.tsx'
import { useText } from '../shared/use-text.ts'
import type { TextKey } from '../text/text.ts'
import { ConnectionChip } from './connection-chip.tsx'
import type { ShortcutAction } from './shortcuts.ts'
import { moveRow, useShortcuts } from './use-shortcuts.ts'
import { WarningBanner } from './warning-banner.tsx'

const HelpDialog = lazy(async () => ({ default: (await import('./help-dialog.tsx')).HelpDialog }))

const links: readonly { readonly path: string; readonly text: TextKey }[] = [
  { path: '/', text: 'nav.overview' },
  { path: '/anomalies', text: 'nav.anomalies' },
  { path: '/warnings', text: 'nav.warnings' },
  { path: '/trace', text: 'nav.trace' },
  { path: '/dead-letters', text: 'nav.deadLetters' }
]

export function Frame({ session, children }: { readonly session: Session; readonly children: ReactNode }) {
  const { t } = useText()
  const [, navigate] = useLocation()
  const [helpOpen, setHelpOpen] = useState(false)
  const act = useCallback(
    (action: ShortcutAction) => {
      switch (action.type) {
        case 'go':
          navigate(action.path)
          return
        case 'help':
          setHelpOpen(true)
          return
        case 'search':
          navigate('/trace')
          return
        case 'row':
          moveRow(action.step)
          return
        default:
          neverAction(action)
      }
    },
    [navigate]
  )
  useShortcuts(act)
  return (
    <>
      <a className="skip-link" href="#content">
        {t('app.skip')}
      </a>
      <header className="head">
        <div className="head-line">
          <Link href="/" className="brand">
            <img src={new URL('../shared/icon.svg', import.meta.url).href} alt="" width="22" height="22" />
            {t('app.name')}
          </Link>
          <Navigation />
          <div className="head-tools">
            <ConnectionChip />
            <ZoneSwitch />
            <ThemeSwitch />
            <LanguageSwitch />
            <button type="button" className="plain-button" onClick={() => setHelpOpen(true)} aria-label={t('help.title')}>
              ?
            </button>
            <SignOut name={session.name} />
          </div>
        </div>
      </header>
      <WarningBanner />
      <main id="content" tabIndex={-1}>
        {children}
      </main>
      {helpOpen ? (
        <Suspense fallback={null}>
          <HelpDialog onClose={() => setHelpOpen(false)} />
        </Suspense>
      ) : null}
    </>
  )
}

function Navigation() {
  const { t } = useText()
  const [location] = useLocation()
  const { data: scenarios } = useQuery(scenariosQuery)
  const shown = scenarios === null || scenarios === undefined ? links : [...links, { path: '/simulator', text: 'nav.simulator' as const }]
  return (
    <nav aria-label={t('nav.label')}>
      {shown.map(({ path, text }) => {
        const here = path === '/' ? location === '/' || location.startsWith('/points') : location.startsWith(path)
        return (
          <Link
            key={path}
            href={path}
            className={here ? 'nav-link here' : 'nav-link'}
            {...(here ? { 'aria-current': 'page' as const } : {})}
          >
            {t(text)}
          </Link>
        )
      })}
    </nav>
  )
}

function ZoneSwitch() {
  const { t } = useText()
  const { zone } = useSettings()
  return (
    <label className="select">
      <span className="hidden-text">{t('app.zone')}</span>
      <select
        value={zone}
        data-testid="zone-select"
        onChange={(event) => settings.set({ zone: event.target.value === 'utc' ? 'utc' : 'local' })}
      >
        <option value="local">{t('app.zone.local')}</option>
        <option value="utc">UTC</option>
      </select>
    </label>
  )
}

function SignOut({ name }: { readonly name: string }) {
  const { t } = useText()
  const client = useQueryClient()
  const signOut = async () => {
    await tell('/session', { method: 'DELETE' }).catch(() => undefined)
    client.clear()
    client.setQueryData(sessionQuery.queryKey, null)
  }
  return (
    <button type="button" className="plain-button" onClick={() => void signOut()} data-testid="sign-out" title={t('signOut.as', { name })}>
      {t('signOut.button')}
    </button>
  )
}

function neverAction(action: never): never {
  throw new TypeError(`Cannot act: action is ${JSON.stringify(action)}`)
}
