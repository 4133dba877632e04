/** Plans, draws, consignments, credit and certificates over HTTP, and what a revoked certificate carried. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { authorization, createCheckedServer, createWorld, startMs } from '../harness.ts'

const day = 86_400_000
const gtin = '09506000134369'
const importer = '9506000134352'

async function open() {
  const clock = { nowMs: startMs }
  const world = await createWorld({ withAccount: false, nowMs: () => clock.nowMs })
  const app = await createCheckedServer(world)
  const send = async (
    method: 'GET' | 'POST' | 'PUT',
    url: string,
    payload?: object,
    headers: Record<string, string> = { authorization }
  ) => {
    const answer = await app.inject({ method, url: `/api/v1/${url}`, headers, ...(payload === undefined ? {} : { payload }) })
    return { status: answer.statusCode, body: answer.json() }
  }
  const done = async (...call: Parameters<typeof send>) => {
    const { status, body } = await send(...call)
    assert.equal(status, 200, JSON.stringify(body))
    return body
  }
  return { world, clock, send, done }
}

const text = (en: string) => ({ zh: `${en}（中）`, en })
const plan = {
  id: 'plan-2026',
  title: text('fish'),
  fromMs: startMs,
  toMs: startMs + 100 * day,
  items: [
    { id: 'histamine', title: text('histamine'), hsPrefix: '0303', hazard: 'health', analyte: 'histamine', points: ['port-1'], samples: 10 }
  ]
}

test('a plan runs from draft to published results, and overdue sampling is an anomaly until it is made up for', async () => {
  const { world, clock, send, done } = await open()
  const { office } = world.context.supervision
  await done('POST', 'plans', plan)
  assert.equal((await send('POST', 'plans', plan)).body.code, 'SUPERVISION_STEP')
  await done('POST', 'plans/plan-2026/adopt', { why: 'agreed' })
  clock.nowMs = startMs + 20 * day
  await office.look()
  const anomalies = await done('GET', 'anomalies')
  assert.deepEqual([anomalies.items.length, anomalies.items[0].type, anomalies.items[0].category], [1, 'overdueSampling', 'plan'])
  assert.match(anomalies.items[0].proof.en, /2 samples were due and 0 were taken, of 10/)
  await office.look()
  const sample = (id: string) => ({ id, item: 'histamine', point: 'port-1', takenMs: clock.nowMs, goods: [] })
  await done('POST', 'plans/plan-2026/samples', sample('s1'))
  const detail = await done('POST', 'plans/plan-2026/samples', sample('s2'))
  assert.equal(detail.coverage.items[0].overdue, false)
  await office.look()
  const [closed] = (await done('GET', 'anomalies')).items
  assert.equal(closed.status, 'closed')
  assert.equal((await send('POST', 'plans/plan-2026/samples', { ...sample('s3'), point: 'shop-1' })).body.code, 'PLAN_POINT')
  await done('POST', 'plans/plan-2026/results', { sample: 's1', conforms: false })
  await done('POST', 'plans/plan-2026/close', {})
  assert.equal((await send('GET', 'public/plans/plan-2026', undefined, {})).status, 404)
  await done('POST', 'plans/plan-2026/publish', { summary: text('one of two') })
  const shown = await done('GET', 'public/plans/plan-2026', undefined, {})
  assert.deepEqual([shown.coverage.taken, shown.coverage.nonConforming, shown.summary.en], [2, 1, 'one of two'])
  assert.deepEqual(
    (await done('GET', 'plans/plan-2026')).journal.map(({ action }: { action: string }) => action),
    ['drafted', 'adopted', 'sampled', 'sampled', 'resulted', 'closed', 'published']
  )
})

test('anybody can verify a draw, and nobody sees the secret before', async () => {
  const { send, done } = await open()
  const lists = {
    id: 'draw-1',
    title: text('draw'),
    subjects: ['C1', 'C2', 'C3'].map((id) => ({ id, stratum: 'A' })),
    inspectors: ['I1', 'I2'].map((id) => ({ id, excluded: [] })),
    count: 2,
    inspectorsEach: 1,
    beacon: text('lottery')
  }
  const { ownSecret, ...announced } = await done('POST', 'draws', lists)
  assert.ok(ownSecret.length > 40)
  assert.ok(
    !JSON.stringify([announced, await done('GET', 'public/draws/draw-1', undefined, {}), await done('GET', 'draws/draw-1')]).includes(
      ownSecret
    )
  )
  assert.deepEqual((await done('GET', 'public/draws/draw-1/verify', undefined, {})).ok, false)
  const wrong = await send('POST', 'draws/draw-1/draw', { secret: 'x'.repeat(30), publicValue: '1' })
  assert.deepEqual([wrong.status, wrong.body.code], [422, 'DRAW_COMMITMENT'])
  const drawn = await done('POST', 'draws/draw-1/draw', { secret: ownSecret, publicValue: '3-14-15' })
  assert.equal(drawn.assignments.length, 2)
  assert.deepEqual(await done('GET', 'public/draws/draw-1/verify', undefined, {}), { ok: true, faults: [] })
  const [{ subject }] = drawn.assignments
  await done('POST', 'draws/draw-1/inspections', { subject, outcome: 'violation', note: 'no label' })
  assert.equal((await send('POST', 'draws/draw-1/inspections', { subject: 'C9', outcome: 'conforms' })).status, 409)
  assert.equal((await done('POST', 'draws/draw-1/close', {})).status, 'closed')
})

const laboratory = {
  id: 'lab-1',
  name: text('Laboratory'),
  accreditation: 'CNAS L0001',
  accreditedUntilMs: startMs + 365 * day,
  scope: [{ hsPrefix: '30', hazards: ['health'] }]
}
const certificate = {
  id: 'cert-1',
  laboratory: 'lab-1',
  number: '2026/77',
  issuedMs: startMs,
  validUntilMs: startMs + 90 * day,
  goods: [{ gtin, hsCode: '300220', lots: ['L1'] }],
  hazards: ['health'],
  conforms: true,
  attachments: []
}
const declaration = {
  id: 'K-1',
  direction: 'import',
  importer,
  goods: [{ gtin, hsCode: '300220', lots: ['L1'] }],
  certificates: ['cert-1'],
  units: [],
  declaredMs: startMs
}

test('a certificate lets a trusted company pass, and its revocation opens what it carried again', async () => {
  const { send, done } = await open()
  assert.equal((await send('POST', 'certificates', certificate)).body.code, 'CERTIFICATE_SCOPE')
  await done('PUT', 'laboratories/lab-1', laboratory)
  await done('POST', 'certificates', certificate)
  const { proposal } = await done('POST', 'consignments', declaration)
  assert.deepEqual([proposal.mode, proposal.restsOn], ['acceptance', ['cert-1']])
  await done('POST', 'consignments/K-1/decide', { mode: 'acceptance' })
  await done('POST', 'consignments', { ...declaration, id: 'K-2', certificates: [] })
  assert.equal((await send('POST', 'certificates/cert-1/revoke', {})).status, 400, 'a reason is asked for')
  const revoked = await done('POST', 'certificates/cert-1/revoke', { why: 'forged' })
  assert.deepEqual(revoked.carried, [{ kind: 'consignment', id: 'K-1', outcome: 'reopened', before: 'acceptance', after: 'verification' }])
  assert.equal(revoked.recomputed, true)
  const again = await done('GET', 'consignments/K-1')
  assert.deepEqual([again.status, again.reopened.certificate, again.proposal.mode], ['declared', 'cert-1', 'verification'])
  assert.match(JSON.stringify(again.proposal.reasons), /cert-1 is not accepted: it is revoked/)
  assert.equal((await done('GET', 'consignments/K-2')).reopened, undefined)
})

test('what a look finds half done after a stop is finished, once', async () => {
  const { world, done } = await open()
  const { books, office } = world.context.supervision
  await done('PUT', 'laboratories/lab-1', laboratory)
  await done('POST', 'certificates', certificate)
  await done('POST', 'consignments', declaration)
  await books.certificates.act({ id: 'cert-1', by: 'x', why: 'forged', decide: () => ({ type: 'revoked' }) })
  await office.look()
  await office.look()
  const { journal } = await done('GET', 'consignments/K-1')
  assert.deepEqual(
    journal.map(({ action }: { action: string }) => action),
    ['declared', 'proposed', 'reopened', 'proposed']
  )
  assert.equal((await done('GET', 'certificates/cert-1')).recomputed, true)
})

test('credit, blacklist and appeal reach the next consignment', async () => {
  const { send, done, clock } = await open()
  const entry = { entry: 'e1', kind: 'falseDocument', case: { kind: 'certificate', id: 'cert-1' }, why: 'forged' }
  await done('POST', `companies/${importer}/credit/entries`, entry)
  assert.equal((await done('POST', `companies/${importer}/credit/entries`, entry)).ledger.entries.length, 1)
  await done('POST', `companies/${importer}/blacklist`, { ground: 'e1', why: 'forged' })
  const listed = (await done('GET', 'public/blacklist', undefined, {})).items
  assert.deepEqual([listed[0].gln, listed[0].name.en, listed[0].why], [importer, 'Importer', 'forged'])
  const { proposal } = await done('POST', 'consignments', { ...declaration, certificates: [] })
  assert.deepEqual([proposal.mode, proposal.blacklisted], ['inspection', true])
  assert.equal((await send('POST', 'consignments/K-1/decide', { mode: 'sampling', why: 'a friend' })).body.code, 'CONSIGNMENT_BLACKLISTED')
  await done('POST', 'consignments/K-1/decide', { mode: 'inspection' })
  assert.equal((await send('POST', 'consignments/K-1/release', {})).status, 409)
  await done('POST', 'consignments/K-1/inspect', { conforms: true })
  assert.equal((await done('POST', 'consignments/K-1/release', {})).status, 'released')
  clock.nowMs += day
  assert.equal((await send('POST', `companies/${importer}/blacklist/exit`, { why: 'asked' })).body.code, 'BLACKLIST_EXIT')
  await done('POST', `companies/${importer}/credit/entries/e1/appeal`, { grounds: 'the laboratory erred' })
  const after = await done('POST', `companies/${importer}/credit/entries/e1/appeal/decide`, { upheld: true, why: 'it did' })
  assert.deepEqual([after.blacklisted, after.points, after.grade], [false, 60, 'B'])
  assert.deepEqual((await done('GET', 'public/blacklist', undefined, {})).items, [])
})

test('nobody decides without the right, and a stale view is refused', async () => {
  const { world, send, done } = await open()
  await world.accounts.ensureServiceKey('reader', 'reader-key-0123456789', ['read'])
  const reader = { authorization: 'Bearer reader-key-0123456789' }
  for (const [method, url, payload] of [
    ['POST', 'plans', plan],
    ['POST', 'consignments', declaration],
    ['POST', `companies/${importer}/blacklist`, { ground: 'e1', why: 'x' }],
    ['PUT', 'laboratories/lab-1', laboratory]
  ] as const)
    assert.equal((await send(method, url, payload, reader)).status, 403, url)
  await done('POST', 'plans', plan)
  const stale = await send('POST', 'plans/plan-2026/adopt', { expectedLength: 0 })
  assert.deepEqual([stale.status, stale.body.code], [409, 'CASE_CHANGED'])
  assert.equal((await send('POST', 'plans/none/adopt', {})).status, 404)
})
