/** What each order means at an agent: its own part, a rebirth, or a matter of the source that speaks for the device. */
import type { Command } from '@tracegate/model/command'
import type { Devices } from '../devices.ts'
import type { SourceSet } from '../source-set.ts'
import type { SourceOrder } from '../source/source.ts'
import type { Uplink } from '../uplink/uplink.ts'
import type { OrderResult } from './order-book.ts'

export type ConfigureOrder = Command & { readonly name: 'configure' }

export interface CarryOutOptions {
  readonly devices: Devices
  readonly sources: SourceSet
  readonly uplink: () => Uplink
  /** A person opened the gate of a device. */
  readonly opened: (device: string) => void
  readonly configure: ((device: string, order: ConfigureOrder) => Promise<OrderResult | undefined>) | undefined
}

export function createCarryOut(options: CarryOutOptions) {
  const { devices, sources } = options
  return async (device: string, order: Command, signal: AbortSignal): Promise<OrderResult | undefined> => {
    if (!devices.isKnown(device)) return { status: 'refused', message: `device is "${device}", expected one behind this agent` }
    switch (order.name) {
      case 'rebirth':
        return options.uplink().rebirth(device) ? { status: 'done' } : { status: 'failed', message: `${device} cannot be reached` }
      case 'configure':
        return options.configure === undefined
          ? { status: 'refused', message: 'this agent takes no configuration from afar' }
          : options.configure(device, order)
      case 'rescan':
      case 'holdGate':
      case 'releaseGate':
      case 'setInterval': {
        const source = sources.ownerOf(device)
        if (source?.command === undefined) return { status: 'refused', message: `${device} cannot do ${order.name}` }
        const result = await source.command(sourceOrderOf(device, order), signal)
        if (order.name === 'releaseGate' && result.status === 'done') options.opened(device)
        return result
      }
      default:
        return order satisfies never
    }
  }
}

function sourceOrderOf(device: string, order: Exclude<Command, { readonly name: 'rebirth' | 'configure' }>): SourceOrder {
  switch (order.name) {
    case 'setInterval':
      return { name: order.name, device, ...order.args }
    case 'rescan':
      return { name: order.name, device }
    case 'holdGate':
    case 'releaseGate':
      return { name: order.name, device, ...order.args }
    default:
      return order satisfies never
  }
}
