/** Monitors an event notifier, and hands each event over as the fields that were asked for. Structures come as bytes, before the library resolves them. */
import {
  AttributeIds,
  type ClientSubscription,
  constructEventFilter,
  DataType,
  EventNotificationList,
  type NodeId,
  type NotificationMessage,
  ofType,
  TimestampsToReturn,
  type Variant,
  VariantArrayType
} from 'node-opcua-client'
import { itemDefaults } from './opcua-item-config.ts'

/** A browse path from the event type, each step `namespaceIndex:name`. */
export type EventFieldPath = readonly string[]

/** A structure whose type the library does not know, still encoded. */
export interface OpaqueValue {
  /** Node id of its encoding. */
  readonly encoding: string
  readonly bytes: Uint8Array
}

export interface EventField {
  readonly value: unknown
  readonly opaques: readonly OpaqueValue[]
}

/** EventQueueOverflowEventType (OPC 10000-5 §6.4.33): the server had to drop events. */
const overflowType = 'ns=0;i=3035'

/** Resolves with an objection when the server does not grant the item. */
export async function monitorEvents(options: {
  readonly subscription: ClientSubscription
  readonly notifier: NodeId
  readonly eventType: NodeId | undefined
  readonly queueLengthMax: number | undefined
  readonly fields: readonly EventFieldPath[]
  readonly onEvent: (fields: readonly EventField[]) => void
  readonly onOverflow: () => void
}): Promise<string | undefined> {
  const { subscription, fields, onEvent, onOverflow } = options
  const handles = new Set<number>()
  subscription.on('raw_notification', (message: NotificationMessage) => {
    for (const data of message.notificationData ?? []) {
      if (!(data instanceof EventNotificationList)) continue
      for (const event of data.events ?? []) {
        if (!handles.has(event.clientHandle)) continue
        const [type, ...asked] = (event.eventFields ?? []).map(takeField)
        if (String(type?.value) === overflowType) onOverflow()
        else onEvent(asked)
      }
    }
  })
  const names = [['EventType'], ...fields].map((path) => [...path])
  const filter = options.eventType === undefined ? constructEventFilter(names) : constructEventFilter(names, ofType(options.eventType))
  const item = await subscription.monitor(
    { nodeId: options.notifier, attributeId: AttributeIds.EventNotifier },
    { samplingInterval: 0, discardOldest: true, queueSize: options.queueLengthMax ?? itemDefaults.eventQueueLengthMax, filter },
    TimestampsToReturn.Both
  )
  if (item.statusCode.isNotGood()) return item.statusCode.name
  handles.add(item.monitoringParameters.clientHandle)
  return undefined
}

/** Structures are taken out of the message, so that the library finds nothing to resolve: it would browse all types of the server first. */
function takeField(field: Variant): EventField {
  if (field.dataType !== DataType.ExtensionObject) return { value: field.value, opaques: [] }
  const values: unknown = field.value
  const opaques = opaquesOf(values)
  field.arrayType = VariantArrayType.Scalar
  field.dataType = DataType.Null
  field.value = null
  return { value: undefined, opaques }
}

/** The undecoded structures of a value. */
export function opaquesOf(values: unknown): OpaqueValue[] {
  const list: readonly unknown[] = Array.isArray(values) ? values : [values]
  return list.flatMap((value) => {
    if (typeof value !== 'object' || value === null || !('nodeId' in value) || !('buffer' in value)) return []
    return value.buffer instanceof Uint8Array ? [{ encoding: String(value.nodeId), bytes: value.buffer }] : []
  })
}

/** `nsu=http://…;Limit/Severity` as the steps of a path; undefined when its namespace is unknown. */
export function fieldPathOf(field: string, namespaces: readonly string[]): EventFieldPath | undefined {
  const steps: string[] = []
  // A namespace URI has slashes of its own.
  for (const [, uri, index, name] of field.matchAll(/(?:nsu=([^;]*);|(\d+):)?([^/]+)(?:\/|$)/g)) {
    const namespace = uri === undefined ? Number(index ?? 0) : namespaces.indexOf(uri)
    if (namespace === -1) return undefined
    steps.push(`${namespace}:${name}`)
  }
  return steps.length === 0 ? undefined : steps
}
