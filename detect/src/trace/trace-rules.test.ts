/** What the rules' parameters do, what ends anomalies besides later events, and what the judge's limits are. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { BalanceAnswer } from '@tracegate/model/trace-balance'
import { compileValidator } from '@tracegate/model/codec'
import type { Product } from '@tracegate/model/registers'
import type { RuleSetting } from '@tracegate/model/rules'
import type { TraceEvent, TraceSubject } from '@tracegate/model/trace-event'
import type { DetectionRegisters } from '../engine.ts'
import { createTraceJudge, type TraceJudge } from './trace-judge.ts'
import { traceRuleDefinitions } from './trace-rules.ts'
import { testPoint, testProduct } from '../testing.ts'

const t0 = Date.UTC(2026, 10, 23, 12)
const hourMs = 3_600_000
const item = 'https://id.gs1.org/01/09506000134352/21/1'
const lot = 'https://id.gs1.org/01/09506000134352/10/L1'
const pallet = 'https://id.gs1.org/00/095060001343380001'
const shanghai = 'https://id.gs1.org/414/9506000134338'
const beijing = 'https://id.gs1.org/414/9506000134345'

const product: Product = { ...testProduct, inspectionRequired: false }

const registers: DetectionRegisters = {
  places: [],
  profiles: [],
  products: [product],
  points: [testPoint('yard', 'reeferYard', '9506000134338', 31.2, 121.5), testPoint('shop', 'shop', '9506000134345', 39.9, 116.4)]
}

function judge(over: Partial<DetectionRegisters> = {}): TraceJudge {
  const made = createTraceJudge()
  made.configure({ ...registers, ...over })
  made.onTick(t0 - 1_000 * hourMs)
  return made
}

function setting(type: string, parameters: RuleSetting['parameters'], version = 2, enabled = true): RuleSetting {
  return { id: `trace:${type}`, version, enabled, parameters }
}

function event(over: Partial<TraceEvent> & { readonly eventID: string }): TraceEvent {
  return {
    type: 'ObjectEvent',
    action: 'OBSERVE',
    eventTimeMs: t0,
    recordTimeMs: over.eventTimeMs ?? t0,
    timeZoneOffset: '+08:00',
    subjects: [{ key: item, kind: 'item', role: 'object' }],
    sources: [],
    destinations: [],
    bizTransactions: [],
    json: '{}',
    ...over
  }
}

const onPallet: readonly TraceSubject[] = [{ key: pallet, kind: 'logistic', role: 'object' }]

/** Tells the events one after the other with all that is known. */
function tell(to: TraceJudge, ...events: readonly TraceEvent[]) {
  return events.flatMap((one, index) => {
    const known = events.slice(0, index + 1)
    return to.onEvents(
      [one],
      { of: (key) => known.filter(({ subjects }) => subjects.some((subject) => subject.key === key)) },
      one.recordTimeMs
    )
  })
}

test('every definition has both titles, defaults that fit its schema, and an id of its own', () => {
  assert.equal(traceRuleDefinitions.length, 11)
  assert.equal(new Set(traceRuleDefinitions.map(({ id }) => id)).size, 11)
  for (const { parameters, defaults, title } of traceRuleDefinitions) {
    assert.deepEqual(compileValidator(parameters).reasons(defaults), [])
    assert.equal(compileValidator(parameters).check({ ...defaults, unknown: 1 }).ok, false)
    assert.ok(title.en !== '' && /[一-鿿]/.test(title.zh))
  }
})

test('a setting changes a rule and its version stands on what it raises; one that does not fit leaves the defaults', () => {
  const sent = event({ eventID: 'a', bizStep: 'shipping', readPoint: shanghai })
  const got = event({ eventID: 'b', bizStep: 'receiving', readPoint: beijing, bizLocation: beijing, eventTimeMs: t0 + 4 * hourMs })
  const found = (rules: readonly RuleSetting[]) =>
    tell(judge({ rules }), sent, got).map(({ type, rule, figures }) => [type, rule.version, figures['hoursNeeded']])
  assert.deepEqual(found([]), [['impossibleTravel', 1, 9.7]])
  assert.deepEqual(found([setting('impossibleTravel', { road: { kilometresPerHourMax: 300, handlingHours: 0 } }, 7)]), [])
  assert.deepEqual(found([setting('impossibleTravel', { road: { kilometresPerHourMax: 200, handlingHours: 0 } }, 7)]), [
    ['impossibleTravel', 7, 5.4]
  ])
  assert.deepEqual(found([setting('impossibleTravel', { road: 'fast' }, 8)]), [['impossibleTravel', 1, 9.7]])
  assert.deepEqual(found([setting('impossibleTravel', {}, 9, false)]), [])
})

test('a rule that is switched off closes what it raised, and a place that is registered closes what it was missed for', () => {
  const to = judge()
  const unknown = event({ eventID: 'u', readPoint: 'https://id.gs1.org/414/9529999000013' })
  const [opened] = tell(to, unknown)
  assert.equal(opened?.type, 'unregistered')
  to.configure({ ...registers, points: [...registers.points, testPoint('new', 'shop', '9529999000013', 31, 121)] })
  const [closed] = to.onTick(t0 + 1_000)
  assert.deepEqual([closed?.id, closed?.status, closed?.goods], [opened.id, 'closed', [item]])
  tell(to, event({ eventID: 'v', readPoint: 'https://id.gs1.org/414/9529999000020' }))
  to.configure({ ...registers, rules: [setting('unregistered', {}, 2, false)] })
  assert.match(to.onTick(t0 + 2_000)[0]?.proof.en ?? '', /switched off/)
})

test('goods over the limit of a stage open dwell when the clock passes it, once, also after a restart, and moving on ends it', () => {
  const rules = [setting('dwell', { limitHours: { reeferYard: 5 }, settleMinutes: 0 })]
  const first = judge({ rules })
  const arrived = event({ eventID: 'a', bizStep: 'receiving', readPoint: shanghai, bizLocation: shanghai, subjects: onPallet })
  assert.deepEqual(tell(first, arrived), [])
  assert.deepEqual(first.onTick(t0 + 4.9 * hourMs), [])
  const second = judge({ rules })
  assert.equal(second.restore(JSON.parse(JSON.stringify(first.snapshot()))), undefined)
  const [opened] = second.onTick(t0 + 5.1 * hourMs)
  assert.deepEqual([opened?.type, opened?.onsetMs, opened?.openedMs, opened?.goods], ['dwell', t0, t0 + 5 * hourMs, [pallet]])
  assert.deepEqual(second.onTick(t0 + 6 * hourMs), [])
  const left = event({ eventID: 'b', bizStep: 'departing', readPoint: shanghai, subjects: onPallet, eventTimeMs: t0 + 7 * hourMs })
  const [closed] = second.onEvents([left], { of: () => [arrived] }, t0 + 7 * hourMs)
  assert.deepEqual([closed?.id, closed?.status, closed?.closedMs], [opened?.id, 'closed', t0 + 7 * hourMs])
  assert.match(closed?.proof.en ?? '', /ended/)
})

test('a departure told late, before the limit, withdraws the dwell', () => {
  const to = judge({ rules: [setting('dwell', { limitHours: { reeferYard: 5 }, settleMinutes: 0 })] })
  const arrived = event({ eventID: 'a', bizStep: 'receiving', readPoint: shanghai, bizLocation: shanghai, subjects: onPallet })
  tell(to, arrived)
  assert.equal(to.onTick(t0 + 6 * hourMs).length, 1)
  const left = event({
    eventID: 'b',
    bizStep: 'departing',
    readPoint: shanghai,
    subjects: onPallet,
    eventTimeMs: t0 + hourMs,
    recordTimeMs: t0 + 7 * hourMs
  })
  const [closed] = to.onEvents([left], { of: () => [arrived] }, t0 + 7 * hourMs)
  assert.match(closed?.proof.en ?? '', /withdrawn/)
})

test('held goods that move are told of with the order and its reason; the order itself may move them, and exempt goods may go', () => {
  const hold = { keys: [lot], reason: { zh: '沙门氏菌', en: 'Salmonella' }, sinceMs: t0 - hourMs, order: 'ME-2026-000001' }
  const moved = event({
    eventID: 'm',
    bizStep: 'shipping',
    readPoint: shanghai,
    subjects: [{ key: item, kind: 'item', role: 'object', lot }]
  })
  const types = (over: object, fact = moved) => tell(judge({ holds: [{ ...hold, ...over }] }), fact).map(({ type }) => type)
  const [found] = tell(judge({ holds: [hold] }), moved)
  assert.match(found?.proof.en ?? '', /ME-2026-000001: Salmonella/)
  assert.match(found?.proof.zh ?? '', /沙门氏菌/)
  assert.deepEqual(types({}), ['movedAlthoughHeld'])
  assert.deepEqual(types({ untilMs: t0 - 1 }), [])
  assert.deepEqual(types({ bizSteps: ['retail_selling'] }), [])
  assert.deepEqual(types({ points: ['shop'] }), [])
  assert.deepEqual(types({ points: ['yard'] }), ['movedAlthoughHeld'])
  assert.deepEqual(types({ except: [item] }), [])
  assert.deepEqual(types({}, { ...moved, disposition: 'recalled' }), [])
  assert.deepEqual(types({}, { ...moved, bizTransactions: [{ id: 'urn:tracegate:ME-2026-000001' }] }), [])
})

test("what a partner tells late is late, what a device kept is not, and an outage of the platform is nobody else's fault", () => {
  const late = event({ eventID: 'l', readPoint: shanghai, eventTimeMs: t0 - 30 * hourMs, recordTimeMs: t0 })
  const kinds = (to: TraceJudge, origin: 'device' | 'partner') =>
    to.onEvents([late], { of: () => [] }, t0, { origin }).map(({ type }) => type)
  const listening = () => {
    const to = judge()
    for (let nowMs = t0 - 40 * hourMs; nowMs < t0; nowMs += 500_000) to.onTick(nowMs)
    return to
  }
  assert.deepEqual(kinds(listening(), 'partner'), ['lateEvent'])
  assert.deepEqual(kinds(listening(), 'device'), [])
  assert.deepEqual(kinds(judge(), 'partner'), [], 'nobody listened for forty days')
  assert.deepEqual(kinds(createTraceJudge(), 'partner'), [], 'before the start')
  const ahead = event({ eventID: 'f', readPoint: shanghai, eventTimeMs: t0 + hourMs, recordTimeMs: t0 })
  const to = judge()
  const [found] = to.onEvents([ahead], { of: () => [] }, t0, { origin: 'device' })
  assert.deepEqual([found?.type, found?.figures['hoursAhead']], ['lateEvent', 1])
  assert.deepEqual(to.onTick(t0 + 23 * hourMs), [])
  assert.equal(to.onTick(t0 + 26 * hourMs)[0]?.status, 'closed')
})

test('a lot of which more is gone than was made is told of from the balance that the caller brings, and a later balance ends it', () => {
  const to = judge()
  const sale = event({
    eventID: 's',
    bizStep: 'retail_selling',
    subjects: [{ key: lot, kind: 'lot', role: 'object', quantity: 5, uom: 'KGM' }]
  })
  tell(to, sale)
  assert.deepEqual(to.balancesDue(t0), [])
  assert.deepEqual(to.balancesDue(t0 + 31_000), [lot])
  const balance = (sold: number): BalanceAnswer => ({
    of: lot,
    kind: 'lot',
    toleranceShare: 0.01,
    accounts: [
      {
        unit: 'KGM',
        made: 4,
        cameIn: 0,
        shipped: 0,
        received: 0,
        consumed: 0,
        sold,
        destroyed: 0,
        present: 0,
        underWay: 0,
        foundLess: 0,
        foundMore: 0,
        unexplained: 4 - sold,
        verdict: 'gain'
      }
    ],
    quantityUnknown: [],
    steps: [],
    chain: [],
    truncated: false,
    tookMs: 1
  })
  const [opened] = to.onBalances([balance(5)], t0 + 32_000)
  assert.deepEqual([opened?.type, opened?.goods, opened?.figures['rest']], ['massBalance', [lot], -1])
  assert.deepEqual(to.balancesDue(t0 + 999_000), [], 'answered')
  assert.equal(to.onBalances([balance(4)], t0 + 60_000)[0]?.status, 'closed')
})

test('one transformation told in two events is judged by both', () => {
  const made = (eventID: string, role: 'input' | 'output', quantity: number) =>
    event({
      eventID,
      type: 'TransformationEvent',
      transformationID: 'https://id.gs1.org/253/1',
      readPoint: shanghai,
      subjects: [{ key: role === 'input' ? lot : `${lot}X`, kind: 'lot', role, quantity, uom: 'KGM' }]
    })
  const to = judge({ rules: [setting('massBalance', { graceMinutes: 10 })] })
  const facts = [made('i', 'input', 10), made('o', 'output', 12)]
  for (const fact of facts) assert.deepEqual(to.onEvents([fact], { of: () => facts }, t0), [], 'more inputs may still be told')
  const [opened] = to.onTick(t0 + hourMs)
  assert.deepEqual([opened?.type, opened?.figures['sharePercent']], ['massBalance', 20])
  const more = made('j', 'input', 2)
  assert.equal(to.onEvents([more], { of: () => [...facts, more] }, t0 + 2 * hourMs)[0]?.status, 'closed')
})

test('a move of a pallet of five hundred asks for the pallet alone, its release for what is on it once', () => {
  const children = Array.from({ length: 500 }, (_none, index) => `https://id.gs1.org/01/09506000134352/21/${index}`)
  const subjects: TraceSubject[] = [
    { key: pallet, kind: 'logistic', role: 'parent' },
    ...children.map((key) => ({ key, kind: 'item', role: 'child' }) as const)
  ]
  const packed = event({ eventID: 'p', type: 'AggregationEvent', action: 'ADD', readPoint: shanghai, bizLocation: shanghai, subjects })
  const history = { of: (key: string) => (packed.subjects.some((subject) => subject.key === key) ? [packed] : []) }
  const moved = event({ eventID: 'm', bizStep: 'departing', eventTimeMs: t0 + hourMs, readPoint: shanghai, subjects: onPallet })
  assert.deepEqual(judge().keysToKnow([moved], history), [pallet])
  const held = judge({ holds: [{ keys: [product.key], reason: { zh: '一', en: 'a' }, sinceMs: t0, order: 'O' }] })
  assert.equal(held.keysToKnow([moved], history).length, 501)
  const other = judge({
    holds: [{ keys: ['https://id.gs1.org/01/09506000134369'], reason: { zh: '一', en: 'a' }, sinceMs: t0, order: 'O' }]
  })
  assert.deepEqual(other.keysToKnow([moved], history), [pallet], 'nothing on it is of the held product')
  assert.equal(judge().keysToKnow([{ ...moved, bizStep: 'destroying' }], history).length, 501)
})

test('an older snapshot keeps what was open, and a declaration of error still ends it', () => {
  const to = judge()
  const anomaly = {
    id: 'clonedSerial-1',
    type: 'clonedSerial',
    category: 'trace',
    rule: { id: 'trace:clonedSerial', version: 1 },
    status: 'open',
    goods: [item],
    onsetMs: t0,
    openedMs: t0,
    lastMs: t0,
    detectedAtMs: t0,
    historical: false,
    figures: {},
    witnesses: [{ type: 'event', eventID: 'a', timeMs: t0 }],
    proof: { en: 'cloned', zh: '克隆' }
  }
  assert.equal(to.restore({ open: { [anomaly.id]: anomaly } }), undefined)
  const declared = event({ eventID: 'a', errorDeclaration: { declarationTimeMs: t0 + 9, reason: 'did_not_occur', correctiveEventIDs: [] } })
  const [closed] = to.onEvents([declared], { of: () => [] }, t0 + 10)
  assert.deepEqual([closed?.id, closed?.status, closed?.goods], ['clonedSerial-1', 'closed', [item]])
  assert.equal(typeof to.restore({ nothing: true }), 'string')
})

test('an anomaly that was explained comes back, counted, when the explanation is declared wrong', () => {
  const to = judge({ products: [{ ...product, inspectionRequired: true }] })
  const sold = event({ eventID: 's', bizStep: 'retail_selling' })
  const tested = event({ eventID: 'i', bizStep: 'inspecting', disposition: 'conformant', eventTimeMs: t0 - 1, recordTimeMs: t0 + 1 })
  const [opened] = to.onEvents([sold], { of: () => [sold] }, t0)
  assert.equal(to.onEvents([tested], { of: () => [tested, sold] }, t0 + 1)[0]?.status, 'closed')
  const declared = { ...tested, errorDeclaration: { declarationTimeMs: t0 + 2, correctiveEventIDs: [] } }
  const [back] = to.onEvents([declared], { of: () => [sold] }, t0 + 2)
  assert.deepEqual([back?.id, back?.status, back?.returns], [opened?.id, 'open', 1])
})
