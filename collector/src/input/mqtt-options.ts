/** What an MQTT input can be told, and what of it does not go together. It opens nothing. */
import { parseBrokerUrl, type BrokerTarget } from '@tracegate/service/broker-probe/target'
import { namePattern } from '@tracegate/model/topics'
import { collectorError } from '../errors.ts'

/**
 * Which points are this collector's. By number: every collector gets everything and keeps what is its own, so that a new point finds
 * its owner by itself. By name: it gets its own points only, and one collector with `exceptPoints` takes those that nobody names.
 */
export type Partition =
  | { readonly index: number; readonly of: number }
  | { readonly points: readonly string[] }
  | { readonly exceptPoints: readonly string[] }

export interface MqttInputOptions {
  readonly type: 'mqtt'
  /** `mqtt://`, `mqtts://`, `ws://` or `wss://`, without user and password. */
  readonly url: string
  readonly username?: string
  readonly password?: string
  /** In PEM; without a certificate authority those of Node count. */
  readonly ca?: string | Buffer
  readonly cert?: string | Buffer
  readonly key?: string | Buffer
  /** Names the session: two collectors must not have the same. */
  readonly clientId: string
  /** 4 (the default) is MQTT 3.1.1. */
  readonly protocolVersion?: 4 | 5
  /** Group of a shared subscription. Needs `shareKeepsDevices`. */
  readonly share?: string
  /**
   * Says that the broker gives all messages of a publisher to the same member of the group, as EMQX does with `hash_clientid`. A
   * collector refuses a group without it, and a broker that turns out to do otherwise.
   */
  readonly shareKeepsDevices?: boolean
  readonly partition?: Partition
  /** Messages taken and not yet committed, and their bytes; past either nothing is read. */
  readonly inFlightMax?: number
  readonly inFlightBytesMax?: number
  /** Topics below which this user may publish and subscribe, for the probe at the start. */
  readonly probeTopicPrefix?: string
  readonly probeTimeoutMs?: number
}

export const inputDefaults = { inFlightMax: 1_000, inFlightBytesMax: 33_554_432, probeTimeoutMs: 10_000 } as const
/** Points that a partition may name: each takes five filters. */
const pointsMax = 1_000
export const partitionsMax = 64

/** Throws `COLLECTOR_INPUT` or `BROKER_URL`. */
export function checkMqttInput(input: MqttInputOptions): void {
  parseBrokerUrl(input.url)
  const bad = (detail: string) => collectorError('COLLECTOR_INPUT', { url: input.url, detail })
  const { share, shareKeepsDevices, partition, clientId } = input
  if (clientId === '') throw bad('the client id is empty, expected one that no other collector has')
  if (share !== undefined && partition !== undefined) throw bad('both a shared group and a partition are given, expected one of them')
  if (share !== undefined && !/^[^/+#\u0000]{1,64}$/.test(share)) throw bad(`the shared group is "${share}", expected a name without / + #`)
  if (share !== undefined && shareKeepsDevices !== true)
    throw bad(
      `the shared group "${share}" may split the messages of a device between collectors, and each knows only what it took itself; expected` +
        ' a partition by point, or shareKeepsDevices with a broker that keeps publishers together'
    )
  if (partition !== undefined) checkPartition(partition, bad)
}

function checkPartition(partition: Partition, bad: (detail: string) => Error): void {
  if ('of' in partition) {
    const { index, of } = partition
    if (!Number.isInteger(of) || of < 1 || of > partitionsMax) throw bad(`partition.of is ${of}, expected 1 to ${partitionsMax}`)
    if (!Number.isInteger(index) || index < 0 || index >= of) throw bad(`partition.index is ${index}, expected 0 to ${of - 1}`)
    return
  }
  const points = 'points' in partition ? partition.points : partition.exceptPoints
  if (points.length === 0 || points.length > pointsMax) throw bad(`the partition names ${points.length} points, expected 1 to ${pointsMax}`)
  const wrong = points.find((point) => point === '-' || !namePattern.test(point))
  if (wrong !== undefined) throw bad(`the partition names the point "${wrong}", expected ${namePattern.source}`)
}

export function targetOf({ url, username, password, ca, cert, key }: MqttInputOptions): BrokerTarget {
  return { url, username, password, ca, cert, key }
}
