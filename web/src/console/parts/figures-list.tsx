/** The figures of an anomaly by name: limits, peak, degree-minutes, durations. */
import type { Anomaly } from '@tracegate/model/anomaly'
import { formatNumber, formatValue } from '../../text/format.ts'
import { useText } from '../../shared/use-text.ts'

export function FiguresList({ figures }: { readonly figures: Anomaly['figures'] }) {
  const { code, duration } = useText()
  const entries = Object.entries(figures).filter(([name]) => name !== 'high')
  if (entries.length === 0) return null
  return (
    <dl className="facts" data-testid="anomaly-figures">
      {entries.map(([name, value]) => (
        <div key={name}>
          <dt>{code('figure', name)}</dt>
          <dd>{name.endsWith('Ms') ? duration(value) : celsius.has(name) ? formatValue(value, 'Cel') : formatNumber(value)}</dd>
        </div>
      ))}
    </dl>
  )
}

const celsius: ReadonlySet<string> = new Set(['limitHigh', 'limitLow', 'peak', 'meanKineticTemperature', 'meanKineticTemperatureMax'])
