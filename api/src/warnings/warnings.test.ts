/** The workflow of warnings over HTTP: rights, mandatory contents, numbers, versions, level changes, lifting, drills, food. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WarningRow, WarningRows, WarningVersions } from '@tracegate/model/http-warnings'
import { anomalyOf, chamber, createWorld, fish, itemOf, raise, startMs, traceEvent, vaccine, minuteMs, type World } from '../harness.ts'
import { createTriggerEngine } from '../trigger.ts'
import { createOffice } from './harness.ts'
import { createOverdueWatch } from './overdue-watch.ts'

const onset = startMs + 60 * minuteMs
let now = onset + 3 * minuteMs
const nowMs = () => now

async function drafted(goods = itemOf(vaccine, 1)): Promise<World> {
  now = onset + 3 * minuteMs
  const world = await createWorld({ nowMs, withAccount: false })
  await world.trace.capture([traceEvent({ id: 'in', atMs: startMs, objects: [goods], bizStep: 'storing', bizLocation: chamber })])
  await using trigger = createTriggerEngine(world.context)
  await raise(world, anomalyOf())
  await trigger.idle()
  return world
}

const id = 'W-2026-000001'
const byHand = {
  title: { zh: '玩具小零件', en: 'Small parts of a toy' },
  matters: { zh: '可致儿童窒息', en: 'Children may choke' },
  range: { regions: ['CN'], hsPrefixes: ['9503'], brands: ['Toy'] },
  why: 'seen in the market'
}

const codeOf = (body: unknown) => (typeof body === 'object' && body !== null && 'code' in body ? body.code : undefined)

test('a warning goes from its draft to its lifting, each step by who may, with one number and every version kept', async () => {
  const world = await drafted()
  const office = await createOffice(world)
  const draft = await office.ok(WarningRow, 'assessor', { url: `/api/v1/warnings/${id}` })
  assert.equal(draft.status, 'draft')
  assert.equal(draft.origin, 'anomaly')
  assert.equal(draft.level, 'I')
  assert.equal(draft.dueMs, draft.draftedAtMs + 60 * minuteMs, 'level I is to be assessed within the hour')
  assert.deepEqual(draft.proposal.kind?.kind, 'bulletin')
  assert.deepEqual(draft.audience.ports, ['CNSHG'])

  const published = await office.publish(id)
  assert.equal(published.number, 'TG-2026-0001')
  assert.equal(published.version, 1)
  assert.equal(published.policyVersion, 1)

  now += minuteMs
  const raised = await office.step('stateCouncil', id, 'raise', { level: 'I' })
  assert.equal(raised.level, 'I')
  const lowered = await office.step('stateCouncil', id, 'lower', {
    level: 'III',
    evaluation: await office.evaluation(id, 'lower'),
    content: { matters: { zh: '新', en: 'new' } }
  })
  assert.deepEqual(
    lowered.changes.map(({ kind, fromLevel, toLevel, version }) => [kind, fromLevel, toLevel, version]),
    [
      ['raised', 'II', 'I', 2],
      ['lowered', 'I', 'III', 3]
    ]
  )
  const lifted = await office.step('publisher', id, 'lift', { evaluation: await office.evaluation(id, 'lift') })
  assert.equal(lifted.status, 'lifted')
  assert.equal(lifted.dueMs, undefined)
  assert.equal(lifted.number, 'TG-2026-0001')

  const { items } = await office.ok(WarningVersions, 'assessor', { url: `/api/v1/warnings/${id}/versions` })
  assert.deepEqual(
    items.map((version) => [version.version, version.level]),
    [
      [1, 'II'],
      [2, 'I'],
      [3, 'III']
    ]
  )
  assert.notEqual(items[0]?.matters.en, 'new')
  assert.equal((await office.ask('assessor', 'GET', `/api/v1/warnings/${id}/versions/4`)).status, 404)
  assert.deepEqual(world.failures, [])
})

test('without the right a step is refused with 403 and leaves an entry in the audit', async () => {
  const world = await drafted()
  const office = await createOffice(world)
  await office.step('assessor', id, 'assess', {
    assessment: await office.assessment(id),
    content: { level: 'I', controlInstruction: { zh: '布控', en: 'Hold at the gate' } }
  })
  await office.step('approver', id, 'approve')
  const refused = await office.ask('publisher', 'POST', `/api/v1/warnings/${id}/publish`, { why: 'in a hurry' })
  assert.equal(refused.status, 403)
  assert.equal(codeOf(refused.body), 'RIGHT_MISSING')
  const [entry] = await world.cases.journal('audit', 'refused:publisher')
  assert.deepEqual(entry?.data, { right: 'publishLevelI', action: 'published', what: id })
  assert.equal((await office.step('stateCouncil', id, 'publish')).status, 'published')
  assert.equal((await office.ask('publisher', 'POST', `/api/v1/warnings/${id}/amend`, { why: 'x' })).status, 403)
})

test('the fast path leaves out the approval and nothing of the authority', async () => {
  const world = await drafted()
  const office = await createOffice(world)
  const content = { level: 'I', controlInstruction: { zh: '布控', en: 'Hold at the gate' } }
  await office.step('assessor', id, 'assess', { assessment: await office.assessment(id), content })
  assert.equal((await office.ask('publisher', 'POST', `/api/v1/warnings/${id}/publish`, { why: 'x', fast: true })).status, 403)
  assert.equal((await office.ask('stateCouncil', 'POST', `/api/v1/warnings/${id}/publish`, { why: 'x' })).status, 409)
  const published = await office.step('stateCouncil', id, 'publish', { fast: true })
  assert.equal(published.published?.fast, true)
})

test('who assessed it cannot approve it, nor publish it by the fast path', async () => {
  const world = await drafted()
  const office = await createOffice(world)
  await world.accounts.ensureServiceKey('assessor', 'key-of-assessor-0123456789', ['read', 'assess', 'approve', 'publishLevelI'])
  const content = { level: 'I', controlInstruction: { zh: '布控', en: 'Hold at the gate' } }
  await office.step('assessor', id, 'assess', { assessment: await office.assessment(id), content })
  for (const [step, payload] of [
    ['approve', {}],
    ['publish', { fast: true }]
  ] as const) {
    const refused = await office.ask('assessor', 'POST', `/api/v1/warnings/${id}/${step}`, { why: 'x', ...payload })
    assert.equal(refused.status, 409)
    assert.equal(codeOf(refused.body), 'WARNING_SAME_PERSON')
  }
})

test('mandatory contents that are missing are named with their pointers', async () => {
  const world = await createWorld({ nowMs, withAccount: false })
  const office = await createOffice(world)
  const made = await office.ok(WarningRow, 'assessor', { url: '/api/v1/warnings', payload: byHand })
  const assessment = await office.assessment(made.id)
  const pointersOf = async (step: string, payload: object, who: 'assessor' | 'publisher' = 'assessor') => {
    const { status, body } = await office.ask(who, 'POST', `/api/v1/warnings/${made.id}/${step}`, { why: 'x', ...payload })
    assert.equal(status, 422, JSON.stringify(body))
    assert.ok(typeof body === 'object' && body !== null && 'findings' in body && Array.isArray(body.findings))
    return body.findings.map((finding: { pointer: string }) => finding.pointer)
  }
  const assess = (content: object) => pointersOf('assess', { assessment, content })
  assert.deepEqual(await assess({ kind: 'bulletin', title: { zh: '题', en: ' ' }, audience: {} }), [
    '/title/en',
    '/controlInstruction',
    '/audience/ports'
  ])
  assert.deepEqual(await assess({ kind: 'operatorNotice', audience: {} }), ['/audience/operators'])
  assert.deepEqual(
    await assess({
      kind: 'operatorNotice',
      audience: { operators: ['9506000134352'] },
      range: { regions: [], hsPrefixes: [], brands: [] }
    }),
    ['/scope']
  )
  await office.step('assessor', made.id, 'assess', { assessment, content: { kind: 'publicAnnouncement', level: 'II' } })
  await office.step('approver', made.id, 'approve')
  assert.deepEqual(await pointersOf('publish', {}, 'publisher'), ['/measuresStated'])
})

test('food is not published here but handed to its own procedure', async () => {
  const world = await drafted(itemOf(fish, 1))
  const office = await createOffice(world)
  const refused = await office.ask('assessor', 'POST', `/api/v1/warnings/${id}/assess`, {
    why: 'x',
    assessment: await office.assessment(id)
  })
  assert.equal(refused.status, 409)
  assert.equal(codeOf(refused.body), 'WARNING_FOOD')
  const routed = await office.step('assessor', id, 'route', { reference: 'FS-1' })
  assert.equal(routed.status, 'routed')
  assert.match(routed.routed?.to.zh ?? '', /食品安全/)
})

test('lifting needs a completed evaluation with that verdict, and not by who lifts', async () => {
  const world = await drafted()
  const office = await createOffice(world)
  await office.publish(id)
  const keep = await office.evaluation(id, 'keep')
  for (const [evaluation, who] of [
    ['E-2026-000999', 'publisher'],
    [keep, 'publisher'],
    [await office.evaluation(id, 'lift', 'publisher'), 'publisher']
  ] as const) {
    const refused = await office.ask(who, 'POST', `/api/v1/warnings/${id}/lift`, { why: 'x', evaluation })
    assert.equal(refused.status, 409, evaluation)
  }
  assert.equal((await office.step('publisher', id, 'lift', { evaluation: await office.evaluation(id, 'lift') })).status, 'lifted')
})

test('drills have numbers of their own and stand in no list of real warnings', async () => {
  const world = await createWorld({ nowMs, withAccount: false })
  const office = await createOffice(world)
  const draft = (drill: boolean) => office.ok(WarningRow, 'assessor', { url: '/api/v1/warnings', payload: { ...byHand, drill } })
  const numbers: (string | undefined)[] = []
  for (const drill of [true, false, true, false]) numbers.push((await office.publish((await draft(drill)).id)).number)
  assert.deepEqual(numbers, ['TG-DRILL-2026-0001', 'TG-2026-0001', 'TG-DRILL-2026-0002', 'TG-2026-0002'])
  const list = async (query: string) =>
    (await office.ok(WarningRows, 'assessor', { url: `/api/v1/warnings${query}` })).items.map((row) => row.id)
  assert.deepEqual((await list('')).sort(), ['W-2026-000001', 'W-2026-000002'])
  assert.deepEqual((await list('?drill=true')).sort(), ['D-2026-000001', 'D-2026-000002'])
})

test('a number reserved for a publication that never came is given to the next one', async () => {
  const world = await createWorld({ nowMs, withAccount: false })
  const office = await createOffice(world)
  const draft = () => office.ok(WarningRow, 'assessor', { url: '/api/v1/warnings', payload: byHand })
  const [first, second] = [(await draft()).id, (await draft()).id]
  const append = world.cases.append.bind(world.cases)
  world.cases.append = (options) =>
    options.kind === 'warning' && options.step.action === 'published' ? Promise.reject(new Error('the process ends here')) : append(options)
  await assert.rejects(office.publish(first))
  world.cases.append = append
  assert.equal((await office.publish(second)).number, 'TG-2026-0001')
  assert.equal((await office.step('publisher', first, 'publish')).number, 'TG-2026-0002')
  assert.ok((await world.cases.journal('warning', first)).some((step) => step.action === 'numberReleased'))
})

test('past its deadline a warning is overdue in lists and in the metrics', async () => {
  const world = await drafted()
  const office = await createOffice(world)
  const overdue = async () => (await office.ok(WarningRows, 'assessor', { url: '/api/v1/warnings?overdue=true' })).items.length
  assert.equal(await overdue(), 0)
  now += 60 * minuteMs + 1
  assert.equal(await overdue(), 1)
  await createOverdueWatch(world.context).look()
  const metrics = await world.metrics.text()
  assert.match(metrics, /tracegate_api_warnings_overdue\{level="I"\} 1/)
  assert.match(metrics, /tracegate_api_warnings_open\{level="II"\} 0/)
})

test('who has seen an older journal is told so', async () => {
  const world = await drafted()
  const office = await createOffice(world)
  const { status, body } = await office.ask('assessor', 'POST', `/api/v1/warnings/${id}/discard`, { why: 'x', expectedLength: 7 })
  assert.equal(status, 409)
  assert.equal(codeOf(body), 'CASE_CHANGED')
})
