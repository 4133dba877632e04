/** An api over stores in memory with a small port in its registers, for tests. Nothing of the product imports it. */
import type { Anomaly } from '@tracegate/model/anomaly'
import type { MonitoringPoint, Place, Product } from '@tracegate/model/registers'
import type { Action, TraceEvent, TraceSubject } from '@tracegate/model/trace-event'
import { keyKind, lotKey } from '@tracegate/model/gs1/key'
import type { GapReport } from '@tracegate/model/gap'
import { createBus } from '@tracegate/service/bus'
import { createHealth } from '@tracegate/service/health'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import { createMemoryCaseStore } from '@tracegate/store/memory-case'
import { createMemoryTelemetryStore } from '@tracegate/store/memory-telemetry'
import { createMemoryTraceStore } from '@tracegate/store/memory-trace'
import { IsSchema, type TSchema } from 'typebox'
import { Compile } from 'typebox/compile'
import { openAccounts } from './accounts.ts'
import { createContext, type ApiOptions } from './api.ts'
import { buildServer } from './server.ts'
import type { PageOptions } from './routes/pages.ts'

export const key = 'test-key-0123456789'
export const authorization = `Bearer ${key}`
export const startMs = Date.UTC(2026, 10, 23, 8)
export const minuteMs = 60_000

export const chamber = 'https://id.gs1.org/414/9506000134338/254/CH1'
export const yard = 'https://id.gs1.org/414/9506000134338/254/YARD'
export const shop = 'https://id.gs1.org/414/9506000134345'
export const importer = 'https://id.gs1.org/417/9506000134352'
export const vaccine = 'https://id.gs1.org/01/09506000134352'
export const fish = 'https://id.gs1.org/01/09506000134369'
export const itemOf = (product: string, serial: string | number) => `${product}/21/${serial}`

const place = (placeKey: string, point: string, kind: Place['kind']): Place => ({
  key: placeKey,
  point,
  name: { zh: `地点 ${kind}`, en: `Place ${kind}` },
  kind,
  ...(kind === 'chamber' ? { profile: 'vaccine' } : {}),
  watches: kind === 'chamber' ? [{ device: 'plc-1', metric: 'chamber1.temperature', quantity: 'temperature', unit: 'Cel' }] : []
})

const point = (id: string, unlocode: string, places: string[]): MonitoringPoint => ({
  id,
  key: `https://id.gs1.org/414/${id === 'port-1' ? '9506000134338' : '9506000134345'}`,
  name: { zh: `监测点 ${id}`, en: `Point ${id}` },
  kind: 'bondedStore',
  unlocode,
  latitude: 31.2,
  longitude: 121.5,
  operator: '9506000134338',
  industries: ['pharma'],
  places
})

const product = (productKey: string, facts: Pick<Product, 'harm' | 'regime' | 'hazard'> & { name: string }): Product => ({
  gtin: productKey.slice(-14),
  key: productKey,
  name: { zh: `${facts.name}（中）`, en: facts.name },
  brand: 'Brand',
  hsCode: '300220',
  manufacturer: '9506000134376',
  regime: facts.regime,
  harm: facts.harm,
  hazard: facts.hazard,
  inspectionRequired: true
})

/** The stores with their registers filled, and a context over them. */
export async function createWorld({ withAccount = true, ...options }: Partial<ApiOptions> & { withAccount?: boolean } = {}) {
  const cases = createMemoryCaseStore()
  const telemetry = createMemoryTelemetryStore()
  const trace = createMemoryTraceStore()
  const failures: unknown[] = []
  const bus = createBus((_name, error) => failures.push(error))
  for (const row of [point('port-1', 'CNSHG', [chamber, yard]), point('shop-1', 'CNBJS', [shop])]) await cases.put('points', row.id, row)
  for (const row of [place(chamber, 'port-1', 'chamber'), place(yard, 'port-1', 'yard'), place(shop, 'shop-1', 'site')])
    await cases.put('places', row.key.slice('https://id.gs1.org/'.length).replaceAll('/', '-'), row)
  await cases.put('products', 'vaccine', product(vaccine, { name: 'Vaccine', harm: 4, regime: 'general', hazard: 'biological' }))
  await cases.put('products', 'fish', product(fish, { name: 'Frozen fish', harm: 3, regime: 'food', hazard: 'health' }))
  await cases.put('parties', '9506000134352', {
    gln: '9506000134352',
    key: importer,
    name: { zh: '进口商', en: 'Importer' },
    country: 'CN',
    roles: ['importer']
  })
  await cases.put('devices', 'port-1-plc-1', {
    point: 'port-1',
    id: 'plc-1',
    kind: 'plc',
    name: { zh: '冷库控制器', en: 'Cold store controller' },
    place: chamber,
    online: true,
    metrics: []
  })
  // Hashing a password takes long on purpose; with a row there already no first account is made.
  if (!withAccount) await cases.put('accounts', 'nobody', {})
  const accounts = await openAccounts({ cases })
  await accounts.ensureBootstrapKey(key)
  const apiOptions = {
    telemetry,
    trace,
    cases,
    bus,
    health: createHealth(),
    metrics: createMetrics(),
    logger: silentLogger,
    accounts,
    ...options
  }
  return { ...apiOptions, failures, context: createContext(apiOptions) }
}
export type World = Awaited<ReturnType<typeof createWorld>>

/** Compiled at the first answer: a test asks few of the addresses, and all servers of a process share it. */
const compiledSchemas = new WeakMap<TSchema, ReturnType<typeof Compile<TSchema>>>()

function compiledOf(schema: TSchema) {
  const known = compiledSchemas.get(schema)
  if (known !== undefined) return known
  const compiled = Compile(schema)
  compiledSchemas.set(schema, compiled)
  return compiled
}

/** A server that checks each answer against the schema of its route, and refuses to send another. */
export async function createCheckedServer(world: World, pages?: PageOptions) {
  return buildServer({
    context: world.context,
    ...(pages === undefined ? {} : { pages }),
    serializerCompiler: ({ schema, url, httpStatus }) => {
      if (!IsSchema(schema)) throw new TypeError(`${url}: the answer has no schema`)
      return (data: unknown) => {
        const compiled = compiledOf(schema)
        const [error] = compiled.Check(data) ? [] : compiled.Errors(data)
        if (error !== undefined) throw new TypeError(`${url} ${String(httpStatus)}: ${error.instancePath} ${error.message}`)
        return JSON.stringify(data)
      }
    }
  })
}

export interface EventFacts {
  readonly id: string
  readonly atMs: number
  readonly objects?: readonly string[]
  readonly parent?: string
  readonly children?: readonly string[]
  readonly action?: Action
  readonly bizStep?: string
  readonly disposition?: string
  readonly bizLocation?: string
  readonly readPoint?: string
  readonly to?: string
  /** Number of the lot that the event tells of its objects that are items. */
  readonly lot?: string
}

function withLot(subject: TraceSubject, number: string | undefined): TraceSubject {
  const gtin = /\/01\/(\d{14})\//.exec(subject.key)?.[1]
  return number === undefined || gtin === undefined || subject.kind !== 'item' ? subject : { ...subject, lot: lotKey(gtin, number) }
}

export function traceEvent(facts: EventFacts): TraceEvent {
  const subject = (role: TraceSubject['role']) => (text: string) => ({ key: text, kind: keyKind(text), role })
  const type = facts.parent === undefined ? 'ObjectEvent' : 'AggregationEvent'
  const { id, atMs, bizStep, disposition, bizLocation, readPoint } = facts
  return {
    eventID: id,
    type,
    action: facts.action ?? 'OBSERVE',
    eventTimeMs: atMs,
    recordTimeMs: atMs + 1_000,
    timeZoneOffset: '+08:00',
    ...(bizStep === undefined ? {} : { bizStep }),
    ...(disposition === undefined ? {} : { disposition }),
    ...(bizLocation === undefined ? {} : { bizLocation }),
    ...(readPoint === undefined ? {} : { readPoint }),
    subjects: [
      ...(facts.parent === undefined ? [] : [facts.parent].map(subject('parent'))),
      ...(facts.objects ?? []).map(subject('object')).map((object) => withLot(object, facts.lot)),
      ...(facts.children ?? []).map(subject('child'))
    ],
    sources: [],
    destinations: facts.to === undefined ? [] : [{ type: 'possessing_party', key: facts.to }],
    bizTransactions: [],
    json: JSON.stringify({ type, eventID: id })
  }
}

export function anomalyOf(change: Partial<Anomaly> = {}): Anomaly {
  return {
    id: 'a-1',
    type: 'excursion',
    category: 'product',
    rule: { id: 'profile:vaccine', version: 1 },
    status: 'open',
    point: 'port-1',
    place: chamber,
    device: 'plc-1',
    metric: 'chamber1.temperature',
    goods: [],
    onsetMs: startMs + 60 * minuteMs,
    openedMs: startMs + 62 * minuteMs,
    lastMs: startMs + 62 * minuteMs,
    detectedAtMs: startMs + 62 * minuteMs,
    historical: false,
    figures: { limitHigh: 8, peak: 9, high: 1, degreeMinutes: 2, degreeMinutesMax: 60 },
    witnesses: [],
    proof: { zh: '温度高于上限', en: 'Temperature above its limit' },
    ...change
  }
}

/** Stores the anomaly as a collector does and tells of it. */
export async function raise(world: World, anomaly: Anomaly, receivedAtMs = Date.now()): Promise<void> {
  const head = await world.cases.head('anomaly', anomaly.id)
  await world.cases.append({
    kind: 'anomaly',
    id: anomaly.id,
    expectedLength: head?.length ?? 0,
    step: { atMs: receivedAtMs, by: 'test', action: anomaly.status, why: 'test', data: anomaly },
    head: { open: anomaly.status === 'open', ...(anomaly.point === undefined ? {} : { point: anomaly.point }), state: anomaly }
  })
  world.bus.publish('anomaly', { anomaly, receivedAtMs })
}

const received = { messages: 3, readings: 30, events: 0, duplicates: 1, deadLetters: 0, droppedReadings: 0 }
/** A ledger's answer with one gap. */
export function gapReportOf(query: { point: string; device: string; fromMs: number; toMs: number }): GapReport {
  const { point, device, fromMs, toMs } = query
  return {
    point,
    device,
    fromMs,
    toMs,
    received,
    missingMessages: 2,
    gapsTruncated: false,
    offline: [],
    sequences: [],
    gaps: [
      {
        boot: 'b1',
        fromSeq: 3,
        toSeq: 4,
        missing: [[3, 4]],
        missingMessages: 2,
        untilMs: startMs,
        noticedAtMs: startMs,
        cause: 'underWay',
        recoverable: 'yes'
      }
    ]
  }
}
