/** All warnings: what waits for a person first, then by level. */
import { useQuery } from '@tanstack/react-query'
import { warningLevels, warningStatuses, type WarningCase } from '@tracegate/model/warning'
import { useMemo } from 'react'
import { Link, useSearch } from 'wouter'
import { pointsQuery, warningsQuery } from '../../data/queries.ts'
import { LevelMark } from '../../shared/level-mark.tsx'
import { ProblemNote } from '../../shared/problem-note.tsx'
import { useText } from '../../shared/use-text.ts'
import { readWarningFilter, warningMatches } from '../filters.ts'
import { useNow } from '../live.tsx'
import { compareWarnings, isOpenWarning } from '../order.ts'
import { FilterBar, NewRows } from '../parts/filter-bar.tsx'
import { WhereText } from '../parts/where-text.tsx'
import { useHeldRows } from '../use-held.ts'
import { useTitle } from '../use-title.ts'

export function Warnings() {
  const { t, pick } = useText()
  const search = useSearch()
  const warnings = useQuery(warningsQuery)
  const points = useQuery(pointsQuery)
  useTitle(t('nav.warnings'))
  const filter = useMemo(() => readWarningFilter(search), [search])
  const sorted = useMemo(
    () => (warnings.data?.items ?? []).filter((warning) => warningMatches(warning, filter)).sort(compareWarnings),
    [warnings.data, filter]
  )
  const held = useHeldRows(sorted, JSON.stringify(filter))
  return (
    <>
      <div className="page-head">
        <h1>{t('nav.warnings')}</h1>
        <FilterBar
          choices={[
            {
              name: 'level',
              label: t('column.level'),
              value: filter.level,
              options: warningLevels.map((value) => ({ value, label: t(`level.${value}`) }))
            },
            {
              name: 'status',
              label: t('column.state'),
              value: filter.status,
              options: warningStatuses.map((value) => ({ value, label: t(`warningStatus.${value}`) }))
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
      {warnings.isError ? <ProblemNote error={warnings.error} onRetry={() => void warnings.refetch()} /> : null}
      <section className="panel case-list">
        <NewRows count={held.newCount} onShow={held.show} />
        {held.rows.length === 0 ? (
          <p className="empty">{t(warnings.isPending ? 'app.loading' : 'warning.none')}</p>
        ) : (
          <WarningTable warnings={held.rows} />
        )}
        {warnings.data?.next === undefined ? null : <p className="note">{t('list.more')}</p>}
      </section>
    </>
  )
}

function WarningTable({ warnings }: { readonly warnings: readonly WarningCase[] }) {
  const { t } = useText()
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label={t('nav.warnings')}>
      <table className="case-table" data-testid="warning-table">
        <thead>
          <tr>
            <th scope="col">{t('column.level')}</th>
            <th scope="col">{t('column.state')}</th>
            <th scope="col">{t('column.warning')}</th>
            <th scope="col">{t('column.point')}</th>
            <th scope="col">{t('column.goods')}</th>
            <th scope="col">{t('column.drafted')}</th>
            <th scope="col">{t('column.age')}</th>
          </tr>
        </thead>
        <tbody>
          {warnings.map((warning) => (
            <WarningRow key={warning.id} warning={warning} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

function WarningRow({ warning }: { readonly warning: WarningCase }) {
  const { t, pick, time, age, count } = useText()
  const nowMs = useNow(5_000)
  return (
    <tr className={`level-edge-${warning.level} ${isOpenWarning(warning) ? 'open' : 'closed'}`} data-testid={`warning-${warning.id}`}>
      <td>
        <LevelMark level={warning.level} />
      </td>
      <td>
        <span className={warning.status === 'draft' ? 'tag strong' : 'tag'}>{t(`warningStatus.${warning.status}`)}</span>
      </td>
      <td className="wide">
        <Link href={`/warnings/${encodeURIComponent(warning.id)}`} data-row-link="">
          {pick(warning.title)}
        </Link>
        <br />
        <span className="quiet">{pick(warning.proposal.reason)}</span>
      </td>
      <td className="where">
        <WhereText point={warning.point} place={warning.place} />
      </td>
      <td className="numeric">{count(warning.scope.total)}</td>
      <td className="numeric">{time(warning.draftedAtMs)}</td>
      <td className="numeric">{age(warning.draftedAtMs, nowMs)}</td>
    </tr>
  )
}
