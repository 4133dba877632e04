/** What is to be known of goods beyond their keys: the lot of an item, as the event that made it says. It changes nothing. */
import { Type } from 'typebox'
import { compileValidator, decodeJson } from '@tracegate/model/codec'
import { keyKind, lotKey, parentKeyOf } from '@tracegate/model/gs1/key'
import type { TraceEvent } from '@tracegate/model/trace-event'
import type { TraceStore } from '@tracegate/store/trace-store'

/** Items whose lot is looked up for one answer; a longer list goes on without, as products and holders are complete anyway. */
const lotLookupsMax = 500
const lookupsAtOnce = 50

const MadeWithLot = Type.Object({
  ilmd: Type.Object({
    'cbvmda:lotNumber': Type.Optional(Type.String({ minLength: 1, maxLength: 20 })),
    lotNumber: Type.Optional(Type.String({ minLength: 1, maxLength: 20 }))
  })
})
const madeWithLot = compileValidator(MadeWithLot)
const encoder = new TextEncoder()

/** Lot key by item key, for the items that an event with a lot number made. */
export async function lotsOfItems(trace: TraceStore, keys: readonly string[]): Promise<Map<string, string>> {
  const items = keys.filter((key) => keyKind(key) === 'item').slice(0, lotLookupsMax)
  const lots = new Map<string, string>()
  // Items of a lot are commissioned many at a time, so the same event is read once.
  const lotByEvent = new Map<string, string | undefined>()
  for (let start = 0; start < items.length; start += lookupsAtOnce) {
    const slice = items.slice(start, start + lookupsAtOnce)
    const ledgers = await Promise.all(slice.map((key) => trace.ledger({ key, limit: 1 })))
    for (const [at, key] of slice.entries()) {
      const event = ledgers[at]?.[0]
      const gtin = /\/01\/(\d{14})\//.exec(key)?.[1]
      if (event === undefined || gtin === undefined) continue
      if (!lotByEvent.has(event.eventID)) lotByEvent.set(event.eventID, lotNumberOf(event.json))
      const number = lotByEvent.get(event.eventID)
      const lot = number === undefined ? lotUsedUp(event, key) : lotKey(gtin, number)
      if (lot !== undefined) lots.set(key, lot)
    }
  }
  return lots
}

/** An item that was made out of one lot of its own product, such as a box filled from it, belongs to that lot. */
function lotUsedUp(event: TraceEvent, key: string): string | undefined {
  if (!event.subjects.some((subject) => subject.key === key && subject.role === 'output')) return undefined
  const inputs = event.subjects.filter((subject) => subject.role === 'input')
  const [input] = inputs
  return inputs.length === 1 && input?.kind === 'lot' && parentKeyOf(input.key) === parentKeyOf(key) ? input.key : undefined
}

function lotNumberOf(json: string): string | undefined {
  if (!json.includes('lotNumber')) return undefined
  const decoded = decodeJson(encoder.encode(json))
  const read = decoded.ok ? madeWithLot.check(decoded.value) : decoded
  return read.ok ? (read.value.ilmd['cbvmda:lotNumber'] ?? read.value.ilmd.lotNumber) : undefined
}
