/** Metrics of Sparkplug as readings, and a birth as the declaration of a device. Pure. */
import type { QualityFlag } from '../../quality.ts'
import type { MetricDeclaration } from '../../state.ts'
import type { ResolvedMetric } from '../edge-node-types.ts'
import { rawValue } from '../payload.ts'
import { typeNamed } from '../datatypes.ts'
import type { HostDevice, HostReading } from './host-types.ts'
import { isListed, metricNameOf, unitOf } from './naming.ts'
import { type HostNaming, ignoredByDefault } from './host-config.ts'

const timeMsMax = 253_402_300_799_999
const metricsPerBirthMax = 1_000
const textMax = 128

export interface Taken {
  readonly readings: readonly HostReading[]
  /** Names of metrics that hold no number; not an error, but not taken. */
  readonly passedOver: readonly string[]
  /** Names that became the same as another one's. */
  readonly taken: readonly string[]
}

interface Numbered {
  readonly suffix: string
  readonly value: number
}

/** `blocked` are the names whose place another metric took in the birth. */
export function readingsOfMetrics(
  device: string,
  metrics: readonly ResolvedMetric[],
  { config, blocked = new Set() }: { readonly config: HostNaming; readonly blocked?: ReadonlySet<string> }
): Taken {
  const readings: HostReading[] = []
  const passedOver: string[] = []
  const taken: string[] = []
  const names = new Map<string, string>()
  for (const metric of metrics) {
    if (blocked.has(metric.name) || isListed(metric.name, config.ignore ?? ignoredByDefault)) continue
    const numbers = numbersOf(metric, config.arrayItemsMax ?? 64)
    if (numbers === undefined) {
      passedOver.push(metric.name)
      continue
    }
    const rule = ruleOf(device, metric.name, config)
    const name = rule?.metric ?? metricNameOf(metric.name)
    if ((names.get(name) ?? metric.name) !== metric.name) {
      taken.push(metric.name)
      continue
    }
    names.set(name, metric.name)
    const unit = rule?.unit ?? unitOf(textProperty(metric, 'engUnit'), config.units ?? {})
    const quality = qualityOf(metric)
    const timeMs = Math.min(Math.max(0, metric.timeMs), timeMsMax)
    for (const { suffix, value } of numbers) {
      const missing = Number.isNaN(value) || quality === 9
      const scaled = missing ? Number.NaN : value * (rule?.scale ?? 1) + (rule?.offset ?? 0)
      readings.push({ device, metric: `${name}${suffix}`.slice(0, 64), unit, timeMs, value: scaled, quality: missing ? 9 : quality })
    }
  }
  return { readings, passedOver, taken }
}

export function declarationOfBirth(device: string, metrics: readonly ResolvedMetric[], config: HostNaming): HostDevice {
  const declared = new Map<string, MetricDeclaration>()
  for (const metric of metrics) {
    for (const { metric: name, unit } of readingsOfMetrics(device, [metric], { config }).readings) {
      if (declared.size >= metricsPerBirthMax || declared.has(name)) continue
      const low = numberProperty(metric, 'engLow')
      const high = numberProperty(metric, 'engHigh')
      const description = textProperty(metric, 'documentation') ?? (name === metric.name ? undefined : metric.name)
      declared.set(name, {
        metric: name,
        unit,
        ...(description === undefined ? {} : { description: description.slice(0, 256) }),
        ...(low !== undefined && high !== undefined && low < high ? { min: low, max: high } : {})
      })
    }
  }
  return { kind: 'probe', metrics: [...declared.values()], ...identityOf(device, metrics) }
}

/** The names that the specification recommends (chapter 6.4.20) and its reference implementation uses. */
function identityOf(device: string, metrics: readonly ResolvedMetric[]): Pick<HostDevice, 'identity'> {
  const text = (...names: string[]) => {
    const found = metrics.find(({ name, value }) => names.includes(name) && typeof value === 'string' && value !== '')?.value
    return typeof found === 'string' ? found.slice(0, textMax) : undefined
  }
  const manufacturer = text('Properties/Hardware Make', 'Properties/Manufacturer')
  const model = text('Properties/Hardware Model', 'Properties/Model')
  if (manufacturer === undefined && model === undefined) return {}
  return {
    identity: {
      manufacturer: manufacturer ?? 'unknown',
      model: model ?? 'unknown',
      serialNumber: text('Properties/Serial Number') ?? device,
      firmware: text('Properties/FW', 'Properties/Firmware', 'Properties/OS Version') ?? 'unknown'
    }
  }
}

/** Undefined for what holds no number. An array gives one reading an element. */
function numbersOf(metric: ResolvedMetric, itemsMax: number): Numbered[] | undefined {
  const { value, type } = metric
  if (value === null) return isNumeric(type) ? [{ suffix: '', value: Number.NaN }] : undefined
  if (typeof value === 'number' || typeof value === 'bigint' || typeof value === 'boolean') return [{ suffix: '', value: Number(value) }]
  if (!Array.isArray(value) || type === 'StringArray') return undefined
  return value.slice(0, itemsMax).map((item, index) => ({ suffix: `.${index}`, value: Number(item) }))
}

function isNumeric(type: ResolvedMetric['type']): boolean {
  return /^(U?Int|Float|Double|Boolean|DateTime)(8|16|32|64)?$/.test(type)
}

function ruleOf(device: string, name: string, { metrics = {} }: HostNaming) {
  const own = `${device}:${name}`
  if (Object.hasOwn(metrics, own)) return metrics[own]
  return Object.hasOwn(metrics, name) ? metrics[name] : undefined
}

/** `Quality`: 192 good, 500 stale, 0 bad (chapter 6.4.15), and the codes of OPC DA between them. */
function qualityOf(metric: ResolvedMetric): QualityFlag {
  const quality = numberProperty(metric, 'Quality') ?? numberProperty(metric, 'quality')
  if (quality === undefined) return 2
  if (quality === 500) return 3
  if (quality >= 192) return 2
  return quality >= 64 ? 3 : 9
}

function propertyOf(metric: ResolvedMetric, key: string): unknown {
  const property = metric.properties.get(key)
  const type = property === undefined ? undefined : typeNamed(property.type)
  if (property?.value === undefined || property.isNull || type === undefined) return undefined
  const value = rawValue(property.value, type)
  return value.ok ? value.value : undefined
}

function textProperty(metric: ResolvedMetric, key: string): string | undefined {
  const value = propertyOf(metric, key)
  return typeof value === 'string' && value !== '' ? value : undefined
}

function numberProperty(metric: ResolvedMetric, key: string): number | undefined {
  const value = propertyOf(metric, key)
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined
}
