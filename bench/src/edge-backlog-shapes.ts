/** The monitoring points of the backlog benchmark: 200 series at 1 Hz, as one device, as twenty and as two hundred. */
import type { SourceReading } from '@tracegate/edge/intake'

export interface Shape {
  readonly devices: number
  readonly metrics: number
}

export const shapes: Readonly<Record<string, Shape>> = {
  '1x200': { devices: 1, metrics: 200 },
  '20x10': { devices: 20, metrics: 10 },
  '200x1': { devices: 200, metrics: 1 }
}

export const daySeconds = 86_400
const startMs = Date.UTC(2026, 10, 22)
const quantities = [
  { name: 'temperature', unit: 'Cel', at: 4, step: 0.04 },
  { name: 'humidity', unit: '%', at: 62, step: 0.2 },
  { name: 'doorAngle', unit: 'deg', at: 0, step: 0 },
  { name: 'power', unit: 'kW', at: 11, step: 0.5 },
  { name: 'pressure', unit: 'bar', at: 3.2, step: 0.01 }
] as const

/** Each series a walk in hundredths with jittered times; the same for the same calls. */
export function createPoint(shape: Shape): (second: number) => SourceReading[] {
  let seed = 1
  const random = () => {
    // xorshift32: quick, and the same on every machine.
    seed ^= seed << 13
    seed ^= seed >>> 17
    seed ^= seed << 5
    return (seed >>> 0) / 2 ** 32
  }
  const series = Array.from({ length: shape.devices * shape.metrics }, (_, index) => {
    const quantity = quantities[index % quantities.length] ?? quantities[0]
    const metric = shape.metrics === 1 ? quantity.name : `chamber${index % shape.metrics}.${quantity.name}`
    return { device: `probe-${Math.floor(index / shape.metrics)}`, metric, unit: quantity.unit, step: quantity.step, value: quantity.at }
  })
  return (second) =>
    series.map((one) => {
      one.value += (random() - 0.5) * 2 * one.step
      const timeMs = startMs + second * 1_000 + Math.floor(random() * 8)
      return { device: one.device, metric: one.metric, unit: one.unit, timeMs, value: Math.round(one.value * 100) / 100, quality: 2 }
    })
}
