/** How devices are doing: what the collector knows of each, read by others. */
import type { DeviceHealth } from '@tracegate/model/device-health'

export interface DeviceHealthReader {
  /** By name (`point/device`), ascending; `prefix` is of the name, `cursor` the `next` of the page before. */
  list(query: { readonly prefix?: string; readonly limit: number; readonly cursor?: string }): Promise<{
    readonly items: readonly DeviceHealth[]
    readonly next?: string
  }>
  /** Undefined when nothing of the device came since this run began. */
  get(point: string, device: string): Promise<DeviceHealth | undefined>
}
