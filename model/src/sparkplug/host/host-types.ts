/** What a host application makes of the messages of edge nodes, and what it asks for. Types only. */
import type { Reason } from '../../errors.ts'
import type { Birth, MetricDeclaration } from '../../state.ts'
import type { Reading } from '../../telemetry.ts'

/** A reading without its point: that is for whoever runs the host to say. */
export type HostReading = Omit<Reading, 'point'>

/** What a birth says of a device. */
export interface HostDevice {
  readonly kind: 'probe'
  readonly metrics: MetricDeclaration[]
  readonly identity?: Birth['identity']
}

export interface NodeName {
  readonly group: string
  readonly node: string
}

/** A device or an edge node itself is there, or is no longer. */
export interface DeviceChange {
  /** The id it has here. */
  readonly id: string
  readonly node: NodeName
  /** The payload's time of a birth and of DDEATH; the host's own of all other ends. */
  readonly timeMs: number
  /** What its birth declared; undefined when it ended. */
  readonly declared: HostDevice | undefined
  /** Why it ended. */
  readonly reason: string
}

/** Something that could not be taken, with the bytes as they came. */
export interface HostRefusal {
  readonly node?: NodeName
  /** The id of the device concerned, where it is known. */
  readonly device?: string
  readonly topic: string
  readonly reason: Reason
  readonly payload: Uint8Array
}

export interface HostActions {
  /** Of one device. Those of a birth are what holds at its time, and come after its `device`. */
  readings(readings: readonly HostReading[], about: { readonly node: NodeName; readonly isBirth: boolean }): void
  device(change: DeviceChange): void
  askRebirth(node: NodeName, reason: string): void
  /** `device`: the id of the edge node itself; undefined when its own metrics are not taken. */
  gap(node: NodeName, missing: number, device: string | undefined): void
  refuse(refusal: HostRefusal): void
  /** A host application says whether it is there: another one, or somebody says it of this one. */
  stateSeen(host: string, payload: Uint8Array): void
}

export interface SparkplugHost {
  take(topic: string, payload: Uint8Array, receivedAtMs: number): void
  tick(): void
  /** The line to the broker is lost: all that is behind it is. */
  lost(): void
  /** The line is there: nodes that are known are asked who they are. */
  connected(): void
  /** Makes nodes known of whom only an earlier run has heard. */
  know(nodes: readonly NodeName[]): void
  /** Asks one node for its births: now, or once the shortest time between two requests is over. */
  rebirth(node: NodeName, reason: string): void
  readonly counts: Readonly<{ nodesOnline: number; devicesOnline: number; gaps: number; passedOver: number; rebirthsAsked: number }>
}
