/** All anomalies, open ones first. */
import { useQuery } from '@tanstack/react-query'
import { anomalyCategories } from '@tracegate/model/anomaly'
import { useMemo } from 'react'
import { useSearch } from 'wouter'
import { anomaliesQuery, pointsQuery } from '../../data/queries.ts'
import { ProblemNote } from '../../shared/problem-note.tsx'
import { useText } from '../../shared/use-text.ts'
import { anomalyMatches, anomalyStatuses, readAnomalyFilter } from '../filters.ts'
import { compareAnomalies } from '../order.ts'
import { AnomalyTable } from '../parts/anomaly-table.tsx'
import { FilterBar, NewRows } from '../parts/filter-bar.tsx'
import { useHeldRows } from '../use-held.ts'
import { useTitle } from '../use-title.ts'

export function Anomalies() {
  const { t, pick } = useText()
  const search = useSearch()
  const anomalies = useQuery(anomaliesQuery)
  const points = useQuery(pointsQuery)
  useTitle(t('nav.anomalies'))
  const filter = useMemo(() => readAnomalyFilter(search), [search])
  const sorted = useMemo(
    () => (anomalies.data?.items ?? []).filter((anomaly) => anomalyMatches(anomaly, filter)).sort(compareAnomalies),
    [anomalies.data, filter]
  )
  const held = useHeldRows(sorted, JSON.stringify(filter))
  return (
    <>
      <div className="page-head">
        <h1>{t('nav.anomalies')}</h1>
        <FilterBar
          choices={[
            {
              name: 'status',
              label: t('column.state'),
              value: filter.status,
              options: anomalyStatuses.map((value) => ({ value, label: t(`anomalyStatus.${value}`) }))
            },
            {
              name: 'category',
              label: t('column.category'),
              value: filter.category,
              options: anomalyCategories.map((value) => ({ value, label: t(`anomalyCategory.${value}`) }))
            },
            {
              name: 'point',
              label: t('column.point'),
              value: filter.point,
              options: (points.data?.items ?? []).map((point) => ({ value: point.id, label: pick(point.name) }))
            }
          ]}
        />
      </div>
      {anomalies.isError ? <ProblemNote error={anomalies.error} onRetry={() => void anomalies.refetch()} /> : null}
      <section className="panel case-list">
        <NewRows count={held.newCount} onShow={held.show} />
        <AnomalyTable anomalies={held.rows} loading={anomalies.isPending} />
        {anomalies.data?.next === undefined ? null : <p className="note">{t('list.more')}</p>}
      </section>
    </>
  )
}
