/**
 * An AutoID reader (OPC 30010): its scan events by subscription; its variable LastScanData where no event brings the same. Results are taken as bytes: the
 * client library's own decoder loses optional fields, and would first browse all types of the server.
 */
import {
  AttributeIds,
  type ClientSession,
  type ClientSubscription,
  type DataValue,
  type NodeId,
  TimestampsToReturn
} from 'node-opcua-client'
import { decodeAutoIdResult } from './autoid-decoder.ts'
import { scanOfResult, type TakenScan } from './autoid-scan.ts'
import { autoIdNamespace, type AutoIdResult } from './autoid-types.ts'
import { childNode, type ReaderNodes, readerStatusOf } from './autoid-reader.ts'
import { findNode } from './node-address.ts'
import { itemDefaults, type OpcuaAutoId } from './opcua-item-config.ts'
import { type EventField, monitorEvents, opaquesOf, type OpaqueValue } from './opcua-notifier.ts'
import type { ReadingContext } from './opcua-reading.ts'
import type { SourceDependencies } from '../source.ts'

export interface AutoIdOptions {
  readonly config: OpcuaAutoId
  readonly session: ClientSession
  readonly subscription: ClientSubscription
  readonly namespaces: readonly string[]
  readonly context: ReadingContext
  readonly reader: ReaderNodes | undefined
  readonly onDevice: SourceDependencies['onDevice']
  readonly onData: () => void
}

/** A change of LastScanData that no event explains within this time is a scan of its own. */
const eventGraceMs = 1_500
/** Scans remembered to know the same one by its event. */
const rememberedMax = 100

/** Resolves with what is wrong. */
export async function subscribeAutoId(options: AutoIdOptions): Promise<readonly string[]> {
  const { config, session, namespaces } = options
  const namespace = namespaces.indexOf(autoIdNamespace)
  if (namespace === -1) return [`namespace ${autoIdNamespace} is unknown, the server has ${namespaces.join(', ')}`]
  const mode = config.lastScanData ?? itemDefaults.lastScanData
  const brought = rememberScans()
  const problems = mode === 'always' ? [] : await subscribeScanEvents({ ...options, namespace, brought })
  const { reader } = options
  if (reader !== undefined) await watchStatus(options, reader)
  if (mode === 'never' || reader === undefined)
    return mode === 'always' ? [...problems, 'lastScanData is "always" without a reader'] : problems
  const lastScan = await childNode(session, reader.nodeId, 'LastScanData', namespace)
  if (lastScan === undefined) return mode === 'always' ? [...problems, 'the reader has no LastScanData'] : problems
  const objection = await watchLastScan({ ...options, namespace, brought, lastScan, atOnce: mode === 'always' || problems.length > 0 })
  return objection === undefined ? problems : [...problems, objection]
}

interface Taking extends AutoIdOptions {
  readonly namespace: number
  readonly brought: ScanMemory
}

async function subscribeScanEvents(options: Taking): Promise<string[]> {
  const { config, session, subscription, namespaces, namespace, context } = options
  const address = config.notifier ?? itemDefaults.notifier
  const found = await findNode(session, namespaces, address)
  if (!found.ok) return [found.detail]
  const objection = await monitorEvents({
    subscription,
    notifier: found.nodeId,
    eventType: undefined,
    queueLengthMax: config.queueLengthMax,
    fields: [['SourceName'], [`${namespace}:DeviceName`], [`${namespace}:ScanResult`]],
    onEvent([sourceName, deviceName, scanResult]) {
      const results = scanResult?.opaques ?? []
      if (results.length === 0 || !isFrom(config, [sourceName, deviceName])) return
      options.onData()
      for (const result of results) takeResult(result, options)
    },
    onOverflow() {
      context.counts.overflows += 1
      context.dependencies.events.sourceOverflowed(context.config.endpoint)
    }
  })
  return objection === undefined ? [] : [`events of "${address}" were not granted: ${objection}`]
}

function isFrom(config: OpcuaAutoId, names: readonly (EventField | undefined)[]): boolean {
  return config.source === undefined || names.some((name) => name?.value === config.source)
}

function takeResult({ encoding, bytes }: OpaqueValue, options: Taking): void {
  const { config, context, brought, namespace } = options
  const { intake } = context.dependencies
  const result = decodeAutoIdResult(idIn(encoding, namespace), bytes)
  if (result.ok) brought.add(textOf(result.value))
  const taken = result.ok ? scanOfResult(result.value, Date.now()) : result
  if (!taken.ok)
    intake.refuse({ source: context.config.endpoint, device: config.device, topic: encoding, reason: taken.reason, payload: bytes })
  else keep(taken.value, options)
}

function keep(taken: TakenScan, options: Taking): void {
  void keepScan(taken, options)
}

async function keepScan({ scan, details }: TakenScan, options: Taking): Promise<void> {
  const { config, context } = options
  try {
    await context.dependencies.intake.scan(scan, { device: config.device, rule: config.rule, details })
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error)
    context.dependencies.logger.error({ endpoint: context.config.endpoint, detail }, 'scan not kept')
  }
}

/** The first value is what was scanned before we came: it is no scan of now. */
async function watchLastScan(options: Taking & { readonly lastScan: NodeId; readonly atOnce: boolean }): Promise<string | undefined> {
  const { subscription, context, brought } = options
  let first = true
  const item = await subscription.monitor(
    { nodeId: options.lastScan, attributeId: AttributeIds.Value },
    { samplingInterval: 0, discardOldest: true, queueSize: options.config.queueLengthMax ?? itemDefaults.eventQueueLengthMax },
    TimestampsToReturn.Both
  )
  if (item.statusCode.isNotGood()) return `LastScanData was not granted: ${item.statusCode.name}`
  item.on('changed', (dataValue: DataValue) => {
    if (first) {
      first = false
      return
    }
    if (!dataValue.statusCode.isGoodish()) return
    options.onData()
    const result = resultOfLastScan(dataValue, options.namespace)
    if (result === undefined) return
    const take = () => {
      if (brought.takes(textOf(result))) return
      const taken = scanOfResult(result, Date.now())
      const payload = Buffer.from(textOf(result))
      if (taken.ok) keep(taken.value, options)
      else
        context.dependencies.intake.refuse({
          source: context.config.endpoint,
          device: options.config.device,
          topic: 'LastScanData',
          reason: taken.reason,
          payload
        })
    }
    if (options.atOnce) take()
    else setTimeout(take, eventGraceMs).unref()
  })
  return undefined
}

/** Of BaseDataType: text, bytes, or a whole result (OPC 30010 §5.2). */
function resultOfLastScan(dataValue: DataValue, namespace: number): AutoIdResult | undefined {
  const value: unknown = dataValue.value?.value
  const timeMs = (dataValue.sourceTimestamp ?? dataValue.serverTimestamp)?.getTime()
  if (typeof value === 'string') return value === '' ? undefined : { codeType: '', data: { type: 'text', text: value }, timeMs }
  if (value instanceof Uint8Array)
    return value.length === 0 ? undefined : { codeType: 'EPC', data: { type: 'bytes', bytes: value }, timeMs }
  const [opaque] = opaquesOf(value)
  if (opaque === undefined) return undefined
  const decoded = decodeAutoIdResult(idIn(opaque.encoding, namespace), opaque.bytes)
  return decoded.ok ? decoded.value : undefined
}

/** The reader says Error: its device is gone for us, although the server lives. */
async function watchStatus(options: AutoIdOptions, reader: ReaderNodes): Promise<void> {
  if (reader.status === undefined) return
  const item = await options.subscription.monitor(
    { nodeId: reader.status, attributeId: AttributeIds.Value },
    { samplingInterval: itemDefaults.samplingMs, discardOldest: true, queueSize: 1 },
    TimestampsToReturn.Neither
  )
  if (item.statusCode.isNotGood()) return
  let online = true
  item.on('changed', (dataValue: DataValue) => {
    const now = readerStatusOf(dataValue.value?.value) !== 'Error'
    if (now !== online) options.onDevice(options.config.device, now, now ? '' : 'the reader reports Error')
    online = now
  })
}

interface ScanMemory {
  add(text: string): void
  /** Whether an event brought it; asked once per event. */
  takes(text: string): boolean
}

function rememberScans(): ScanMemory {
  const texts: string[] = []
  return {
    add(text) {
      texts.push(text)
      if (texts.length > rememberedMax) texts.shift()
    },
    takes(text) {
      const at = texts.indexOf(text)
      if (at !== -1) texts.splice(at, 1)
      return at !== -1
    }
  }
}

function textOf({ data }: AutoIdResult): string {
  return data.type === 'text' ? data.text : Buffer.from(data.bytes).toString('hex').toUpperCase()
}

/** The numeric id when it is one of the namespace; -1 otherwise. */
function idIn(nodeId: string, namespace: number): number {
  const match = /^ns=(\d+);i=(\d+)$/.exec(nodeId)
  return match !== null && Number(match[1]) === namespace ? Number(match[2]) : -1
}
