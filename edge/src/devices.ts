/** The devices behind the agent: what is known of each, and whether it is reached. Tells the uplink of births and deaths; reads nothing. */
import { controlRevisionMetric } from '@tracegate/model/control'
import type { EdgeDevice } from './config.ts'
import { refusedScansMetric } from './holds/holds.ts'
import type { DeclaredDevice } from './source/source.ts'
import type { Uplink } from './uplink/uplink.ts'

export interface DeviceState {
  readonly device: EdgeDevice
  /** Undefined: its source has not said yet. */
  readonly online: boolean | undefined
  readonly reason: string
}

export interface Devices {
  /** Other devices are configured from now on; `sourced` are those that a source speaks for. */
  configure(devices: readonly EdgeDevice[], sourced: ReadonlySet<string>): void
  /** A device that the configuration does not name, from outside. */
  announce(device: EdgeDevice): void
  onDevice(id: string, online: boolean, reason: string, declared?: DeclaredDevice): void
  /** Nobody speaks for these any more. */
  released(ids: ReadonlySet<string>, reason: string): void
  /** Tells a new uplink all of it. */
  tell(uplink: Uplink): void
  isKnown(id: string): boolean
  list(): DeviceState[]
}

export function createDevices(options: { readonly agent: string; readonly uplink: () => Uplink }): Devices {
  let configured = new Map<string, EdgeDevice>()
  const others = new Map<string, EdgeDevice>()
  const states = new Map<string, { readonly online: boolean; readonly reason: string }>()
  const deviceOf = (id: string) => configured.get(id) ?? others.get(id) ?? unknownDevice(id)

  const set = (id: string, online: boolean, reason: string) => {
    states.set(id, { online, reason })
    if (online) options.uplink().announce(deviceOf(id))
    else options.uplink().withdraw(deviceOf(id), reason)
  }

  return {
    configure(devices, sourced) {
      const before = configured
      configured = new Map([agentDevice(options.agent), ...devices].map((device) => [device.id, device]))
      for (const [id, device] of before) {
        if (configured.has(id) || !states.has(id)) continue
        options.uplink().withdraw(device, 'removed from the configuration')
        states.delete(id)
      }
      for (const [id, device] of configured) {
        const online = states.get(id)?.online
        const changed = JSON.stringify(before.get(id)) !== JSON.stringify(device)
        // A device behind a source is born when its source reaches it.
        if (online === undefined ? !sourced.has(id) : online && changed) set(id, true, '')
      }
    },
    announce(device) {
      others.set(device.id, device)
      set(device.id, true, '')
    },
    onDevice(id, online, reason, declared) {
      if (declared !== undefined) others.set(id, { ...unknownDevice(id), ...declared })
      set(id, online, reason)
    },
    released(ids, reason) {
      for (const id of ids) if (states.get(id)?.online === true) set(id, false, reason)
    },
    tell(uplink) {
      for (const [id, { online, reason }] of states) {
        if (online) uplink.announce(deviceOf(id))
        else uplink.withdraw(deviceOf(id), reason)
      }
    },
    isKnown: (id) => configured.has(id) || states.has(id),
    list() {
      const ids = new Set([...configured.keys(), ...states.keys()])
      return [...ids].map((id) => ({ device: deviceOf(id), online: states.get(id)?.online, reason: states.get(id)?.reason ?? '' }))
    }
  }
}

/** What the agent tells of itself. */
const ownMetrics = [controlRevisionMetric, refusedScansMetric].map((metric) => ({ metric, unit: '1' }))

function agentDevice(id: string): EdgeDevice {
  return { id, kind: 'edge', name: { zh: '边缘代理', en: 'Edge agent' }, metrics: ownMetrics }
}

function unknownDevice(id: string): EdgeDevice {
  return { id, kind: 'probe', name: { zh: id, en: id }, metrics: [] }
}
