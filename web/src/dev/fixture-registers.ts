/** Made-up registers for looking at the pages without a running system. Never shipped, never asked by the product. */
import type { PointSummary } from '@tracegate/model/http'
import type { Device, MonitoringPoint, Party, Place, Product, ProductProfile } from '@tracegate/model/registers'

const root = 'https://id.gs1.org/'
export const placeKey = (number: number, extension?: string) =>
  `${root}414/95060001343${String(number).padStart(2, '0')}${extension === undefined ? '' : `/254/${extension}`}`

type PointRow = readonly [
  id: string,
  zh: string,
  en: string,
  kind: MonitoringPoint['kind'],
  unlocode: string,
  latitude: number,
  longitude: number,
  status: PointSummary['status']
]
const pointRows: readonly PointRow[] = [
  ['bonded-store', '洋山保税冷库', 'Yangshan bonded cold store', 'bondedStore', 'CNYSA', 30.64, 122.06, 'warning'],
  ['reefer-yard', '洋山冷藏箱堆场', 'Yangshan reefer yard', 'reeferYard', 'CNYSA', 30.63, 122.08, 'normal'],
  ['gate', '洋山卡口', 'Yangshan gate', 'gate', 'CNYSA', 30.65, 122.04, 'anomaly'],
  ['laboratory', '上海海关实验室', 'Shanghai customs laboratory', 'laboratory', 'CNSHA', 31.23, 121.48, 'normal'],
  ['factory-puurs', '皮尔斯疫苗厂', 'Puurs vaccine plant', 'factory', 'BEPUU', 51.07, 4.29, 'normal'],
  ['factory-tromso', '特罗姆瑟鱼类加工厂', 'Tromsø fish plant', 'factory', 'NOTOS', 69.65, 18.96, 'stale'],
  ['quay-antwerp', '安特卫普码头', 'Antwerp quay', 'quay', 'BEANR', 51.26, 4.39, 'normal'],
  ['shop-hangzhou', '杭州西湖门店', 'Hangzhou West Lake shop', 'shop', 'CNHGH', 30.25, 120.17, 'offline']
]

const silentMs: Readonly<Partial<Record<PointSummary['status'], number>>> = { stale: 1_320_000, offline: 90_000_000 }

export function fixturePoints(nowMs = Date.UTC(2026, 10, 23, 6)): PointSummary[] {
  return pointRows.map(([id, zh, en, kind, unlocode, latitude, longitude, status], index) => ({
    id,
    key: placeKey(10 + index),
    name: { zh, en },
    kind,
    unlocode,
    latitude,
    longitude,
    operator: '9506000100017',
    industries: ['cold chain'],
    places: fixturePlaces()
      .filter((place) => place.point === id)
      .map((place) => place.key),
    status,
    openAnomalies: status === 'warning' || status === 'anomaly' ? 1 : 0,
    openWarnings: status === 'warning' ? 1 : 0,
    devicesOnline: status === 'offline' ? 0 : 2,
    devicesTotal: 2,
    lastReadingMs: nowMs - (silentMs[status] ?? 800)
  }))
}

export function fixturePlaces(): Place[] {
  const chamber = (number: number, profile: string, zh: string, en: string): Place => ({
    key: placeKey(10, `CH${number}`),
    point: 'bonded-store',
    name: { zh, en },
    kind: 'chamber',
    profile,
    watches: [
      { device: 'plc', metric: `chamber${number}.temperature`, quantity: 'temperature', unit: 'Cel' },
      { device: 'plc', metric: `chamber${number}.humidity`, quantity: 'humidity', unit: '%' },
      { device: 'plc', metric: `chamber${number}.door`, quantity: 'door', unit: '1' },
      { device: 'plc', metric: `chamber${number}.compressor`, quantity: 'compressor', unit: '1' },
      { device: 'plc', metric: `chamber${number}.power`, quantity: 'power', unit: 'kW' }
    ]
  })
  const container = (id: string): Place => ({
    key: placeKey(11, id),
    point: 'reefer-yard',
    name: { zh: `冷藏箱 ${id}`, en: `Reefer ${id}` },
    kind: 'container',
    profile: 'frozen',
    watches: [{ device: `probe-${id}`, metric: 'temperature', quantity: 'temperature', unit: 'Cel' }]
  })
  return [
    chamber(1, 'vaccine', '一号库房（疫苗）', 'Chamber 1 (vaccines)'),
    chamber(2, 'frozen', '二号库房（冷冻）', 'Chamber 2 (frozen)'),
    container('MSKU1234565'),
    container('TRIU8800120'),
    { key: placeKey(12), point: 'gate', name: { zh: '卡口', en: 'Gate lane 1' }, kind: 'gate', watches: [] }
  ]
}

export function fixtureDevices(nowMs: number): Device[] {
  const metric = (name: string, unit: string) => ({ metric: name, unit, intervalMs: 1_000 })
  return [
    {
      point: 'bonded-store',
      id: 'plc',
      kind: 'plc',
      name: { zh: '冷库控制器', en: 'Cold store controller' },
      place: placeKey(10),
      online: true,
      boot: 'b1',
      lastSeenMs: nowMs,
      identity: { manufacturer: 'Frigor', model: 'CS-400', serialNumber: '20931', firmware: '4.2.1' },
      metrics: fixturePlaces()
        .filter((place) => place.point === 'bonded-store')
        .flatMap((place) => place.watches.map((watch) => metric(watch.metric, watch.unit)))
    },
    {
      point: 'bonded-store',
      id: 'edge',
      kind: 'edge',
      name: { zh: '边缘网关', en: 'Edge agent' },
      online: true,
      lastSeenMs: nowMs,
      metrics: []
    },
    ...['MSKU1234565', 'TRIU8800120'].map((id): Device => ({
      point: 'reefer-yard',
      id: `probe-${id}`,
      kind: 'probe',
      name: { zh: `探头 ${id}`, en: `Probe ${id}` },
      place: placeKey(11, id),
      online: id.startsWith('M'),
      lastSeenMs: nowMs - (id.startsWith('M') ? 500 : 900_000),
      metrics: [metric('temperature', 'Cel')]
    }))
  ]
}

export const fixtureProfiles: readonly ProductProfile[] = [
  {
    id: 'vaccine',
    version: 1,
    name: { zh: '疫苗 2…8 °C', en: 'Vaccines 2…8 °C' },
    quantity: 'temperature',
    unit: 'Cel',
    low: 2,
    high: 8,
    deadBand: 0.3,
    onDelayMs: 30_000,
    offDelayMs: 60_000,
    degreeMinutesMax: 30,
    meanKineticTemperatureMax: 8,
    meanKineticWindowMs: 86_400_000,
    recordingIntervalMaxMs: 60_000,
    source: 'GSP annex'
  },
  {
    id: 'frozen',
    version: 1,
    name: { zh: '冷冻 ≤ −18 °C', en: 'Frozen ≤ −18 °C' },
    quantity: 'temperature',
    unit: 'Cel',
    high: -18,
    deadBand: 0.5,
    onDelayMs: 60_000,
    offDelayMs: 60_000,
    meanKineticWindowMs: 86_400_000,
    recordingIntervalMaxMs: 60_000,
    source: 'ATP'
  }
]

export const vaccineKey = `${root}01/09506000134352`
export const fixtureProducts: readonly Product[] = [
  {
    gtin: '09506000134352',
    key: vaccineKey,
    name: { zh: '四价流感疫苗 0.5 ml', en: 'Quadrivalent influenza vaccine 0.5 ml' },
    brand: 'Immunex',
    hsCode: '300241',
    manufacturer: '9506000100000',
    profile: 'vaccine',
    regime: 'general',
    harm: 4,
    hazard: 'health',
    inspectionRequired: true
  }
]

export const fixtureParties: readonly Party[] = (
  [
    ['9506000100000', '比利时免疫制药', 'Immunex Belgium', 'BE', 'manufacturer', 1],
    ['9506000100017', '洋山口岸运营', 'Yangshan Port Operations', 'CN', 'operator', 2],
    ['9506000100024', '东海进口贸易', 'East Sea Import Trading', 'CN', 'importer', 3],
    ['9506000100031', '杭州康健药房', 'Hangzhou Kangjian Pharmacy', 'CN', 'retailer', 4]
  ] as const
).map(([gln, zh, en, country, role]) => ({ gln, key: `${root}417/${gln}`, name: { zh, en }, country, roles: [role] }))
