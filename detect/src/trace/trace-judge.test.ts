/** The trace judge on events: what opens, with which times, what closes, and what must not open. Each rule by its own cases. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Product } from '@tracegate/model/registers'
import type { TraceEvent } from '@tracegate/model/trace-event'
import { createTraceJudge, type TraceJudge } from './trace-judge.ts'
import { testPoint, testProduct } from '../testing.ts'

const item = 'https://id.gs1.org/01/09506000134352/21/1'
const t0 = Date.UTC(2026, 10, 23, 12)

const product: Product = testProduct

function engine(): TraceJudge {
  const made = createTraceJudge()
  made.configure({
    places: [],
    profiles: [],
    products: [product],
    points: [
      testPoint('store', 'bondedStore', '9506000134338', 31.2, 121.5),
      testPoint('dock', 'dock', '9506000134352', 31.2, 121.5),
      testPoint('shop', 'shop', '9506000134345', 39.9, 116.4)
    ]
  })
  return made
}

function event(over: Partial<TraceEvent> & { eventID: string }): TraceEvent {
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
function historyOf(events: readonly TraceEvent[]) {
  return { of: (key: string) => events.filter((one) => one.subjects.some((subject) => subject.key === key)) }
}

test('a serial seen in Beijing minutes after Shanghai is cloned; hours later it is not', () => {
  const store = event({ eventID: 'a', readPoint: 'https://id.gs1.org/414/9506000134338/254/C1' })
  const soon = event({ eventID: 'b', eventTimeMs: t0 + 600_000, readPoint: 'https://id.gs1.org/414/9506000134345' })
  const later = event({ eventID: 'c', eventTimeMs: t0 + 36_000_000, readPoint: 'https://id.gs1.org/414/9506000134345' })
  const [clone] = engine().onEvents([soon], historyOf([store, soon]), t0)
  assert.equal(clone?.type, 'clonedSerial')
  assert.equal(clone.point, 'shop', 'where it was seen last')
  assert.deepEqual(clone.goods, [item])
  assert.deepEqual(
    clone.witnesses.map((one) => (one.type === 'event' ? one.eventID : '')),
    ['a', 'b']
  )
  assert.deepEqual(engine().onEvents([later], historyOf([store, later]), t0), [])
})

test('a clone shows as well when the earlier sighting is told after the later one', () => {
  const to = engine()
  const store = event({ eventID: 'a', readPoint: 'https://id.gs1.org/414/9506000134338' })
  const shop = event({ eventID: 'b', eventTimeMs: t0 + 600_000, readPoint: 'https://id.gs1.org/414/9506000134345' })
  const [clone] = to.onEvents([store], historyOf([store, shop]), t0)
  assert.deepEqual([clone?.type, clone?.openedMs], ['clonedSerial', t0 + 600_000])
  assert.deepEqual(to.onEvents([shop], historyOf([store, shop]), t0), [], 'the same pair is told once')
})

test('a serial commissioned twice is cloned, one time only', () => {
  const first = event({ eventID: 'a', action: 'ADD', bizStep: 'commissioning' })
  const second = event({ eventID: 'b', action: 'ADD', bizStep: 'commissioning', eventTimeMs: t0 + 86_400_000 })
  const to = engine()
  assert.equal(to.onEvents([second], historyOf([first, second]), t0).length, 1)
  assert.equal(to.onEvents([second], historyOf([first, second]), t0).length, 0)
})

test('goods released from a bonded store without an inspection open missingInspection; an inspected container clears its content', () => {
  const pallet = 'https://id.gs1.org/00/095060001343380001'
  const packed = event({
    eventID: 'p',
    type: 'AggregationEvent',
    action: 'ADD',
    subjects: [
      { key: pallet, kind: 'logistic', role: 'parent' },
      { key: item, kind: 'item', role: 'child' }
    ]
  })
  const inspected = event({
    eventID: 'i',
    bizStep: 'inspecting',
    disposition: 'conformant',
    subjects: [{ key: pallet, kind: 'logistic', role: 'object' }]
  })
  const released = event({ eventID: 'r', bizStep: 'shipping', eventTimeMs: t0 + 1_000, readPoint: 'https://id.gs1.org/414/9506000134338' })
  const [missing] = engine().onEvents([released], historyOf([packed, released]), t0)
  assert.equal(missing?.type, 'missingInspection')
  assert.equal(missing.point, 'store')
  assert.deepEqual(missing.goods, [item])
  assert.deepEqual(engine().onEvents([released], historyOf([packed, inspected, released]), t0), [])
})

test('an inspection reported late but done before the release closes the missing inspection', () => {
  const to = engine()
  const released = event({ eventID: 'r', bizStep: 'retail_selling', eventTimeMs: t0 + 1_000 })
  const [missing] = to.onEvents([released], historyOf([released]), t0)
  const late = event({ eventID: 'i', bizStep: 'inspecting', disposition: 'conformant' })
  const [closed] = to.onEvents([late], historyOf([late, released]), t0)
  assert.equal(closed?.id, missing?.id)
  assert.equal(closed?.status, 'closed')
})

test('a late report that names only the pallet closes the missing inspection of what came on it', () => {
  const pallet = 'https://id.gs1.org/00/095060001343380001'
  const packed = event({
    eventID: 'p',
    type: 'AggregationEvent',
    action: 'ADD',
    subjects: [
      { key: pallet, kind: 'logistic', role: 'parent' },
      { key: item, kind: 'item', role: 'child' }
    ]
  })
  const sold = event({ eventID: 's', bizStep: 'retail_selling', eventTimeMs: t0 + 1_000 })
  const report = event({
    eventID: 'i',
    bizStep: 'inspecting',
    disposition: 'conformant',
    recordTimeMs: t0 + 9_000,
    subjects: [{ key: pallet, kind: 'logistic', role: 'object' }]
  })
  const to = engine()
  const history = historyOf([packed, sold])
  assert.equal(to.onEvents([sold], history, t0).length, 1)
  assert.deepEqual(new Set(to.keysToKnow([report], history)), new Set([pallet, item]))
  const [closed] = to.onEvents([report], history, t0)
  assert.deepEqual([closed?.status, closed?.closedMs], ['closed', t0 + 9_000])
})

test('goods that an open missing inspection names are not named again when they are sold on', () => {
  const to = engine()
  const stocked = event({ eventID: 'r', bizStep: 'stocking' })
  const sold = event({ eventID: 's', bizStep: 'retail_selling', eventTimeMs: t0 + 1_000 })
  assert.equal(to.onEvents([stocked], historyOf([stocked]), t0).length, 1)
  assert.deepEqual(to.onEvents([sold], historyOf([stocked, sold]), t0), [])
})

test('a pallet that leaves a bonded store over its dock answers for what was packed on it and not taken off', () => {
  const pallet = 'https://id.gs1.org/00/095060001343380001'
  const other = 'https://id.gs1.org/01/09506000134352/21/2'
  const change = (eventID: string, action: TraceEvent['action'], children: readonly string[]) =>
    event({
      eventID,
      type: 'AggregationEvent',
      action,
      subjects: [
        { key: pallet, kind: 'logistic', role: 'parent' },
        ...children.map((key) => ({ key, kind: 'item', role: 'child' }) as const)
      ]
    })
  const history = [change('p', 'ADD', [item, other]), change('q', 'DELETE', [other])]
  const released = event({
    eventID: 'r',
    bizStep: 'shipping',
    eventTimeMs: t0 + 1_000,
    readPoint: 'https://id.gs1.org/414/9506000134352/254/BAY-1',
    subjects: [{ key: pallet, kind: 'logistic', role: 'object' }]
  })
  const to = engine()
  assert.deepEqual(to.keysToKnow([released], historyOf(history)), [pallet, item])
  const [missing] = to.onEvents([released], historyOf([...history, released]), t0)
  assert.deepEqual(missing?.goods, [item])
  const inspected = event({ eventID: 'i', bizStep: 'inspecting', disposition: 'conformant' })
  assert.deepEqual(engine().onEvents([released], historyOf([...history, inspected, released]), t0), [])
})

test('an inspected lot clears an item of which only the making event knows the lot', () => {
  const lot = 'https://id.gs1.org/01/09506000134352/10/L1'
  const made = event({
    eventID: 'm',
    action: 'ADD',
    bizStep: 'commissioning',
    subjects: [{ key: item, kind: 'item', role: 'object', lot }]
  })
  const inspected = event({
    eventID: 'i',
    bizStep: 'inspecting',
    disposition: 'conformant',
    subjects: [{ key: lot, kind: 'lot', role: 'object' }]
  })
  const sold = event({ eventID: 's', bizStep: 'retail_selling', eventTimeMs: t0 + 1_000 })
  assert.deepEqual(engine().keysToKnow([sold], historyOf([made])), [item, lot])
  assert.deepEqual(engine().onEvents([sold], historyOf([made, inspected, sold]), t0), [])
})

test('a clone is withdrawn when one of the two events that showed it is declared wrong', () => {
  const to = engine()
  const store = event({ eventID: 'a', readPoint: 'https://id.gs1.org/414/9506000134338' })
  const clone = event({ eventID: 'b', eventTimeMs: t0 + 60_000, readPoint: 'https://id.gs1.org/414/9506000134345' })
  const [opened] = to.onEvents([clone], historyOf([store, clone]), t0)
  const declared = { ...clone, errorDeclaration: { declarationTimeMs: t0 + 90_000, reason: 'did_not_occur', correctiveEventIDs: [] } }
  assert.deepEqual(to.onEvents([{ ...declared, eventID: 'c' }], historyOf([store, clone]), t0), [])
  const [closed] = to.onEvents([declared], historyOf([store]), t0)
  assert.equal(closed?.id, opened?.id)
  assert.equal(closed?.status, 'closed')
  assert.equal(closed?.closedMs, t0 + 90_000)
  assert.match(closed?.proof.en ?? '', /withdrawn/)
  assert.deepEqual(to.onEvents([declared], historyOf([store]), t0), [])
})

test('keysToKnow() finds the containers and lots of the goods once their own history is known', () => {
  const pallet = 'https://id.gs1.org/00/095060001343380001'
  const packed = event({
    eventID: 'p',
    type: 'AggregationEvent',
    action: 'ADD',
    subjects: [
      { key: pallet, kind: 'logistic', role: 'parent' },
      { key: item, kind: 'item', role: 'child' }
    ]
  })
  const released = event({ eventID: 'r' })
  assert.deepEqual(engine().keysToKnow([released]), [item])
  assert.deepEqual(engine().keysToKnow([released], historyOf([packed])), [item, pallet])
})
