/** The public page: a code typed, scanned or photographed becomes the history of the thing and any warning about it. */
import { LookupAnswer } from '@tracegate/model/http'
import { PublicJourney } from '@tracegate/model/http-details'
import { useCallback, useEffect, useState } from 'react'
import { ask, queryOf } from '../data/request.ts'
import { LanguageSwitch, ThemeSwitch } from '../shared/chrome.tsx'
import { JourneyView } from '../shared/journey-view.tsx'
import { LevelMark } from '../shared/level-mark.tsx'
import { emptyNameBook, indexNames } from '../shared/names.ts'
import { ProblemNote } from '../shared/problem-note.tsx'
import { useText } from '../shared/use-text.ts'
import { formatKey } from '../text/format.ts'
import { addressOfCode, codeOfAddress } from './code.ts'
import { CodeEntry } from './code-entry.tsx'

interface Found {
  readonly lookup: LookupAnswer
  readonly journey: PublicJourney
  readonly askedAtMs: number
}

type State =
  | { readonly type: 'empty' | 'asking' }
  | { readonly type: 'found'; readonly found: Found }
  | { readonly type: 'failed'; readonly error: unknown }

export function TracePage() {
  const { t } = useText()
  const [code, setCode] = useState(() => codeOfAddress(window.location))
  const [state, setState] = useState<State>({ type: 'empty' })
  useEffect(() => {
    document.title = `${t('public.title')} – Tracegate`
  }, [t])
  useEffect(() => {
    const back = () => setCode(codeOfAddress(window.location))
    window.addEventListener('popstate', back)
    return () => window.removeEventListener('popstate', back)
  }, [])
  useEffect(() => {
    const abort = new AbortController()
    void look(code, abort.signal, setState)
    return () => abort.abort()
  }, [code])
  const submit = useCallback((next: string) => {
    window.history.pushState(null, '', addressOfCode(next))
    setCode(next)
  }, [])
  return (
    <>
      <a className="skip-link" href="#content">
        {t('app.skip')}
      </a>
      <header className="trace-head">
        <a href="/t/" className="brand">
          <img src={new URL('../shared/icon.svg', import.meta.url).href} alt="" width="24" height="24" />
          {t('app.name')}
        </a>
        <span className="trace-tools">
          <ThemeSwitch />
          <LanguageSwitch />
        </span>
      </header>
      <main id="content">
        <h1>{t('public.title')}</h1>
        <p className="quiet no-print">{t('public.about')}</p>
        <CodeEntry code={code} onCode={submit} />
        <div aria-live="polite">
          {state.type === 'asking' ? <p className="empty">{t('app.loading')}</p> : null}
          {state.type === 'failed' ? <ProblemNote error={state.error} /> : null}
          {state.type === 'found' ? <Result found={state.found} /> : null}
        </div>
      </main>
      <footer className="trace-foot">
        <p>{t('public.foot')}</p>
      </footer>
    </>
  )
}

async function look(code: string, signal: AbortSignal, set: (state: State) => void): Promise<void> {
  if (code === '') return set({ type: 'empty' })
  set({ type: 'asking' })
  try {
    const lookup = await ask(LookupAnswer, `/public/lookup${queryOf({ code })}`, { signal })
    const journey = await ask(PublicJourney, `/public/journey${queryOf({ of: lookup.key })}`, { signal })
    set({ type: 'found', found: { lookup, journey, askedAtMs: Date.now() } })
  } catch (error) {
    if (!signal.aborted) set({ type: 'failed', error })
  }
}

function Result({ found }: { readonly found: Found }) {
  const { t, pick, time, code } = useText()
  const { lookup, journey } = found
  const names = indexNames(journey.names ?? emptyNameBook)
  const warnings = journey.warnings ?? []
  return (
    <article data-testid="trace-result">
      <section className="panel thing">
        <h2>{lookup.product === undefined ? code('kind', lookup.kind) : pick(lookup.product.name)}</h2>
        <p className="code-line">{formatKey(lookup.key)}</p>
        {lookup.product === undefined ? null : <p className="quiet">{t('public.brand', { brand: lookup.product.brand })}</p>}
        {lookup.known ? null : <p className="note">{t('public.unknown')}</p>}
        <button type="button" className="plain-button no-print" onClick={() => window.print()}>
          {t('app.print')}
        </button>
      </section>
      {warnings.length === 0 ? (
        <p className="panel no-warning" data-testid="no-warning">
          {t('public.noWarning')}
        </p>
      ) : (
        warnings.map((warning) => (
          <section key={warning.id} className={`panel level-edge-${warning.level}`} data-testid="public-warning">
            <LevelMark level={warning.level} />
            <h2>
              <a href={`/w/${encodeURIComponent(warning.id)}`}>{pick(warning.title)}</a>
            </h2>
            <p>{pick(warning.matters)}</p>
            <p className="quiet">{t('public.since', { time: time(warning.startMs) })}</p>
          </section>
        ))
      )}
      <section className="panel" aria-labelledby="journey-title">
        <h2 id="journey-title">{t('journey.title')}</h2>
        <JourneyView journey={journey} names={names} />
      </section>
      <p className="quiet">{t('public.asOf', { time: time(found.askedAtMs) })}</p>
      <p className="only-print breakable">{window.location.href}</p>
    </article>
  )
}
