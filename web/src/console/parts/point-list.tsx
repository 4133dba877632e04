/** The points as a list: everything the map says, in words. */
import type { PointSummary } from '@tracegate/model/http'
import type { WarningLevel } from '@tracegate/model/warning'
import { Link } from 'wouter'
import { useText } from '../../shared/use-text.ts'
import { useNow } from '../live.tsx'
import { comparePoints } from '../map-view.ts'
import { StatusMark } from './status-mark.tsx'

export function PointList(props: {
  readonly points: readonly PointSummary[]
  readonly levels: ReadonlyMap<string, WarningLevel>
  readonly loading: boolean
}) {
  const { t, pick, age, since, duration, code } = useText()
  const nowMs = useNow()
  if (props.points.length === 0) return <p className="empty">{t(props.loading ? 'app.loading' : 'overview.noPoints')}</p>
  return (
    <ul className="point-list" data-testid="point-list">
      {props.points.toSorted(comparePoints).map((point) => {
        const level = props.levels.get(point.id)
        const silent = point.status === 'stale' || point.status === 'offline'
        return (
          <li key={point.id} className={silent ? 'hatched' : ''} data-testid={`point-${point.id}`} data-status={point.status}>
            <div>
              <Link href={`/points/${encodeURIComponent(point.id)}`} data-row-link="">
                {pick(point.name)}
              </Link>
              <span className="quiet">
                {code('pointKind', point.kind)} · {point.unlocode}
              </span>
            </div>
            <div className="point-state">
              <StatusMark status={point.status} {...(level === undefined ? {} : { level })} />
              <span className="quiet">
                {point.lastReadingMs === undefined
                  ? t(silent ? 'overview.noReading' : 'overview.noSensor')
                  : silent
                    ? t('reading.since', { time: since(point.lastReadingMs, nowMs), span: duration(nowMs - point.lastReadingMs) })
                    : age(point.lastReadingMs, nowMs)}
              </span>
            </div>
          </li>
        )
      })}
    </ul>
  )
}
