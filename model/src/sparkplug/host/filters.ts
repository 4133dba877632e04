/** What a host application subscribes to, and the one command that it sends. Pure. */
import { encodeSparkplug } from '../encode.ts'
import { sparkplugNamespace, sparkplugTopic } from '../topic.ts'

/** Everything of a group or of one node; births and deaths of a node come with it. */
export function filtersOf(config: {
  readonly groups?: readonly { readonly group: string; readonly node?: string | undefined }[] | undefined
  readonly hostId?: string | undefined
}): { readonly topic: string; readonly qos: 0 | 1 }[] {
  const groups = config.groups?.flatMap(({ group, node }) =>
    node === undefined ? [`${sparkplugNamespace}/${group}/#`] : [`${sparkplugNamespace}/${group}/+/${node}/#`]
  ) ?? [`${sparkplugNamespace}/#`]
  const own = config.hostId === undefined || config.groups === undefined ? [] : [sparkplugTopic({ type: 'STATE', host: config.hostId })]
  // QoS 1 is for NDEATH and STATE; the rest is published with QoS 0 and comes so.
  return [...new Set([...groups, ...own])].map((topic) => ({ topic, qos: 1 }))
}

/** The command that asks an edge node for its births (chapter 6.4.25); it has no `seq`. */
export function rebirthCommand(nowMs: number): Uint8Array {
  return encodeSparkplug({ timeMs: nowMs, metrics: [{ name: 'Node Control/Rebirth', type: 'Boolean', timeMs: nowMs, value: true }] })
}
