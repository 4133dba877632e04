/**
 * The gates that are held for refused goods: held at the refusal, released when the last order behind it is lifted. What a gate answers is
 * told; a device without a gate is no fault. A person may open a gate by the order `releaseGate` at any time.
 */
import type { Logger } from '@tracegate/service/log'
import type { SourceOrder, SourceOrderResult } from '../source/source.ts'
import type { EdgeEvents } from '../events.ts'

export interface HeldGate {
  readonly device: string
  readonly orders: readonly string[]
  readonly sinceMs: number
  /** `asked` until the device has answered. */
  readonly state: 'asked' | 'held' | 'noGate' | 'failed'
  readonly message: string
}

export interface Gates extends Disposable {
  readonly held: readonly HeldGate[]
  hold(device: string, orders: readonly string[], reason: string): void
  /** Only these orders stand now. */
  keep(orders: ReadonlySet<string>): void
  /** The same, of a device that a person opened. */
  opened(device: string): void
}

const commandTimeoutMs = 10_000

export function createGates(options: {
  /** Undefined where no source can command the device. */
  readonly command: (order: SourceOrder, signal: AbortSignal) => Promise<SourceOrderResult> | undefined
  readonly events: EdgeEvents
  readonly logger: Logger
  readonly now: () => number
}): Gates {
  const { logger, events } = options
  const held = new Map<string, HeldGate>()
  const ending = new AbortController()

  const send = async (name: 'holdGate' | 'releaseGate', device: string, reason: string): Promise<HeldGate['state']> => {
    let result: SourceOrderResult | undefined
    try {
      result = await options.command({ name, device, reason }, AbortSignal.any([ending.signal, AbortSignal.timeout(commandTimeoutMs)]))
    } catch (error) {
      result = { status: 'failed', message: error instanceof Error ? error.message : String(error) }
    }
    const state = result === undefined || result.status === 'refused' ? 'noGate' : result.status === 'done' ? 'held' : 'failed'
    const entry = held.get(device)
    if (name === 'holdGate' && entry !== undefined) held.set(device, { ...entry, state, message: result?.message ?? '' })
    events.gate(name, state)
    if (state === 'failed') logger.error({ device, name, detail: result?.message }, 'the gate did not follow its order')
    return state
  }

  return {
    get held() {
      return [...held.values()]
    },
    hold(device, orders, reason) {
      const before = held.get(device)
      const entry = { device, orders: [...new Set([...(before?.orders ?? []), ...orders])], sinceMs: before?.sinceMs ?? options.now() }
      held.set(device, { ...entry, state: 'asked', message: '' })
      void send('holdGate', device, reason)
    },
    keep(standing) {
      for (const [device, entry] of held) {
        const orders = entry.orders.filter((order) => standing.has(order))
        if (orders.length > 0) held.set(device, { ...entry, orders })
        else {
          held.delete(device)
          if (entry.state !== 'noGate') void send('releaseGate', device, 'control order lifted')
        }
      }
    },
    opened: (device) => void held.delete(device),
    [Symbol.dispose]: () => ending.abort()
  }
}
