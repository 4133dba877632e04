/** The names of series by their parts: putting a name together for each reading costs more than judging it. Bounded; forgets all at once. */
import { seriesKeyOf } from '@tracegate/model/telemetry'

const namesMax = 100_000

let names = new Map<string, Map<string, Map<string, string>>>()
let count = 0

export function nameOfSeries(reading: { readonly point: string; readonly device: string; readonly metric: string }): string {
  return names.get(reading.point)?.get(reading.device)?.get(reading.metric) ?? remember(reading)
}

function remember(reading: { readonly point: string; readonly device: string; readonly metric: string }): string {
  const { point, device, metric } = reading
  if (count >= namesMax) {
    names = new Map()
    count = 0
  }
  count += 1
  const name = seriesKeyOf(reading)
  const devices = names.get(point) ?? new Map<string, Map<string, string>>()
  const metrics = devices.get(device) ?? new Map<string, string>()
  names.set(point, devices.set(device, metrics.set(metric, name)))
  return name
}
