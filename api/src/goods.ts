/** What is to be known of goods beyond their keys: the lot of an item, as the events that name it say. It changes nothing. */
import { keyKind, parentKeyOf } from '@tracegate/model/gs1/key'
import type { TraceFact } from '@tracegate/model/trace-event'
import type { TraceStore } from '@tracegate/store/trace-store'

/** Items whose lot is looked up for one answer; a longer list goes on without, as products and holders are complete anyway. */
const lotLookupsMax = 500
/** Newest events of an item that are looked at; few have a tenth of it. */
const eventsPerItemMax = 1_000

/** Lot key by item key, for the items of which an event told the lot. */
export async function lotsOfItems(trace: TraceStore, keys: readonly string[]): Promise<Map<string, string>> {
  const items = keys.filter((key) => keyKind(key) === 'item').slice(0, lotLookupsMax)
  const lots = new Map<string, string>()
  if (items.length === 0) return lots
  const histories = await trace.histories({ keys: items, newest: eventsPerItemMax })
  for (const key of items) {
    const lot = lotIn(histories.get(key) ?? [], key)
    if (lot !== undefined) lots.set(key, lot)
  }
  return lots
}

function lotIn(events: readonly TraceFact[], key: string): string | undefined {
  for (const event of events) {
    const lot = event.subjects.find((subject) => subject.key === key)?.lot ?? lotUsedUp(event, key)
    if (lot !== undefined) return lot
  }
  return undefined
}

/** An item that was made out of one lot of its own product, such as a box filled from it, belongs to that lot. */
function lotUsedUp(event: TraceFact, key: string): string | undefined {
  if (!event.subjects.some((subject) => subject.key === key && subject.role === 'output')) return undefined
  const inputs = event.subjects.filter((subject) => subject.role === 'input')
  const [input] = inputs
  return inputs.length === 1 && input?.kind === 'lot' && parentKeyOf(input.key) === parentKeyOf(key) ? input.key : undefined
}
