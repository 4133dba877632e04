/** Every address with good and bad input; each answer is checked against the schema of its route. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import type { DeviceHealth } from '@tracegate/model/device-health'
import type { DeadLetter } from '@tracegate/model/http-dead-letters'
import {
  anomalyOf,
  authorization,
  chamber,
  createCheckedServer,
  createWorld,
  gapReportOf,
  importer,
  itemOf,
  minuteMs,
  raise,
  startMs,
  traceEvent,
  vaccine
} from './harness.ts'
import { putMeasure } from './measures/testing.ts'
import { createTriggerEngine } from './trigger.ts'

const series = 'port-1/plc-1/chamber1.temperature'
const nowMs = () => startMs + 120 * minuteMs
const headers = { authorization }

/** A port with an hour of readings, one item in the chamber and an open anomaly with its warning. */
async function running(options: Parameters<typeof createWorld>[0] = {}) {
  const world = await createWorld({ nowMs, ...options })
  const readings = Array.from({ length: 60 }, (_, at) => ({
    point: 'port-1',
    device: 'plc-1',
    metric: 'chamber1.temperature',
    unit: 'Cel',
    timeMs: startMs + at * minuteMs,
    value: at === 59 ? Number.NaN : 5 + at / 60,
    quality: at === 59 ? (9 as const) : (1 as const)
  }))
  await world.telemetry.append(readings)
  await world.trace.capture([
    traceEvent({
      id: 'made',
      atMs: startMs - minuteMs,
      action: 'ADD',
      objects: [itemOf(vaccine, 1)],
      bizStep: 'commissioning',
      lot: 'LOT7'
    }),
    traceEvent({ id: 'lab', atMs: startMs - 1, objects: [`${vaccine}/10/LOT7`], bizStep: 'inspecting', disposition: 'conformant' }),
    traceEvent({ id: 'in', atMs: startMs, objects: [itemOf(vaccine, 1)], bizStep: 'storing', bizLocation: chamber }),
    traceEvent({ id: 'ship', atMs: startMs + 90 * minuteMs, objects: [itemOf(vaccine, 1)], bizStep: 'shipping', to: importer })
  ])
  {
    await using trigger = createTriggerEngine(world.context)
    await raise(world, anomalyOf())
    await trigger.idle()
  }
  return { world, app: await createCheckedServer(world) }
}

/** A webhook subscription with a dead letter. */
async function subscribed({ context: { subscriptions } }: Awaited<ReturnType<typeof createWorld>>): Promise<string> {
  const { queries, office } = subscriptions
  await office.ready()
  await queries.add({ name: 'all', query: {} }, { by: 'key test', extensions: {} })
  const dest = 'https://receiver.example.org/'
  const formats = { epcFormat: 'No_Preference', extensions: '' }
  const { id } = await office.make({ queryName: 'all', dest, reportIfEmpty: false, createdBy: 'key test', ...formats })
  const dead = { id: 'd-1', kind: 'event' as const, subscriptionID: id, queryName: 'all', eventIDs: ['e'], code: 'RECEIVER_TOO_LARGE' }
  await office.dead.bury({ ...dead, message: 'too large', attempts: 1, firstAttemptAtMs: startMs, diedAtMs: startMs })
  return id
}

const health: DeviceHealth = {
  point: 'port-1',
  device: 'plc-1',
  lastMessageAtMs: startMs,
  boot: 'b1',
  lastHour: { messages: 1, readings: 2, events: 0, historicalReadings: 0, duplicates: 0, deadLetters: 0 },
  clock: { state: 'ok', offsetMs: 3 },
  lagMs: 20,
  watermark: { boot: 'b1', upTo: 7 },
  openGaps: 0
}

const letter: DeadLetter = {
  id: 7,
  receivedAtMs: startMs,
  topic: 'tg/v1/port-1/plc-1/scan',
  device: 'port-1/plc-1',
  code: 'SCAN_WITHOUT_RULE',
  pointer: '',
  message: 'no rule',
  payloadBytes: 2,
  payloadBase64: 'e30=',
  state: 'open'
}

const decided =
  /^\/api\/v1\/(recalls|warnings|policy|assessments|quality-index|evaluations|plans|draws|consignments|companies|certificates|laboratories|inspection-catalogue|publications|alert-subscriptions|exchange|public\/(recalls|plans|draws|blacklist|notices))\b/

test('every address answers to its schema', async (t) => {
  const folder = await mkdtemp(join(tmpdir(), 'tracegate-addresses-'))
  t.after(() => rm(folder, { recursive: true, force: true }))
  const { world, app } = await running({
    exports: { folder: join(folder, 'exports'), keysPath: join(folder, 'access', 'evidence-keys.json') },
    deadLetters: {
      list: () => Promise.resolve({ items: [letter] }),
      get: (id) => Promise.resolve(id === letter.id ? letter : undefined),
      count: () => Promise.resolve(1),
      groups: () => Promise.resolve([{ code: letter.code, count: 1, payloadBytes: 2, firstMs: 1, lastMs: 1 }]),
      replay: (id) => Promise.resolve({ id, outcome: 'replayed' }),
      discard: () => Promise.resolve(true)
    },
    deviceHealth: {
      list: () => Promise.resolve({ items: [health] }),
      get: () => Promise.resolve(health)
    },
    gaps: { report: (query) => Promise.resolve(gapReportOf(query)) },
    simulator: {
      scenarios: () => [{ name: 'doorOpen', title: { zh: '门', en: 'Door' }, running: false }],
      start: (name) => Promise.resolve({ name, startedAtMs: 1, target: chamber }),
      stop: () => Promise.resolve()
    }
  })
  const of = encodeURIComponent(itemOf(vaccine, 1))
  const range = `from=${new Date(startMs).toISOString()}&to=${new Date(nowMs()).toISOString()}`
  const subscription = await subscribed(world)
  const evidence = await app.inject({ method: 'POST', url: '/api/v1/exports/evidence', headers, payload: { anomaly: 'a-1' } })
  assert.equal(evidence.statusCode, 200, evidence.body)
  const product = encodeURIComponent(vaccine)
  const linked = { links: [{ linkType: 'gs1:pip', href: '/t/', title: { zh: '页', en: 'Page' } }] }
  assert.equal((await app.inject({ method: 'PUT', url: `/api/v1/links/${product}`, headers, payload: linked })).statusCode, 200)
  const measure = await putMeasure(world)
  const { report, backTest } = await reportedAndTested(world)
  const addresses = [
    '/api/v1/anomalies/counts',
    '/api/v1/anomalies/chatter',
    '/api/v1/anomalies/a-1/journal',
    '/api/v1/reports?status=received',
    '/api/v1/reports/summary',
    `/api/v1/reports/${report}`,
    '/api/v1/rules',
    '/api/v1/rules/report:complaintSurge',
    '/api/v1/rules/report:complaintSurge/versions',
    '/api/v1/rules/report:complaintSurge/diff?from=1&to=1',
    '/api/v1/profiles',
    '/api/v1/profiles/tried',
    '/api/v1/profiles/tried/versions',
    '/api/v1/profiles/tried/diff?from=1&to=1',
    '/api/v1/back-tests',
    `/api/v1/back-tests/${backTest}`,
    '/api/v1/measures?type=sealDetain',
    '/api/v1/measures/board',
    `/api/v1/measures/${measure}`,
    '/api/v1/control',
    '/api/v1/control/port-1',
    '/api/v1/control-keys',
    '/api/v1/tasks?overdue=false',
    '/api/v1/dead-letters?code=SCAN_WITHOUT_RULE&state=any',
    '/api/v1/dead-letters/summary',
    '/api/v1/device-health?prefix=port-1/',
    '/api/v1/devices/port-1/plc-1/health',
    '/api/v1/dead-letters/7',
    '/api/v1/dead-letters/7/payload',
    '/api/v1/dead-letters/export?text=rule',
    '/api/v1/points',
    '/api/v1/points/port-1',
    '/api/v1/names',
    '/api/v1/devices?point=port-1',
    '/api/v1/devices/port-1/plc-1',
    '/api/v1/devices/port-1/plc-1/gaps',
    '/api/v1/devices/port-1/plc-1/credentials',
    '/api/v1/devices/port-1/plc-1/credentials/journal',
    '/api/v1/series?prefix=port-1/',
    '/api/v1/readings/latest',
    `/api/v1/readings?series=${series}&${range}`,
    `/api/v1/readings?series=${series}&${range}&buckets=10`,
    `/api/v1/readings?series=${series}&${range}&buckets=10&gapAfterMs=90000`,
    `/api/v1/readings/as-of?prefix=port-1/&at=${new Date(startMs).toISOString()}`,
    `/api/v1/readings/aligned?series=${series}&${range}&buckets=10`,
    `/api/v1/readings/rollups?series=${series}&${range}&resolution=1h`,
    `/api/v1/readings/export?prefix=port-1/&${range}`,
    `/api/v1/readings/export?prefix=port-1/&${range}&format=parquet`,
    `/api/v1/exports/fsma204?${range}&format=json`,
    `/api/v1/exports/events?${range}`,
    '/api/v1/exports/evidence',
    '/api/v1/exports/evidence/key',
    String(evidence.headers.location),
    `${String(evidence.headers.location)}/bundle`,
    '/api/v1/anomalies?state=open&point=port-1',
    '/api/v1/anomalies/a-1',
    '/api/v1/warnings',
    '/api/v1/warnings/W-2026-000001',
    '/api/v1/warnings/W-2026-000001/recall-scope',
    `/api/v1/trace/back?of=${of}`,
    `/api/v1/trace/forward?of=${of}&depth=3`,
    `/api/v1/trace/holders?of=${of}`,
    `/api/v1/trace/journey?of=${of}`,
    `/api/v1/trace/balance?of=${of}`,
    `/api/v1/recall-scope?of=${of}&include=siblings`,
    `/api/v1/exposure?place=${encodeURIComponent(chamber)}&${range}`,
    `/api/v1/lookup?code=${of}`,
    `/api/v1/public/lookup?code=${of}`,
    `/api/v1/public/journey?of=${of}`,
    `/api/v1/public/recall-status?of=${of}`,
    `/api/v1/public/passport?of=${of}`,
    ...['products', 'parties', 'places'].flatMap((kind) => [`/api/v1/master-data/${kind}`, `/api/v1/master-data/${kind}/export`]),
    '/api/v1/master-data/products/09506000134352',
    '/api/v1/master-data/parties/9506000134352',
    '/api/v1/master-data/places/9506000134345',
    '/api/v1/master-data/elements?type=Location',
    `/api/v1/master-data/lookup?of=${product}`,
    `/api/v1/completeness?of=${of}`,
    '/api/v1/stage-profiles',
    '/api/v1/stage-profiles/food',
    '/api/v1/links',
    `/api/v1/links/${product}`,
    '/api/v1/link-hosts',
    '/.well-known/gs1resolver',
    '/api/v1/dead-letters',
    '/api/v1/subscriptions?queryName=all',
    `/api/v1/subscriptions/${subscription}`,
    '/api/v1/dead-deliveries',
    '/api/v1/dead-deliveries/d-1',
    '/api/v1/sim/scenarios',
    '/api/v1/session',
    '/health/live',
    '/health/ready',
    '/metrics',
    '/version'
  ]
  const enrolled = { method: 'POST', url: '/api/v1/devices/port-1/plc-1/credentials', headers, payload: { kind: 'secret' } } as const
  assert.equal((await app.inject(enrolled)).statusCode, 200)
  for (const url of addresses) {
    const answer = await app.inject({ url, headers })
    assert.equal(answer.statusCode, 200, `${url}: ${answer.body}`)
  }
  const described: object = (await app.inject({ url: '/openapi.json' })).json().paths
  for (const [path, methods] of Object.entries(described)) {
    if (!Object.hasOwn(Object(methods), 'get') || !path.startsWith('/api/v1/') || path === '/api/v1/live') continue
    // Files are read back by the tests of reports, which have a folder for them.
    if (path.startsWith('/api/v1/attachments/')) continue
    // What is decided is asked for by `decision-addresses.test.ts`, which has cases of every kind.
    if (decided.test(path)) continue
    const pattern = new RegExp(`^${path.replaceAll(/\{\w+\}/g, '[^/?]+')}(\\?|$)`)
    assert.ok(
      addresses.some((address) => pattern.test(address)),
      `${path} is not asked for here`
    )
  }
  const started = await app.inject({ method: 'POST', url: '/api/v1/sim/scenarios/doorOpen', headers })
  assert.equal(started.statusCode, 200, started.body)
  assert.equal((await app.inject({ method: 'DELETE', url: '/api/v1/sim/scenarios/doorOpen', headers })).statusCode, 204)
})

test('bad input is a problem with a code and a pointer', async () => {
  const { app } = await running()
  const rows = [
    ['/api/v1/points/nowhere', 404, 'NOT_FOUND'],
    ['/api/v1/dead-letters/9', 404, 'NOT_FOUND'],
    ['/api/v1/devices/port-1/plc-1/health', 404, 'NOT_FOUND'],
    ['/api/v1/dead-letters?from=yesterday', 400, 'REQUEST_INVALID'],
    ['/api/v1/points?limit=0', 400, 'REQUEST_INVALID'],
    ['/api/v1/points?cursor=x', 400, 'CURSOR_INVALID'],
    ['/api/v1/devices/port-1/nothing', 404, 'NOT_FOUND'],
    ['/api/v1/anomalies?state=maybe', 400, 'REQUEST_INVALID'],
    ['/api/v1/anomalies?cursor=zz', 400, 'CURSOR_INVALID'],
    ['/api/v1/anomalies/none', 404, 'NOT_FOUND'],
    ['/api/v1/warnings/W-1', 404, 'NOT_FOUND'],
    ['/api/v1/warnings/W-1/recall-scope', 404, 'NOT_FOUND'],
    ['/api/v1/readings', 400, 'REQUEST_INVALID'],
    ['/api/v1/readings?series=x&from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z', 400, 'SERIES_INVALID'],
    [`/api/v1/readings?series=${series}&from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z`, 400, 'RANGE_INVALID'],
    [`/api/v1/readings?series=${series}&from=yesterday&to=2026-01-01T00:00:00Z`, 400, 'REQUEST_INVALID'],
    ['/api/v1/readings/export?from=2026-01-01T00:00:00Z&to=2026-01-02T00:00:00Z', 400, 'REQUEST_INVALID'],
    ['/api/v1/readings/export?prefix=x&from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z', 400, 'RANGE_INVALID'],
    ['/api/v1/trace/back?of=hello', 400, 'CODE_UNREADABLE'],
    ['/api/v1/trace/back?of=urn:epc:id:sgtin:broken', 400, 'CODE_UNREADABLE'],
    ['/api/v1/trace/sideways?of=x', 404, 'ROUTE_UNKNOWN'],
    ['/api/v1/lookup?code=123', 400, 'CODE_UNREADABLE'],
    ['/api/v1/sim/scenarios', 404, 'SIMULATOR_ABSENT'],
    ['/nothing/here', 404, 'ROUTE_UNKNOWN'],
    [`/api/v1/lookup?code=${'9'.repeat(9_000)}`, 414, 'URL_TOO_LONG']
  ] as const
  for (const [url, status, code] of rows) {
    const answer = await app.inject({ url, headers })
    assert.equal(answer.statusCode, status, `${url}: ${answer.body}`)
    assert.match(String(answer.headers['content-type']), /^application\/problem\+json/)
    const problem = answer.json()
    assert.equal(problem.code, code, url)
    assert.equal(problem.status, status)
    assert.ok(code !== 'REQUEST_INVALID' || problem.findings.length > 0)
  }
})

test('without a session or key everything but the public is refused', async () => {
  const { app } = await running()
  for (const url of ['/api/v1/points', '/api/v1/live', '/api/v1/none', '/epcis/v2/events', '/epcis/v2/nothing', '/api/v1/session']) {
    for (const header of [{}, { authorization: 'Bearer wrong' }, { cookie: 'tg_session=wrong' }]) {
      const answer = await app.inject({ url, headers: header })
      assert.equal(answer.statusCode, 401, url)
    }
  }
  assert.equal((await app.inject({ url: '/metrics', remoteAddress: '10.0.0.1' })).statusCode, 403)
  assert.equal(
    (await app.inject({ url: '/metrics', remoteAddress: '127.0.0.1', headers: { 'x-forwarded-for': '10.0.0.1' } })).statusCode,
    403
  )
  assert.equal((await app.inject({ url: '/metrics', remoteAddress: '10.0.0.1', headers })).statusCode, 200)
})

test('readings come raw and in buckets, a missing value as null', async () => {
  const { app } = await running()
  const range = `series=${series}&from=${new Date(startMs).toISOString()}&to=${new Date(startMs + 59 * minuteMs).toISOString()}`
  const raw = (await app.inject({ url: `/api/v1/readings?${range}`, headers })).json()
  assert.equal(raw.readings.length, 60)
  assert.deepEqual(raw.readings[0], [startMs, 5, 1])
  assert.deepEqual(raw.readings[59], [startMs + 59 * minuteMs, null, 9])
  const buckets = (await app.inject({ url: `/api/v1/readings?${range}&buckets=6`, headers })).json().buckets
  assert.equal(
    buckets.reduce((sum: number, bucket: number[]) => sum + (bucket[4] ?? 0), 0),
    59
  )
  const cut = (await app.inject({ url: `/api/v1/readings?${range}&limit=10`, headers })).json()
  assert.equal(cut.truncated, true)
})

test('buckets tell the readings at their edges, and gaps are told when asked for', async () => {
  const { app } = await running()
  const range = `series=${series}&from=${new Date(startMs).toISOString()}&to=${new Date(startMs + 59 * minuteMs).toISOString()}`
  const { buckets, edges, resolution, gaps } = (await app.inject({ url: `/api/v1/readings?${range}&buckets=6`, headers })).json()
  assert.deepEqual([buckets.length, edges.length, resolution, gaps], [6, 6, 'raw', undefined])
  assert.deepEqual(edges[0].slice(0, 2), [startMs, 5])
  const told = (await app.inject({ url: `/api/v1/readings?${range}&gapAfterMs=30000`, headers })).json()
  assert.equal(told.gaps.length, 59)
  assert.deepEqual(told.gaps[0], [startMs, startMs + minuteMs])
  const none = (await app.inject({ url: `/api/v1/readings?${range}&gapAfterMs=60000`, headers })).json()
  assert.deepEqual(none.gaps, [])
})

test('readings are answered as of a time, on one grid, and rolled up with their mean kinetic temperature', async () => {
  const { app } = await running()
  const time = (timeMs: number) => new Date(timeMs).toISOString()
  const get = async (url: string) => (await app.inject({ url: `/api/v1/readings/${url}`, headers })).json()
  const { items } = await get(`as-of?prefix=${series}&at=${time(startMs + 90_000)}`)
  assert.deepEqual([items.length, items[0].series, items[0].timeMs], [1, series, startMs + minuteMs])
  const range = `from=${time(startMs)}&to=${time(startMs + 59 * minuteMs)}`
  const grid = await get(`aligned?series=${series},no/such/series&${range}&buckets=60`)
  assert.equal(grid.startMs.length, 60)
  assert.deepEqual([grid.series[0].first[0], grid.series[0].count[0], grid.series[0].min.at(-1)], [5, 1, null])
  assert.deepEqual([grid.series[1].unit, grid.series[1].mean[0], grid.series[1].resolution], ['', null, 'raw'])
  const rollups = await get(`rollups?series=${series}&${range}&resolution=1m`)
  assert.deepEqual([rollups.resolution, rollups.truncated, rollups.count.every((count: number) => count === 1)], ['1m', false, true])
  assert.ok(Math.abs(rollups.mkt[0] - 5) < 1e-6)
  for (const [url, code] of [
    [`aligned?series=x&${range}&buckets=6`, 'SERIES_INVALID'],
    [`aligned?series=${new Array<string>(33).fill('a/b/c').join(',')}&${range}&buckets=6`, 'SERIES_INVALID'],
    [`rollups?series=${series}&${range}&resolution=1d`, 'REQUEST_INVALID'],
    [`rollups?series=${series}&from=${time(startMs)}&to=${time(0)}&resolution=1h`, 'RANGE_INVALID'],
    ['as-of?prefix=x', 'REQUEST_INVALID']
  ] as const)
    assert.equal((await get(url)).code, code, url)
})

test('lists of cases give open ones first and turn pages without gaps', async () => {
  const { world, app } = await running()
  for (let at = 0; at < 7; at += 1)
    await raise(world, anomalyOf({ id: `b-${at}`, category: 'device', status: at % 2 === 0 ? 'open' : 'closed' }), startMs + at)
  const ids: string[] = []
  let next = ''
  do {
    const page = (await app.inject({ url: `/api/v1/anomalies?limit=3${next}`, headers })).json()
    ids.push(...page.items.map((row: { id: string }) => row.id))
    next = page.next === undefined ? '' : `&cursor=${encodeURIComponent(page.next)}`
  } while (next !== '')
  assert.equal(ids.length, 8)
  assert.equal(new Set(ids).size, 8)
  assert.deepEqual(ids.slice(-3).toSorted(), ['b-1', 'b-3', 'b-5'])
})

test('a journey tells stages, what the lot went through, and the readings lived through', async () => {
  const { app } = await running()
  const journey = (await app.inject({ url: `/api/v1/trace/journey?of=${encodeURIComponent(itemOf(vaccine, 1))}`, headers })).json()
  assert.deepEqual(
    journey.steps.map((step: { eventID: string; stage: string }) => [step.eventID, step.stage]),
    [
      ['made', 'production'],
      ['lab', 'inspection'],
      ['in', 'logistics'],
      ['ship', 'logistics']
    ]
  )
  assert.deepEqual(journey.stagesSeen, ['production', 'inspection', 'logistics'])
  const [reading] = journey.steps[2].readings
  assert.equal(reading.series, series)
  assert.equal(reading.count, 59)
  assert.equal(reading.min, 5)
  assert.equal(journey.steps[2].untilMs, startMs + 90 * minuteMs)
})

test('the public hears neither parties nor drafts', async () => {
  const { app } = await running()
  const answer = await app.inject({ url: `/api/v1/public/journey?of=${encodeURIComponent(itemOf(vaccine, 1))}` })
  assert.equal(answer.statusCode, 200, answer.body)
  const journey = answer.json()
  assert.deepEqual(journey.warnings, [])
  assert.ok(!answer.body.includes('/417/'), 'no party key')
  assert.ok(!answer.body.includes('plc-1'), 'no device')
  assert.ok(!answer.body.includes('9506000134376'), 'no manufacturer number')
  assert.equal(journey.names.products[0].name.en, 'Vaccine')
  assert.equal(journey.names.places[0].name.en, 'Place chamber')
  assert.equal(journey.names.points[0].unlocode, 'CNSHG')
})

test('a published warning that names the goods is told to the public', async () => {
  const { world, app } = await running()
  const head = await world.cases.head('warning', 'W-2026-000001')
  assert.ok(head)
  const state = { ...Object(head.state), status: 'published', kind: 'publicAnnouncement' }
  const step = { atMs: 1, by: 'test', action: 'published', why: 'test', data: {} }
  await world.cases.append({ kind: 'warning', id: head.id, expectedLength: head.length, step, head: { open: true, state } })
  const named = (await app.inject({ url: `/api/v1/public/journey?of=${encodeURIComponent(itemOf(vaccine, 1))}` })).json()
  assert.deepEqual(
    named.warnings.map((warning: { id: string }) => warning.id),
    ['W-2026-000001']
  )
  const other = (await app.inject({ url: `/api/v1/public/journey?of=${encodeURIComponent(`${vaccine}/10/LOT8`)}` })).json()
  assert.deepEqual(other.warnings, [])
})

test('lookup takes a code apart and says whether it is known', async () => {
  const { app } = await running()
  const known = (
    await app.inject({ url: `/api/v1/lookup?code=${encodeURIComponent('urn:epc:id:sgtin:9506000.013435.1')}`, headers })
  ).json()
  assert.deepEqual([known.key, known.kind, known.known], [itemOf(vaccine, 1), 'item', true])
  assert.equal(known.elementString, '(01)09506000134352(21)1')
  assert.equal(known.urn, 'urn:epc:id:sgtin:9506000.013435.1')
  assert.equal(known.product.brand, 'Brand')
  const digits = (await app.inject({ url: '/api/v1/lookup?code=9506000134352', headers })).json()
  assert.deepEqual([digits.key, digits.kind], [vaccine, 'product'])
  const unknown = (await app.inject({ url: `/api/v1/lookup?code=${encodeURIComponent(`${vaccine}/21/none`)}`, headers })).json()
  assert.equal(unknown.known, false)
})

test('the description is OpenAPI 3.1 and the docs page asks nobody outside', async () => {
  const { app } = await running()
  const description = (await app.inject({ url: '/openapi.json' })).json()
  assert.equal(description.openapi, '3.1.0')
  for (const path of ['/api/v1/points', '/api/v1/trace/back', '/api/v1/warnings/{id}', '/epcis/v2/capture', '/api/v1/live'])
    assert.ok(description.paths[path], path)
  assert.doesNotMatch(JSON.stringify(description), /"items":\[|"additionalItems"/, 'tuples as of JSON Schema 2020-12')
  assert.deepEqual(Object.keys(description.paths['/epcis/v2/capture'].post.responses).slice(0, 1), ['202'])
  assert.ok('201' in description.paths['/epcis/v2/events'].post.responses)
  const docs = await app.inject({ url: '/docs/' })
  assert.equal(docs.statusCode, 200)
  assert.doesNotMatch(docs.body, /(src|href)="https?:/)
  const policy = String(docs.headers['content-security-policy'])
  assert.doesNotMatch(policy, /script-src[^;]*unsafe-inline|https:|upgrade-insecure/)
})

test('answers carry security headers and errors do not tell the inside', async () => {
  const { world, app } = await running()
  const answer = await app.inject({ url: '/version' })
  assert.match(String(answer.headers['content-security-policy']), /default-src 'self'/)
  assert.equal(answer.headers['x-content-type-options'], 'nosniff')
  world.trace.ask = () => Promise.reject(new Error('secret path /x'))
  const failed = await app.inject({ url: `/api/v1/trace/journey?of=${encodeURIComponent(itemOf(vaccine, 1))}`, headers })
  assert.equal(failed.statusCode, 500)
  assert.equal(failed.json().code, 'INTERNAL')
  assert.ok(!failed.body.includes('secret path'))
})

/** A report, a profile and a back-test, so that their addresses have something to answer with. */
async function reportedAndTested({ context }: Awaited<ReturnType<typeof createWorld>>): Promise<{ report: string; backTest: string }> {
  const told = { text: 'It leaks', goods: {} }
  const raw = { mediaType: 'text/plain', text: 'It leaks' }
  const { kept } = await context.reports.receive({ told, source: 'company', channel: 'signedIn', by: 'test', raw })
  const content = {
    name: { zh: '试', en: 'Tried' },
    quantity: 'temperature' as const,
    unit: 'Cel' as const,
    high: 8,
    deadBand: 0,
    onDelayMs: 0,
    offDelayMs: 0,
    meanKineticWindowMs: 60_000,
    recordingIntervalMaxMs: 60_000,
    source: 'test'
  }
  const profile = await context.ruleOffice.setProfile({ id: 'tried', by: 'test', why: 'test', content })
  const job = context.backTests.order({ subject: { type: 'profile', profile }, fromMs: startMs, toMs: startMs + 60_000, by: 'test' })
  await context.backTests.settled(job.id, 10_000)
  return { report: kept.state.id, backTest: job.id }
}
