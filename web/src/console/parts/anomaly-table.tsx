/** Anomalies as a native table. */
import type { Anomaly } from '@tracegate/model/anomaly'
import { Link } from 'wouter'
import { useText } from '../../shared/use-text.ts'
import { useNow } from '../live.tsx'
import { WhereText } from './where-text.tsx'

export function AnomalyTable({ anomalies, loading }: { readonly anomalies: readonly Anomaly[]; readonly loading: boolean }) {
  const { t } = useText()
  if (anomalies.length === 0) return <p className="empty">{t(loading ? 'app.loading' : 'anomaly.none')}</p>
  return (
    <div className="table-scroll" tabIndex={0} role="region" aria-label={t('nav.anomalies')}>
      <table className="case-table" data-testid="anomaly-table">
        <thead>
          <tr>
            <th scope="col">{t('column.state')}</th>
            <th scope="col">{t('column.anomaly')}</th>
            <th scope="col">{t('column.point')}</th>
            <th scope="col">{t('column.onset')}</th>
            <th scope="col">{t('column.lasted')}</th>
          </tr>
        </thead>
        <tbody>
          {anomalies.map((anomaly) => (
            <AnomalyRow key={anomaly.id} anomaly={anomaly} />
          ))}
        </tbody>
      </table>
    </div>
  )
}

function AnomalyRow({ anomaly }: { readonly anomaly: Anomaly }) {
  const { t, pick, time, duration, code } = useText()
  const nowMs = useNow(5_000)
  const endMs = anomaly.closedMs ?? (anomaly.status === 'open' ? Math.max(anomaly.lastMs, nowMs) : anomaly.lastMs)
  return (
    <tr className={anomaly.status === 'open' ? 'open' : 'closed'} data-testid={`anomaly-${anomaly.id}`}>
      <td>
        <StateTag anomaly={anomaly} />
      </td>
      <td className="wide">
        <Link href={`/anomalies/${encodeURIComponent(anomaly.id)}`} data-row-link="">
          {code('anomalyType', anomaly.type)}
        </Link>{' '}
        <span className="tag">{code('anomalyCategory', anomaly.category)}</span>
        {anomaly.historical ? <span className="tag">{t('anomaly.historical')}</span> : null}
        <br />
        <span className="quiet">{pick(anomaly.proof)}</span>
      </td>
      <td className="where">
        <WhereText point={anomaly.point} place={anomaly.place} />
      </td>
      <td className="numeric">{time(anomaly.onsetMs)}</td>
      <td className="numeric">{duration(endMs - anomaly.onsetMs)}</td>
    </tr>
  )
}

/** Open or closed, by shape and word. */
export function StateTag({ anomaly }: { readonly anomaly: Pick<Anomaly, 'status'> }) {
  const { t } = useText()
  return (
    <span className={`state-tag ${anomaly.status}`}>
      <span aria-hidden="true">{anomaly.status === 'open' ? '■' : '□'}</span> {t(`anomalyStatus.${anomaly.status}`)}
    </span>
  )
}
