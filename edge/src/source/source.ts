/**
 * The port between the agent and a protocol. A source runs, says how it fares, and ends; it hands what it finds to the intake.
 * A protocol is one folder here with a `source.ts` that exports `sourceKind`: the agent finds it by itself, nothing else is touched.
 */
import type { Static, TObject } from 'typebox'
import { compileValidator, type Decoded } from '@tracegate/model/codec'
import type { Logger } from '@tracegate/service/log'
import type { EdgeDevice } from '../config.ts'
import type { EdgeEvents } from '../events.ts'
import type { Intake } from '../intake/intake.ts'

export interface SourceStatus {
  readonly name: string
  readonly type: string
  readonly connected: boolean
  readonly detail: string
  readonly lastDataAtMs?: number
}

/** An order of the platform to one of the devices of a source. */
export type SourceOrder =
  | { readonly name: 'rescan' | 'holdGate' | 'releaseGate'; readonly device: string; readonly reason?: string }
  | { readonly name: 'setInterval'; readonly device: string; readonly metric?: string; readonly intervalMs: number }

/** refused: this device or protocol cannot; failed: tried in vain. A message is owed for both. */
export interface SourceOrderResult {
  readonly status: 'done' | 'refused' | 'failed'
  readonly message?: string
}

export interface Source extends AsyncDisposable {
  status(): SourceStatus
  /**
   * Carries an order out, for one of the devices it speaks for. Must settle before the signal aborts, which is the deadline of the order
   * or the end of the source. A source without it refuses every order.
   */
  command?(order: SourceOrder, signal: AbortSignal): Promise<SourceOrderResult>
}

export interface SourceDependencies {
  readonly intake: Intake
  readonly logger: Logger
  readonly events: EdgeEvents
  readonly dataDir: string
  /** Names the agent and the source to a foreign broker; the same at every start, so that its session is kept. */
  readonly clientId: string
  /** A device can be reached, or cannot: its birth or death is published. */
  readonly onDevice: (device: string, online: boolean, reason: string, declared?: DeclaredDevice) => void
  /** Messages that wait in the outbox; for a source that can be as slow as it wants. */
  readonly waitingMessages: () => number
}

/** What a source learnt of a device that the configuration of the agent does not name. */
export type DeclaredDevice = Pick<EdgeDevice, 'metrics'> & Partial<Pick<EdgeDevice, 'kind' | 'name' | 'identity'>>

/** One item of a source as `edge check` found it. */
export interface ProbeFinding {
  /** What was asked for: a node, a topic, a file. */
  readonly item: string
  readonly ok: boolean
  /** The reading as it came, or why none did and what was expected. */
  readonly detail: string
}

export interface ProbeOptions {
  readonly dataDir: string
  readonly logger: Logger
  /** Names the check to a foreign broker; never the id of the running agent, whose session it would take over. */
  readonly clientId: string
  /** Longest wait for the first reading of an item. */
  readonly waitMs: number
  readonly signal: AbortSignal
}

/** A source whose configuration has passed its schema. */
export interface ConfiguredSource {
  readonly type: string
  /** The devices that it is known to speak for. */
  readonly devices: ReadonlySet<string>
  start(dependencies: SourceDependencies): Promise<Source>
  /** Connects, shows one reading of each item, and ends. Never throws for what the other side does: that is a finding. */
  probe(options: ProbeOptions): AsyncIterable<ProbeFinding>
}

export interface SourceKind {
  /** The `type` in the configuration, and the name of the folder. */
  readonly type: string
  readonly schema: TObject
  /** Throws a coded error where members that are right by themselves do not go together. */
  configure(config: unknown): Decoded<ConfiguredSource>
}

/** The part of a protocol that needs its client library; loaded only when a configuration asks for it. */
export interface SourceRunner<Config> {
  start(config: Config, dependencies: SourceDependencies): Source
  probe(config: Config, options: ProbeOptions): AsyncIterable<ProbeFinding>
}

export interface SourceKindOptions<Schema extends TObject> {
  readonly type: string
  readonly schema: Schema
  readonly devicesOf: (config: Static<Schema>) => ReadonlySet<string>
  readonly load: () => Promise<SourceRunner<Static<Schema>>>
  /** Throws a coded error, see `SourceKind.configure`. */
  readonly check?: (config: Static<Schema>) => void
}

export function defineSourceKind<const Schema extends TObject>(options: SourceKindOptions<Schema>): SourceKind {
  const validator = compileValidator(options.schema)
  return {
    type: options.type,
    schema: options.schema,
    configure(input) {
      const checked = validator.check(input)
      if (!checked.ok) return checked
      const config = checked.value
      options.check?.(config)
      return {
        ok: true,
        value: {
          type: options.type,
          devices: options.devicesOf(config),
          start: async (dependencies) => (await options.load()).start(config, dependencies),
          async *probe(probeOptions) {
            yield* (await options.load()).probe(config, probeOptions)
          }
        }
      }
    }
  }
}
