/** The register of devices as their own state messages tell it: births, deaths, last signs of life. */
import { compileValidator } from '@tracegate/model/codec'
import { Device } from '@tracegate/model/registers'
import type { State } from '@tracegate/model/state'
import type { Bus } from '@tracegate/service/bus'
import type { CaseStore } from '@tracegate/store/case-store'
import { isStoreError } from '@tracegate/store/errors'

interface StateReport {
  readonly point: string
  readonly device: string
  readonly state: State
  readonly receivedAtMs: number
}

export interface DeviceRegister {
  /** Reads the register; devices are offline until they say that they are there. */
  load(): Promise<void>
  apply(report: StateReport): Promise<void>
  /** Any message is a sign of life; kept now and then only. `name`: `point/device`. */
  seen(name: string, atMs: number): void
  /** Keeps the signs of life that are due. */
  flush(): Promise<void>
}

export interface DeviceRegisterOptions {
  readonly cases: CaseStore
  readonly bus: Bus
}

const device = compileValidator(Device)
const attemptsMax = 3
const seenTogetherMax = 500

export function createDeviceRegister(options: DeviceRegisterOptions): DeviceRegister {
  const { cases, bus } = options
  /** Last signs of life that the register does not have yet. */
  let seen = new Map<string, number>()

  async function update(id: string, change: (known: Device | undefined) => Device | undefined): Promise<Device | undefined> {
    for (let attempt = 1; ; attempt += 1) {
      const row = await cases.get('devices', id)
      const checked = row === undefined ? undefined : device.check(row.document)
      const changed = change(checked?.ok === true ? checked.value : undefined)
      if (changed === undefined) return undefined
      try {
        await cases.put('devices', id, changed, row?.version ?? 0)
        return changed
      } catch (error) {
        if (!isStoreError(error, 'STORE_CONFLICT') || attempt >= attemptsMax) throw error
      }
    }
  }

  return {
    async load() {
      for (const row of await cases.list('devices')) {
        const checked = device.check(row.document)
        if (checked.ok && checked.value.online)
          await update(row.id, (known) => (known === undefined ? undefined : { ...known, online: false }))
      }
    },
    async apply(report) {
      const id = `${report.point}/${report.device}`
      seen.delete(id)
      const changed = await update(id, (known) => afterReport(known, report))
      if (changed !== undefined) bus.publish('device', { device: changed })
    },
    seen: (name, atMs) => void seen.set(name, atMs),
    async flush() {
      const due = [...seen].slice(0, seenTogetherMax)
      for (const [id] of due) seen.delete(id)
      await Promise.all(
        due.map(([id, atMs]) =>
          update(id, (known) => (known === undefined || (known.lastSeenMs ?? 0) >= atMs ? undefined : { ...known, lastSeenMs: atMs }))
        )
      )
    }
  }
}

/** Undefined when nothing changes: the last will of an earlier boot says nothing of this one. */
function afterReport(known: Device | undefined, { point, device, state, receivedAtMs }: StateReport): Device | undefined {
  const base: Device = known ?? {
    point,
    id: device,
    kind: state.online && state.capabilities.includes('scan') ? 'opticalReader' : 'probe',
    name: { zh: device, en: device },
    online: false,
    metrics: []
  }
  const lastSeenMs = Math.max(known?.lastSeenMs ?? 0, receivedAtMs)
  if (state.online) return { ...base, online: true, boot: state.boot, lastSeenMs, identity: state.identity, metrics: state.metrics }
  if (known?.boot !== undefined && known.boot !== state.boot) return undefined
  return { ...base, online: false, boot: state.boot, lastSeenMs }
}
