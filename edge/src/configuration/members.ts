/** What becomes of a change of each member of the configuration: taken while the agent runs, or not, and from afar, or not. */
import type { EdgeConfig } from '../config.ts'

type Member = keyof EdgeConfig

/** Taken at once; sources that did not change run on. */
export const liveMembers = [
  'sources',
  'devices',
  'checks',
  'alarms',
  'sampling',
  'devicesMax',
  'trustedKeys',
  'gates',
  'controlKeys',
  'remoteConfiguration',
  'uplinkAlarm',
  'uplinkAlarmAfterMs'
] as const
/** Taken at once over a new connection to the broker; sources run on. */
export const uplinkMembers = [
  'secret',
  'secretFile',
  'brokerUrl',
  'brokerCaFile',
  'windowMessagesMax',
  'windowBytesMax',
  'watermarkTimeoutMs',
  'pubackTimeoutMs',
  'connectTimeoutMs',
  'backOffMinMs',
  'backOffMaxMs',
  'replayMessagesPerSecondMax'
] as const
/** What the agent is; another value is another agent, and is refused while this one runs. */
export const identityMembers = ['point', 'agent', 'dataDir'] as const

/**
 * What a signed configuration may hold. Never the identity, the keys, the secret, what is run at an alarm, who may look at the agent,
 * or how much of the disk it may use.
 */
export const remoteMembers = [
  'sources',
  'devices',
  'checks',
  'alarms',
  'sampling',
  'gates',
  'windowMessagesMax',
  'windowBytesMax',
  'watermarkTimeoutMs',
  'pubackTimeoutMs',
  'connectTimeoutMs',
  'backOffMinMs',
  'backOffMaxMs',
  'replayMessagesPerSecondMax',
  'uplinkAlarmAfterMs'
] as const
/** With `remoteConfiguration.allowBroker` these too. */
export const remoteBrokerMembers = ['brokerUrl', 'brokerCaFile'] as const

export interface Changes {
  readonly live: readonly Member[]
  readonly uplink: readonly Member[]
  readonly identity: readonly Member[]
  /** Taken at the next start of the agent. */
  readonly restart: readonly Member[]
}

export function changesBetween(before: EdgeConfig, after: EdgeConfig): Changes {
  const names = [...new Set([...keysOf(before), ...keysOf(after)])].filter(
    (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name])
  )
  const within = (list: readonly Member[]) => names.filter((name) => list.includes(name))
  const known: readonly Member[] = [...liveMembers, ...uplinkMembers, ...identityMembers]
  return {
    live: within(liveMembers),
    uplink: within(uplinkMembers),
    identity: within(identityMembers),
    restart: names.filter((name) => !known.includes(name))
  }
}

function keysOf(config: EdgeConfig): Member[] {
  const isMember = (name: string): name is Member => name in config
  return Object.keys(config).filter(isMember)
}
