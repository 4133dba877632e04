/**
 * An agent with its configuration file: loads it, starts the agent, takes what changes in the file or comes signed from the platform,
 * and shows itself at the status port. `main.ts` runs it as a process; it ends nothing but what it started.
 */
import { createHash } from 'node:crypto'
import { type FSWatcher, mkdirSync, statSync, watch } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Logger } from '@tracegate/service/log'
import type { Metrics } from '@tracegate/service/metrics'
import { createRemoteConfiguration, type RemoteConfiguration } from './commands/remote-configuration.ts'
import { type EdgeConfig, edgeDefaults } from './config.ts'
import { loadEdgeConfig, type LoadedConfig, type Problem } from './configuration/load.ts'
import { type Edge, startEdge } from './edge.ts'
import type { AgentStatus } from './status/agent-status.ts'
import { startStatusServer, type StatusServer } from './status/server.ts'

export interface AgentOptions {
  readonly path: string | undefined
  readonly argv: readonly string[]
  readonly env: Readonly<Record<string, string | undefined>>
  readonly logger: Logger
  readonly metrics: Metrics
}

export interface Agent extends AsyncDisposable {
  readonly edge: Edge
  /** Where the status page is; undefined without one. */
  readonly statusUrl: string | undefined
  status(): AgentStatus
  /** Reads the file again. Empty when it was taken; otherwise the one before runs on. */
  reload(): Promise<readonly Problem[]>
}

export type StartedAgent = { readonly ok: true; readonly agent: Agent } | { readonly ok: false; readonly problems: readonly Problem[] }

/** Editors write a file in several steps. */
const settleMs = 300
const confirmWithinDefaultMs = 300_000

/** Rejects with what `startEdge` rejects with, or `EDGE_STATUS_PORT`. */
export async function startAgent(options: AgentOptions): Promise<StartedAgent> {
  const { logger } = options
  const load = (remote: string | undefined): Promise<LoadedConfig> => loadEdgeConfig({ ...options, remote })
  const local = await load(undefined)
  if (!local.ok) return { ok: false, problems: local.problems }
  mkdirSync(local.config.dataDir, { recursive: true })

  let config = local.config
  let changes: AgentStatus['configuration'] = freshConfiguration(config)
  let edge: Edge | undefined
  const taken = (next: EdgeConfig, restart: readonly string[]) => {
    config = next
    changes = { ...freshConfiguration(next), restart, reloads: changes.reloads + 1 }
  }
  const apply = async (next: EdgeConfig) => {
    if (edge === undefined) return
    const { restart } = await edge.apply(next)
    taken(next, restart)
    edge.events.reloaded({ version: changes.version, restart })
  }
  const remote = createRemoteConfiguration({
    dataDir: config.dataDir,
    point: config.point,
    agent: config.agent,
    logger,
    load,
    apply,
    present: () => ({
      trustedKeys: config.trustedKeys ?? [],
      confirmWithinMs: config.remoteConfiguration?.confirmWithinMs ?? confirmWithinDefaultMs,
      connected: edge?.status().connected ?? false
    }),
    finish: (device, id, result) => edge?.finishOrder(device, id, result)
  })
  config = await withRemote(local.config, { remote, load, logger })
  changes = freshConfiguration(config)
  const running = await startEdge(config, {
    ...options,
    configure: (device, order) => remote.take(device, order),
    orderGoesOn: (device, id) => remote.isOnTrial(device, id)
  })
  edge = running
  remote.resume()

  const reload = async (): Promise<readonly Problem[]> => {
    const loaded = await load(remote.text())
    if (loaded.ok && configurationVersion(loaded.config) === changes.version) {
      // What was wrong was taken back: nothing is refused any more.
      changes = { ...changes, problems: [], problemsAtMs: undefined }
      return []
    }
    const problems = loaded.ok ? await problemsOf(apply(loaded.config)) : loaded.problems
    if (problems.length > 0) {
      changes = { ...changes, problems, problemsAtMs: Date.now() }
      running.events.reloadRefused(problems.map(({ message }) => message).join('; '))
    }
    return problems
  }
  const status = (): AgentStatus => ({
    ...running.status(),
    configuration: { ...changes, remoteVersion: remote.version, onTrial: remote.onTrial }
  })
  let server: StatusServer | undefined
  try {
    server = await startStatus(config, { status, metrics: options.metrics, logger })
  } catch (error) {
    remote[Symbol.dispose]()
    await running[Symbol.asyncDispose]()
    throw error
  }
  const watcher = options.path === undefined ? undefined : watchFile(options.path, () => void reload(), logger)
  return {
    ok: true,
    agent: {
      edge: running,
      statusUrl: server?.url,
      status,
      reload,
      async [Symbol.asyncDispose]() {
        watcher?.[Symbol.dispose]()
        remote[Symbol.dispose]()
        await server?.[Symbol.asyncDispose]()
        await running[Symbol.asyncDispose]()
      }
    }
  }
}

/** With the signed configuration on top, if there is one that still holds; the local file alone is enough to start. */
async function withRemote(
  local: EdgeConfig,
  options: {
    readonly remote: RemoteConfiguration
    readonly load: (remote: string | undefined) => Promise<LoadedConfig>
    readonly logger: Logger
  }
): Promise<EdgeConfig> {
  const { remote, load, logger } = options
  remote.beginStart()
  for (let text = remote.text(); text !== undefined; text = remote.text()) {
    const loaded = await load(text)
    if (loaded.ok) return loaded.config
    const why = loaded.problems.map(({ message }) => message).join('; ')
    if (!remote.onTrial) {
      logger.error({ version: remote.version, why }, 'the configuration from afar does not fit the local file any more and is left out')
      return local
    }
    remote.giveUp(why)
  }
  return local
}

function freshConfiguration(config: EdgeConfig): AgentStatus['configuration'] {
  return {
    version: configurationVersion(config),
    takenAtMs: Date.now(),
    restart: [],
    reloads: 0,
    problems: [],
    problemsAtMs: undefined,
    remoteVersion: undefined,
    onTrial: false
  }
}

/** Short, and the same for the same configuration; tells nothing of what is inside. */
function configurationVersion(config: EdgeConfig): string {
  return createHash('sha256').update(JSON.stringify(config)).digest('hex').slice(0, 12)
}

async function problemsOf(work: Promise<void>): Promise<readonly Problem[]> {
  try {
    await work
    return []
  } catch (error) {
    return [{ path: '', message: error instanceof Error ? error.message : String(error) }]
  }
}

function startStatus(
  config: EdgeConfig,
  options: { readonly status: () => AgentStatus; readonly metrics: Metrics; readonly logger: Logger }
): Promise<StatusServer | undefined> {
  if (config.statusPort === undefined) return Promise.resolve(undefined)
  return startStatusServer({ ...options, host: config.statusHost ?? edgeDefaults.statusHost, port: config.statusPort })
}

/** The folder is watched, because many programs replace a file, or a link to it, instead of writing into it. */
function watchFile(path: string, onChange: () => void, logger: Logger): Disposable {
  let seen = markOf(path)
  let timer: NodeJS.Timeout | undefined
  let watcher: FSWatcher | undefined
  const look = () => {
    timer = undefined
    const mark = markOf(path)
    if (mark === seen) return
    seen = mark
    onChange()
  }
  try {
    watcher = watch(dirname(resolve(path)), () => {
      timer ??= setTimeout(look, settleMs)
    })
    watcher.on('error', (error) => logger.warn({ detail: error.message }, 'changes of the file are not seen any more; send SIGHUP'))
  } catch (error) {
    logger.warn({ detail: error instanceof Error ? error.message : String(error) }, 'changes of the file are not seen; send SIGHUP')
  }
  return {
    [Symbol.dispose]() {
      clearTimeout(timer)
      watcher?.close()
    }
  }
}

/** What changes when the file does. A file that is gone for a moment is none. */
function markOf(path: string): string {
  const stats = statSync(path, { throwIfNoEntry: false })
  return stats === undefined ? '' : `${stats.ino} ${stats.size} ${stats.mtimeMs}`
}
