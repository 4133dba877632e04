/** Rules and profiles over HTTP: versions, differences, back-tests. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { complaintSurgeDefaults } from '@tracegate/detect/reports/surge'
import { ruleDefinitions } from '@tracegate/detect/rule-definitions'
import { compileValidator } from '@tracegate/model/codec'
import { Problem } from '@tracegate/model/http'
import { BackTestJob, ProfileVersions, RuleInfo, RuleList, RuleVersions, VersionDiff } from '@tracegate/model/http-rules'
import type { Static, TSchema } from 'typebox'
import { authorization, createCheckedServer, createWorld, itemOf, minuteMs, startMs, traceEvent, vaccine, yard } from '../harness.ts'

const dayMs = 86_400_000

function read<Schema extends TSchema>(schema: Schema, value: unknown): Static<Schema> {
  const checked = compileValidator(schema).check(value)
  assert.ok(checked.ok, checked.ok ? '' : `${checked.reason.pointer} ${checked.reason.message}: ${JSON.stringify(value).slice(0, 500)}`)
  return checked.value
}

const content = {
  name: { zh: '疫苗', en: 'Vaccine' },
  quantity: 'temperature',
  unit: 'Cel',
  low: 2,
  high: 8,
  deadBand: 0.2,
  onDelayMs: 120_000,
  offDelayMs: 120_000,
  meanKineticWindowMs: dayMs,
  recordingIntervalMaxMs: 1_800_000,
  source: 'test'
}

async function start() {
  const world = await createWorld({ withAccount: false, nowMs: () => startMs + 3 * dayMs })
  await world.cases.put('profiles', 'vaccine', { id: 'vaccine', version: 1, ...content })
  const app = await createCheckedServer(world)
  const headers = { authorization }
  return {
    world,
    app,
    get: (url: string) => app.inject({ url, headers }),
    send: (method: 'PUT' | 'POST' | 'DELETE', url: string, payload: object = {}) => app.inject({ method, url, payload, headers }),
    settled: async (answer: { json: () => unknown; statusCode: number; body: string }): Promise<BackTestJob> => {
      assert.ok(answer.statusCode === 200 || answer.statusCode === 202, answer.body)
      const job = await world.context.backTests.settled(read(BackTestJob, answer.json()).id, 20_000)
      assert.ok(job !== undefined)
      assert.equal(job.state, 'done', job.detail)
      return job
    },
    end: async () => {
      await world.context.backTests[Symbol.asyncDispose]()
      await app.close()
      assert.deepEqual(world.failures, [])
    }
  }
}

test('every rule tells its parameters, defaults that match them, and how it is set', async () => {
  const { get, end } = await start()
  const { items } = read(RuleList, (await get('/api/v1/rules')).json())
  assert.equal(items.length, ruleDefinitions.length)
  assert.equal(new Set(items.map(({ id }) => id)).size, items.length)
  for (const definition of ruleDefinitions) {
    const reasons = compileValidator(definition.parameters).reasons({ ...definition.defaults })
    assert.deepEqual(reasons, [], definition.id)
  }
  await end()
})

test('a rule is set by versions with reasons, told at once, and wrong parameters are refused with every finding', async () => {
  const { app, world, get, send, end } = await start()
  const url = '/api/v1/rules/report:complaintSurge'
  const told: (readonly string[])[] = []
  world.bus.subscribe('rules', ({ ids }) => told.push(ids))
  const wrong = await send('PUT', url, { parameters: { ...complaintSurgeDefaults, ratioMin: 0, extra: 1 }, enabled: true, why: 'try' })
  assert.equal(wrong.statusCode, 422)
  const { findings = [], code } = read(Problem, wrong.json())
  assert.equal(code, 'RULE_PARAMETERS')
  assert.ok(findings.some(({ pointer }) => pointer === '/parameters/ratioMin'))
  assert.deepEqual(told, [])
  const parameters = { ...complaintSurgeDefaults, reportsMin: 5 }
  const set = read(RuleInfo, (await send('PUT', url, { parameters, enabled: true, why: 'fewer', expectedVersion: 1 })).json())
  assert.deepEqual([set.version, set.parameters['reportsMin']], [2, 5])
  assert.deepEqual(told, [['report:complaintSurge']])
  assert.equal((await send('PUT', url, { parameters, enabled: true, why: 'again' })).statusCode, 409)
  assert.equal((await send('PUT', url, { parameters, enabled: false, why: 'off', expectedVersion: 1 })).statusCode, 409)
  await send('PUT', url, { parameters, enabled: false, why: 'off', expectedVersion: 2 })
  const { items } = read(RuleVersions, (await get(`${url}/versions`)).json())
  assert.deepEqual(
    items.map(({ version, why }) => [version, why]),
    [
      [1, 'shipped'],
      [2, 'fewer'],
      [3, 'off']
    ]
  )
  const diff = read(VersionDiff, (await get(`${url}/diff?from=1&to=3`)).json())
  assert.deepEqual(
    diff.differences.map(({ pointer }) => pointer),
    ['/enabled', '/parameters/reportsMin']
  )
  assert.equal((await get(`${url}/diff?from=1&to=9`)).statusCode, 404)
  assert.equal((await get('/api/v1/rules/no:such')).statusCode, 404)
  await world.accounts.ensureServiceKey('reader', 'reader-key-0123456789', ['read'])
  const denied = await app.inject({
    method: 'PUT',
    url,
    payload: { parameters, enabled: true, why: 'x' },
    headers: { authorization: 'Bearer reader-key-0123456789' }
  })
  assert.equal(denied.statusCode, 403)
  assert.equal((await world.cases.journal('rule', 'report:complaintSurge')).length, 2)
  await end()
})

test('a crash between journal and register is mended at the next start', async () => {
  const { world, send, end } = await start()
  await send('PUT', '/api/v1/rules/report:injurySurge', { parameters: { ...complaintSurgeDefaults }, enabled: true, why: 'x' })
  await world.cases.remove('rules', 'report:injurySurge')
  await world.context.ruleOffice.reconcile()
  const row = await world.cases.get('rules', 'report:injurySurge')
  assert.equal(read(RuleVersions.properties.items.items, { ...Object(row?.document), atMs: 0, by: '', why: '' }).version, 2)
  await end()
})

test('a back-test of a profile tells what would open and what would not, and changes nothing', async () => {
  const { world, get, send, settled, end } = await start()
  // Ten hours at 5, one at 8.6 (above the limit in effect), three at 5, one at 7.2 (above the stricter one).
  const valueAt = (minute: number) => (minute >= 600 && minute < 660 ? 8.6 : minute >= 840 && minute < 900 ? 7.2 : 5) + (minute % 3) / 20
  await world.telemetry.append(
    Array.from({ length: 1_200 }, (_, minute) => ({
      point: 'port-1',
      device: 'plc-1',
      metric: 'chamber1.temperature',
      value: valueAt(minute),
      unit: 'Cel',
      quality: 1 as const,
      timeMs: startMs + minute * minuteMs
    }))
  )
  const span = { fromMs: startMs, toMs: startMs + dayMs }
  const strict = await settled(await send('POST', '/api/v1/profiles/vaccine/back-test', { profile: { ...content, high: 7 }, ...span }))
  assert.deepEqual([strict.result?.new.count, strict.result?.gone.count], [1, 0])
  assert.equal(strict.result?.readings, 1_200)
  assert.equal(strict.result.new.examples[0]?.onsetMs, startMs + 840 * minuteMs)
  const loose = await settled(await send('POST', '/api/v1/profiles/vaccine/back-test', { profile: { ...content, high: 9 }, ...span }))
  assert.deepEqual([loose.result?.new.count, loose.result?.gone.count], [0, 1])
  assert.equal(
    loose.result?.perDay.reduce((sum, day) => sum + day.before - day.after, 0),
    1
  )
  assert.equal(await world.cases.count('anomaly'), 0)
  assert.equal(read(ProfileVersions, (await get('/api/v1/profiles/vaccine/versions')).json()).items.length, 1)
  const upsideDown = await send('PUT', '/api/v1/profiles/vaccine', { profile: { ...content, low: 9 }, why: 'x' })
  assert.equal(read(Problem, upsideDown.json()).findings?.[0]?.pointer, '/profile/low')
  assert.equal((await send('PUT', '/api/v1/profiles/vaccine', { profile: { ...content, high: 7 }, why: 'stricter' })).statusCode, 200)
  const versions = read(ProfileVersions, (await get('/api/v1/profiles/vaccine/versions')).json()).items
  assert.deepEqual(
    versions.map(({ profile }) => profile.high),
    [8, 7]
  )
  const diff = read(VersionDiff, (await get('/api/v1/profiles/vaccine/diff?from=1&to=2')).json())
  assert.deepEqual(diff.differences, [{ pointer: '/high', before: 8, after: 7 }])
  await end()
})

test('a back-test of a trace rule and of a report rule runs over stored events and reports', async () => {
  const { world, send, settled, end } = await start()
  await world.trace.capture(
    Array.from({ length: 20 }, (_, index) =>
      traceEvent({
        id: `urn:uuid:${index}`,
        atMs: startMs + index * minuteMs,
        objects: [itemOf(vaccine, index)],
        bizStep: 'storing',
        bizLocation: yard
      })
    )
  )
  const rule = ruleDefinitions.find(({ category }) => category === 'trace')
  assert.ok(rule !== undefined)
  const span = { fromMs: startMs - dayMs, toMs: startMs + 4 * dayMs }
  const trace = await settled(await send('POST', `/api/v1/rules/${rule.id}/back-test`, { parameters: rule.defaults, ...span }))
  assert.deepEqual([trace.result?.new.count, trace.result?.gone.count, trace.result?.series], [0, 0, 0])
  for (const text of ['It leaks', 'Cap gone', 'Brown', 'Broken', 'Smells', 'Bent'])
    await world.context.reports.receive({
      told: { text, goods: { codes: ['09506000134352'] } },
      source: 'consumerComplaint',
      channel: 'public',
      raw: { mediaType: 'text/plain', text }
    })
  const url = '/api/v1/rules/report:complaintSurge/back-test'
  const reports = await settled(await send('POST', url, { parameters: { ...complaintSurgeDefaults, reportsMin: 50 }, ...span }))
  assert.deepEqual([reports.result?.gone.count, reports.result?.new.count, reports.result?.reports], [1, 0, 6])
  assert.equal((await send('POST', url, { parameters: {}, ...span })).statusCode, 422)
  assert.equal((await send('POST', url, { parameters: complaintSurgeDefaults, fromMs: startMs, toMs: startMs })).statusCode, 422)
  await end()
})

test('a back-test can be cancelled while it runs, and one too many is refused', async () => {
  const { world, send, end } = await start()
  const rule = ruleDefinitions.find(({ id }) => id === 'qartod:rate')
  assert.ok(rule !== undefined)
  const ask = {
    subject: { type: 'rule' as const, definition: rule, parameters: rule.defaults },
    fromMs: startMs,
    toMs: startMs + 90 * dayMs,
    by: 'test'
  }
  const jobs = Array.from({ length: 5 }, () => world.context.backTests.order(ask))
  assert.throws(() => world.context.backTests.order(ask), { code: 'BACK_TESTS_FULL' })
  for (const job of jobs.slice(0, 4)) world.context.backTests.cancel(job.id)
  assert.equal((await send('DELETE', `/api/v1/back-tests/${jobs[4]?.id}`)).statusCode, 200)
  for (const job of jobs.slice(0, 4)) assert.equal((await world.context.backTests.settled(job.id, 10_000))?.state, 'cancelled')
  await end()
})
