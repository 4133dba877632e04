/** One series over a window, from the store and then live; as a chart, as a table, as CSV. */
import { keepPreviousData, useQuery } from '@tanstack/react-query'
import type { LiveReading } from '@tracegate/model/live'
import { lazy, Suspense, useEffect, useMemo, useState } from 'react'
import { askRange } from '../../data/queries.ts'
import { ProblemNote } from '../../shared/problem-note.tsx'
import { useText } from '../../shared/use-text.ts'
import { formatValue } from '../../text/format.ts'
import { appendReading, breakGaps, columnsOf, emptyColumns, gapOf, joinTail, toCsv, type ChartColumns } from '../chart-data.ts'
import { useLive, useNow } from '../live.tsx'
import type { Limits } from '../reading-state.ts'

const LineChart = lazy(async () => ({ default: (await import('./line-chart.tsx')).LineChart }))
const bucketsMax = 360
const askAgainMs = 60_000
const tableRowsMax = 60

export interface SeriesChartProps {
  readonly series: string
  readonly unit: string
  readonly title: string
  readonly limits: Limits
  /** A fixed window, or the last so many milliseconds, moving with the time. */
  readonly window: { readonly fromMs: number; readonly toMs: number } | { readonly lastMs: number }
  readonly shade?: { readonly fromMs: number; readonly toMs: number }
  readonly height?: number
}

export function SeriesChart(props: SeriesChartProps) {
  const { t } = useText()
  const { columns, fromMs, toMs, error, pending } = useColumns(props)
  const [asTable, setAsTable] = useState(false)
  const height = props.height ?? 220
  const label = useSummary(props, columns)
  return (
    <figure className="series-chart" data-testid={`chart-${props.series}`}>
      <figcaption>
        <span>{props.title}</span>
        <span className="chart-tools">
          <button type="button" className="plain-button" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
            {t(asTable ? 'chart.asChart' : 'chart.asTable')}
          </button>
          <button type="button" className="plain-button" onClick={() => download(props.series, toCsv(columns, props.unit))}>
            CSV
          </button>
        </span>
      </figcaption>
      {error === null ? null : <ProblemNote error={error} />}
      {asTable ? (
        <ColumnsTable columns={columns} unit={props.unit} title={props.title} />
      ) : (
        <Suspense fallback={<div style={{ height }} className="chart-wait" />}>
          <div className="chart-box">
            <LineChart
              columns={columns}
              limits={props.limits}
              fromMs={fromMs}
              toMs={toMs}
              {...(props.shade === undefined ? {} : { shade: props.shade })}
              height={height}
              label={label}
            />
            {columns.timesMs.length === 0 ? <p className="chart-empty">{t(pending ? 'app.loading' : 'chart.none')}</p> : null}
          </div>
        </Suspense>
      )}
    </figure>
  )
}

function useColumns({ series, window }: SeriesChartProps) {
  const nowMs = useNow()
  const moving = 'lastMs' in window
  const toMs = moving ? nowMs : window.toMs
  const fromMs = moving ? nowMs - window.lastMs : window.fromMs
  const answer = useQuery({
    queryKey: ['range', series, moving ? window.lastMs : [window.fromMs, window.toMs]],
    queryFn: ({ signal }) => {
      const endMs = moving ? Date.now() : window.toMs
      return askRange({ series, fromMs: moving ? endMs - window.lastMs : window.fromMs, toMs: endMs, buckets: bucketsMax }, signal)
    },
    refetchInterval: askAgainMs,
    placeholderData: keepPreviousData
  })
  const live = useLive((state) => state.latest.get(series))
  const [tail, setTail] = useState<readonly LiveReading[]>([])
  useEffect(() => setTail((earlier) => appendReading(earlier, live)), [live])
  const columns = useMemo(() => {
    const known = answer.data === undefined ? emptyColumns : columnsOf(answer.data)
    const inWindow = tail.filter((reading) => reading[1] <= toMs)
    const joined = joinTail(known, inWindow, fromMs)
    return breakGaps(joined, Math.max(gapOf(known.timesMs), 15_000))
    // The window moves every second; the columns need to follow the data only.
    // oxlint-disable-next-line react-hooks/exhaustive-deps
  }, [answer.data, tail, moving ? 0 : toMs])
  return { columns, fromMs, toMs, error: answer.error, pending: answer.isPending }
}

/** What a person who does not see the chart should know. */
function useSummary({ title, unit, limits }: SeriesChartProps, columns: ChartColumns): string {
  const { t } = useText()
  const values = columns.means.filter((value) => value !== null)
  const parts = [
    limits.low === undefined ? '' : `${t('chart.low')} ${formatValue(limits.low, unit)}`,
    limits.high === undefined ? '' : `${t('chart.high')} ${formatValue(limits.high, unit)}`
  ].filter((part) => part !== '')
  if (values.length === 0) return `${title}: ${t('chart.none')}`
  const range = t('chart.summary', {
    min: formatValue(Math.min(...values), unit),
    max: formatValue(Math.max(...values), unit),
    last: formatValue(values.at(-1), unit)
  })
  return [`${title}: ${range}`, ...parts].join('; ')
}

function ColumnsTable({ columns, unit, title }: { readonly columns: ChartColumns; readonly unit: string; readonly title: string }) {
  const { t, time } = useText()
  const every = Math.max(1, Math.ceil(columns.timesMs.length / tableRowsMax))
  const rows = columns.timesMs.map((timeMs, index) => ({ timeMs, index })).filter(({ index }) => index % every === 0)
  return (
    <div className="table-scroll chart-table" tabIndex={0} role="region" aria-label={title}>
      <table className="case-table">
        <thead>
          <tr>
            <th scope="col">{t('column.time')}</th>
            <th scope="col">{t('chart.mean')}</th>
            <th scope="col">{t('chart.min')}</th>
            <th scope="col">{t('chart.max')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.toReversed().map(({ timeMs, index }) => (
            <tr key={timeMs}>
              <td className="numeric">{time(timeMs)}</td>
              {[columns.means, columns.lows, columns.highs].map((column, at) => (
                <td key={at} className="numeric">
                  {formatValue(column[index], unit)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  )
}

function download(series: string, csv: string): void {
  const url = URL.createObjectURL(new Blob([csv], { type: 'text/csv' }))
  const link = document.createElement('a')
  link.href = url
  link.download = `${series.replaceAll('/', '_')}.csv`
  link.click()
  URL.revokeObjectURL(url)
}
