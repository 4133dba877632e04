/** Readings in JSON of any shape, by the paths of the subscription. Pure: a value in, findings and reasons out. */
import type { Decoded } from '@tracegate/model/codec'
import { compileJsonPath, type JsonPath, type Place } from '../json-path.ts'
import { metricPattern, unitPattern } from '@tracegate/model/names'
import { ucumOf } from '@tracegate/model/unit-names'
import { createFindings, type Findings, type PayloadContext, type PayloadResult, reasonOf } from './finding.ts'
import type { JsonFormat, JsonReading, PayloadTime } from './format-config.ts'
import { numberOf, qualityOf, shown, timeOf } from './values.ts'

export type JsonReader = (payload: unknown, context: PayloadContext) => PayloadResult

interface CompiledTime {
  readonly path: JsonPath
  readonly rule: PayloadTime
}

interface CompiledReading {
  readonly rule: JsonReading
  readonly path: JsonPath
  readonly metricPath: JsonPath | undefined
  readonly unitPath: JsonPath | undefined
  readonly qualityPath: JsonPath | undefined
  readonly time: CompiledTime | undefined
}

export function compileJsonFormat(format: JsonFormat): JsonReader {
  const each = pathOf(format.each)
  const devicePath = pathOf(format.devicePath)
  const time = compileTime(format.time)
  const readings = format.readings.map((rule): CompiledReading => ({
    rule,
    path: compileJsonPath(rule.path),
    metricPath: pathOf(rule.metricPath),
    unitPath: pathOf(rule.unitPath),
    qualityPath: pathOf(rule.quality?.path),
    time: compileTime(rule.time)
  }))
  return (payload, context) => {
    const findings = createFindings()
    const parts = each === undefined ? [{ value: payload, pointer: '', wild: [] }] : each.find(payload)
    for (const part of parts) {
      const device = deviceOf(part, devicePath, context)
      if (device.ok) readPart({ part, device: device.value, readings, time, units: format.units, context, findings })
      else findings.refuse(device.reason)
    }
    if (findings.isEmpty) {
      const expected = format.readings.map((reading) => reading.path).join(', ')
      const place = each === undefined ? 'payload' : `payload below ${each.text}`
      findings.refuse(reasonOf('VALUE_MISSING', '', `${place} has none of the values, expected ${expected.slice(0, 200)}`))
    }
    return findings.result()
  }
}

interface PartContext {
  readonly part: Place
  readonly device: string
  readonly readings: readonly CompiledReading[]
  readonly time: CompiledTime | undefined
  readonly units: JsonFormat['units']
  readonly context: PayloadContext
  readonly findings: Findings
}

function readPart(part: PartContext): void {
  for (const reading of part.readings) {
    // Devices leave out what did not change; a payload with none of the values is another matter.
    for (const place of reading.path.find(part.part.value)) readPlace(part, reading, place)
  }
}

function readPlace({ part, device, time, units, context, findings }: PartContext, reading: CompiledReading, place: Place): void {
  const { rule } = reading
  const pointer = part.pointer + place.pointer
  const at = (path: JsonPath | undefined) => path?.at(part.value, place.wild)
  const value = numberOf(place.value, rule)
  if (value === undefined)
    return findings.refuse(reasonOf('VALUE_NOT_NUMERIC', pointer, `${pointer} is ${shown(place.value)}, expected a number`))
  const metric = rule.metric ?? (reading.metricPath === undefined ? context.metric : at(reading.metricPath))
  if (typeof metric !== 'string' || !metricPattern.test(metric))
    return findings.refuse(
      reasonOf('METRIC_UNKNOWN', pointer, `metric of ${pointer} is ${shown(metric)}, expected ${metricPattern.source}`)
    )
  const unit = unitOf(rule.unit, at(reading.unitPath), units)
  if (unit === undefined)
    return findings.refuse(
      reasonOf(
        'UNIT_UNKNOWN',
        pointer,
        `unit of ${pointer} is ${shown(at(reading.unitPath))}, expected a UCUM code or an entry in \`units\``
      )
    )
  const taken = readTime({ time: reading.time ?? time, place, part: part.value, context })
  if (!taken.ok) return findings.refuse(taken.reason)
  const quality = rule.quality === undefined ? 2 : qualityOf(at(reading.qualityPath), rule.quality)
  const missing = Number.isNaN(value) || quality === 9
  findings.reading({ device, metric, unit, timeMs: taken.value, value: missing ? Number.NaN : value, quality: missing ? 9 : quality })
}

function unitOf(fixed: string | undefined, found: unknown, units: JsonFormat['units']): string | undefined {
  if (typeof found !== 'string') return fixed
  const known = ucumOf(found, units)
  return known !== undefined && unitPattern.test(known) ? known : fixed
}

function deviceOf(part: Place, path: JsonPath | undefined, context: PayloadContext): Decoded<string> {
  const found = path?.at(part.value, [])
  if (typeof found === 'string' || typeof found === 'number') return context.deviceNamed(String(found))
  if (context.device !== undefined) return context.device
  const pointer = path?.text ?? ''
  const message = `device is ${shown(found)}, expected a {device} level in the topic, a fixed device, or a name at devicePath`
  return { ok: false, reason: reasonOf('DEVICE_UNKNOWN', pointer, message) }
}

function readTime(options: {
  readonly time: CompiledTime | undefined
  readonly place: Place
  readonly part: unknown
  readonly context: PayloadContext
}): Decoded<number> {
  const { time, place, part, context } = options
  if (time === undefined) return { ok: true, value: context.receivedAtMs }
  return timeAt(time.path.at(part, place.wild), time.rule)
}

export function timeAt(found: unknown, rule: PayloadTime): Decoded<number> {
  const timeMs = timeOf(found, rule)
  if (timeMs !== undefined) return { ok: true, value: timeMs }
  return { ok: false, reason: reasonOf('TIME_UNREADABLE', rule.path, `${rule.path} is ${shown(found)}, expected ${rule.format}`) }
}

function pathOf(text: string | undefined): JsonPath | undefined {
  return text === undefined ? undefined : compileJsonPath(text)
}

function compileTime(rule: PayloadTime | undefined): CompiledTime | undefined {
  return rule === undefined ? undefined : { rule, path: compileJsonPath(rule.path) }
}
