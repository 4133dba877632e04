/** What a probe is: one question to a broker, answered with a verdict, a sentence and what was measured. */
import type { Answer, ProbeClient, ProbeConnect, ProtocolVersion } from './probe-client.ts'

/** works: as MQTT says. differs: not so. refused: the broker says that it will not. unknown: could not be told. */
export const probeVerdicts = ['works', 'differs', 'refused', 'unknown', 'not tried'] as const
export type ProbeVerdict = (typeof probeVerdicts)[number]

export const probeNames = [
  'reachable',
  'mqtt-3.1',
  'mqtt-3.1.1',
  'mqtt-5',
  'name',
  'qos-1',
  'order',
  'acknowledgement',
  'persistent-session',
  'redelivery',
  'dup-flag',
  'takeover',
  'packet-size',
  'share',
  'share-5',
  'share-by-publisher',
  'qos-2',
  'retained',
  'will',
  'keep-alive',
  'receive-maximum',
  'topic-alias'
] as const
export type ProbeName = (typeof probeNames)[number]

export type Measured = Readonly<Record<string, string | number | boolean>>

export interface Outcome {
  readonly verdict: ProbeVerdict
  /** One sentence. */
  readonly finding: string
  readonly value?: Measured
}

export interface Finding extends Outcome {
  readonly probe: ProbeName
  /** Whether a collector in the mode asked for depends on it. */
  readonly needed: boolean
}

export type OpenProbe = Omit<ProbeConnect, 'clientId' | 'version'> & {
  /** Part of the client id, at most 14 characters: MQTT 3.1 allows 23 in all. */
  readonly name: string
  readonly version?: ProtocolVersion
}

export interface ProbeContext {
  /** The version that probes use when it does not matter. */
  readonly version: ProtocolVersion
  /** The longest wait for an answer. */
  readonly stepMs: number
  /** After so much silence nothing more is expected. */
  readonly quietMs: number
  readonly signal: AbortSignal
  /** Names the shared group and whatever else must be of this run only. */
  readonly run: string
  topic(name: string): string
  /** Rejects when the broker does not take the connection. What stays of a session is removed at the end of the run. */
  open(options: OpenProbe): Promise<ProbeClient>
  /** Sends a retained message, and takes it back at the end of the run. */
  retain(client: ProbeClient, topic: string, payload: string): Promise<Answer>
  quiet(): Promise<void>
}

/** One probe may answer several questions, as one exchange often does. */
export type Probe = (context: ProbeContext) => Promise<Partial<Record<ProbeName, Outcome>>>

export const works = (finding: string, value?: Measured): Outcome => ({ verdict: 'works', finding, value })
export const differs = (finding: string, value?: Measured): Outcome => ({ verdict: 'differs', finding, value })
export const refused = (finding: string, value?: Measured): Outcome => ({ verdict: 'refused', finding, value })
export const unknown = (finding: string, value?: Measured): Outcome => ({ verdict: 'unknown', finding, value })
export const notTried = (finding: string): Outcome => ({ verdict: 'not tried', finding })

/** Undefined when the subscription was granted. */
export function refusalOf(grant: number | undefined, what: string): Outcome | undefined {
  if (grant === undefined) return refused(`${what}: the connection was closed or there was no SUBACK`)
  return grant >= 0x80 ? refused(`${what}: SUBACK ${hex(grant)}`, { suback: grant }) : undefined
}

export const hex = (code: number): string => `0x${code.toString(16).padStart(2, '0')}`

export const milliseconds = (value: number): string =>
  `${value < 1 ? value.toFixed(2) : value < 10 ? value.toFixed(1) : Math.round(value)} ms`

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((left, right) => left - right)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}
