/** Deadlines with a clock that the test turns: passed on once each, by the steps of the policy, whoever looks and however often. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createMetrics } from '@tracegate/service/metrics'
import { measuresDefaults } from '@tracegate/model/policy/measures'
import { authorization, createCheckedServer } from '../harness.ts'
import { createMeasureDesk } from '../measures/measure-desk.ts'
import { createMeasureWorld, putWarning } from '../measures/testing.ts'
import { dueEscalations, nextTimeMs, type Deadline } from './deadlines.ts'

const hour = 3_600_000
const request = {
  type: 'traceInvestigation',
  warning: 'W-2026-000001',
  addressees: [{ type: 'point' as const, point: 'port-1' }],
  instruction: { zh: '追溯', en: 'Trace them' },
  why: 'who has the rest'
} as const

test('a measure that nobody acknowledges is passed on step by step, once each, also by two processes and after a restart', async () => {
  const { world, clock, desk } = await createMeasureWorld()
  const [kept] = await desk.office.order({ ...request, addressees: [...request.addressees] }, 'authority')
  const id = kept?.state.id ?? ''
  await desk.clocks.look()
  assert.equal((await desk.book.get(id)).state.escalations.length, 0)
  const { cases, bus, trace, telemetry, logger, context } = world
  const { registers, policy, attachments, warnings, recalls, nowMs } = context
  const again = () =>
    createMeasureDesk({
      cases,
      bus,
      trace,
      telemetry,
      logger,
      metrics: createMetrics(),
      registers,
      policy,
      attachments,
      warnings,
      recalls,
      nowMs,
      publisher: undefined,
      keysPath: undefined
    })
  await using other = again()
  clock.nowMs += 2 * hour + 31 * 60_000
  await Promise.all([desk.clocks.look(), other.clocks.look(), desk.clocks.look()])
  const steps = async () => (await desk.book.get(id)).state.escalations.map(({ clock: name, step, right }) => `${name} ${step} ${right}`)
  assert.deepEqual(await steps(), ['measureAcknowledge 0 order', 'measureAcknowledge 1 order'])
  clock.nowMs += 30 * hour
  await using third = again()
  await third.clocks.look()
  assert.deepEqual((await steps()).slice(2), ['measureAcknowledge 2 approve', 'measureAcknowledge 3 publishLevelI'])
  await desk.office.act(id, { type: 'acknowledge' }, 'port')
  await desk.clocks.look()
  assert.deepEqual(
    (await steps()).slice(4).map((step) => step.split(' ')[0]),
    ['measureExecute', 'measureExecute']
  )
})

test('silent points, overdue warnings and their evaluations are passed on, journalled beside the case and listed by right and deadline', async () => {
  const { world, clock, desk } = await createMeasureWorld()
  await putWarning(world, { id: 'W-2026-000005', status: 'assessed', dueMs: clock.nowMs + hour, level: 'I' })
  await putWarning(world, { id: 'W-2026-000006', status: 'approved', dueMs: clock.nowMs + 2 * hour, level: 'I' })
  await putWarning(world, { id: 'W-2026-000007', status: 'published', dueMs: clock.nowMs + 9 * hour })
  await desk.office.order({ ...request, type: 'sealDetain', addressees: [...request.addressees] }, 'authority')
  await desk.look()
  clock.nowMs += hour + 60_000
  await desk.clocks.look()
  await desk.clocks.look()
  const journal = await world.cases.journal('audit', 'escalations:warning:W-2026-000005')
  assert.deepEqual(
    journal.map(({ by, action }) => `${by} ${action}`),
    ['tracegate/clocks escalated']
  )
  const { state } = await desk.controlBook.get('port-1')
  assert.deepEqual(
    state.escalations.map(({ clock: name, step }) => `${name} ${step}`),
    ['pointSilent 0', 'pointSilent 1', 'pointSilent 2'].slice(0, state.escalations.length)
  )
  assert.ok(state.escalations.length >= 2)
  // Nobody listens at the shop: it has no agent and no reader, so it is not silent.
  await desk.office.order({ ...request, type: 'recall', addressees: [{ type: 'goods' }] }, 'authority')
  await desk.look()
  assert.equal((await desk.controlBook.get('shop-1')).state.dueMs, undefined)

  const app = await createCheckedServer(world)
  const tasks = async (query: string) => {
    const answer = await app.inject({ url: `/api/v1/tasks${query}`, headers: { authorization } })
    const {
      items,
      overdue,
      nextMs
    }: { items: { case: string; clock: string; right: string; overdue: boolean }[]; overdue: number; nextMs: number } = JSON.parse(
      answer.body
    )
    return { items, overdue, nextMs }
  }
  const all = await tasks('')
  assert.deepEqual(
    all.items.map(({ case: id, clock: name, right, overdue }) => `${id} ${name} ${right} ${overdue}`),
    [
      'port-1 pointSilent order true',
      'W-2026-000005 warningDue approve true',
      'M-2026-000001 measureAcknowledge respond false',
      'W-2026-000006 warningDue publishLevelI false',
      'M-2026-000002 measureAcknowledge respond false',
      'W-2026-000007 evaluationDue assess false'
    ]
  )
  assert.equal(all.overdue, 2)
  assert.ok(all.nextMs > clock.nowMs)
  assert.deepEqual(
    (await tasks('?right=publishLevelI')).items.map(({ case: id }) => id),
    ['W-2026-000006']
  )
  assert.deepEqual(
    (await tasks('?overdue=true&kind=warning')).items.map(({ case: id }) => id),
    ['W-2026-000005']
  )
})

test('a moved deadline starts its escalation anew, and the next look is known', () => {
  const deadline = (dueMs: number, steps: readonly number[]): Deadline => ({
    clock: 'measureExecute',
    kind: 'measure',
    case: 'M-1',
    title: { zh: '一', en: 'a' },
    right: 'respond',
    dueMs,
    drill: false,
    escalations: steps.map((step) => ({
      clock: 'measureExecute' as const,
      step,
      right: 'order',
      to: { zh: '', en: '' },
      dueMs,
      atMs: dueMs
    }))
  })
  const due = (dueMs: number, steps: readonly number[], nowMs: number) =>
    dueEscalations(deadline(dueMs, steps), measuresDefaults, nowMs).map(({ step }) => step)
  assert.deepEqual(due(hour, [], hour - 1), [])
  assert.deepEqual(due(hour, [], hour), [0])
  assert.deepEqual(due(hour, [0], 4 * hour), [1])
  assert.equal(nextTimeMs(deadline(hour, []), measuresDefaults, 0), hour)
  assert.equal(nextTimeMs(deadline(hour, []), measuresDefaults, hour), 3 * hour)
})
