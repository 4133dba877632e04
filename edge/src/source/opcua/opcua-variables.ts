/** Subscribes to the variables of an OPC UA source and turns what arrives into readings. A variable that stays silent is read. */
import {
  AttributeIds,
  type ClientSession,
  type ClientSubscription,
  DataChangeFilter,
  DataChangeTrigger,
  type DataValue,
  DeadbandType,
  type NodeId,
  TimestampsToReturn
} from 'node-opcua-client'
import type { OpcuaSource, OpcuaVariable } from './opcua-config.ts'
import { opcuaDefaults } from './opcua-config.ts'
import { findNode } from './node-address.ts'
import { hasOverflow, numberOfValue, qualityOfStatus, timeOfValue } from './opcua-value.ts'
import type { SourceDependencies } from '../source.ts'

export interface Variables {
  /** Addresses that were not found or not granted, with the reason. */
  readonly missing: readonly string[]
  /** Reads what has been silent for the heartbeat interval; does nothing while an earlier call still waits. */
  readSilent(): Promise<void>
}

interface Item {
  readonly variable: OpcuaVariable
  readonly nodeId: NodeId
  lastAtMs: number
  refused: boolean
}

const readsPerRequestMax = 500

export async function subscribeVariables(options: {
  readonly config: OpcuaSource
  readonly session: ClientSession
  readonly subscription: ClientSubscription
  readonly namespaces: readonly string[]
  readonly dependencies: SourceDependencies
  readonly onData: () => void
}): Promise<Variables> {
  const { config, session, subscription, namespaces, dependencies } = options
  const missing: string[] = []
  const items: Item[] = []
  for (const variable of config.variables) {
    const found = await findNode(session, namespaces, variable.node)
    if (found.ok) items.push({ variable, nodeId: found.nodeId, lastAtMs: performance.now(), refused: false })
    else missing.push(found.detail)
  }

  const take = (item: Item, dataValue: DataValue, proof: boolean) => {
    item.lastAtMs = performance.now()
    options.onData()
    const reading = readingOf({ item, dataValue, proof, config, dependencies })
    if (reading !== undefined) dependencies.intake.readings([reading])
  }

  const groups = Map.groupBy(items, ({ variable }) => `${variable.samplingMs ?? ''}/${variable.deadBand ?? ''}`)
  for (const group of groups.values()) {
    const [first] = group
    if (first === undefined) continue
    const monitored = await subscription.monitorItems(
      group.map((item) => ({ nodeId: item.nodeId, attributeId: AttributeIds.Value })),
      {
        samplingInterval: first.variable.samplingMs ?? opcuaDefaults.samplingMs,
        discardOldest: true,
        queueSize: config.queueLengthMax ?? opcuaDefaults.queueLengthMax,
        ...deadBandFilter(first.variable.deadBand ?? opcuaDefaults.deadBand)
      },
      TimestampsToReturn.Both
    )
    monitored.on('changed', (_monitoredItem, dataValue, index) => {
      const item = group[index]
      if (item !== undefined) take(item, dataValue, false)
    })
    for (const [index, monitoredItem] of monitored.monitoredItems.entries())
      if (monitoredItem.statusCode.isNotGood())
        missing.push(`"${group[index]?.variable.node}" was not granted: ${monitoredItem.statusCode.name}`)
  }

  let reading = false
  const readChunk = async (chunk: readonly Item[]) => {
    const values = await session.read(
      chunk.map((item) => ({ nodeId: item.nodeId, attributeId: AttributeIds.Value })),
      0
    )
    for (const [index, dataValue] of values.entries()) {
      const item = chunk[index]
      if (item !== undefined) take(item, dataValue, true)
    }
  }
  return {
    missing,
    async readSilent() {
      if (reading) return
      reading = true
      try {
        const silentSinceMs = performance.now() - (config.heartbeatMs ?? opcuaDefaults.heartbeatMs)
        const silent = items.filter((item) => item.lastAtMs <= silentSinceMs)
        for (let start = 0; start < silent.length; start += readsPerRequestMax)
          await readChunk(silent.slice(start, start + readsPerRequestMax))
      } finally {
        reading = false
      }
    }
  }
}

function deadBandFilter(deadBand: number): { filter?: DataChangeFilter } {
  if (deadBand === 0) return {}
  return {
    filter: new DataChangeFilter({ trigger: DataChangeTrigger.StatusValue, deadbandType: DeadbandType.Absolute, deadbandValue: deadBand })
  }
}

function readingOf(options: {
  readonly item: Item
  readonly dataValue: DataValue
  readonly proof: boolean
  readonly config: OpcuaSource
  readonly dependencies: SourceDependencies
}) {
  const { item, dataValue, proof, config, dependencies } = options
  const { variable } = item
  const status = dataValue.statusCode.value
  const quality = qualityOfStatus(status)
  if (hasOverflow(status)) dependencies.events.sourceOverflowed(config.endpoint)
  const raw: unknown = dataValue.value?.value
  const number = quality === 9 || raw === null || raw === undefined ? Number.NaN : numberOfValue(raw)
  const device = variable.device ?? config.device
  if (number === undefined) {
    // Every further sample of the variable would say the same.
    if (!item.refused)
      dependencies.intake.refuse({
        source: config.endpoint,
        device,
        topic: variable.node,
        reason: {
          code: 'VALUE_NOT_NUMERIC',
          pointer: '',
          message: `value of "${variable.node}" is ${typeof raw}, expected a number or a boolean`
        },
        payload: Buffer.from(String(dataValue.value))
      })
    item.refused = true
    return undefined
  }
  const timeMs = timeOfValue({ source: dataValue.sourceTimestamp, server: dataValue.serverTimestamp }, { proof, receivedAtMs: Date.now() })
  return { device, metric: variable.metric, unit: variable.unit, timeMs, value: number * (variable.scale ?? 1), quality }
}
