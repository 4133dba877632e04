/** What the made-up api answers, by path. Never shipped. */
import type { RangeAnswer, ScenarioInfo } from '@tracegate/model/http'
import type { DeadLetter } from '@tracegate/model/http-dead-letters'
import type { LiveReading } from '@tracegate/model/live'
import { fixtureAnomalies, fixtureStays, fixtureWarnings } from './fixture-cases.ts'
import {
  fixtureDevices,
  fixtureParties,
  fixturePlaces,
  fixturePoints,
  fixtureProducts,
  fixtureProfiles,
  vaccineKey
} from './fixture-registers.ts'
import { fixtureJourney, fixtureTrace } from './fixture-trace.ts'

export interface FixtureAnswer {
  readonly status: number
  readonly body?: object
  readonly cookie?: string
}

interface FixtureRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly signedIn: boolean
  readonly nowMs: number
}

export const fixtureSeries: readonly string[] = fixturePlaces()
  .flatMap((place) => place.watches.map((watch) => `${place.point}/${watch.device}/${watch.metric}`))
  .filter((series) => !series.includes('TRIU'))

/** A value that wanders a little, and is out of limits in chamber 1 since a quarter of an hour. */
export function fixtureReading(series: string, timeMs: number): LiveReading {
  const minutes = timeMs / 60_000
  const wave = Math.sin(minutes / 3) * 0.4 + Math.sin(minutes * 1.7) * 0.15
  if (series.endsWith('chamber1.temperature')) {
    const since = (Date.now() - timeMs) / 60_000
    const rise = since < 18 ? Math.min(8, (18 - since) * 0.55) : 0
    return [series, timeMs, Number((4.8 + wave + rise).toFixed(2)), 1]
  }
  if (series.endsWith('temperature')) return [series, timeMs, Number((-21 + wave * 2).toFixed(2)), 1]
  if (series.endsWith('humidity')) return [series, timeMs, Number((56 + wave * 6).toFixed(1)), 1]
  if (series.endsWith('power')) return [series, timeMs, Number((7.4 + wave).toFixed(2)), 1]
  if (series.endsWith('compressor')) return [series, timeMs, series.includes('chamber1') ? 0 : 1, 1]
  return [series, timeMs, 0, 1]
}

const scenarios: ScenarioInfo[] = (
  [
    ['doorOpen', '库门未关', 'Door left open'],
    ['compressorFailure', '压缩机故障', 'Compressor failure'],
    ['powerLoss', '断电', 'Power loss'],
    ['stuckSensor', '传感器卡死', 'Stuck sensor'],
    ['driftingSensor', '传感器漂移', 'Drifting sensor'],
    ['clonedSerial', '克隆序列号', 'Cloned serial'],
    ['smuggledLot', '绕过检验的批次', 'Smuggled-past-inspection lot'],
    ['clockJump', '时钟跳变', 'Clock jump'],
    ['lineCut', '线路中断', 'Line cut']
  ] as const
).map(([name, zh, en]) => ({ name, title: { zh, en }, running: name === 'compressorFailure' }))

export function answerFixture(request: FixtureRequest): FixtureAnswer {
  const { path, query, nowMs } = request
  if (path === '/session') return answerSession(request)
  if (path.startsWith('/public/')) return answerTrace(path.slice('/public'.length), query)
  if (!request.signedIn) return problem(401, 'SIGN_IN_REQUIRED')
  if (path.startsWith('/points')) return answerPoint(path.split('/')[2], nowMs)
  if (path === '/devices') return page(fixtureDevices(nowMs))
  if (path === '/readings') return { status: 200, body: range(query) }
  if (path === '/names') return { status: 200, body: names() }
  if (path === '/anomalies') return page(fixtureAnomalies(nowMs))
  if (path.startsWith('/anomalies/')) return one(fixtureAnomalies(nowMs).find((row) => row.id === path.slice(11)))
  if (path === '/warnings') return page(fixtureWarnings())
  if (path.startsWith('/warnings/')) return one(fixtureWarnings().find((row) => row.id === path.slice(10)))
  if (path === '/exposure')
    return { status: 200, body: { place: query.get('place'), fromMs: 0, toMs: nowMs, goods: fixtureStays, truncated: false, tookMs: 3 } }
  if (path === '/dead-letters') return page(deadLetters(nowMs))
  if (path === '/sim/scenarios') return { status: 200, body: { items: scenarios } }
  if (path.startsWith('/sim/scenarios/')) return answerScenario(request)
  return answerTrace(path, query)
}

function answerSession(request: FixtureRequest): FixtureAnswer {
  const session = { status: 200, body: { name: 'operator', rights: ['read'] } }
  if (request.method === 'POST') return { ...session, cookie: 'fixture=1; Path=/' }
  if (request.method === 'DELETE') return { status: 204, cookie: 'fixture=0; Path=/' }
  return request.signedIn ? session : problem(401, 'SIGN_IN_REQUIRED')
}

function answerPoint(id: string | undefined, nowMs: number): FixtureAnswer {
  const points = fixturePoints(nowMs)
  if (id === undefined) return page(points)
  const point = points.find((row) => row.id === id)
  if (point === undefined) return problem(404, 'NOT_FOUND')
  const places = fixturePlaces().filter((place) => place.point === id)
  const devices = fixtureDevices(nowMs).filter((device) => device.point === id)
  const latest = fixtureSeries
    .filter((series) => series.startsWith(`${id}/`))
    .map((series) => ({ series, unit: 'Cel', timeMs: nowMs, value: fixtureReading(series, nowMs)[2], quality: 1 }))
  return { status: 200, body: { point, places, profiles: fixtureProfiles, devices, latest } }
}

function answerTrace(path: string, query: URLSearchParams): FixtureAnswer {
  const of = query.get('of') ?? `${vaccineKey}/10/LOT7/21/1000001`
  if (path.endsWith('/journey')) return { status: 200, body: { ...fixtureJourney(of), names: names(), warnings: publicWarnings(of) } }
  if (path === '/trace/back' || path === '/trace/forward') return { status: 200, body: fixtureTrace(of) }
  if (path === '/trace/holders') {
    const holdings = fixtureWarnings()[0]?.scope.holdings ?? []
    return { status: 200, body: { of: [of], holdings, total: 24, truncated: false, tookMs: 2 } }
  }
  if (path !== '/lookup') return problem(404, 'ROUTE_UNKNOWN')
  const code = query.get('code') ?? ''
  if (code.length < 6) return problem(400, 'CODE_UNREADABLE')
  const key = `${vaccineKey}/10/LOT7/21/1000001`
  return { status: 200, body: { key, kind: 'item', digitalLink: key, known: true, product: fixtureProducts[0] } }
}

function publicWarnings(of: string) {
  if (!of.includes('LOT7')) return []
  return fixtureWarnings()
    .filter((warning) => warning.status === 'published')
    .map(({ id, title, matters, startMs, level }) => ({ id, title, matters, startMs, level }))
}

function answerScenario(request: FixtureRequest): FixtureAnswer {
  const scenario = scenarios.find((row) => row.name === request.path.slice('/sim/scenarios/'.length))
  if (scenario === undefined) return problem(404, 'SCENARIO_UNKNOWN')
  scenario.running = request.method === 'POST'
  return request.method === 'POST'
    ? { status: 200, body: { name: scenario.name, startedAtMs: request.nowMs, target: fixturePlaces()[0]?.key ?? '' } }
    : { status: 204 }
}

function range(query: URLSearchParams): RangeAnswer {
  const series = query.get('series') ?? ''
  const fromMs = Date.parse(query.get('from') ?? '')
  const toMs = Date.parse(query.get('to') ?? '')
  const count = Number(query.get('buckets') ?? 200)
  const width = (toMs - fromMs) / count
  const unit = series.endsWith('humidity') ? '%' : 'Cel'
  const buckets = Array.from({ length: count }, (_, index): [number, number, number, number, number] => {
    const timeMs = Math.round(fromMs + index * width)
    const value = fixtureReading(series, timeMs)[2] ?? 0
    return [timeMs, value - 0.2, value + 0.2, value, 10]
  })
  return { series, unit, buckets, truncated: false }
}

function names() {
  const points = fixturePoints().map(({ id, key, name, kind, unlocode, latitude, longitude, operator, industries, places }) => ({ id, key, name, kind, unlocode, latitude, longitude, operator, industries, places })) // prettier-ignore
  return { parties: fixtureParties, places: fixturePlaces(), points, products: fixtureProducts, profiles: fixtureProfiles }
}

function deadLetters(nowMs: number): DeadLetter[] {
  return Array.from({ length: 4 }, (_, index) => ({
    id: 40 - index,
    receivedAtMs: nowMs - index * 300_000,
    topic: 'tg/v1/bonded-store/plc/telemetry',
    device: 'bonded-store/plc',
    code: 'SCHEMA_REQUIRED',
    pointer: '/readings/0',
    message: '/readings/0 must have required property unit',
    payloadBytes: 62,
    payloadBase64: Buffer.from('{"v":1,"boot":"b1","seq":12,"readings":[{"metric":"t"}]}').toString('base64'),
    state: 'open'
  }))
}

function page(items: readonly object[]): FixtureAnswer {
  return { status: 200, body: { items } }
}

function one(item: object | undefined): FixtureAnswer {
  return item === undefined ? problem(404, 'NOT_FOUND') : { status: 200, body: item }
}

function problem(status: number, code: string): FixtureAnswer {
  return { status, body: { type: 'about:blank', title: code, status, code } }
}
