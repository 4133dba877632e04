/**
 * Subscribes to the scan events of an AutoID reader (OPC 30010). Results are taken as bytes, before the client library
 * resolves them: its own decoder loses optional fields, and would first browse all types of the server.
 */
import {
  AttributeIds,
  type ClientSession,
  type ClientSubscription,
  constructEventFilter,
  DataType,
  EventNotificationList,
  type NotificationMessage,
  TimestampsToReturn,
  type Variant,
  VariantArrayType
} from 'node-opcua-client'
import { autoIdNamespace, decodeAutoIdResult, scanOfResult } from './autoid-decoder.ts'
import { findNode } from './node-address.ts'
import type { OpcuaAutoId } from './opcua-config.ts'
import type { SourceDependencies } from '../source.ts'

/** Events that the server keeps between two publishings. */
const eventQueueLengthMax = 1_000
const fields = { sourceName: 0, deviceName: 1, scanResult: 2 } as const

export async function subscribeAutoId(options: {
  readonly config: OpcuaAutoId
  readonly endpoint: string
  readonly session: ClientSession
  readonly subscription: ClientSubscription
  readonly namespaces: readonly string[]
  readonly dependencies: SourceDependencies
  readonly onData: () => void
}): Promise<readonly string[]> {
  const { config, session, subscription, namespaces } = options
  const namespace = namespaces.indexOf(autoIdNamespace)
  if (namespace === -1) return [`namespace ${autoIdNamespace} is unknown, the server has ${namespaces.join(', ')}`]
  const found = await findNode(session, namespaces, config.notifier ?? 'i=2253')
  if (!found.ok) return [found.detail]
  let clientHandle: number | undefined
  subscription.on('raw_notification', (message) => {
    for (const results of takeResults(message, clientHandle)) void handOver(results, namespace, options)
  })
  const item = await subscription.monitor(
    { nodeId: found.nodeId, attributeId: AttributeIds.EventNotifier },
    {
      samplingInterval: 0,
      discardOldest: true,
      queueSize: eventQueueLengthMax,
      filter: constructEventFilter(['SourceName', `${namespace}:DeviceName`, `${namespace}:ScanResult`])
    },
    TimestampsToReturn.Both
  )
  if (item.statusCode.isNotGood()) return [`events of "${config.notifier ?? 'Server'}" were not granted: ${item.statusCode.name}`]
  clientHandle = item.monitoringParameters.clientHandle
  return []
}

interface EventResults {
  readonly sourceName: string
  readonly deviceName: string
  readonly results: readonly { readonly encoding: string; readonly bytes: Uint8Array }[]
}

/** Takes the results out of the message, so that the library finds nothing to resolve. */
function takeResults(message: NotificationMessage, clientHandle: number | undefined): EventResults[] {
  const taken: EventResults[] = []
  for (const data of message.notificationData ?? []) {
    if (!(data instanceof EventNotificationList)) continue
    for (const event of data.events ?? []) {
      if (event.clientHandle !== clientHandle) continue
      const field = event.eventFields?.[fields.scanResult]
      if (field?.dataType !== DataType.ExtensionObject) continue
      const results = opaquesOf(field)
      field.arrayType = VariantArrayType.Scalar
      field.dataType = DataType.Null
      field.value = null
      if (results.length > 0)
        taken.push({
          sourceName: textOf(event.eventFields?.[fields.sourceName]),
          deviceName: textOf(event.eventFields?.[fields.deviceName]),
          results
        })
    }
  }
  return taken
}

function opaquesOf(field: Variant): EventResults['results'] {
  const values: unknown = field.value
  const list: readonly unknown[] = Array.isArray(values) ? values : [values]
  return list.flatMap((value) => {
    if (typeof value !== 'object' || value === null || !('nodeId' in value) || !('buffer' in value)) return []
    return value.buffer instanceof Uint8Array ? [{ encoding: String(value.nodeId), bytes: value.buffer }] : []
  })
}

async function handOver(
  event: EventResults,
  namespace: number,
  options: {
    readonly config: OpcuaAutoId
    readonly endpoint: string
    readonly dependencies: SourceDependencies
    readonly onData: () => void
  }
): Promise<void> {
  const { config, endpoint, dependencies } = options
  const { intake, logger } = dependencies
  if (config.source !== undefined && config.source !== event.sourceName && config.source !== event.deviceName) return
  options.onData()
  for (const { encoding, bytes } of event.results) {
    const refuse = (reason: { code: string; pointer: string; message: string }) =>
      intake.refuse({ source: endpoint, device: config.device, topic: encoding, reason, payload: bytes })
    const result = decodeAutoIdResult(idIn(encoding, namespace), bytes)
    const scan = result.ok ? scanOfResult(result.value, Date.now()) : result
    if (!scan.ok) {
      refuse(scan.reason)
      continue
    }
    try {
      await intake.scan(scan.value, { device: config.device, rule: config.rule })
    } catch (error) {
      logger.error({ endpoint, detail: error instanceof Error ? error.message : String(error) }, 'scan not kept')
    }
  }
}

/** The numeric id when it is one of the namespace; -1 otherwise. */
function idIn(nodeId: string, namespace: number): number {
  const match = /^ns=(\d+);i=(\d+)$/.exec(nodeId)
  return match !== null && Number(match[1]) === namespace ? Number(match[2]) : -1
}

function textOf(field: Variant | undefined): string {
  const value: unknown = field?.value
  return typeof value === 'string' ? value : ''
}
