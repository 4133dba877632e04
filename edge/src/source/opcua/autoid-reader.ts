/** The reader object of OPC 30010: its status, and its methods ScanStart and ScanStop. */
import {
  AttributeIds,
  type ClientSession,
  DataType,
  makeBrowsePath,
  type NodeId,
  resolveNodeId,
  StatusCodes,
  type Variant
} from 'node-opcua-client'
import { hasClass, importBroughtAlong } from './brought-along.ts'
import { findNode } from './node-address.ts'
import { autoIdNamespace } from './autoid-types.ts'
import type { OpcuaAutoId } from './opcua-item-config.ts'

/** DeviceStatusEnumeration. */
const readerStatuses = ['Idle', 'Error', 'Scanning', 'Busy'] as const
export type ReaderStatus = (typeof readerStatuses)[number]

/** Default Binary encoding of ScanSettings. */
const scanSettingsEncoding = 5015

export interface ReaderNodes {
  readonly nodeId: NodeId
  readonly scanStart: NodeId | undefined
  readonly scanStop: NodeId | undefined
  readonly status: NodeId | undefined
  readonly namespace: number
}

export interface ReaderControl {
  /** Resolve with why it failed; undefined when it worked. */
  start(): Promise<string | undefined>
  stop(): Promise<string | undefined>
}

/** What is wrong, or the nodes of the reader. */
export async function findReader(session: ClientSession, namespaces: readonly string[], address: string): Promise<ReaderNodes | string> {
  const found = await findNode(session, namespaces, address)
  if (!found.ok) return found.detail
  const namespace = namespaces.indexOf(autoIdNamespace)
  const child = (name: string) => childNode(session, found.nodeId, name, namespace)
  return {
    nodeId: found.nodeId,
    namespace,
    scanStart: await child('ScanStart'),
    scanStop: await child('ScanStop'),
    status: await child('DeviceStatus')
  }
}

export async function childNode(session: ClientSession, parent: NodeId, name: string, namespace: number): Promise<NodeId | undefined> {
  const result = await session.translateBrowsePath(makeBrowsePath(parent, `/${namespace}:${name}`))
  return result.statusCode.equals(StatusCodes.Good) ? result.targets?.[0]?.targetId : undefined
}

export async function readReaderStatus(session: ClientSession, reader: ReaderNodes): Promise<ReaderStatus | undefined> {
  if (reader.status === undefined) return undefined
  const dataValue = await session.read({ nodeId: reader.status, attributeId: AttributeIds.Value })
  return readerStatusOf(dataValue.value?.value)
}

export function readerStatusOf(value: unknown): ReaderStatus | undefined {
  return typeof value === 'number' ? readerStatuses[value] : undefined
}

export function createReaderControl(session: ClientSession, reader: ReaderNodes, config: OpcuaAutoId): ReaderControl {
  const call = async (name: string, methodId: NodeId | undefined, inputArguments: Pick<Variant, 'dataType' | 'value'>[]) => {
    if (methodId === undefined) return `the reader has no method ${name}`
    const result = await session.call({ objectId: reader.nodeId, methodId, inputArguments })
    return result.statusCode.isGood() ? undefined : `${name} failed: ${result.statusCode.name}`
  }
  return {
    start: async () =>
      call('ScanStart', reader.scanStart, [{ dataType: DataType.ExtensionObject, value: await scanSettings(reader, config) }]),
    stop: () => call('ScanStop', reader.scanStop, [])
  }
}

/** ScanSettings (OPC 30010 table 30): mask of one optional field, Duration, Cycles, DataAvailable; LocationType is left out. */
async function scanSettings(reader: ReaderNodes, config: OpcuaAutoId): Promise<object> {
  const { durationMs = 0, cycles = 0, dataAvailable = false } = config.scanSettings ?? {}
  const body = Buffer.alloc(4 + 8 + 4 + 1)
  body.writeDoubleLE(durationMs, 4)
  body.writeInt32LE(cycles, 12)
  body.writeUInt8(dataAvailable ? 1 : 0, 16)
  const loaded = await importBroughtAlong('node-opcua-extension-object')
  if (!hasClass<'OpaqueStructure', new (nodeId: NodeId, body: Buffer) => object>(loaded, 'OpaqueStructure'))
    throw new TypeError('Cannot call ScanStart: node-opcua-extension-object exports no OpaqueStructure')
  return new loaded.OpaqueStructure(resolveNodeId(`ns=${reader.namespace};i=${scanSettingsEncoding}`), body)
}
