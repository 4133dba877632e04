/**
 * The sources that run: started, ended, and changed while the others run on. A source is the same as long as its configuration is; one
 * that changed is ended before it is started again, because both would sign in under one name. It takes no reading itself.
 */
import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from '@tracegate/service/log'
import type { SourceConfig } from './source/source-config.ts'
import type { ConfiguredSource, Source, SourceDependencies } from './source/source.ts'

export interface SourceEntry {
  readonly config: SourceConfig
  readonly configured: ConfiguredSource
}

export interface SourceChanges {
  readonly started: number
  readonly ended: number
  readonly kept: number
}

export interface SourceSet {
  /** Runs what is named here and nothing else. Rejects when one cannot be started; what ran before of the same name is ended then. */
  apply(entries: readonly SourceEntry[]): Promise<SourceChanges>
  readonly running: readonly { readonly source: Source; readonly configured: ConfiguredSource }[]
  /** The source that speaks for a device. */
  ownerOf(device: string): Source | undefined
  stop(timeoutMs: number): Promise<void>
}

export interface SourceSetOptions {
  readonly point: string
  readonly agent: string
  readonly logger: Logger
  readonly dependencies: Omit<SourceDependencies, 'clientId'>
  /** Whether one more device may come. */
  readonly admit: (device: string) => boolean
  /** Of a source that ended for good or will be started anew. */
  readonly onEnded: (devices: ReadonlySet<string>) => void
  readonly endTimeoutMs: number
}

interface Running {
  readonly key: string
  readonly source: Source
  readonly configured: ConfiguredSource
  /** Configured ones, and those it found. */
  readonly devices: Set<string>
}

export function createSourceSet(options: SourceSetOptions): SourceSet {
  let running: Running[] = []

  const start = async (entry: SourceEntry, key: string, clientId: string): Promise<Running> => {
    const devices = new Set(entry.configured.devices)
    const source = await entry.configured.start({
      ...options.dependencies,
      clientId,
      onDevice(device, online, reason, declared) {
        if (!options.admit(device)) return
        devices.add(device)
        options.dependencies.onDevice(device, online, reason, declared)
      }
    })
    return { key, source, configured: entry.configured, devices }
  }

  const end = async ({ source, devices }: Running) => {
    await endWithin(source, options.endTimeoutMs, options.logger)
    options.onEnded(devices)
  }

  return {
    async apply(entries) {
      const wanted = numbered(entries.map((entry) => ({ ...entry, key: JSON.stringify(entry.config) })))
      const keys = new Set(wanted.map(({ key }) => key))
      const ending = running.filter(({ key }) => !keys.has(key))
      running = running.filter(({ key }) => keys.has(key))
      const kept = new Set(running.map(({ key }) => key))
      await Promise.all(ending.map(end))
      const names = clientIds(options, wanted)
      const starting = wanted.flatMap((entry, index) => (kept.has(entry.key) ? [] : [start(entry, entry.key, names[index] ?? '')]))
      const settled = await Promise.allSettled(starting)
      for (const result of settled) if (result.status === 'fulfilled') running.push(result.value)
      const order = new Map(wanted.map(({ key }, index) => [key, index]))
      running.sort((a, b) => (order.get(a.key) ?? 0) - (order.get(b.key) ?? 0))
      const failed = settled.find((result) => result.status === 'rejected')
      if (failed !== undefined) throw failed.reason
      return { started: starting.length, ended: ending.length, kept: kept.size }
    },
    get running() {
      return running
    },
    ownerOf: (device) => running.find(({ devices }) => devices.has(device))?.source,
    async stop(timeoutMs) {
      const ending = running
      running = []
      await Promise.race([
        Promise.all(ending.map(({ source }) => source[Symbol.asyncDispose]())),
        sleep(timeoutMs, undefined, { ref: false })
      ])
    }
  }
}

/** Sources that are alike are told apart by their number. */
function numbered<Entry extends { readonly key: string }>(entries: readonly Entry[]): Entry[] {
  const seen = new Map<string, number>()
  return entries.map((entry) => {
    const count = seen.get(entry.key) ?? 0
    seen.set(entry.key, count + 1)
    return { ...entry, key: `${entry.key}#${count}` }
  })
}

/**
 * A foreign broker keeps what it holds for a client under this name, so it must not change when another source comes or goes, nor with a
 * subscription: it is made of the protocol and the addresses that the source has.
 */
function clientIds(agent: { readonly point: string; readonly agent: string }, entries: readonly SourceEntry[]): string[] {
  const seen = new Map<string, number>()
  return entries.map(({ config }) => {
    const addresses = Object.values(config).filter((value) => typeof value === 'string' && value.includes('://'))
    const hash = createHash('sha256')
      .update(JSON.stringify([config.type, addresses]))
      .digest('hex')
      .slice(0, 8)
    const count = seen.get(hash) ?? 0
    seen.set(hash, count + 1)
    return `tracegate-${agent.point}-${agent.agent}-${config.type}-${hash}${count === 0 ? '' : `-${count}`}`
  })
}

async function endWithin(source: Source, timeoutMs: number, logger: Logger): Promise<void> {
  const late = Symbol('late')
  const ended = source[Symbol.asyncDispose]()
  const result = await Promise.race([ended, sleep(timeoutMs, late, { ref: false })])
  if (result === late) logger.warn({ source: source.status().name, timeoutMs }, 'source did not end in time')
}
