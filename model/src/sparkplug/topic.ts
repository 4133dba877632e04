/** Topics of Sparkplug B 3.0 (chapter 4): `spBv1.0/{group}/{type}/{edge node}[/{device}]` and `spBv1.0/STATE/{host}`. */
import type { Decoded } from '../codec.ts'

export const sparkplugNamespace = 'spBv1.0'

export const nodeMessageTypes = ['NBIRTH', 'NDATA', 'NDEATH', 'NCMD'] as const
export const deviceMessageTypes = ['DBIRTH', 'DDATA', 'DDEATH', 'DCMD'] as const
export type SparkplugMessageType = (typeof nodeMessageTypes)[number] | (typeof deviceMessageTypes)[number]

export type SparkplugTopic =
  | { readonly type: 'STATE'; readonly host: string }
  | { readonly type: (typeof nodeMessageTypes)[number]; readonly group: string; readonly node: string }
  | { readonly type: (typeof deviceMessageTypes)[number]; readonly group: string; readonly node: string; readonly device: string }

/** Longest name of a group, edge node, device or host that is taken; the specification sets none. */
const nameMax = 256

/** A group, node, device or host id: any text without `+`, `/` and `#`. */
export function isSparkplugName(name: string): boolean {
  return name.length > 0 && name.length <= nameMax && !/[+/#\u0000]/.test(name)
}

export function parseSparkplugTopic(topic: string): Decoded<SparkplugTopic> {
  const [namespace, group, type, node, device, ...rest] = topic.split('/')
  if (namespace !== sparkplugNamespace) return refuse(`topic is "${shown(topic)}", expected it to begin with ${sparkplugNamespace}/`)
  if (group === 'STATE') {
    return type !== undefined && node === undefined && isSparkplugName(type)
      ? { ok: true, value: { type: 'STATE', host: type } }
      : refuse(`topic is "${shown(topic)}", expected ${sparkplugNamespace}/STATE/{host}`)
  }
  const known = node !== undefined && group !== undefined && isSparkplugName(group) && isSparkplugName(node)
  const nodeType = nodeMessageTypes.find((candidate) => candidate === type)
  if (known && nodeType !== undefined && device === undefined) return { ok: true, value: { type: nodeType, group, node } }
  const deviceType = deviceMessageTypes.find((candidate) => candidate === type)
  if (known && deviceType !== undefined && device !== undefined && isSparkplugName(device) && rest.length === 0)
    return { ok: true, value: { type: deviceType, group, node, device } }
  return refuse(`topic is "${shown(topic)}", expected ${sparkplugNamespace}/{group}/{N… or D… message type}/{edge node}[/{device}]`)
}

export function sparkplugTopic(topic: SparkplugTopic): string {
  if (topic.type === 'STATE') return `${sparkplugNamespace}/STATE/${topic.host}`
  const node = `${sparkplugNamespace}/${topic.group}/${topic.type}/${topic.node}`
  return 'device' in topic ? `${node}/${topic.device}` : node
}

function shown(topic: string): string {
  return topic.slice(0, 100)
}

function refuse(message: string): Decoded<SparkplugTopic> {
  return { ok: false, reason: { code: 'SPARKPLUG_TOPIC', pointer: '', message } }
}
