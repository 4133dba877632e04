/** One place of a point: its temperature with limits and trend, and the other quantities that are watched there. */
import type { Place, ProductProfile } from '@tracegate/model/registers'
import { useText } from '../../shared/use-text.ts'
import { formatValue } from '../../text/format.ts'
import type { ReadingState, WatchView } from '../reading-state.ts'
import { LimitBar } from './limit-bar.tsx'
import { SeriesChart } from './series-chart.tsx'

export function PlacePanel(props: {
  readonly place: Place
  readonly profile?: ProductProfile
  readonly watches: readonly WatchView[]
  readonly windowMs: number
  readonly nowMs: number
}) {
  const { pick, t, code } = useText()
  const { place, profile, watches } = props
  const main = watches.find((view) => view.watch.quantity === 'temperature') ?? watches[0]
  return (
    <section className={`panel place place-${worstOf(watches)}`} aria-label={pick(place.name)} data-testid={`place-${place.key}`}>
      <header>
        <h2>{pick(place.name)}</h2>
        <span className="quiet">
          {code('placeKind', place.kind)}
          {profile === undefined ? '' : ` · ${pick(profile.name)}`}
        </span>
      </header>
      {main === undefined ? (
        <p className="empty">{t('point.noWatch')}</p>
      ) : (
        <>
          <ul className="watches">
            {watches.map((view) => (
              <WatchRow key={view.series} view={view} nowMs={props.nowMs} sensor={sensorOf(view, watches)} />
            ))}
          </ul>
          <SeriesChart
            series={main.series}
            unit={main.watch.unit}
            title={[code('quantity', main.watch.quantity), sensorOf(main, watches)].join(' ').trim()}
            limits={main.limits}
            window={{ lastMs: props.windowMs }}
            height={180}
          />
        </>
      )}
    </section>
  )
}

/** What tells a sensor from another of the place that measures the same: its number, or the name of its metric. */
function sensorOf(view: WatchView, watches: readonly WatchView[]): string {
  if (!watches.some((other) => other !== view && other.watch.quantity === view.watch.quantity)) return ''
  const name = view.watch.metric.split('.').at(-1) ?? view.watch.metric
  return /\d+$/.exec(name)?.[0] ?? name
}

function WatchRow({ view, nowMs, sensor }: { readonly view: WatchView; readonly nowMs: number; readonly sensor: string }) {
  const { t, code, since, duration } = useText()
  const limited = view.limits.low !== undefined || view.limits.high !== undefined
  const stateText = () => {
    if (view.timeMs !== undefined && view.state === 'stale')
      return t('reading.since', { time: since(view.timeMs, nowMs), span: duration(nowMs - view.timeMs) })
    if (view.timeMs !== undefined && view.state === 'held') return t('reading.held', { span: duration(nowMs - view.timeMs) })
    return view.state === 'inside' && !limited ? '' : t(`reading.${view.state}`)
  }
  const old = view.state === 'stale' || view.state === 'none'
  return (
    <li className={`watch watch-${view.state}${old ? ' hatched' : ''}`} data-testid={`watch-${view.series}`} data-state={view.state}>
      <span className="watch-name">
        {code('quantity', view.watch.quantity)} {sensor}
      </span>
      <span className="watch-value">
        {old ? '–' : switchText(view) === undefined ? formatValue(view.value, view.watch.unit) : t(switchText(view) ?? 'switch.on')}
      </span>
      {limited ? <LimitBar value={view.value} limits={view.limits} state={view.state} /> : <span />}
      <span className="watch-state">{stateText()}</span>
    </li>
  )
}

/** Doors and compressors are said in words. */
function switchText({ watch, value }: WatchView): 'switch.open' | 'switch.closed' | 'switch.on' | 'switch.off' | undefined {
  if (value === null || watch.unit !== '1') return undefined
  if (watch.quantity === 'door') return value > 0 ? 'switch.open' : 'switch.closed'
  if (watch.quantity === 'compressor' || watch.quantity === 'power') return value > 0 ? 'switch.on' : 'switch.off'
  return undefined
}

const rank: readonly ReadingState[] = ['above', 'below', 'suspect', 'missing', 'stale', 'none', 'held', 'inside']

function worstOf(watches: readonly WatchView[]): ReadingState {
  return rank.find((state) => watches.some((view) => view.state === state)) ?? 'none'
}
