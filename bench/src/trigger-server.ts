/**
 * The process under test of the trigger benchmark: `trigger-server.ts <data folder> <pallets>`, talked to over the IPC channel. Broker,
 * collector, detection, embedded stores and the api with its trigger engine; it tells of every draft at the moment it is stored.
 */
import { startApi } from '@tracegate/api/api'
import { openAccounts } from '@tracegate/api/accounts'
import { startBroker } from '@tracegate/broker/broker'
import { startCollector } from '@tracegate/collector/collector'
import { createDetectionEngine } from '@tracegate/detect/create-engine'
import type { MonitoringPoint, Place, Product, ProductProfile } from '@tracegate/model/registers'
import { createBus } from '@tracegate/service/bus'
import { createHealth } from '@tracegate/service/health'
import type { DeviceDirectory } from '@tracegate/service/identity'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import type { CaseStore } from '@tracegate/store/case-store'
import { openStores } from '@tracegate/store/open'
import { chamberEvents, chamberKey, chambersCount, lotItems, productKey, suspectDevice } from './trigger-world.ts'
import { batches } from './trace-world.ts'

/** Anybody is the device whose name is its user name. */
const directory: DeviceDirectory = {
  async authenticate({ username = '' }) {
    const [point = '', device = ''] = username.split('/')
    return { role: 'device', point, device }
  }
}

if (import.meta.main) await main(process.argv[2] ?? '', Number(process.argv[3] ?? 0))

async function main(dataDir: string, pallets: number): Promise<void> {
  const skeleton = { logger: silentLogger, metrics: createMetrics() }
  const stores = await openStores({ dataDir, ...skeleton })
  await seed(stores.cases)
  const startedMs = performance.now()
  for (const batch of batches(pallets)) await stores.trace.capture(batch)
  for (let chamber = 0; chamber < chambersCount; chamber += 1) await stores.trace.capture(chamberEvents(chamber, Date.now()))
  const { events } = await stores.trace.counts()
  const filledMs = performance.now() - startedMs
  const bus = createBus(() => {})
  const common = { ...skeleton, ...stores, bus, health: createHealth() }
  const collector = await startCollector({ ...common, dataDir, engine: createDetectionEngine() })
  const broker = await startBroker({ host: '127.0.0.1', port: 0, directory, sink: collector.sink, ...skeleton })
  collector.setPublisher(broker.publisher)
  await stores.cases.put('accounts', 'nobody', {})
  await startApi({
    ...common,
    host: '127.0.0.1',
    port: 0,
    accounts: await openAccounts({ cases: stores.cases }),
    publisher: broker.publisher
  })
  bus.subscribe('warning', ({ warning }) => {
    if (warning.status !== 'draft') return
    const { place, scope, level } = warning
    process.send?.({ place, atMs: Date.now(), level, exposed: scope.exposed.length, holdings: scope.holdings.length, goods: lotItems })
  })
  // By itself, so that a profile is written.
  process.once('disconnect', () => process.exit(0))
  process.send?.({ port: broker.port, events, filledMs })
}

async function seed(cases: CaseStore): Promise<void> {
  const profile: ProductProfile = {
    id: 'chilled',
    version: 1,
    name: { zh: '冷藏', en: 'Chilled' },
    quantity: 'temperature',
    unit: 'Cel',
    low: 2,
    high: 8,
    deadBand: 0.5,
    onDelayMs: 0,
    offDelayMs: 60_000,
    meanKineticWindowMs: 86_400_000,
    recordingIntervalMaxMs: 1_800_000,
    source: 'benchmark'
  }
  await cases.put('profiles', profile.id, profile)
  const point: MonitoringPoint = {
    id: 'port-1',
    key: 'https://id.gs1.org/414/9506000134338',
    name: { zh: '港口', en: 'Port' },
    kind: 'bondedStore',
    unlocode: 'CNSHG',
    latitude: 31.2,
    longitude: 121.5,
    operator: '9506000134338',
    industries: ['pharma'],
    places: []
  }
  await cases.put('points', point.id, point)
  for (let chamber = 0; chamber < chambersCount; chamber += 1) {
    const place: Place = {
      key: chamberKey(chamber),
      point: 'port-1',
      name: { zh: `冷库 ${chamber}`, en: `Chamber ${chamber}` },
      kind: 'chamber',
      profile: profile.id,
      watches: [{ device: suspectDevice(chamber), metric: 'temperature', quantity: 'temperature', unit: 'Cel' }]
    }
    await cases.put('places', `chamber-${chamber}`, place)
  }
  const product: Product = {
    gtin: productKey.slice(-14),
    key: productKey,
    name: { zh: '疫苗', en: 'Vaccine' },
    brand: 'Brand',
    hsCode: '300220',
    regime: 'general',
    harm: 4,
    hazard: 'biological',
    inspectionRequired: false,
    profile: profile.id
  }
  await cases.put('products', product.gtin, product)
}
