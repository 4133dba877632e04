/**
 * Has detection follow the settings of rules and profiles, and the holds of measures and recalls: at once when this process changed them, within seconds when another did. It
 * reads and calls; what a setting means is the engine's.
 */
import type { Bus } from '@tracegate/service/bus'
import type { CaseStore } from '@tracegate/store/case-store'
import { settingsVersion } from './registers.ts'

export interface RuleChangesOptions {
  readonly cases: CaseStore
  readonly bus: Bus
  readonly onChange: () => Promise<void>
  readonly onError: (error: unknown) => void
  readonly lookEveryMs?: number
}

const lookEveryMsDefault = 3_000

export async function followRules(options: RuleChangesOptions): Promise<AsyncDisposable> {
  const { cases, bus, onChange, onError } = options
  let version = await settingsVersion(cases)
  let running: Promise<void> | undefined
  let isAskedAgain = false

  async function look(): Promise<void> {
    const now = await settingsVersion(cases)
    if (now === version) return
    await onChange()
    version = now
  }

  /** One look at a time; a change during a look makes another one. */
  function start(): void {
    if (running !== undefined) return void (isAskedAgain = true)
    running = look()
      .catch(onError)
      .finally(() => {
        running = undefined
        if (!isAskedAgain) return
        isAskedAgain = false
        start()
      })
  }

  const endings = [bus.subscribe('rules', start), bus.subscribe('measure', start), bus.subscribe('recall', start)]
  const timer = setInterval(start, options.lookEveryMs ?? lookEveryMsDefault)
  timer.unref()
  return {
    async [Symbol.asyncDispose]() {
      for (const end of endings) end()
      clearInterval(timer)
      isAskedAgain = false
      await running
    }
  }
}
