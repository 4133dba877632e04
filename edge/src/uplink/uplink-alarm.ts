/**
 * The local alarm: the broker is gone for longer than people at the point should not know of it. Raised and cleared once each, told to
 * log, metric and status, and to a program of the local configuration, which is run without a shell and bounded in time.
 */
import { spawn } from 'node:child_process'
import type { Logger } from '@tracegate/service/log'
import type { EdgeEvents } from '../events.ts'

export interface AlarmState {
  /** When the connection was lost, in steady milliseconds; undefined while there is one. */
  readonly downSinceMs: number | undefined
  readonly raised: boolean
}

export type AlarmEffect = { readonly type: 'raise' | 'clear'; readonly downMs: number }

/** Pure: what a look at the connection changes. */
export function stepAlarm(
  state: AlarmState,
  seen: { readonly connected: boolean; readonly nowMs: number; readonly afterMs: number }
): { readonly state: AlarmState; readonly effect?: AlarmEffect } {
  const { connected, nowMs, afterMs } = seen
  if (connected) {
    const cleared: AlarmState = { downSinceMs: undefined, raised: false }
    return state.raised ? { state: cleared, effect: { type: 'clear', downMs: nowMs - (state.downSinceMs ?? nowMs) } } : { state: cleared }
  }
  const downSinceMs = state.downSinceMs ?? nowMs
  const downMs = nowMs - downSinceMs
  if (state.raised || downMs < afterMs) return { state: { downSinceMs, raised: state.raised } }
  return { state: { downSinceMs, raised: true }, effect: { type: 'raise', downMs } }
}

export interface UplinkAlarm extends Disposable {
  readonly raised: boolean
  readonly downMs: number
}

export interface UplinkAlarmOptions {
  readonly connected: () => boolean
  readonly settings: () => {
    readonly afterMs: number
    readonly action?: { readonly command: readonly string[]; readonly timeoutMs?: number } | undefined
  }
  readonly events: EdgeEvents
  readonly logger: Logger
}

const lookEveryMs = 250
const actionTimeoutDefaultMs = 10_000

export function createUplinkAlarm(options: UplinkAlarmOptions): UplinkAlarm {
  let state: AlarmState = { downSinceMs: performance.now(), raised: false }
  let running = false
  let next: AlarmEffect | undefined

  /** One at a time; of those that wait the last is the one that tells the truth. */
  const act = (effect: AlarmEffect) => {
    const { action } = options.settings()
    if (action === undefined) return
    if (running) {
      next = effect
      return
    }
    running = true
    runAction(action, effect, options.logger, () => {
      running = false
      const waiting = next
      next = undefined
      if (waiting !== undefined) act(waiting)
    })
  }

  const look = () => {
    const { afterMs } = options.settings()
    const step = stepAlarm(state, { connected: options.connected(), nowMs: performance.now(), afterMs })
    state = step.state
    if (step.effect === undefined) return
    options.events.uplinkAlarm(step.effect.type === 'raise', Math.round(step.effect.downMs))
    act(step.effect)
  }
  const timer = setInterval(look, lookEveryMs)
  timer.unref()
  return {
    get raised() {
      return state.raised
    },
    get downMs() {
      return state.downSinceMs === undefined ? 0 : Math.round(performance.now() - state.downSinceMs)
    },
    [Symbol.dispose]: () => clearInterval(timer)
  }
}

function runAction(
  action: { readonly command: readonly string[]; readonly timeoutMs?: number },
  effect: AlarmEffect,
  logger: Logger,
  onEnd: () => void
): void {
  const [program = '', ...rest] = action.command
  const child = spawn(program, [...rest, effect.type, String(Math.round(effect.downMs))], {
    stdio: 'ignore',
    shell: false,
    timeout: action.timeoutMs ?? actionTimeoutDefaultMs,
    killSignal: 'SIGKILL'
  })
  let ended = false
  const end = (fields: object, failed: boolean) => {
    if (ended) return
    ended = true
    if (failed) logger.error({ program, type: effect.type, ...fields }, 'the program of the alarm failed')
    onEnd()
  }
  child.once('error', (error) => end({ detail: error.message }, true))
  child.once('exit', (code, signal) => end({ code, signal }, code !== 0))
}
