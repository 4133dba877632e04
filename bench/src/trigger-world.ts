/** The chambers of the trigger benchmark and the goods in each: items of a lot, packed in cases, some of them sent on and sold. */
import type { TraceEvent, TraceSubject } from '@tracegate/model/trace-event'

export const chambersCount = 200
export const lotItems = 96
const itemsPerCase = 12
const itemsSold = 12
export const productKey = 'https://id.gs1.org/01/09506000134369'

export const chamberKey = (chamber: number): string => `https://id.gs1.org/414/9506000134338/254/CH${chamber}`
export const suspectDevice = (chamber: number): string => `chamber-${chamber}`

const hourMs = 3_600_000
const factory = 'https://id.gs1.org/414/9506000134512'
const importer = 'https://id.gs1.org/417/9506000134352'
const shop = (chamber: number): string => `https://id.gs1.org/414/${9_506_000_200_000 + (chamber % 40)}`
const item = (chamber: number, at: number): string => `${productKey}/21/T${chamber}-${at}`
const unit = (chamber: number, at: number): string =>
  `https://id.gs1.org/00/${String(395_060_000_000_000_000n + BigInt(chamber * 100 + at))}`

/** Made and packed, received in the chamber half a day ago; of the first case some were taken out, shipped and sold since. */
export function chamberEvents(chamber: number, nowMs: number): TraceEvent[] {
  const events: TraceEvent[] = []
  const lot = `${productKey}/10/LOT${chamber}`
  const step = (hoursAgo: number, bizStep: string, facts: Partial<TraceEvent> & { readonly subjects: TraceSubject[] }): void => {
    const eventTimeMs = nowMs - hoursAgo * hourMs
    const number = chamber * 1_000 + events.length
    events.push({
      eventID: `urn:uuid:00000000-0000-4000-8000-${String(number).padStart(12, '0')}`,
      type: 'ObjectEvent',
      action: 'OBSERVE',
      eventTimeMs,
      recordTimeMs: eventTimeMs + 500,
      timeZoneOffset: '+08:00',
      bizStep,
      sources: [],
      destinations: [],
      bizTransactions: [],
      json: '{}',
      ...facts
    })
  }
  const cases = lotItems / itemsPerCase
  for (let at = 0; at < cases; at += 1) {
    const items = Array.from({ length: itemsPerCase }, (_, index) => item(chamber, at * itemsPerCase + index))
    const objects = items.map((key): TraceSubject => ({ key, kind: 'item', role: 'object', lot }))
    step(100, 'commissioning', { action: 'ADD', readPoint: factory, bizLocation: factory, subjects: objects })
    const children = items.map((key): TraceSubject => ({ key, kind: 'item', role: 'child' }))
    const parent: TraceSubject = { key: unit(chamber, at), kind: 'logistic', role: 'parent' }
    step(99, 'packing', {
      type: 'AggregationEvent',
      action: 'ADD',
      readPoint: factory,
      bizLocation: factory,
      subjects: [parent, ...children]
    })
  }
  const boxes = Array.from({ length: cases }, (_, at): TraceSubject => ({ key: unit(chamber, at), kind: 'logistic', role: 'object' }))
  step(90, 'shipping', { readPoint: factory, destinations: [{ type: 'owning_party', key: importer }], subjects: boxes })
  step(12, 'storing', { readPoint: chamberKey(chamber), bizLocation: chamberKey(chamber), subjects: boxes })
  const sold = Array.from({ length: itemsSold }, (_, at): TraceSubject => ({ key: item(chamber, at), kind: 'item', role: 'object' }))
  const parent: TraceSubject = { key: unit(chamber, 0), kind: 'logistic', role: 'parent' }
  const children = sold.map(({ key }): TraceSubject => ({ key, kind: 'item', role: 'child' }))
  const unpacked = { type: 'AggregationEvent', action: 'DELETE', readPoint: chamberKey(chamber), bizLocation: chamberKey(chamber) } as const
  step(4, 'unpacking', { ...unpacked, subjects: [parent, ...children] })
  step(1, 'receiving', { readPoint: shop(chamber), bizLocation: shop(chamber), subjects: sold.slice(0, itemsSold / 2) })
  return events
}
