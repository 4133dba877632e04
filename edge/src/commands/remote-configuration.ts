/**
 * Signed configurations from the platform (TG-807): taken only by a trusted key, for this agent, in a higher version than any before;
 * kept beside the local file, on trial until the broker is connected again, and rolled back when that does not come. It never writes the
 * local file.
 */
import { join } from 'node:path'
import { type Command, configurationCharactersMax } from '@tracegate/model/command'
import type { Logger } from '@tracegate/service/log'
import { Type, type Static } from 'typebox'
import type { EdgeConfig, TrustedKey } from '../config.ts'
import type { LoadedConfig, Problem } from '../configuration/load.ts'
import { createJsonFile } from './json-file.ts'
import type { OrderResult } from './order-book.ts'
import { signatureFault } from './signature.ts'

const Taken = Type.Object({
  version: Type.Number(),
  keyId: Type.String(),
  takenAtMs: Type.Number(),
  configuration: Type.String({ maxLength: configurationCharactersMax })
})
type Taken = Static<typeof Taken>

const RemoteState = Type.Object({
  /** Of every configuration taken, those that were rolled back among them. */
  highestVersion: Type.Number(),
  active: Type.Optional(Taken),
  trial: Type.Optional(
    Type.Object({ orderId: Type.String(), device: Type.String(), previous: Type.Optional(Taken), startsLeft: Type.Number() })
  )
})
type RemoteState = Static<typeof RemoteState>

export interface RemoteConfigurationOptions {
  readonly dataDir: string
  readonly point: string
  readonly agent: string
  readonly logger: Logger
  /** The local configuration with the text of a signed one on top of it. */
  readonly load: (remote: string | undefined) => Promise<LoadedConfig>
  readonly apply: (config: EdgeConfig) => Promise<unknown>
  readonly present: () => { readonly trustedKeys: readonly TrustedKey[]; readonly confirmWithinMs: number; readonly connected: boolean }
  readonly finish: (device: string, orderId: string, result: OrderResult) => void
}

export interface RemoteConfiguration extends Disposable {
  /** The text that holds on top of the local file, if any. */
  text(): string | undefined
  readonly version: number | undefined
  readonly onTrial: boolean
  /** Whether the order is the one on trial. */
  isOnTrial(device: string, orderId: string): boolean
  /** Undefined: it is on trial, and `finish` will tell. */
  take(device: string, order: Command & { readonly name: 'configure' }): Promise<OrderResult | undefined>
  /** At the start, before the agent runs: counts a start on trial, and rolls back when there were too many. */
  beginStart(): void
  /** The configuration on trial, or the one kept, cannot be used any more: goes back to the one before. */
  giveUp(why: string): void
  /** When the agent runs: goes on with a trial that the last process left. */
  resume(): void
}

const pollMs = 200
/** So long the connection must hold before the trial has passed. */
const settleMs = 1_000
/** A configuration on trial that ends the process so often is rolled back. */
const startsOnTrialMax = 3

export function createRemoteConfiguration(options: RemoteConfigurationOptions): RemoteConfiguration {
  const { logger, present } = options
  const file = createJsonFile({
    path: join(options.dataDir, 'remote-configuration.json'),
    schema: RemoteState,
    onDamage: (detail) => logger.error({ detail }, 'the kept configuration from afar is damaged; the local file holds alone')
  })
  let state: RemoteState = file.read() ?? { highestVersion: 0 }
  let timer: NodeJS.Timeout | undefined

  const keep = (next: RemoteState) => {
    file.write(next)
    state = next
  }

  const withoutTrial = (active: Taken | undefined): RemoteState => ({
    highestVersion: state.highestVersion,
    ...(active === undefined ? {} : { active })
  })

  const finish = (result: OrderResult) => {
    const { trial } = state
    if (trial !== undefined) options.finish(trial.device, trial.orderId, result)
  }

  const giveUp = (why: string) => {
    clearInterval(timer)
    logger.error({ version: state.active?.version, why }, 'configuration from afar is rolled back')
    finish({ status: 'failed', message: `rolled back: ${why}` })
    keep(withoutTrial(state.trial?.previous))
  }

  const rollBack = async (why: string) => {
    giveUp(why)
    const loaded = await options.load(state.active?.configuration)
    if (loaded.ok) await options.apply(loaded.config)
    else logger.error({ problems: loaded.problems.slice(0, 5) }, 'the configuration before cannot be read any more')
  }

  const watch = () => {
    const startedAtMs = performance.now()
    let connectedSinceMs: number | undefined
    clearInterval(timer)
    timer = setInterval(() => {
      const { connected, confirmWithinMs } = present()
      const nowMs = performance.now()
      connectedSinceMs = connected ? (connectedSinceMs ?? nowMs) : undefined
      if (connectedSinceMs !== undefined && nowMs - connectedSinceMs >= settleMs) {
        clearInterval(timer)
        logger.info({ version: state.active?.version }, 'configuration from afar holds')
        finish({ status: 'done' })
        keep(withoutTrial(state.active))
      } else if (nowMs - startedAtMs > confirmWithinMs) {
        clearInterval(timer)
        rollBack(`no connection to the broker within ${confirmWithinMs} ms`).catch((error: unknown) =>
          logger.error({ detail: String(error) }, 'the configuration before cannot be taken again')
        )
      }
    }, pollMs)
  }

  return {
    text: () => state.active?.configuration,
    get version() {
      return state.active?.version
    },
    get onTrial() {
      return state.trial !== undefined
    },
    isOnTrial: (device, orderId) => state.trial?.device === device && state.trial.orderId === orderId,
    async take(device, order) {
      const refuse = (message: string): OrderResult => ({ status: 'refused', message })
      if (device !== options.agent) return refuse(`${device} is configured through its agent, ${options.point}/${options.agent}`)
      const { version, keyId, configuration } = order.args
      const fault = signatureFault(order.args, { point: options.point, device }, present().trustedKeys)
      if (fault !== undefined) return refuse(fault)
      if (version <= state.highestVersion) return refuse(`version is ${version}, expected one above ${state.highestVersion}`)
      if (state.trial !== undefined) return refuse(`version ${state.active?.version} is on trial, expected to wait for its end`)
      const loaded = await options.load(configuration)
      if (!loaded.ok) return { status: 'failed', message: problemsText(loaded.problems) }
      const previous = state.active
      keep({
        highestVersion: version,
        active: { version, keyId, takenAtMs: Date.now(), configuration },
        trial: { orderId: order.id, device, startsLeft: startsOnTrialMax, ...(previous === undefined ? {} : { previous }) }
      })
      try {
        await options.apply(loaded.config)
      } catch (error) {
        await rollBack(error instanceof Error ? error.message : String(error))
        return undefined
      }
      watch()
      return undefined
    },
    beginStart() {
      const { trial } = state
      if (trial === undefined) return
      if (trial.startsLeft <= 0) giveUp(`the agent ended ${startsOnTrialMax} times on trial`)
      else keep({ ...state, trial: { ...trial, startsLeft: trial.startsLeft - 1 } })
    },
    giveUp,
    resume() {
      if (state.trial !== undefined) watch()
    },
    [Symbol.dispose]() {
      clearInterval(timer)
    }
  }
}

function problemsText(problems: readonly Problem[]): string {
  const more = problems.length > 3 ? ` (and ${problems.length - 3} more)` : ''
  return `${problems
    .slice(0, 3)
    .map(({ message }) => message)
    .join('; ')}${more}`
}
