/** All that lives as long as one session: the subscription and what it brings, the reader and its methods, the gates. */
import {
  BrowseDirection,
  type ClientSession,
  type ClientSubscription,
  DataType,
  NodeClassMask,
  type NodeId,
  readNamespaceArray
} from 'node-opcua-client'
import { createReaderControl, findReader, type ReaderControl } from './autoid-reader.ts'
import { findNode } from './node-address.ts'
import { subscribeAutoId } from './opcua-autoid.ts'
import { type OpcuaSource, opcuaDefaults } from './opcua-config.ts'
import { subscribeEvents } from './opcua-events.ts'
import { type NotificationGaps, watchNotificationGaps } from './notification-gaps.ts'
import { itemDefaults } from './opcua-item-config.ts'
import type { ReadingContext } from './opcua-reading.ts'
import type { OpenSession } from './opcua-session.ts'
import { subscribeVariables, type Variables } from './opcua-variables.ts'
import type { SourceDependencies, SourceOrder, SourceOrderResult } from '../source.ts'

export interface Line {
  readonly opened: OpenSession
  readonly subscription: ClientSubscription
  readonly variables: Variables
  readonly control: ReaderControl | undefined
  /** What was wrong when it was opened and is not looked at again. */
  readonly problems: readonly string[]
  /** Asks for the messages that a cut line swallowed. */
  readonly gaps: NotificationGaps
  /** Reads the namespaces again: whether they are still as the subscription took them. */
  sameNamespaces(): Promise<boolean>
  order(order: SourceOrder): Promise<SourceOrderResult>
}

export async function openLine(options: {
  readonly opened: OpenSession
  readonly context: ReadingContext
  readonly onDevice: SourceDependencies['onDevice']
  readonly onData: () => void
}): Promise<Line> {
  const { opened, context, onData, onDevice } = options
  const { config } = context
  const { session, namespaces } = opened
  const subscription = await session.createSubscription2({
    requestedPublishingInterval: config.publishingMs ?? opcuaDefaults.publishingMs,
    requestedLifetimeCount: lifetimeCount,
    requestedMaxKeepAliveCount: keepAliveCountOf(config),
    maxNotificationsPerPublish: 10_000,
    publishingEnabled: true,
    priority: 10
  })
  const gaps = watchNotificationGaps(session, subscription)
  const problems: string[] = []
  const shared = { session, subscription, namespaces, context, onData }
  const variables = await subscribeVariables(shared)
  for (const event of config.events ?? []) problems.push(...(await subscribeEvents({ event, ...shared })))
  let control: ReaderControl | undefined
  if (config.autoId !== undefined) {
    const { reader: address } = config.autoId
    const reader = address === undefined ? undefined : await findReader(session, namespaces, address)
    if (typeof reader === 'string') problems.push(reader)
    const nodes = typeof reader === 'string' ? undefined : reader
    problems.push(...(await subscribeAutoId({ ...shared, config: config.autoId, reader: nodes, onDevice })))
    if (nodes !== undefined) control = createReaderControl(session, nodes, config.autoId)
    if ((config.autoId.scanControl ?? itemDefaults.scanControl) && control !== undefined) {
      const objection = await control.start()
      if (objection !== undefined) problems.push(objection)
    }
  }
  const line: Line = {
    opened,
    subscription,
    variables,
    control,
    problems,
    gaps,
    async sameNamespaces() {
      const now = await readNamespaceArray(session)
      return now.length === namespaces.length && now.every((uri, index) => uri === namespaces[index])
    },
    order: (order) => carryOut(order, line, config)
  }
  return line
}

/** Publishing intervals without a request after which the server drops the subscription: three times the keep-alive count at least. */
const lifetimeCount = 1_000
const keepAliveCountMax = 300

/** A quiet server is heard of three times within the time that the watchdog gives it. */
function keepAliveCountOf(config: OpcuaSource): number {
  const silenceTimeoutMs = config.silenceTimeoutMs ?? opcuaDefaults.silenceTimeoutMs
  const count = Math.floor(silenceTimeoutMs / 3 / (config.publishingMs ?? opcuaDefaults.publishingMs))
  return Math.min(Math.max(1, count), keepAliveCountMax)
}

async function carryOut(order: SourceOrder, line: Line, config: OpcuaSource): Promise<SourceOrderResult> {
  switch (order.name) {
    case 'rescan':
      return rescan(order.device, line, config)
    case 'holdGate':
    case 'releaseGate':
      return moveGate({ ...order, name: order.name }, line, config)
    case 'setInterval': {
      const changed = await line.variables.setSampling(order.metric, order.device, order.intervalMs)
      if (changed > 0) return { status: 'done', message: `${changed} variables are sampled every ${order.intervalMs} ms` }
      return { status: 'refused', message: `no variable of ${order.device} gives ${order.metric ?? 'a metric'}` }
    }
    default:
      return order satisfies never
  }
}

/** A reader that scans already may refuse to stop; what counts is that it starts. */
async function rescan(device: string, { control }: Line, config: OpcuaSource): Promise<SourceOrderResult> {
  if (control === undefined || config.autoId?.device !== device)
    return { status: 'refused', message: `${device} is no AutoID reader with a configured reader node` }
  await control.stop()
  const objection = await control.start()
  return objection === undefined ? { status: 'done' } : { status: 'failed', message: objection }
}

async function moveGate(
  order: { readonly name: 'holdGate' | 'releaseGate'; readonly device: string; readonly reason?: string },
  line: Line,
  config: OpcuaSource
): Promise<SourceOrderResult> {
  const gate = config.gates?.find(({ device }) => device === order.device)
  if (gate === undefined) return { status: 'refused', message: `${order.device} is no gate of this source` }
  const { session, namespaces } = line.opened
  const found = await findNode(session, namespaces, gate.node)
  if (!found.ok) return { status: 'failed', message: found.detail }
  const name = order.name === 'holdGate' ? 'HoldGate' : 'ReleaseGate'
  const methodId = await methodOf(session, found.nodeId, name)
  if (methodId === undefined) return { status: 'refused', message: `"${gate.node}" has no method ${name}` }
  const inputArguments = [{ dataType: DataType.String, value: order.reason ?? '' }]
  const result = await session.call({ objectId: found.nodeId, methodId, inputArguments })
  return result.statusCode.isGood() ? { status: 'done' } : { status: 'failed', message: `${name} failed: ${result.statusCode.name}` }
}

/** `BrowseResultMask` (OPC 10000-4 §7.6): the browse name only. */
const browseNameMask = 8

/** By its name in whatever namespace: a subtype of GateType may be of its maker's. */
async function methodOf(session: ClientSession, objectId: NodeId, name: string): Promise<NodeId | undefined> {
  const result = await session.browse({
    nodeId: objectId,
    browseDirection: BrowseDirection.Forward,
    nodeClassMask: NodeClassMask.Method,
    resultMask: browseNameMask
  })
  return (result.references ?? []).find(({ browseName }) => browseName.name === name)?.nodeId
}
