/** The goods of the simulated port are consistent: nothing in two places, what is received was shipped, crates bring no strangers. */
import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { checkEvent, type EpcisEvent } from '@tracegate/model/epcis/event'
import { toTraceEvent } from '@tracegate/model/epcis/normalise'
import { canonicalKey } from '@tracegate/model/gs1/key'
import type { TraceEvent, TraceSubject } from '@tracegate/model/trace-event'
import { silentLogger } from '@tracegate/service/log'
import type { EpcisJson } from './goods/epcis-json.ts'
import { readGoodsState } from './goods/goods-state.ts'
import { freshGoods } from './goods/history.ts'
import { eventIdOf, labelOf } from './goods/numbers.ts'
import { objectEvent } from './goods/epcis-json.ts'
import { createShops } from './goods/shops.ts'
import { createGoods, type Goods } from './goods.ts'
import { createWorld } from './world.ts'
import { pointIds } from './world/names.ts'
import { chamberNames } from './world/products.ts'

const startMs = Date.parse('2026-11-23T08:00:00Z')
const world = createWorld({ seed: 7 })

interface Run {
  readonly goods: Goods
  readonly events: TraceEvent[]
  readonly json: EpcisJson[]
  readonly scans: number
}

/** Runs the goods on a clock of our own; what the readers see becomes the event that an agent would make of it. */
async function runGoods(options: {
  dataDir: string
  minutes: number
  fromMs?: number
  history?: boolean
  smuggleAt?: number
}): Promise<Run> {
  let clockMs = options.fromMs ?? startMs
  const json: EpcisJson[] = []
  let scans = 0
  const observe = (label: string, rest: { bizStep: string; disposition: string; readPoint: string; bizLocation?: string }) => {
    scans += 1
    json.push(
      objectEvent({
        eventID: eventIdOf('scan', clockMs, scans),
        atMs: clockMs,
        zone: '+08:00',
        action: 'OBSERVE',
        epcs: [`https://id.gs1.org/00/${label.slice(2)}`],
        ...rest
      })
    )
    return true
  }
  const state = (await readGoodsState(options.dataDir)) ?? freshGoods(world, startMs)
  const goods = createGoods({
    world,
    state,
    dataDir: options.dataDir,
    logger: silentLogger,
    nowMs: () => clockMs,
    partner: { capture: async (events) => void json.push(...events), held: () => Promise.resolve([]) },
    readers: {
      gate: (label) =>
        observe(label, {
          bizStep: 'entering_exiting',
          disposition: 'in_transit',
          readPoint: world.siteOf(pointIds.gate),
          bizLocation: world.siteOf(pointIds.gate)
        }),
      dock: (label, { chamber, direction }) =>
        direction === 'in'
          ? observe(label, {
              bizStep: 'storing',
              disposition: 'in_progress',
              readPoint: world.siteOf(pointIds.dock),
              bizLocation: world.chambers[chamber]
            })
          : observe(label, { bizStep: 'departing', disposition: 'in_transit', readPoint: world.siteOf(pointIds.dock) })
    }
  })
  await goods.tellHistory()
  for (const untilMs = clockMs + options.minutes * 60_000; clockMs < untilMs; clockMs += 5_000) {
    if (options.smuggleAt !== undefined && clockMs - startMs === options.smuggleAt) goods.smuggle()
    await goods.step(clockMs)
  }
  await goods[Symbol.asyncDispose]()
  return { goods, json, scans, events: json.map(parse).toSorted((a, b) => a.eventTimeMs - b.eventTimeMs) }
}

function parse(json: EpcisJson): TraceEvent {
  const checked = checkEvent(json)
  assert.ok(checked.ok, checked.ok ? '' : JSON.stringify({ findings: checked.findings, json }))
  const event: EpcisEvent = checked.event
  return toTraceEvent(event, { recordTimeMs: startMs })
}

const subjectsOf = (event: TraceEvent, role: TraceSubject['role']) => event.subjects.filter((subject) => subject.role === role)

let run: Run
let dataDir: string
before(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'tracegate-goods-'))
  run = await runGoods({ dataDir, minutes: 300 })
})
after(() => rm(dataDir, { recursive: true, force: true }))

test('every event has the form of EPCIS 2.0, an id of its own and canonical keys', () => {
  assert.ok(run.events.length > 1_000, String(run.events.length))
  assert.ok(run.scans > 300)
  assert.equal(new Set(run.events.map((event) => event.eventID)).size, run.events.length)
  for (const event of run.events) for (const subject of event.subjects) assert.equal(canonicalKey(subject.key), subject.key)
})

test('nothing is in two things at once: what is packed is not packed elsewhere, and what is taken out was in', () => {
  const parentOf = new Map<string, string>()
  const childrenOf = new Map<string, Set<string>>()
  for (const event of run.events) {
    if (event.type !== 'AggregationEvent') continue
    const parent = subjectsOf(event, 'parent')[0]?.key ?? ''
    const children = subjectsOf(event, 'child').filter((child) => child.kind !== 'lot')
    const inside = childrenOf.get(parent) ?? new Set()
    childrenOf.set(parent, inside)
    if (event.action === 'ADD') assert.equal(inside.size, 0, `${parent} is filled while strangers are in it`)
    for (const { key } of children) {
      if (event.action === 'ADD') {
        assert.equal(parentOf.get(key), undefined, `${key} is packed twice`)
        parentOf.set(key, parent)
        inside.add(key)
      } else {
        assert.equal(parentOf.get(key), parent, `${key} is taken out of ${parent}`)
        parentOf.delete(key)
        inside.delete(key)
      }
    }
  }
})

test('everything received was shipped or sent off before, and only what is not inside of something else is moved', () => {
  const lastMove = new Map<string, string>()
  const inside = new Set<string>()
  for (const event of run.events) {
    if (event.type === 'AggregationEvent')
      for (const { key, kind } of subjectsOf(event, 'child')) {
        if (kind === 'lot') continue
        if (event.action === 'ADD') inside.add(key)
        else inside.delete(key)
      }
    if (event.type !== 'ObjectEvent' || event.bizStep === 'inspecting') continue
    for (const { key, kind } of subjectsOf(event, 'object')) {
      if (kind === 'lot') continue
      assert.ok(!inside.has(key), `${event.bizStep} names ${key} that is inside of something`)
      if (event.bizStep === 'receiving') assert.equal(lastMove.get(key), 'shipping', key)
      if (event.bizStep === 'arriving') assert.equal(lastMove.get(key), 'departing', key)
      if (event.bizStep === 'storing') assert.equal(lastMove.get(key), 'entering_exiting', key)
      if (event.bizStep !== undefined) lastMove.set(key, event.bizStep)
    }
  }
})

test('a crate goes round: it is taken again with other goods only after it was emptied', () => {
  const crates = new Map<string, number>()
  for (const event of run.events)
    if (event.type === 'AggregationEvent' && event.action === 'ADD' && event.bizStep === 'packing')
      for (const { key, kind } of subjectsOf(event, 'parent')) if (kind === 'asset') crates.set(key, (crates.get(key) ?? 0) + 1)
  assert.ok([...crates.values()].some((times) => times > 1))
})

test('every item that was sold or stocked was inspected before, and sold once', () => {
  const inspected = new Set<string>()
  const sold = new Set<string>()
  for (const event of run.events) {
    const keys = subjectsOf(event, 'object').map((subject) => subject.key)
    if (event.bizStep === 'inspecting') for (const key of keys) inspected.add(key)
    if (event.bizStep === 'stocking') for (const key of keys) assert.ok(inspected.has(key), key)
    if (event.bizStep !== 'retail_selling' && event.bizStep !== 'dispensing') continue
    for (const subject of subjectsOf(event, 'object')) {
      if (subject.kind === 'lot') continue
      assert.ok(!sold.has(subject.key), `${subject.key} is sold twice`)
      sold.add(subject.key)
      assert.ok(inspected.has(subject.key))
    }
  }
  assert.ok(sold.size > 200)
})

test('lots of fish never sell more than was made', () => {
  const made = new Map<string, number>()
  for (const event of run.events)
    for (const subject of event.subjects) {
      if (subject.kind !== 'lot' || subject.quantity === undefined) continue
      if (subject.role === 'output') made.set(subject.key, (made.get(subject.key) ?? 0) + subject.quantity)
      if (event.bizStep !== 'retail_selling') continue
      const left = (made.get(subject.key) ?? 0) - subject.quantity
      assert.ok(left >= 0, `${subject.key} has ${left} left`)
      made.set(subject.key, left)
    }
})

test('the ground truth says of each chamber what the events say', () => {
  for (const name of chamberNames) {
    const place = world.chambers[name]
    const stays = run.goods.groundTruth.staysAt(place).filter((stay) => stay.key.includes('/00/'))
    assert.ok(stays.length > 10)
    const entered = run.events
      .filter((event) => event.bizLocation === place)
      .map((event) => `${event.subjects[0]?.key} ${event.eventTimeMs}`)
    assert.deepEqual(stays.map((stay) => `${stay.key} ${stay.fromMs}`).toSorted(), entered.toSorted())
    const some = stays.find((stay) => stay.toMs !== undefined)
    assert.ok(some?.toMs !== undefined)
    assert.ok(run.goods.groundTruth.exposed(place, some.toMs, some.toMs).includes(some.key))
    assert.ok(!run.goods.groundTruth.exposed(place, some.toMs + 1, some.toMs + 1).includes(some.key))
    assert.ok(!run.goods.groundTruth.exposed(place, some.fromMs - 1, some.fromMs - 1).includes(some.key))
  }
})

test('goods are in every chamber at the start and leave within minutes', () => {
  for (const name of chamberNames) {
    const place = world.chambers[name]
    assert.ok(run.goods.groundTruth.exposed(place, startMs, startMs).length > 0, name)
    const left = run.goods.groundTruth
      .staysAt(place)
      .filter((stay) => stay.fromMs < startMs && (stay.toMs ?? Infinity) < startMs + 15 * 60_000)
    assert.ok(left.length > 0)
  }
})

test('the same seed and start tell the same back-history; a second start tells it not again', async () => {
  const first = await mkdtemp(join(tmpdir(), 'tracegate-goods-'))
  const second = await mkdtemp(join(tmpdir(), 'tracegate-goods-'))
  try {
    const one = await runGoods({ dataDir: first, minutes: 0 })
    const two = await runGoods({ dataDir: second, minutes: 0 })
    assert.ok(one.json.length > 300 && one.json.length < 2_000, String(one.json.length))
    assert.deepEqual(one.json, two.json)
    const again = await runGoods({ dataDir: first, minutes: 1, fromMs: startMs + 3_600_000 })
    const known = new Set(one.events.map((event) => event.eventID))
    assert.deepEqual(
      again.events.filter((event) => known.has(event.eventID)),
      []
    )
  } finally {
    await rm(first, { recursive: true, force: true })
    await rm(second, { recursive: true, force: true })
  }
})

test('smuggled goods reach the shelf without an inspection, everything else still has one', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tracegate-goods-'))
  try {
    const smuggled = await runGoods({ dataDir: folder, minutes: 3, smuggleAt: 10_000 })
    const inspected = new Set(
      smuggled.events.filter((event) => event.bizStep === 'inspecting').flatMap((event) => event.subjects.map((subject) => subject.key))
    )
    const stocked = smuggled.events.filter((event) => event.bizStep === 'stocking' && event.eventTimeMs > startMs)
    assert.ok(stocked.length >= 2)
    for (const event of stocked) assert.ok(event.subjects.every((subject) => !inspected.has(subject.key)))
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
})

test('labelOf() gives the element string of the pallet', () => {
  assert.equal(labelOf('https://id.gs1.org/00/395210010000000010'), '00395210010000000010')
})

test('a sale that is asked for while another is being told has an event id of its own, and an untold one is told again as it was', () => {
  const state = freshGoods(world, startMs)
  for (const [index, key] of ['one', 'two'].entries())
    state.stock.push({ key: `https://id.gs1.org/01/09521001000017/21/${key}${index}`, goods: 'vaccine', kilograms: 0 })
  const shops = createShops({ world, state, eventId: (id) => eventIdOf(id) })
  let atMs = startMs
  let due = shops.dueSale(atMs)
  while (due === undefined) due = shops.dueSale((atMs += 60_000))
  assert.equal(shops.dueSale(atMs + 60_000), due)
  const other = shops.sellOneItem(atMs)
  assert.notEqual(other?.event['eventID'], due.event['eventID'])
  due.done()
  assert.notEqual(shops.dueSale(atMs + 120_000), due)
})
