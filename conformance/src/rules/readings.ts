/** TG-6xx: units, values, quality, interval and range of readings. Pure. */
import { droppedReadingsMetric, type WireReading } from '@tracegate/model/telemetry'
import type { Sequenced, View } from '../view.ts'
import { type Fault, faultOf, gapsOf, judged, nameOf, type Rule, secondsOf } from './finding.ts'
import { memberFaults } from './messages.ts'
import { birthFor, birthsOf, firstSends } from './streams.ts'

const noReadings = 'no reading came'

interface Taken {
  readonly message: Sequenced
  readonly reading: WireReading
  readonly timeMs: number
}

function readingsIn(view: View, messages: readonly Sequenced[] = view.sequenced): Taken[] {
  return messages.flatMap((message) => {
    const read = message.message
    if (read?.type !== 'telemetry') return []
    return read.value.readings
      .filter(({ metric }) => metric !== droppedReadingsMetric)
      .map((reading) => ({ message, reading, timeMs: reading.timeMs ?? read.value.timeMs }))
  })
}

/** What is written often and is no UCUM code, with the code that is meant. */
const noUnits: Readonly<Record<string, string>> = {
  degC: 'Cel',
  celsius: 'Cel',
  Celsius: 'Cel',
  deg_C: 'Cel',
  degF: '[degF]',
  fahrenheit: '[degF]',
  percent: '%',
  pct: '%',
  RH: '%',
  '%RH': '%',
  kWh: 'kW.h',
  Wh: 'W.h',
  lux: 'lx',
  ppm: '[ppm]',
  ppb: '[ppb]',
  sec: 's',
  hr: 'h',
  rpm: '/min',
  none: '1',
  bool: '1',
  count: '1'
}

const unit: Rule = (view) => {
  const faults = memberFaults(view, 'TG-601')
  const units = new Map<string, string>()
  const told = new Set<string>()
  const all = readingsIn(view)
  for (const { message, reading } of all) {
    const key = `${message.boot.replace(/-a$/, '')}/${reading.metric}`
    const first = units.get(key)
    units.set(key, first ?? reading.unit)
    const meant = noUnits[reading.unit]
    if (told.has(key)) continue
    if (first !== undefined && first !== reading.unit)
      faults.push(
        faultOf(message, {
          seen: `"${reading.metric}" in "${reading.unit}", before in "${first}"`,
          expected: 'one unit as long as the device runs'
        })
      )
    else if (meant !== undefined)
      faults.push(faultOf(message, { seen: `unit "${reading.unit}" of "${reading.metric}"`, expected: `the UCUM code "${meant}"` }))
    else continue
    told.add(key)
  }
  return judged(faults, { at: all.length, what: 'readings', without: noReadings })
}

const missing: Rule = (view) => {
  const all = readingsIn(view)
  const faults = all
    .filter(({ reading }) => (reading.value === null) !== (reading.quality === 9))
    .map(({ message, reading }) =>
      faultOf(message, {
        seen: `${nameOf(message)}: value ${reading.value} of "${reading.metric}" with quality ${reading.quality}`,
        expected: 'null exactly with quality 9'
      })
    )
  return judged([...memberFaults(view, 'TG-602'), ...faults], { at: all.length, what: 'readings', without: noReadings })
}

const quality: Rule = (view) => judged(memberFaults(view, 'TG-603'), { at: readingsIn(view).length, what: 'readings', without: noReadings })

const intervalsMin = 5
/** One in ten may be off: a reading at a rebirth, a busy bus. */
const offShareMax = 0.1

const interval: Rule = (view) => {
  const births = birthsOf(view)
  const faults: Fault[] = []
  let at = 0
  const series = new Map<string, Taken[]>()
  const moved = view.hooks[0]?.line ?? view.observations.length
  for (const taken of readingsIn(view, firstSends(view))) {
    if (taken.message.line > moved) break
    const key = `${taken.message.boot}/${taken.reading.metric}`
    const known = series.get(key)
    if (known === undefined) series.set(key, [taken])
    else known.push(taken)
  }
  for (const taken of series.values()) {
    const [first] = taken
    if (first === undefined) continue
    const declared = birthFor(births, first.message)?.metrics.find(({ metric }) => metric === first.reading.metric)?.intervalMs
    const times = taken.map(({ timeMs }) => timeMs).sort((a, b) => a - b)
    const gaps = gapsOf(times)
    if (declared === undefined || gaps.length < intervalsMin) continue
    at += 1
    const off = gaps.filter((gap) => Math.abs(gap - declared) > declared / 2)
    if (off.length > gaps.length * offShareMax)
      faults.push(
        faultOf(first.message, {
          seen: `${off.length} of ${gaps.length} intervals of "${first.reading.metric}" off, such as ${secondsOf(off[0] ?? 0)}`,
          expected: `${secondsOf(declared)} within half of it`
        })
      )
  }
  return judged(faults, { at, what: 'metrics', without: 'no birth declares an interval of a metric that came often enough' })
}

const range: Rule = (view) => {
  const births = birthsOf(view)
  const faults: Fault[] = []
  let at = 0
  for (const { message, reading } of readingsIn(view)) {
    const declared = birthFor(births, message)?.metrics.find(({ metric }) => metric === reading.metric)
    if (declared === undefined || (declared.min === undefined && declared.max === undefined) || typeof reading.value !== 'number') continue
    at += 1
    const { min = -Infinity, max = Infinity } = declared
    const inside = reading.value >= min && reading.value <= max
    if (inside || reading.quality === 3 || reading.quality === 4) continue
    faults.push(
      faultOf(message, {
        seen: `${reading.value} of "${reading.metric}" with quality ${reading.quality}`,
        expected: `${min} to ${max}, or quality 3, 4 or 9`
      })
    )
  }
  return judged(faults, { at, what: 'readings', without: 'no birth declares a range of a metric that came' })
}

export const readingRules: Readonly<Record<string, Rule>> = {
  'TG-601': unit,
  'TG-602': missing,
  'TG-603': quality,
  'TG-604': interval,
  'TG-605': range
}
