/** Creates monitored items, alike ones together, and does without a dead band where the server knows none. It takes no value itself. */
import {
  AttributeIds,
  type ClientMonitoredItemBase,
  type ClientSubscription,
  DataChangeFilter,
  DataChangeTrigger,
  type DataValue,
  DeadbandType,
  type NodeId,
  type StatusCode,
  StatusCodes,
  TimestampsToReturn
} from 'node-opcua-client'
import { type OpcuaSource, opcuaDefaults } from './opcua-config.ts'
import { itemDefaults, type OpcuaVariable } from './opcua-item-config.ts'

/** Servers may limit it (`MaxMonitoredItemsPerCall`); the library splits further where they say so. */
const itemsPerRequestMax = 500

export interface WantedItem {
  readonly variable: OpcuaVariable
  readonly nodeId: NodeId
}

export interface GrantedItem<Item> {
  readonly item: Item
  readonly monitored: ClientMonitoredItemBase | undefined
  /** Why it was not granted, or without its dead band; empty when all is well. */
  readonly objection: string
}

export async function monitor<Item extends WantedItem>(options: {
  readonly subscription: ClientSubscription
  readonly config: OpcuaSource
  readonly items: readonly Item[]
  readonly onChange: (item: Item, dataValue: DataValue) => void
}): Promise<GrantedItem<Item>[]> {
  const granted: GrantedItem<Item>[] = []
  for (const alike of Map.groupBy(options.items, ({ variable }) => likenessOf(variable)).values())
    for (let start = 0; start < alike.length; start += itemsPerRequestMax)
      granted.push(...(await monitorAlike(alike.slice(start, start + itemsPerRequestMax), options)))
  return granted
}

function likenessOf(variable: OpcuaVariable): string {
  const { samplingMs, deadBand, deadBandType, queueLengthMax, discardOldest } = variable
  return JSON.stringify([samplingMs, deadBand, deadBandType, queueLengthMax, discardOldest])
}

async function monitorAlike<Item extends WantedItem>(
  items: readonly Item[],
  options: Parameters<typeof monitor<Item>>[0]
): Promise<GrantedItem<Item>[]> {
  const [first] = items
  if (first === undefined) return []
  const filter = deadBandFilter(first.variable)
  const granted = await request(items, filter, options)
  const refused = granted.filter(({ status }) => filter !== undefined && isFilterRefusal(status)).map(({ item }) => item)
  const again = refused.length === 0 ? [] : await request(refused, undefined, options)
  const plain = new Map(again.map((grant) => [grant.item, grant]))
  return granted.map(({ item, monitored, status }) => {
    const second = plain.get(item)
    if (second?.status.isGood() === true) {
      const objection = `"${item.variable.node}" has no dead band: ${status.name}; every change is taken`
      return { item, monitored: second.monitored, objection }
    }
    if (status.isGood()) return { item, monitored, objection: '' }
    return { item, monitored: undefined, objection: `"${item.variable.node}" was not granted: ${status.name}` }
  })
}

async function request<Item extends WantedItem>(
  items: readonly Item[],
  filter: DataChangeFilter | undefined,
  { subscription, config, onChange }: Parameters<typeof monitor<Item>>[0]
): Promise<{ readonly item: Item; readonly monitored: ClientMonitoredItemBase | undefined; readonly status: StatusCode }[]> {
  const variable = items[0]?.variable
  const group = await subscription.monitorItems(
    items.map(({ nodeId }) => ({ nodeId, attributeId: AttributeIds.Value })),
    {
      samplingInterval: variable?.samplingMs ?? itemDefaults.samplingMs,
      discardOldest: variable?.discardOldest ?? itemDefaults.discardOldest,
      queueSize: variable?.queueLengthMax ?? config.queueLengthMax ?? opcuaDefaults.queueLengthMax,
      ...(filter === undefined ? {} : { filter })
    },
    TimestampsToReturn.Both
  )
  group.on('changed', (_monitored, dataValue, index) => {
    const item = items[index]
    if (item !== undefined) onChange(item, dataValue)
  })
  return items.map((item, index) => {
    const monitored = group.monitoredItems[index]
    return { item, monitored, status: monitored?.statusCode ?? StatusCodes.BadInternalError }
  })
}

function deadBandFilter(variable: OpcuaVariable): DataChangeFilter | undefined {
  const deadbandValue = variable.deadBand ?? itemDefaults.deadBand
  if (deadbandValue === 0) return undefined
  const deadbandType = (variable.deadBandType ?? itemDefaults.deadBandType) === 'percent' ? DeadbandType.Percent : DeadbandType.Absolute
  return new DataChangeFilter({ trigger: DataChangeTrigger.StatusValue, deadbandType, deadbandValue })
}

/** OPC 10000-4 §7.22.2: no numeric type, or percent without an EURange. */
function isFilterRefusal(status: StatusCode): boolean {
  return [
    StatusCodes.BadFilterNotAllowed,
    StatusCodes.BadMonitoredItemFilterUnsupported,
    StatusCodes.BadMonitoredItemFilterInvalid,
    StatusCodes.BadDeadbandFilterInvalid
  ].some((code) => status.equals(code))
}
