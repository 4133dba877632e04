/** A warning with everything it rests on: level and reasons, the excursion, the goods, who holds them, the trace, the journal. */
import { useQuery } from '@tanstack/react-query'
import type { WarningDetail } from '@tracegate/model/http-details'
import { Button } from 'antd'
import { Link } from 'wouter'
import { anomalyQuery, warningQuery } from '../../data/queries.ts'
import { LevelMark } from '../../shared/level-mark.tsx'
import { ProblemNote } from '../../shared/problem-note.tsx'
import { useText } from '../../shared/use-text.ts'
import { AnomalyChart } from '../parts/anomaly-chart.tsx'
import { FiguresList } from '../parts/figures-list.tsx'
import { GoodsLink, GoodsTable, HoldingsTable } from '../parts/goods-table.tsx'
import { JournalTable } from '../parts/journal-table.tsx'
import { LevelReasons } from '../parts/level-reasons.tsx'
import { TracePanel } from '../parts/trace-panel.tsx'
import { useNames } from '../use-names.ts'
import { useTitle } from '../use-title.ts'

export function WarningPage({ id }: { readonly id: string }) {
  const { t, pick } = useText()
  const query = useQuery(warningQuery(id))
  useTitle(query.data === undefined ? t('column.warning') : pick(query.data.title))
  if (query.isError) return <ProblemNote error={query.error} onRetry={() => void query.refetch()} />
  if (query.data === undefined) return <p className="page-loading">{t('app.loading')}</p>
  return <WarningBody warning={query.data} />
}

function WarningBody({ warning }: { readonly warning: WarningDetail }) {
  const { t, pick, time } = useText()
  const traced = warning.scope.lots[0] ?? warning.scope.exposed[0]?.key
  return (
    <article data-testid="warning-page" data-level={warning.level} data-status={warning.status}>
      <div className={`page-head level-edge-${warning.level}`}>
        <div>
          <p className="marks">
            <LevelMark level={warning.level} size={28} />
            <span className={warning.status === 'draft' ? 'tag strong' : 'tag'}>{t(`warningStatus.${warning.status}`)}</span>
          </p>
          <h1>{pick(warning.title)}</h1>
          <p className="matters">{pick(warning.matters)}</p>
        </div>
        <Button className="no-print" onClick={() => window.print()}>
          {t('app.print')}
        </Button>
      </div>
      <div className="case-grid">
        <section className="panel" aria-label={t('warning.proposal')}>
          <h2>{t('warning.proposal')}</h2>
          <LevelReasons proposal={warning.proposal} />
        </section>
        <section className="panel" aria-label={t('warning.content')}>
          <h2>{t('warning.content')}</h2>
          <Contents warning={warning} />
        </section>
        {warning.anomaly === undefined ? null : (
          <section className="panel span" aria-label={t('warning.evidence')}>
            <h2>
              {t('warning.evidence')} <Link href={`/anomalies/${encodeURIComponent(warning.anomaly)}`}>{t('warning.toAnomaly')}</Link>
            </h2>
            <Evidence anomalyId={warning.anomaly} />
          </section>
        )}
        <section className="panel span" aria-label={t('warning.exposed')}>
          <h2>{t('warning.exposed')}</h2>
          <GoodsTable goods={warning.scope.exposed} truncated={warning.scope.truncated} />
        </section>
        <section className="panel" aria-label={t('warning.scope')} data-testid="recall-scope">
          <h2>{t('warning.scope')}</h2>
          <Scope warning={warning} />
        </section>
        <section className="panel" aria-label={t('warning.holders')}>
          <h2>{t('warning.holders')}</h2>
          <HoldingsTable holdings={warning.scope.holdings} />
        </section>
        {traced === undefined ? null : (
          <section className="panel span" aria-label={t('warning.trace')}>
            <h2>{t('warning.trace')}</h2>
            <TracePanel choices={[...new Set([...warning.scope.lots, traced])]} />
          </section>
        )}
        <section className="panel span" aria-label={t('warning.journal')}>
          <h2>{t('warning.journal')}</h2>
          <JournalTable journal={warning.journal ?? []} />
        </section>
      </div>
      <p className="only-print breakable">
        {window.location.href} · {t('warning.asOf', { time: time(warning.updatedAtMs) })}
      </p>
    </article>
  )
}

function Evidence({ anomalyId }: { readonly anomalyId: string }) {
  const { t, pick } = useText()
  const anomaly = useQuery(anomalyQuery(anomalyId))
  if (anomaly.isError) return <ProblemNote error={anomaly.error} />
  if (anomaly.data === undefined) return <p className="empty">{t('app.loading')}</p>
  return (
    <>
      <p>{pick(anomaly.data.proof)}</p>
      <FiguresList figures={anomaly.data.figures} />
      <AnomalyChart anomaly={anomaly.data} />
    </>
  )
}

function Contents({ warning }: { readonly warning: WarningDetail }) {
  const { t, time, code, duration, pick, language } = useText()
  const names = useNames()
  const point = warning.point === undefined ? undefined : names.point(warning.point)
  const rows: readonly (readonly [string, React.ReactNode])[] = [
    [t('column.point'), warning.point === undefined ? '–' : <Link href={`/points/${warning.point}`}>{point === undefined ? warning.point : pick(point.name)}</Link>], // prettier-ignore
    [t('column.place'), warning.place === undefined ? '–' : names.of(warning.place, language)],
    [t('warning.start'), time(warning.startMs)],
    [t('column.drafted'), time(warning.draftedAtMs)],
    [t('warning.draftedAfter'), duration(warning.draftedAfterMs)],
    [t('warning.hazard'), code('hazard', warning.hazard)],
    [t('warning.regime'), code('regime', warning.regime)],
    [t('warning.id'), warning.id]
  ]
  return (
    <dl className="facts">
      {rows.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd className="breakable">{value}</dd>
        </div>
      ))}
    </dl>
  )
}

function Scope({ warning }: { readonly warning: WarningDetail }) {
  const { t, count, time } = useText()
  const { scope } = warning
  return (
    <>
      <p className="big-number">
        <strong data-testid="scope-total">{count(scope.total)}</strong> {t('warning.total')}
      </p>
      <h3>{t('warning.lots')}</h3>
      {scope.lots.length === 0 ? <p className="empty">–</p> : <KeyList keys={scope.lots} />}
      <h3>{t('warning.products')}</h3>
      {scope.products.length === 0 ? <p className="empty">–</p> : <KeyList keys={scope.products} />}
      <p className="quiet">{t('warning.asOf', { time: time(scope.asOfMs) })}</p>
      {scope.truncated ? <p className="note">{t('goods.truncated')}</p> : null}
    </>
  )
}

function KeyList({ keys }: { readonly keys: readonly string[] }) {
  return (
    <ul className="key-list">
      {keys.map((key) => (
        <li key={key}>
          <GoodsLink goods={key} />
        </li>
      ))}
    </ul>
  )
}
