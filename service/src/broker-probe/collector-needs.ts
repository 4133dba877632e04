/** What a collector depends on in a broker, and the short probe of it that runs when a collector starts. */
import { type Finding, type ProbeName } from './probe.ts'
import type { ProtocolVersion } from './probe-client.ts'
import { probeBroker } from './probe-broker.ts'
import type { BrokerTarget } from './target.ts'

export interface CollectorMode {
  readonly version: ProtocolVersion
  /** Whether it is a member of a shared group. */
  readonly share: boolean
}

/** A shared group must keep the messages of a publisher together: each collector knows only the streams of its own devices. */
export function collectorNeeds({ version, share }: CollectorMode): readonly ProbeName[] {
  return [
    'reachable',
    version === 5 ? 'mqtt-5' : 'mqtt-3.1.1',
    'qos-1',
    'persistent-session',
    'redelivery',
    ...(version === 5 ? (['receive-maximum'] as const) : []),
    ...(share ? (['share', 'share-by-publisher'] as const) : [])
  ]
}

/** honoured: all that is needed works. refused: the finding says what does not. undecided: not reached, or not told within the time. */
export type CollectorProbe =
  | { readonly type: 'honoured' }
  | { readonly type: 'refused'; readonly finding: Finding; readonly broker: string | undefined }
  | { readonly type: 'undecided'; readonly detail: string }

export interface CollectorProbeOptions {
  readonly version: 4 | 5
  readonly share: boolean
  readonly topicPrefix?: string
  readonly timeoutMs: number
  readonly signal?: AbortSignal
}

export async function probeForCollector(target: BrokerTarget, options: CollectorProbeOptions): Promise<CollectorProbe> {
  const needed = collectorNeeds(options)
  const { name, findings } = await probeBroker(target, { ...options, probes: [...needed, 'name'], needed: () => needed })
  const failed = findings.filter((finding) => finding.needed && finding.verdict !== 'works')
  const refused = failed.find(({ verdict }) => verdict === 'differs' || verdict === 'refused')
  if (refused !== undefined) return { type: 'refused', finding: refused, broker: name }
  const [first] = failed
  return first === undefined ? { type: 'honoured' } : { type: 'undecided', detail: `${first.probe}: ${first.finding}` }
}
