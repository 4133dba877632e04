/** A value on a bar with the range it should be in: more than a bare number, without a colour until it is outside. */
import { barRange, type Limits, type ReadingState } from '../reading-state.ts'

export function LimitBar({
  value,
  limits,
  state
}: {
  readonly value: number | null
  readonly limits: Limits
  readonly state: ReadingState
}) {
  const { from, to } = barRange(limits, value)
  const at = (mark: number) => ((mark - from) / (to - from)) * 100
  const low = limits.low === undefined ? 0 : at(limits.low)
  const high = limits.high === undefined ? 100 : at(limits.high)
  return (
    <svg className={`limit-bar bar-${state}`} viewBox="0 0 100 14" preserveAspectRatio="none" aria-hidden="true">
      <rect className="bar-base" x="0" y="4" width="100" height="6" />
      <rect className="bar-inside" x={low} y="4" width={Math.max(0, high - low)} height="6" />
      {limits.low === undefined ? null : <rect className="bar-limit" x={low - 0.35} y="2" width="0.7" height="10" />}
      {limits.high === undefined ? null : <rect className="bar-limit" x={high - 0.35} y="2" width="0.7" height="10" />}
      {value === null || state === 'stale' ? null : <rect className="bar-value" x={at(value) - 0.8} y="0" width="1.6" height="14" />}
    </svg>
  )
}
