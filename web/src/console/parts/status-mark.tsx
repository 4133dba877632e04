/** The state of a point as shape and text; colour only for what is not normal. */
import type { PointSummary } from '@tracegate/model/http'
import type { WarningLevel } from '@tracegate/model/warning'
import { LevelShape } from '../../shared/level-mark.tsx'
import { useText } from '../../shared/use-text.ts'

type Status = PointSummary['status']

/** The shape alone, 22 px; a point under warning carries the shape of its level. */
export function StatusShape({ status, level }: { readonly status: Status; readonly level?: WarningLevel }) {
  if (status === 'warning' && level !== undefined) return <LevelShape level={level} />
  return (
    <svg className={`status-shape status-${status}`} width="22" height="22" viewBox="0 0 24 24" aria-hidden="true">
      {status === 'normal' ? <circle cx="12" cy="12" r="7" /> : <rect x="3" y="3" width="18" height="18" rx="2" />}
      {status === 'anomaly' || status === 'warning' ? <path className="sign" d="M12 6.5v7M12 16.2v1.6" /> : null}
      {status === 'stale' ? <path className="sign" d="M4 15 15 4M4 21 21 4M10 21 21 10" /> : null}
      {status === 'offline' ? <path className="sign" d="M7 7l10 10M17 7 7 17" /> : null}
    </svg>
  )
}

export function StatusMark({ status, level }: { readonly status: Status; readonly level?: WarningLevel }) {
  const statusText = useStatusText()
  return (
    <span className="status-mark">
      <StatusShape status={status} {...(level === undefined ? {} : { level })} />
      <span>{statusText(status, level)}</span>
    </span>
  )
}

export function useStatusText(): (status: Status, level: WarningLevel | undefined) => string {
  const { t } = useText()
  return (status, level) =>
    status === 'warning' && level !== undefined ? `${t('pointStatus.warning')} · ${t(`level.${level}`)}` : t(`pointStatus.${status}`)
}
