/** Draws columns with uPlot: the mean as a line, low to high as a band, limits as dashed lines, an excursion as shade. Loaded when first needed. */
import { useEffect, useMemo, useRef } from 'react'
import uPlot from 'uplot'
import 'uplot/dist/uPlot.min.css'
import { useDark } from '../../shared/browser.ts'
import { useText } from '../../shared/use-text.ts'
import { formatClock, formatNumber, formatShortTime, type Zone } from '../../text/format.ts'
import { valueRange, type ChartColumns } from '../chart-data.ts'
import type { Limits } from '../reading-state.ts'

export interface LineChartProps {
  readonly columns: ChartColumns
  readonly limits: Limits
  /** The window shown. */
  readonly fromMs: number
  readonly toMs: number
  readonly shade?: { readonly fromMs: number; readonly toMs: number }
  readonly height: number
  readonly label: string
}

interface Colours {
  readonly line: string
  readonly band: string
  readonly limit: string
  readonly shade: string
  readonly grid: string
  readonly text: string
  readonly panel: string
}

export function LineChart(props: LineChartProps) {
  const host = useRef<HTMLDivElement>(null)
  const plot = useRef<uPlot>(undefined)
  const shown = useRef(props)
  shown.current = props
  const dark = useDark()
  const { zone, t } = useText()
  const words = useMemo(() => ({ low: t('chart.low'), high: t('chart.high') }), [t])
  useEffect(() => {
    const element = host.current
    if (element === null) return undefined
    const made = new uPlot(optionsOf({ element, shown, zone, words }), dataOf(shown.current), element)
    plot.current = made
    const observer = new ResizeObserver(() => made.setSize({ width: element.clientWidth, height: shown.current.height }))
    observer.observe(element)
    return () => {
      observer.disconnect()
      made.destroy()
      plot.current = undefined
    }
  }, [zone, dark, words])
  useEffect(() => {
    plot.current?.setData(dataOf(props))
  }, [props])
  return <div ref={host} className="chart" role="img" aria-label={props.label} style={{ height: props.height }} />
}

function dataOf({ columns }: LineChartProps): uPlot.AlignedData {
  return [columns.timesMs.map((timeMs) => timeMs / 1_000), [...columns.highs], [...columns.lows], [...columns.means]]
}

function optionsOf(from: {
  readonly element: HTMLElement
  readonly shown: { readonly current: LineChartProps }
  readonly zone: Zone
  readonly words: { readonly low: string; readonly high: string }
}): uPlot.Options {
  const { element, shown, zone } = from
  const colours = coloursOf(element)
  const axis = {
    stroke: colours.text,
    grid: { stroke: colours.grid, width: 1 },
    ticks: { stroke: colours.grid, width: 1 },
    font: '12px system-ui, sans-serif'
  }
  return {
    width: element.clientWidth,
    height: shown.current.height,
    legend: { show: false },
    cursor: { y: false, drag: { setScale: false, x: false, y: false } },
    scales: {
      x: { time: true, range: () => [shown.current.fromMs / 1_000, shown.current.toMs / 1_000] },
      y: { range: () => [...valueRange(shown.current.columns, marksOf(shown.current.limits))] }
    },
    axes: [
      {
        ...axis,
        values: (plot, splits) => {
          const spanS = (plot.scales['x']?.max ?? 0) - (plot.scales['x']?.min ?? 0)
          return splits.map((second) => axisTime(second * 1_000, spanS, zone))
        },
        space: 64,
        size: 30
      },
      {
        ...axis,
        values: (_plot, splits, _axis, _space, increment) => splits.map((value) => value.toFixed(decimalsOf(increment)).replace('-', '−')),
        size: 50,
        space: 26
      }
    ],
    series: [
      {},
      { stroke: 'transparent', points: { show: false } },
      { stroke: 'transparent', points: { show: false } },
      { stroke: colours.line, width: 1.6, points: { show: false } }
    ],
    bands: [{ series: [1, 2], fill: colours.band }],
    hooks: {
      drawClear: [(plot) => drawShade(plot, shown.current.shade, colours)],
      draw: [(plot) => drawLimits(plot, { limits: shown.current.limits, colours, words: from.words })]
    }
  }
}

/** As many decimals as the steps of an axis need. */
function decimalsOf(increment: number): number {
  if (Number.isInteger(increment)) return 0
  return Math.abs(increment * 10 - Math.round(increment * 10)) < 1e-6 ? 1 : 2
}

function axisTime(timeMs: number, spanS: number, zone: Zone): string {
  if (spanS > 86_400) return formatShortTime(timeMs, zone)
  const clock = formatClock(timeMs, zone)
  return spanS < 600 ? clock : clock.slice(0, 5)
}

function drawShade(plot: uPlot, shade: LineChartProps['shade'], colours: Colours): void {
  if (shade === undefined) return
  const { ctx, bbox } = plot
  const left = Math.max(bbox.left, plot.valToPos(shade.fromMs / 1_000, 'x', true))
  const right = Math.min(bbox.left + bbox.width, plot.valToPos(shade.toMs / 1_000, 'x', true))
  if (right <= left) return
  ctx.save()
  ctx.fillStyle = colours.shade
  ctx.fillRect(left, bbox.top, right - left, bbox.height)
  ctx.restore()
}

function drawLimits(
  plot: uPlot,
  options: { readonly limits: Limits; readonly colours: Colours; readonly words: { low: string; high: string } }
): void {
  const { ctx, bbox } = plot
  const { limits, colours, words } = options
  ctx.save()
  ctx.strokeStyle = colours.limit
  ctx.fillStyle = colours.limit
  ctx.textAlign = 'right'
  ctx.textBaseline = 'bottom'
  ctx.lineWidth = 1.4 * devicePixelRatio
  ctx.font = `${11 * devicePixelRatio}px system-ui, sans-serif`
  for (const [name, value] of [
    [words.low, limits.low],
    [words.high, limits.high]
  ] as const) {
    if (value === undefined) continue
    const y = plot.valToPos(value, 'y', true)
    ctx.setLineDash([6 * devicePixelRatio, 4 * devicePixelRatio])
    ctx.beginPath()
    ctx.moveTo(bbox.left, y)
    ctx.lineTo(bbox.left + bbox.width, y)
    ctx.stroke()
    const label = [`${name} ${formatNumber(value)}`, bbox.left + bbox.width - 6 * devicePixelRatio, y - 4 * devicePixelRatio] as const
    // A rim of the panel's colour keeps the words readable where the line runs through them.
    ctx.setLineDash([])
    ctx.save()
    ctx.strokeStyle = colours.panel
    ctx.lineWidth = 4 * devicePixelRatio
    ctx.lineJoin = 'round'
    ctx.strokeText(...label)
    ctx.restore()
    ctx.fillText(...label)
  }
  ctx.restore()
}

function marksOf(limits: Limits): number[] {
  return [limits.low, limits.high].filter((mark) => mark !== undefined)
}

function coloursOf(element: HTMLElement): Colours {
  const style = getComputedStyle(element)
  const read = (name: string) => style.getPropertyValue(name).trim()
  return {
    line: read('--chart-line'),
    band: read('--chart-band'),
    limit: read('--chart-limit'),
    shade: read('--chart-shade'),
    grid: read('--chart-grid'),
    text: read('--quiet'),
    panel: read('--panel')
  }
}
