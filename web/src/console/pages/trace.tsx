/** Any code to everything known of it: journey, back and forward trace, who holds it. The code stands in the address. */
import { useQuery } from '@tanstack/react-query'
import { keyKind } from '@tracegate/model/gs1/key'
import { LookupAnswer } from '@tracegate/model/http'
import { Button, Tabs } from 'antd'
import { useRef, useState, type FormEvent } from 'react'
import { useLocation, useSearch } from 'wouter'
import { holdersQuery, journeyQuery } from '../../data/queries.ts'
import { ask, queryOf } from '../../data/request.ts'
import { JourneyView } from '../../shared/journey-view.tsx'
import { ProblemNote } from '../../shared/problem-note.tsx'
import { useText } from '../../shared/use-text.ts'
import { formatKey } from '../../text/format.ts'
import { HoldingsTable } from '../parts/goods-table.tsx'
import { TracePanel } from '../parts/trace-panel.tsx'
import { useNames } from '../use-names.ts'
import { useTitle } from '../use-title.ts'

export function Trace() {
  const { t } = useText()
  const of = new URLSearchParams(useSearch()).get('of') ?? ''
  useTitle(t('nav.trace'))
  return (
    <>
      <div className="page-head">
        <h1>{t('nav.trace')}</h1>
        <CodeForm key={of} of={of} />
      </div>
      {of === '' ? <p className="empty">{t('trace.start')}</p> : <Found key={of} of={of} />}
    </>
  )
}

function CodeForm({ of }: { readonly of: string }) {
  const { t } = useText()
  const [, navigate] = useLocation()
  const [error, setError] = useState<unknown>()
  const input = useRef<HTMLInputElement>(null)
  const submit = async (event: FormEvent) => {
    event.preventDefault()
    const code = input.current?.value.trim() ?? ''
    if (code === '') return
    try {
      const found = await ask(LookupAnswer, `/lookup${queryOf({ code })}`)
      setError(undefined)
      navigate(`/trace?of=${encodeURIComponent(found.key)}`)
    } catch (problem) {
      setError(problem)
    }
  }
  return (
    <form className="code-form" role="search" onSubmit={(event) => void submit(event)}>
      <label>
        <span className="hidden-text">{t('trace.code')}</span>
        <input
          ref={input}
          className="field"
          defaultValue={of === '' ? '' : formatKey(of)}
          placeholder={t('trace.placeholder')}
          data-testid="code-input"
          autoFocus={of === ''}
        />
      </label>
      <Button type="primary" htmlType="submit">
        {t('trace.search')}
      </Button>
      {error === undefined ? null : <ProblemNote error={error} />}
    </form>
  )
}

function Found({ of }: { readonly of: string }) {
  const { t, code, language } = useText()
  const names = useNames()
  const [, navigate] = useLocation()
  const pick = (key: string) => navigate(`/trace?of=${encodeURIComponent(key)}`)
  return (
    <section className="panel">
      <h2>{names.knows(of) ? names.of(of, language) : code('kind', keyKind(of))}</h2>
      <p className="quiet breakable">{formatKey(of)}</p>
      <Tabs
        items={[
          { key: 'journey', label: t('journey.title'), children: <JourneyOf of={of} /> },
          { key: 'graph', label: t('trace.graph'), children: <TracePanel choices={[of]} onPick={pick} /> },
          { key: 'holders', label: t('warning.holders'), children: <HoldersOf of={of} /> }
        ]}
      />
    </section>
  )
}

function JourneyOf({ of }: { readonly of: string }) {
  const { t } = useText()
  const names = useNames()
  const journey = useQuery(journeyQuery(of))
  if (journey.isError) return <ProblemNote error={journey.error} />
  if (journey.data === undefined) return <p className="empty">{t('app.loading')}</p>
  return <JourneyView journey={journey.data} names={names} />
}

function HoldersOf({ of }: { readonly of: string }) {
  const { t } = useText()
  const holders = useQuery(holdersQuery(of))
  if (holders.isError) return <ProblemNote error={holders.error} />
  if (holders.data === undefined) return <p className="empty">{t('app.loading')}</p>
  return <HoldingsTable holdings={holders.data.holdings} />
}
