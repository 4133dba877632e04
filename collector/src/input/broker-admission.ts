/**
 * Whether a collector takes messages from a broker: it asks for what it depends on before it subscribes. What the broker does not honour
 * refuses the input; a broker that is not there yet is waited for.
 */
import { probeForCollector } from '@tracegate/service/broker-probe/collector-needs'
import type { Logger } from '@tracegate/service/log'
import { collectorError } from '../errors.ts'
import { checkMqttInput, inputDefaults, type MqttInputOptions, targetOf } from './mqtt-options.ts'

export type Admission =
  | { readonly type: 'admitted' }
  | { readonly type: 'refused'; readonly error: Error }
  | { readonly type: 'waiting'; readonly detail: string }

export interface AdmissionOptions {
  readonly input: MqttInputOptions
  readonly logger: Logger
  readonly signal?: AbortSignal
}

/** Rejects with `COLLECTOR_INPUT` for options that do not go together, and for a broker that does not honour the mode. */
export async function admitBroker(options: AdmissionOptions): Promise<Admission> {
  checkMqttInput(options.input)
  const admission = await askBroker(options)
  if (admission.type === 'refused') throw admission.error
  return admission
}

/** A refusal is asked for twice: a broker that was restarted in the middle looks like one that forgets. */
export async function askBroker(options: AdmissionOptions): Promise<Admission> {
  const first = await askOnce(options)
  return first.type === 'refused' ? askOnce(options) : first
}

async function askOnce({ input, logger, signal }: AdmissionOptions): Promise<Admission> {
  const { url } = input
  const result = await probeForCollector(targetOf(input), {
    version: input.protocolVersion ?? 4,
    share: input.share !== undefined,
    timeoutMs: input.probeTimeoutMs ?? inputDefaults.probeTimeoutMs,
    ...(input.probeTopicPrefix === undefined ? {} : { topicPrefix: input.probeTopicPrefix }),
    ...(signal === undefined ? {} : { signal })
  })
  switch (result.type) {
    case 'honoured':
      return { type: 'admitted' }
    case 'undecided':
      logger.warn({ url, detail: result.detail }, 'broker not ready, waiting for it')
      return { type: 'waiting', detail: result.detail }
    case 'refused': {
      const { finding, broker } = result
      const detail = `${broker ?? 'the broker'} does not honour what this collector needs; probe ${finding.probe}: ${finding.finding}`
      return { type: 'refused', error: collectorError('COLLECTOR_INPUT', { url, detail }) }
    }
    default:
      return result satisfies never
  }
}
