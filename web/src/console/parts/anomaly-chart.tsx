/** The series an anomaly speaks of, with its limits and the time of the anomaly shaded. */
import type { Anomaly } from '@tracegate/model/anomaly'
import { useText } from '../../shared/use-text.ts'
import { excursionOf, seriesOf } from '../excursion.ts'
import { limitsOf } from '../reading-state.ts'
import { useNames } from '../use-names.ts'
import { SeriesChart } from './series-chart.tsx'

export function AnomalyChart({ anomaly }: { readonly anomaly: Anomaly }) {
  const { code, language } = useText()
  const names = useNames()
  const series = seriesOf(anomaly)
  if (series === undefined) return null
  const place = anomaly.place === undefined ? undefined : names.place(anomaly.place)
  const watch = place?.watches.find((entry) => `${place.point}/${entry.device}/${entry.metric}` === series)
  const witness = anomaly.witnesses.find((entry) => entry.type === 'reading')
  const profile =
    place?.profile === undefined || (watch !== undefined && watch.quantity !== 'temperature') ? undefined : names.profile(place.profile)
  const view = excursionOf(anomaly)
  const title = [
    place === undefined ? series : names.of(place.key, language),
    watch === undefined ? (anomaly.metric ?? '') : code('quantity', watch.quantity)
  ]
  return (
    <SeriesChart
      series={series}
      unit={watch?.unit ?? witness?.unit ?? '1'}
      title={title.join(' · ')}
      limits={limitsOf(profile)}
      window={{ fromMs: view.fromMs, toMs: view.toMs }}
      shade={view.shade}
      height={260}
    />
  )
}
