/**
 * Subscribes to the variables of an OPC UA source and turns what arrives into readings. A variable that stays silent although its server lives is read; where the
 * read shows what the subscription did not say, it is monitored anew; what gives no value is told as missing. Knows nothing of sessions.
 */
import {
  AttributeIds,
  type ClientMonitoredItemBase,
  type ClientSession,
  type ClientSubscription,
  type DataValue,
  type NodeId
} from 'node-opcua-client'
import type { SourceReading } from '../../intake/intake.ts'
import { findNodes } from './node-address.ts'
import { type OpcuaSource, opcuaDefaults } from './opcua-config.ts'
import { itemDefaults, type OpcuaVariable } from './opcua-item-config.ts'
import { monitor } from './opcua-monitor.ts'
import { missingReading, type ReadingContext, readingOf, type TakenItem } from './opcua-reading.ts'
import { numberOfValue } from './opcua-value.ts'

export interface Variables {
  /** What is not as configured: not found, not granted, silent. At most a few, with the number of the others. */
  problems(): readonly string[]
  /** Looks after silent and missing variables; does nothing while an earlier call still waits. */
  tend(): Promise<void>
  /** While held, values are kept back; `release` hands them over, or throws them away when their addresses were wrong. */
  hold(): void
  release(right: boolean): void
  setSampling(metric: string | undefined, device: string, samplingMs: number): Promise<number>
}

interface Item extends TakenItem {
  variable: OpcuaVariable
  nodeId: NodeId | undefined
  monitored: ClientMonitoredItemBase | undefined
  objection: string
  lastAtMs: number
  lastValue: unknown
  lastGood: boolean | undefined
  /** Since a read said something else than the subscription. */
  suspectSinceMs: number | undefined
  stale: boolean
  tryAgainAtMs: number
}

const readsPerRequestMax = 500
/** Values kept back while the namespaces of a server that came back are read: 20 s at 5,000 a second. */
const heldMax = 100_000
/** A variable that was not found or not granted is tried again after this time. */
const missingRetryMs = 15_000
/** Least time that a change may take from the server's sampling to here. */
const suspectGraceMs = 2_000

export async function subscribeVariables(options: {
  readonly session: ClientSession
  readonly subscription: ClientSubscription
  readonly namespaces: readonly string[]
  readonly context: ReadingContext
  readonly onData: () => void
}): Promise<Variables> {
  const { session, subscription, namespaces, context } = options
  const { config, dependencies, counts } = context
  const items = config.variables.map(newItem)
  let held: { item: Item; dataValue: DataValue }[] | undefined
  let batch: SourceReading[] = []

  const hand = (reading: SourceReading | undefined) => {
    if (reading === undefined) return
    if (batch.length === 0) queueMicrotask(flush)
    batch.push(reading)
  }
  const flush = () => {
    const readings = batch
    batch = []
    dependencies.intake.readings(readings)
  }
  const take = (item: Item, dataValue: DataValue, proof: boolean) => {
    item.lastAtMs = performance.now()
    item.lastGood = dataValue.statusCode.isGoodish()
    item.lastValue = dataValue.value?.value
    item.stale = false
    options.onData()
    hand(readingOf(item, dataValue, proof, context))
  }
  const onChange = (item: Item, dataValue: DataValue) => {
    item.suspectSinceMs = undefined
    if (held === undefined) return take(item, dataValue, false)
    if (held.length < heldMax) held.push({ item, dataValue })
    else counts.misaddressed += 1
  }

  const subscribe = async (wanted: readonly Item[]) => {
    const nowMs = performance.now()
    const found = await findNodes(
      session,
      namespaces,
      wanted.map(({ variable }) => variable.node)
    )
    const known: (Item & { nodeId: NodeId })[] = []
    for (const [index, item] of wanted.entries()) {
      const node = found[index]
      item.tryAgainAtMs = nowMs + missingRetryMs
      if (node?.ok === true) {
        item.nodeId = node.nodeId
        if (hasNode(item)) known.push(item)
      } else item.objection = node?.ok === false ? node.detail : 'not found'
    }
    for (const { item, monitored, objection } of await monitor({ subscription, config, items: known, onChange })) {
      item.monitored = monitored
      item.objection = objection
      item.lastAtMs = nowMs
    }
  }
  await subscribe(items)

  const monitorAnew = async (again: readonly Item[]) => {
    for (const item of again) {
      const old = item.monitored
      item.monitored = undefined
      item.suspectSinceMs = undefined
      counts.remonitored += 1
      await old?.terminate().catch(() => undefined)
    }
    await subscribe(again)
  }

  const readSilent = async (silent: readonly Item[]) => {
    for (let start = 0; start < silent.length; start += readsPerRequestMax) {
      const chunk = silent.slice(start, start + readsPerRequestMax)
      const values = await readValues(session, chunk)
      for (const [index, item] of chunk.entries()) {
        const dataValue = values?.[index]
        if (dataValue === undefined || dataValue.statusCode.isBad()) tellMissing(item)
        else proveValue(item, dataValue)
      }
    }
  }
  const tellMissing = (item: Item) => {
    item.lastAtMs = performance.now()
    item.lastGood = false
    item.stale = true
    hand(missingReading(item.variable, config))
  }
  const proveValue = (item: Item, dataValue: DataValue) => {
    const differs = item.lastGood !== undefined && saysElse(item, dataValue)
    if (differs) item.suspectSinceMs ??= performance.now()
    take(item, dataValue, true)
  }

  let tending = false
  const tend = async () => {
    const nowMs = performance.now()
    const heartbeatMs = config.heartbeatMs ?? opcuaDefaults.heartbeatMs
    const watched = items.filter(({ monitored }) => monitored !== undefined)
    const lost = watched.filter(
      (item) => item.suspectSinceMs !== undefined && nowMs - item.suspectSinceMs > graceMsOf(item.variable, config)
    )
    await monitorAnew(lost)
    await readSilent(watched.filter((item) => item.monitored !== undefined && nowMs - item.lastAtMs >= heartbeatMs))
    const missing = items.filter(({ monitored, tryAgainAtMs }) => monitored === undefined && nowMs >= tryAgainAtMs)
    if (missing.length > 0) await subscribe(missing)
  }

  return {
    problems: () => problemsOf(items),
    async tend() {
      if (tending || held !== undefined) return
      tending = true
      await tend().finally(() => (tending = false))
    },
    hold: () => void (held ??= []),
    release(right) {
      // Repeated messages come after newer ones; the sort is stable, so that alike times stay in their order.
      const values = (held ?? []).toSorted((left, right) => sourceTimeOf(left.dataValue) - sourceTimeOf(right.dataValue))
      held = undefined
      if (right) for (const { item, dataValue } of values) take(item, dataValue, false)
      else counts.misaddressed += values.length
    },
    async setSampling(metric, device, samplingMs) {
      const named = items.filter(
        ({ variable }) => (variable.device ?? config.device) === device && (metric === undefined || variable.metric === metric)
      )
      for (const item of named) item.variable = { ...item.variable, samplingMs }
      await monitorAnew(named)
      return named.length
    }
  }
}

function newItem(variable: OpcuaVariable): Item {
  return {
    variable,
    nodeId: undefined,
    monitored: undefined,
    objection: '',
    lastAtMs: performance.now(),
    lastValue: undefined,
    lastGood: undefined,
    suspectSinceMs: undefined,
    stale: false,
    tryAgainAtMs: 0,
    refused: false,
    serverTimeTold: false
  }
}

function hasNode(item: Item): item is Item & { nodeId: NodeId } {
  return item.nodeId !== undefined
}

function sourceTimeOf({ sourceTimestamp, serverTimestamp }: DataValue): number {
  return (sourceTimestamp ?? serverTimestamp)?.getTime() ?? 0
}

/** Undefined when the server gives no answer to the read although it lives. */
async function readValues(session: ClientSession, items: readonly Item[]): Promise<readonly DataValue[] | undefined> {
  try {
    return await session.read(
      items.filter(hasNode).map(({ nodeId }) => ({ nodeId, attributeId: AttributeIds.Value })),
      0
    )
  } catch {
    return undefined
  }
}

/** Whether the read shows a change that the subscription should have told. */
function saysElse(item: Item, dataValue: DataValue): boolean {
  if (item.lastGood !== dataValue.statusCode.isGoodish()) return true
  const { deadBand = itemDefaults.deadBand, deadBandType = itemDefaults.deadBandType } = item.variable
  const before = numberOfValue(item.lastValue)
  const now = numberOfValue(dataValue.value?.value)
  if (before === undefined || now === undefined || before === now) return false
  // What a percentage of the range is, the server alone knows.
  return deadBand === 0 || (deadBandType === 'absolute' && Math.abs(now - before) > deadBand)
}

/** Two samplings and two publishings. */
function graceMsOf(variable: OpcuaVariable, config: OpcuaSource): number {
  const periodMs = (variable.samplingMs ?? itemDefaults.samplingMs) + (config.publishingMs ?? opcuaDefaults.publishingMs)
  return Math.max(suspectGraceMs, 2 * periodMs)
}

const problemsShownMax = 5

function problemsOf(items: readonly Item[]): string[] {
  const all = items.flatMap((item) => {
    if (item.objection !== '') return [item.objection]
    return item.stale ? [`"${item.variable.node}" is stale: it gives no value`] : []
  })
  if (all.length <= problemsShownMax) return all
  return [...all.slice(0, problemsShownMax), `and ${all.length - problemsShownMax} more`]
}
