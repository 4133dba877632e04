/** A made-up journey and trace graph. Never shipped. */
import type { JourneyAnswer, TraceAnswer } from '@tracegate/model/trace'
import { placeKey, vaccineKey } from './fixture-registers.ts'

const dayMs = 86_400_000
const startMs = Date.UTC(2026, 10, 1, 7)

export function fixtureJourney(of: string): JourneyAnswer {
  const step = (
    stage: JourneyAnswer['steps'][number]['stage'],
    day: number,
    bizStep: string,
    more: Partial<JourneyAnswer['steps'][number]> = {}
  ): JourneyAnswer['steps'][number] => ({
    stage,
    timeMs: startMs + day * dayMs,
    timeZoneOffset: day < 4 ? '+01:00' : '+08:00',
    eventID: `ni:///sha-256;${bizStep}${day}?ver=CBV2.0`,
    type: 'ObjectEvent',
    bizStep,
    readings: [],
    ...more
  })
  const temperature = (min: number, max: number) => [
    { series: 's', quantity: 'temperature', unit: 'Cel', min, max, mean: (min + max) / 2, count: 5_120 },
    { series: 'h', quantity: 'humidity', unit: '%', min: 48, max: 63, mean: 55, count: 5_120 }
  ]
  return {
    of,
    product: vaccineKey,
    steps: [
      step('production', 0, 'commissioning', {
        place: placeKey(14),
        party: 'https://id.gs1.org/417/9506000100000',
        untilMs: startMs + dayMs,
        readings: temperature(3.8, 5.1)
      }),
      step('production', 0.2, 'packing', { place: placeKey(14), within: 'https://id.gs1.org/00/095060001343500018' }),
      step('logistics', 1, 'shipping', { place: placeKey(14), disposition: 'in_transit' }),
      step('logistics', 2, 'departing', { place: placeKey(16) }),
      step('logistics', 17, 'arriving', { place: placeKey(11) }),
      step('inspection', 18, 'inspecting', { place: placeKey(13), disposition: 'conformant' }),
      step('logistics', 19, 'storing', { place: placeKey(10, 'CH1'), untilMs: startMs + 22 * dayMs, readings: temperature(4.1, 12.6) }),
      step('sale', 22, 'retail_selling', { place: placeKey(17), disposition: 'retail_sold' })
    ],
    stagesSeen: ['production', 'inspection', 'logistics', 'sale'],
    truncated: false,
    tookMs: 2.4
  }
}

export function fixtureTrace(of: string): TraceAnswer {
  const lot = `${vaccineKey}/10/LOT7`
  const pallet = 'https://id.gs1.org/00/095060001343500018'
  const items = Array.from({ length: 20 }, (_, index) => `${lot}/21/10000${String(index).padStart(2, '0')}`)
  const bulk = 'https://id.gs1.org/01/09506000199996/10/BULK3'
  return {
    of,
    definition: 'timeScoped',
    nodes: [
      { key: lot, kind: 'lot', depth: 0, firstMs: startMs, lastMs: startMs + 19 * dayMs, place: placeKey(10, 'CH1') },
      { key: bulk, kind: 'lot', depth: 1, firstMs: startMs - dayMs },
      { key: pallet, kind: 'logistic', depth: 1, place: placeKey(10, 'CH1'), disposition: 'in_progress' },
      ...items.map((key) => ({ key, kind: 'item' as const, depth: 1, place: placeKey(10, 'CH1') })),
      { key: vaccineKey, kind: 'product', depth: 1 }
    ],
    edges: [
      { from: bulk, to: lot, kind: 'becomes', eventID: 'e1' },
      { from: lot, to: vaccineKey, kind: 'instanceOf', eventID: 'e2' },
      ...items.flatMap((key) => [
        { from: pallet, to: key, kind: 'contains' as const, eventID: 'e3' },
        { from: key, to: lot, kind: 'instanceOf' as const, eventID: 'e2' }
      ])
    ],
    events: ['e1', 'e2', 'e3'],
    truncated: false,
    tookMs: 1.2
  }
}
