/** Made-up anomalies and warnings for looking at the pages and for tests of their order and filters. Never shipped. */
import type { Anomaly } from '@tracegate/model/anomaly'
import type { WarningCase, WarningLevel, WarningStatus } from '@tracegate/model/warning'
import type { Stay } from '@tracegate/model/trace'
import { placeKey, vaccineKey } from './fixture-registers.ts'

const startMs = Date.UTC(2026, 10, 23, 5, 20)

export function fixtureAnomaly(change: Partial<Anomaly> & { readonly id: string }): Anomaly {
  return {
    type: 'limit',
    category: 'product',
    rule: { id: 'limit.vaccine', version: 1 },
    status: 'open',
    point: 'bonded-store',
    place: placeKey(10, 'CH1'),
    device: 'plc',
    metric: 'chamber1.temperature',
    goods: [],
    onsetMs: startMs,
    openedMs: startMs + 30_000,
    lastMs: startMs + 900_000,
    detectedAtMs: startMs + 30_200,
    historical: false,
    figures: { limitHigh: 8, peak: 12.6, durationMs: 900_000, degreeMinutes: 41.2, meanKineticTemperature: 9.1 },
    witnesses: [
      { type: 'reading', series: 'bonded-store/plc/chamber1.temperature', timeMs: startMs, value: 8.2, unit: 'Cel', quality: 1 },
      { type: 'reading', series: 'bonded-store/plc/chamber1.temperature', timeMs: startMs + 600_000, value: 12.6, unit: 'Cel', quality: 1 }
    ],
    proof: {
      zh: '一号库房温度超过上限 8 °C，已持续 15 分钟，峰值 12.6 °C。',
      en: 'Temperature of chamber 1 is above its limit of 8 °C for 15 minutes, with a peak of 12.6 °C.'
    },
    ...change
  }
}

export function fixtureAnomalies(nowMs: number): Anomaly[] {
  const at = (minutesAgo: number) => nowMs - minutesAgo * 60_000
  return [
    fixtureAnomaly({ id: 'an-1', onsetMs: at(15), openedMs: at(14.5), lastMs: nowMs, detectedAtMs: at(14.5) }),
    fixtureAnomaly({
      id: 'an-2',
      type: 'clonedSerial',
      category: 'trace',
      point: 'gate',
      place: placeKey(12),
      goods: [`${vaccineKey}/21/1000042`],
      onsetMs: at(42),
      openedMs: at(42),
      lastMs: at(42),
      figures: {},
      proof: {
        zh: '同一序列号在两小时内出现在相距 780 公里的两地。',
        en: 'The same serial was seen at two places 780 km apart within two hours.'
      }
    }),
    fixtureAnomaly({
      id: 'an-3',
      type: 'gap',
      category: 'device',
      point: 'factory-tromso',
      onsetMs: at(22),
      openedMs: at(21),
      lastMs: at(1),
      figures: { durationMs: 1_320_000 },
      proof: { zh: '该探头已 22 分钟没有数据。', en: 'No data from this probe for 22 minutes.' }
    }),
    ...Array.from({ length: 12 }, (_, index) =>
      fixtureAnomaly({
        id: `an-old-${index}`,
        type: index % 2 === 0 ? 'excursion' : 'flatLine',
        category: index % 2 === 0 ? 'product' : 'device',
        status: 'closed',
        onsetMs: at(600 + index * 130),
        openedMs: at(598 + index * 130),
        closedMs: at(560 + index * 130),
        lastMs: at(561 + index * 130)
      })
    )
  ]
}

export const fixtureStays: readonly Stay[] = Array.from({ length: 24 }, (_, index) => ({
  key: index < 20 ? `${vaccineKey}/10/LOT7/21/10000${String(index).padStart(2, '0')}` : `${vaccineKey}/10/LOT${index}`,
  kind: index < 20 ? 'item' : 'lot',
  place: placeKey(10, 'CH1'),
  fromMs: startMs - 86_400_000 + index * 1_000,
  ...(index % 5 === 4 ? { toMs: startMs + 500_000 } : {}),
  ...(index < 20 ? { within: 'https://id.gs1.org/00/095060001343500018' } : { quantity: 120, uom: 'H87' }),
  eventID: `ni:///sha-256;f${index}?ver=CBV2.0`
}))

export function fixtureWarning(options: {
  readonly id: string
  readonly status: WarningStatus
  readonly level: WarningLevel
}): WarningCase {
  return {
    id: options.id,
    status: options.status,
    drill: false,
    origin: 'anomaly',
    anomaly: 'an-1',
    level: options.level,
    range: { regions: ['CNSHG'], hsPrefixes: ['300220'], brands: [] },
    audience: {},
    measuresStated: [],
    measures: [],
    recalls: [],
    evaluations: [],
    version: options.status === 'published' || options.status === 'lifted' ? 1 : 0,
    changes: [],
    policyVersion: 1,
    title: {
      zh: '四价流感疫苗在洋山保税冷库一号库房超温',
      en: 'Influenza vaccine too warm in chamber 1 of the Yangshan bonded cold store'
    },
    hazard: 'health',
    regime: 'general',
    proposal: {
      level: options.level,
      criteria: {
        harm: {
          value: 4,
          reason: { zh: '疫苗失效可危害健康（产品登记为 4）。', en: 'Spoilt vaccine harms health (product register: 4).' }
        },
        urgency: {
          value: 3,
          reason: { zh: '货物仍在库房内，累计 41 度·分，上限 30。', en: 'The goods are still inside; 41 degree-minutes of 30 allowed.' }
        },
        scope: { value: 2, reason: { zh: '24 件/批货物，2 家持有方。', en: '24 items and lots, held by 2 parties.' } }
      },
      table: { id: 'level-table', version: 1, source: 'Guofa [2017] No. 43, task 8; table of Tracegate' },
      reason: { zh: '危害性为 4 且紧急程度不低于 3：一级。', en: 'Harm is 4 and urgency is at least 3: level I.' }
    },
    startMs,
    scope: {
      exposed: [...fixtureStays],
      products: [vaccineKey],
      lots: [`${vaccineKey}/10/LOT7`],
      holdings: [
        {
          party: 'https://id.gs1.org/417/9506000100017',
          place: placeKey(10, 'CH1'),
          state: 'inStock',
          goods: fixtureStays.slice(0, 20).map((stay) => stay.key),
          count: 20,
          lastMs: startMs
        },
        {
          party: 'https://id.gs1.org/417/9506000100031',
          place: placeKey(17),
          state: 'sold',
          goods: fixtureStays.slice(20).map((stay) => stay.key),
          count: 4,
          lastMs: startMs + 400_000
        }
      ],
      total: 24,
      truncated: false,
      asOfMs: startMs + 31_000
    },
    matters: {
      zh: '请立即隔离一号库房内的货物，暂停放行，并核对已售出的 4 件。',
      en: 'Hold the goods in chamber 1, stop their release, and check the 4 that were sold.'
    },
    point: 'bonded-store',
    place: placeKey(10, 'CH1'),
    draftedAtMs: startMs + 31_000,
    updatedAtMs: startMs + 31_000,
    draftedAfterMs: 212
  }
}

export function fixtureWarnings(): WarningCase[] {
  return [
    fixtureWarning({ id: 'wa-1', status: 'draft', level: 'I' }),
    { ...fixtureWarning({ id: 'wa-2', status: 'draft', level: 'II' }), point: 'gate' },
    fixtureWarning({ id: 'wa-3', status: 'published', level: 'III' }),
    fixtureWarning({ id: 'wa-4', status: 'lifted', level: 'IV' })
  ]
}
