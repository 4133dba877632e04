/** Depth 1: all points at a glance; what is not normal stands out, everything else is grey. */
import { useQuery } from '@tanstack/react-query'
import { warningLevels, type WarningCase } from '@tracegate/model/warning'
import { useMemo } from 'react'
import { Link } from 'wouter'
import { anomaliesQuery, pointsQuery, warningsQuery } from '../../data/queries.ts'
import { LevelShape } from '../../shared/level-mark.tsx'
import { ProblemNote } from '../../shared/problem-note.tsx'
import { useText } from '../../shared/use-text.ts'
import { useLive, useNow } from '../live.tsx'
import { compareAnomalies, isOpenWarning, worstLevels } from '../order.ts'
import { AnomalyTable } from '../parts/anomaly-table.tsx'
import { EventFeed } from '../parts/event-feed.tsx'
import { PointList } from '../parts/point-list.tsx'
import { WorldMap } from '../parts/world-map.tsx'
import { useTitle } from '../use-title.ts'

const newestMax = 6

export function Overview() {
  const { t } = useText()
  const points = useQuery(pointsQuery)
  const anomalies = useQuery(anomaliesQuery)
  const warnings = useQuery(warningsQuery)
  useTitle(t('nav.overview'))
  const open = useMemo(() => (warnings.data?.items ?? []).filter(isOpenWarning), [warnings.data])
  const levels = useMemo(() => worstLevels(open), [open])
  const newest = useMemo(() => (anomalies.data?.items ?? []).toSorted(compareAnomalies).slice(0, newestMax), [anomalies.data])
  if (points.isError) return <ProblemNote error={points.error} onRetry={() => void points.refetch()} />
  const items = points.data?.items ?? []
  return (
    <>
      <h1 className="hidden-text">{t('nav.overview')}</h1>
      <Figures open={open} />
      <div className="overview-grid">
        <div className="overview-column">
          <section className="panel overview-map" aria-label={t('overview.map')}>
            <WorldMap points={items} levels={levels} />
          </section>
          <section className="panel overview-anomalies" aria-labelledby="anomalies-title">
            <h2 id="anomalies-title">
              {t('overview.anomalies')} <Link href="/anomalies">{t('overview.all')}</Link>
            </h2>
            <AnomalyTable anomalies={newest} loading={anomalies.isPending} />
          </section>
          <section className="panel overview-events" aria-labelledby="events-title">
            <h2 id="events-title">{t('overview.events')}</h2>
            <EventFeed />
          </section>
        </div>
        <div className="overview-column">
          <section className="panel overview-points" aria-labelledby="points-title">
            <h2 id="points-title">{t('overview.points')}</h2>
            <PointList points={items} levels={levels} loading={points.isPending} />
          </section>
        </div>
      </div>
    </>
  )
}

/** Counts by level, then the freshness of the data: the first line of the screen. */
function Figures({ open }: { readonly open: readonly WarningCase[] }) {
  const { t, age, count } = useText()
  const nowMs = useNow()
  const points = useQuery(pointsQuery).data?.items ?? []
  const lastMs = useLive((state) => newestReading(state.latest))
  const total = useLive((state) => state.readingsTotal)
  const known = Math.max(lastMs ?? 0, ...points.map((point) => point.lastReadingMs ?? 0))
  const sum = (pick: (point: (typeof points)[number]) => number) => points.reduce((all, point) => all + pick(point), 0)
  const silent = points.filter((point) => point.status === 'stale' || point.status === 'offline').length
  return (
    <dl className="figures" data-testid="figures">
      {warningLevels.map((level) => {
        const number = open.filter((warning) => warning.level === level).length
        return (
          <div key={level} className={number === 0 ? 'figure calm' : 'figure'}>
            <dt>
              <LevelShape level={level} size={18} /> {t(`level.${level}`)}
            </dt>
            <dd data-testid={`level-count-${level}`}>
              <Link href={`/warnings?level=${level}`}>{count(number)}</Link>
            </dd>
          </div>
        )
      })}
      <div className="figure">
        <dt>{t('overview.openAnomalies')}</dt>
        <dd>
          <Link href="/anomalies?status=open">{count(sum((point) => point.openAnomalies))}</Link>
        </dd>
      </div>
      <div className="figure">
        <dt>{t('overview.devices')}</dt>
        <dd>
          {count(sum((point) => point.devicesOnline))} / {count(sum((point) => point.devicesTotal))}
        </dd>
      </div>
      <div className={silent === 0 ? 'figure calm' : 'figure hatched'}>
        <dt>{t('overview.silent')}</dt>
        <dd>{count(silent)}</dd>
      </div>
      <div className="figure">
        <dt>{t('overview.freshness')}</dt>
        <dd data-testid="freshness">{known === 0 ? t('overview.noReading') : age(known, nowMs)}</dd>
      </div>
      <div className="figure">
        <dt>{t('overview.readings')}</dt>
        <dd data-testid="readings-total">{count(total)}</dd>
      </div>
    </dl>
  )
}

function newestReading(latest: ReadonlyMap<string, readonly [string, number, number | null, number]>): number | undefined {
  let newest: number | undefined
  for (const [, timeMs] of latest.values()) if (newest === undefined || timeMs > newest) newest = timeMs
  return newest
}
