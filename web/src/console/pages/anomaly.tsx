/** Depth 4: one anomaly with its proof, figures, chart, witnesses and the goods that were there. */
import { useQuery } from '@tanstack/react-query'
import type { Anomaly } from '@tracegate/model/anomaly'
import { Link } from 'wouter'
import { anomalyQuery, exposureQuery, warningsQuery } from '../../data/queries.ts'
import { LevelMark } from '../../shared/level-mark.tsx'
import { ProblemNote } from '../../shared/problem-note.tsx'
import { useText } from '../../shared/use-text.ts'
import { formatValue } from '../../text/format.ts'
import { excursionOf, seriesOf } from '../excursion.ts'
import { AnomalyChart } from '../parts/anomaly-chart.tsx'
import { StateTag } from '../parts/anomaly-table.tsx'
import { FiguresList } from '../parts/figures-list.tsx'
import { GoodsLink, GoodsTable } from '../parts/goods-table.tsx'
import { useNames } from '../use-names.ts'
import { useTitle } from '../use-title.ts'

export function AnomalyPage({ id }: { readonly id: string }) {
  const { t, pick, code } = useText()
  const query = useQuery(anomalyQuery(id))
  useTitle(query.data === undefined ? t('column.anomaly') : code('anomalyType', query.data.type))
  if (query.isError) return <ProblemNote error={query.error} onRetry={() => void query.refetch()} />
  if (query.data === undefined) return <p className="page-loading">{t('app.loading')}</p>
  const anomaly = query.data
  const charted = seriesOf(anomaly) !== undefined
  return (
    <>
      <div className="page-head">
        <div>
          <h1>{code('anomalyType', anomaly.type)}</h1>
          <p>{pick(anomaly.proof)}</p>
        </div>
        <StateTag anomaly={anomaly} />
      </div>
      <div className="case-grid">
        <section className={charted ? 'panel' : 'panel span'} aria-label={t('anomaly.facts')}>
          <h2>{t('anomaly.facts')}</h2>
          <AnomalyFacts anomaly={anomaly} />
          <FiguresList figures={anomaly.figures} />
        </section>
        {charted ? (
          <section className="panel" aria-label={t('anomaly.chart')}>
            <h2>{t('anomaly.chart')}</h2>
            <AnomalyChart anomaly={anomaly} />
          </section>
        ) : null}
        <section className="panel span" aria-label={t('warning.exposed')}>
          <h2>{t('warning.exposed')}</h2>
          <ExposedGoods anomaly={anomaly} />
        </section>
        <section className="panel span" aria-label={t('anomaly.witnesses')}>
          <h2>{t('anomaly.witnesses')}</h2>
          <WitnessTable anomaly={anomaly} />
        </section>
      </div>
    </>
  )
}

function AnomalyFacts({ anomaly }: { readonly anomaly: Anomaly }) {
  const { t, code, time, language, pick } = useText()
  const names = useNames()
  const warnings = useQuery(warningsQuery).data?.items ?? []
  const own = warnings.filter((warning) => warning.anomaly === anomaly.id)
  const point = anomaly.point === undefined ? undefined : names.point(anomaly.point)
  const rows: readonly (readonly [string, React.ReactNode])[] = [
    [t('column.category'), code('anomalyCategory', anomaly.category)],
    [t('column.point'), anomaly.point === undefined ? '–' : <Link href={`/points/${anomaly.point}`}>{point === undefined ? anomaly.point : pick(point.name)}</Link>], // prettier-ignore
    [t('column.place'), anomaly.place === undefined ? '–' : names.of(anomaly.place, language)],
    [t('column.onset'), time(anomaly.onsetMs)],
    [t('anomaly.opened'), time(anomaly.openedMs)],
    [t('anomaly.last'), time(anomaly.lastMs)],
    [t('anomaly.closed'), anomaly.closedMs === undefined ? '–' : time(anomaly.closedMs)],
    [t('anomaly.rule'), `${anomaly.rule.id} v${anomaly.rule.version}`]
  ]
  return (
    <>
      <dl className="facts">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value}</dd>
          </div>
        ))}
      </dl>
      {own.length === 0 ? null : (
        <ul className="drawn-from" aria-label={t('nav.warnings')}>
          {own.map((warning) => (
            <li key={warning.id}>
              <LevelMark level={warning.level} size={18} />
              <Link href={`/warnings/${encodeURIComponent(warning.id)}`}>{pick(warning.title)}</Link>
            </li>
          ))}
        </ul>
      )}
    </>
  )
}

function ExposedGoods({ anomaly }: { readonly anomaly: Anomaly }) {
  const { t } = useText()
  if (anomaly.goods.length > 0)
    return (
      <ul>
        {anomaly.goods.map((key) => (
          <li key={key}>
            <GoodsLink goods={key} />
          </li>
        ))}
      </ul>
    )
  if (anomaly.place === undefined || anomaly.category !== 'product') return <p className="empty">{t('goods.none')}</p>
  return <ExposureOf place={anomaly.place} {...excursionOf(anomaly).shade} />
}

function ExposureOf(asked: { readonly place: string; readonly fromMs: number; readonly toMs: number }) {
  const { t } = useText()
  const exposure = useQuery(exposureQuery(asked))
  if (exposure.isError) return <ProblemNote error={exposure.error} />
  if (exposure.data === undefined) return <p className="empty">{t('app.loading')}</p>
  return <GoodsTable goods={exposure.data.goods} truncated={exposure.data.truncated} />
}

function WitnessTable({ anomaly }: { readonly anomaly: Anomaly }) {
  const { t, time } = useText()
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label={t('anomaly.witnesses')}>
      <table className="case-table">
        <thead>
          <tr>
            <th scope="col">{t('column.time')}</th>
            <th scope="col">{t('anomaly.witness')}</th>
            <th scope="col">{t('column.value')}</th>
          </tr>
        </thead>
        <tbody>
          {anomaly.witnesses.map((witness, index) => (
            <tr key={index}>
              <td className="numeric">{time(witness.timeMs)}</td>
              <td className="breakable">{witness.type === 'reading' ? witness.series : witness.eventID}</td>
              <td className="numeric">{witness.type === 'reading' ? formatValue(witness.value, witness.unit) : '–'}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}
