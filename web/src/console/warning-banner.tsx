/** The gravest open warning, at the same place on every page; nothing when there is none of level I or II. */
import { useQuery } from '@tanstack/react-query'
import { Link } from 'wouter'
import { warningsQuery } from '../data/queries.ts'
import { LevelMark } from '../shared/level-mark.tsx'
import { useText } from '../shared/use-text.ts'
import { compareWarnings, isOpenWarning } from './order.ts'

export function WarningBanner() {
  const { t, pick, code } = useText()
  const { data } = useQuery(warningsQuery)
  const grave = (data?.items ?? [])
    .filter((warning) => isOpenWarning(warning) && (warning.level === 'I' || warning.level === 'II'))
    .sort(compareWarnings)
  const [first] = grave
  return (
    <div role="status" aria-live="polite">
      {first === undefined ? null : (
        <div className={`banner level-edge-${first.level}`} data-testid="warning-banner">
          <LevelMark level={first.level} />
          <span className="tag">{code('warningStatus', first.status)}</span>
          <Link href={`/warnings/${encodeURIComponent(first.id)}`}>{pick(first.title)}</Link>
          {grave.length > 1 ? (
            <Link href="/warnings" className="quiet">
              {t('banner.more', { count: grave.length - 1 })}
            </Link>
          ) : null}
        </div>
      )}
    </div>
  )
}
