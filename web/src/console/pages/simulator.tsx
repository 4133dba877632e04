/** Makes things go wrong in the simulated port. Only where the api offers scenarios. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { ScenarioStarted, type ScenarioInfo } from '@tracegate/model/http'
import { Button } from 'antd'
import { useState } from 'react'
import { scenariosQuery } from '../../data/queries.ts'
import { ask, tell } from '../../data/request.ts'
import { ProblemNote } from '../../shared/problem-note.tsx'
import { useText } from '../../shared/use-text.ts'
import { useNames } from '../use-names.ts'
import { useTitle } from '../use-title.ts'

export function Simulator() {
  const { t } = useText()
  const scenarios = useQuery(scenariosQuery)
  useTitle(t('nav.simulator'))
  if (scenarios.isError) return <ProblemNote error={scenarios.error} onRetry={() => void scenarios.refetch()} />
  if (scenarios.data === undefined) return <p className="page-loading">{t('app.loading')}</p>
  return (
    <>
      <div className="page-head">
        <div>
          <h1>{t('nav.simulator')}</h1>
          <p className="quiet">{t('simulator.about')}</p>
        </div>
      </div>
      {scenarios.data === null ? (
        <p className="empty">{t('simulator.none')}</p>
      ) : (
        <ul className="scenarios" data-testid="scenarios">
          {scenarios.data.map((scenario) => (
            <ScenarioCard key={scenario.name} scenario={scenario} />
          ))}
        </ul>
      )}
    </>
  )
}

function ScenarioCard({ scenario }: { readonly scenario: ScenarioInfo }) {
  const { t, pick, language, time } = useText()
  const names = useNames()
  const client = useQueryClient()
  const [busy, setBusy] = useState(false)
  const [error, setError] = useState<unknown>()
  const [started, setStarted] = useState<ScenarioStarted>()
  const path = `/sim/scenarios/${encodeURIComponent(scenario.name)}`
  const act = async () => {
    setBusy(true)
    setError(undefined)
    try {
      if (scenario.running) {
        await tell(path, { method: 'DELETE' })
        setStarted(undefined)
      } else setStarted(await ask(ScenarioStarted, path, { method: 'POST' }))
      await client.invalidateQueries({ queryKey: scenariosQuery.queryKey })
    } catch (problem) {
      setError(problem)
    } finally {
      setBusy(false)
    }
  }
  const target = started?.target ?? scenario.target
  return (
    <li
      className={scenario.running ? 'panel scenario running' : 'panel scenario'}
      data-testid={`scenario-${scenario.name}`}
      data-running={scenario.running}
    >
      <div>
        <h2>{pick(scenario.title)}</h2>
        <p className="quiet">
          <code>{scenario.name}</code>
          {target === undefined ? '' : ` · ${names.of(target, language)}`}
        </p>
        {scenario.running ? (
          <p>
            <strong>{t('simulator.running')}</strong> {started === undefined ? '' : time(started.startedAtMs)}
          </p>
        ) : null}
      </div>
      <Button
        type={scenario.running ? 'default' : 'primary'}
        loading={busy}
        onClick={() => void act()}
        data-testid={`scenario-button-${scenario.name}`}
      >
        {t(scenario.running ? 'simulator.stop' : 'simulator.start')}
      </Button>
      {error === undefined ? null : <ProblemNote error={error} />}
    </li>
  )
}
