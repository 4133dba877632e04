/** What a step of the run has at hand: the broker, what is known of the device, and bounded waits in time of the contract. */
import { setTimeout as sleep } from 'node:timers/promises'
import { withLimit } from '@tracegate/service/lifecycle'
import type { Endpoint } from './endpoint.ts'
import type { Live } from './live.ts'
import type { HookName, Observation, Scene } from './observation.ts'
import { leastAnswerMs, leastWatchMs, scaledLimit } from './time-scale.ts'
import { patienceMsOf } from './rules/connection.ts'

/** What only the maker can do to the device; each rejects when it fails. */
export interface DeviceHooks {
  readonly restart?: () => Promise<void>
  /** Moves the clock of the device by so many seconds. */
  readonly clock?: (seconds: number) => Promise<void>
  /** Puts a label or a tag in front of the reader. */
  readonly scan?: () => Promise<void>
}

export interface StageOptions {
  readonly scene: Scene
  readonly endpoint: Endpoint
  readonly live: Live
  readonly record: (observation: Observation) => void
  readonly nowMs: () => number
  readonly hooks: DeviceHooks
  /** Longest time between two messages of the device, before the scale. */
  readonly intervalMs: number
  readonly signal: AbortSignal
}

export interface Stage extends StageOptions {
  /** Limits and pauses are of the contract: the time scale is put on them here. */
  pause(ms: number): Promise<void>
  /** A pause as long as the rules look for what must not happen: under a time scale it has the same least length. */
  watch(ms: number): Promise<void>
  /** Whether it came true within the limit. */
  waitFor(condition: () => boolean, limitMs: number): Promise<boolean>
  /** So many more messages, as long as they may take. */
  messages(count: number): Promise<boolean>
  /** The device on a connection after this one (0: any), with a first message. Throws `DeviceGone` when it stays away. */
  returned(afterConnection: number): Promise<void>
  /** Cuts the line and waits until the device is back; gives the connection that was cut. */
  cutAndReturn(): Promise<number>
  /** Calls a hook, and writes down that it was called and whether it worked. */
  hook(name: HookName, seconds?: number): Promise<boolean>
  /** A time of the contract as it is in this run. */
  scaled(ms: number): number
}

export class DeviceGone extends Error {
  override readonly name = 'DeviceGone'
}

const pollMs = 100
const hookLimitMs = 90_000

export function createStage(options: StageOptions): Stage {
  const { scene, endpoint, live, signal, nowMs } = options
  const { timeScale } = scene
  const scaled = (ms: number) => ms * timeScale
  const waitFor = async (condition: () => boolean, limitMs: number): Promise<boolean> => {
    const endMs = performance.now() + scaledLimit(limitMs, { timeScale, leastMs: leastAnswerMs })
    while (!condition()) {
      signal.throwIfAborted()
      if (performance.now() >= endMs) return false
      await sleep(Math.max(5, scaled(pollMs)))
    }
    return true
  }
  const returned = async (afterConnection: number): Promise<void> => {
    if (afterConnection === 0 && endpoint.line !== undefined) return
    const isBack = () => (endpoint.line?.connection ?? 0) > afterConnection
    // A little more than the rule allows, so that the rule can decide.
    const patienceMs = () => patienceMsOf({ scene }, live.waitMaxMs) * 1.05 + 50
    const since = nowMs()
    const before = live.births
    while (!isBack()) {
      signal.throwIfAborted()
      if (nowMs() - Math.max(since, live.lastClosedAtMs ?? 0) > patienceMs()) throw new DeviceGone('the device did not come back')
      await sleep(Math.max(5, scaled(pollMs)))
    }
    await waitFor(() => live.births > before || live.unacknowledged(endpoint.line?.connection ?? 0).length > 0, 2_000)
  }
  return {
    ...options,
    scaled,
    waitFor,
    returned,
    pause: async (ms) => {
      await sleep(scaled(ms), undefined, { signal })
    },
    watch: async (ms) => {
      await sleep(scaledLimit(ms, { timeScale, leastMs: leastWatchMs }) + 20, undefined, { signal })
    },
    messages(count) {
      const before = live.messages
      return waitFor(() => live.messages >= before + count, count * options.intervalMs + 5_000)
    },
    async cutAndReturn() {
      const connection = endpoint.line?.connection ?? live.connections
      await endpoint.cut()
      await returned(connection)
      return connection
    },
    async hook(name, seconds) {
      const entry = { type: 'hook', name, ...(seconds === undefined ? {} : { seconds }) } as const
      options.record({ ...entry, atMs: nowMs(), ok: true })
      try {
        const called = name === 'clock' ? options.hooks.clock?.(seconds ?? 0) : options.hooks[name]?.()
        if (called !== undefined) await withLimit(called, hookLimitMs, `the ${name} hook`)
        return true
      } catch (error) {
        const detail = (error instanceof Error ? error.message : String(error)).slice(0, 512)
        options.record({ ...entry, atMs: nowMs(), ok: false, detail })
        return false
      }
    }
  }
}
