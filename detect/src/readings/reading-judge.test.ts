/** Places, neighbours, devices and backfill through the judge: what opens, what is one, what comes back, and what must not open. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Anomaly } from '@tracegate/model/anomaly'
import type { Place, ProductProfile } from '@tracegate/model/registers'
import type { RuleSetting } from '@tracegate/model/rules'
import type { Reading } from '@tracegate/model/telemetry'
import { readingDefaults } from './reading-parameters.ts'
import { createReadingJudge, type ReadingJudge } from './reading-judge.ts'

const t0 = Date.UTC(2026, 10, 23, 12)
const minuteMs = 60_000

const profile: ProductProfile = {
  id: 'cool',
  version: 1,
  name: { zh: '冷藏', en: 'Cool' },
  quantity: 'temperature',
  unit: 'Cel',
  low: 2,
  high: 8,
  deadBand: 0.5,
  onDelayMs: 30_000,
  offDelayMs: 20_000,
  degreeMinutesMax: 60,
  meanKineticWindowMs: 24 * 3_600_000,
  recordingIntervalMaxMs: 300_000,
  source: 'test'
}

function placeOf(name: string, devices: readonly string[]): Place {
  return {
    key: `https://id.gs1.org/414/9506000134338/254/${name}`,
    point: 'store',
    name: { zh: name, en: name },
    kind: 'chamber',
    profile: 'cool',
    watches: devices.map((device) => ({ device, metric: 't', quantity: 'temperature', unit: 'Cel' }))
  }
}

const devices = ['a', 'b', 'c']

interface JudgeOptions {
  readonly profile?: Partial<ProductProfile>
  readonly sensors?: number
  readonly rules?: readonly RuleSetting[]
}

function judgeOf({ profile: over, sensors = 1, rules = [] }: JudgeOptions = {}): ReadingJudge {
  const judge = createReadingJudge()
  judge.configure({
    places: [placeOf('C1', devices.slice(0, sensors))],
    profiles: [{ ...profile, ...over }],
    products: [],
    points: [],
    rules
  })
  return judge
}

function reading(seconds: number, value: number, device = 'a', unit = 'Cel'): Reading {
  return { point: 'store', device, metric: 't', unit, timeMs: t0 + seconds * 1_000, value, quality: 1 }
}

function feed(judge: ReadingJudge, readings: readonly Reading[]): Anomaly[] {
  return readings.flatMap((one) => judge.onReadings([one], one.timeMs))
}

/** Values a minute apart, with a last digit that lives. */
function minutes(from: number, values: readonly number[], device = 'a'): Reading[] {
  return values.map((value, index) => reading((from + index) * 60, value + (index % 2) / 100, device))
}

/** Each sensor has a value for every minute. */
function together(from: number, rows: readonly (readonly number[])[]): Reading[] {
  return rows.flatMap((row, index) =>
    row.map((value, sensor) => reading((from + index) * 60, value + ((index + sensor) % 2) / 100, devices[sensor]))
  )
}

const lastOf = (told: readonly Anomaly[]): Anomaly[] => [...new Map(told.map((one) => [one.id, one])).values()]
const typesOf = (told: readonly Anomaly[]): string[] => lastOf(told).map((one) => `${one.type} ${one.status}`)
const calm = (sensors: number, count = 20): number[][] =>
  Array.from({ length: count }, (_, index) => Array.from({ length: sensors }, () => 5 + (index % 3) / 5))

test('one sensor above and one below are one excursion with a peak on each side', () => {
  const told = feed(
    judgeOf({ sensors: 2 }),
    [0, 30, 60, 66].flatMap((seconds) => [reading(seconds, 9 + seconds / 100, 'a'), reading(seconds, 1 - seconds / 100, 'b')])
  ).filter((one) => one.category === 'product')
  const [last] = lastOf(told)
  assert.equal(lastOf(told).length, 1)
  assert.deepEqual(
    [last?.figures['high'], last?.figures['peakHigh'], last?.figures['peakLow'], last?.figures['peak']],
    [1, 9.66, 0.4, 9.66]
  )
  assert.deepEqual(last?.series, ['store/a/t', 'store/b/t'])
  assert.match(last.proof.en, /above 8 °C .* and below 2 °C as well, down to 0.4 °C/)
})

test('the on-delay counts for one side: from above to below without a reading inside it begins anew', () => {
  assert.deepEqual(feed(judgeOf(), [reading(0, 9), reading(20, 1), reading(40, 1)]), [])
  const [opened] = feed(judgeOf(), [reading(0, 9), reading(20, 1), reading(50, 1)])
  assert.deepEqual([opened?.onsetMs, opened?.figures['high']], [t0 + 20_000, 0])
})

test('limits, dead band and readings are converted to one unit', () => {
  const told = feed(judgeOf({ profile: { unit: '[degF]', low: 35.6, high: 46.4, deadBand: 0.9, degreeMinutesMax: 108 } }), [
    reading(0, 282.15, 'a', 'K'),
    reading(30, 48.2, 'a', '[degF]'),
    reading(60, 7.6),
    reading(80, 7.6),
    reading(90, 7.4),
    reading(120, 7.4)
  ])
  const last = lastOf(told)[0]
  assert.deepEqual([told[0]?.openedMs, last?.closedMs], [t0 + 30_000, t0 + 120_000])
  assert.deepEqual(
    [last?.figures['limitHigh'], last?.figures['degreeMinutesMax'], last?.figures['peak']].map((value) => Math.round((value ?? 0) * 100)),
    [800, 6_000, 900]
  )
})

test('degree-minutes are those of the straight line between readings, from where it crosses the limit', () => {
  const told = feed(judgeOf(), [reading(0, 7), reading(60, 9), reading(120, 9), reading(180, 7), reading(200, 7)])
  // Half a minute up to 1 K over, a minute at 1 K, half a minute down: 0.25 + 1 + 0.25.
  assert.equal(lastOf(told)[0]?.figures['degreeMinutes'], 1.5)
})

test('several excursions that spend the budget together are one cumulative excursion; one that spends it alone is not', () => {
  const dip = [9.5, 9.5, 9.5, 9.5, 9.5, 9.5, 9.5, 9.5, 9.5, 9.5, 5, 5]
  const told = feed(judgeOf({ profile: { degreeMinutesMax: 40 } }), minutes(0, Array.from({ length: 4 }, () => dip).flat()))
  const cumulative = lastOf(told).filter((one) => one.type === 'cumulativeExcursion')
  assert.equal(cumulative.length, 1)
  assert.ok((cumulative[0]?.figures['degreeMinutes'] ?? 0) > 40)
  assert.equal(cumulative[0]?.category, 'product')
  const alone = feed(judgeOf({ profile: { degreeMinutesMax: 40 } }), minutes(0, [...Array.from({ length: 60 }, () => 9.5), 5, 5]))
  assert.deepEqual(typesOf(alone), ['excursion closed'])
})

test('the cumulative budget may be a time, over a window of its own, and closes when the window has passed', () => {
  const judge = judgeOf({ profile: { outsideMsMax: 10 * minuteMs, cumulativeWindowMs: 120 * minuteMs } })
  const short = [8.1, 8.1, 8.1, 8.1, 5, 5]
  const told = feed(judge, minutes(0, Array.from({ length: 4 }, () => short).flat()))
  assert.ok(typesOf(told).includes('cumulativeExcursion open'))
  const later = feed(
    judge,
    minutes(
      24,
      Array.from({ length: 130 }, (_, index) => 5 + (index % 5) / 10)
    )
  )
  assert.ok(typesOf(later).includes('cumulativeExcursion closed'))
})

test('a window that is warm without any excursion has a mean kinetic temperature that is too high, once it is known well enough', () => {
  const judge = judgeOf({ profile: { meanKineticTemperatureMax: 7, meanKineticWindowMs: 60 * minuteMs } })
  assert.deepEqual(
    feed(
      judge,
      minutes(
        0,
        Array.from({ length: 25 }, () => 7.6)
      )
    ),
    []
  )
  const told = feed(
    judge,
    minutes(
      25,
      Array.from({ length: 20 }, () => 7.6)
    )
  )
  assert.deepEqual(typesOf(told), ['meanKineticTemperature open'])
  assert.deepEqual(
    typesOf(
      feed(
        judge,
        minutes(
          45,
          Array.from({ length: 120 }, (_, index) => 4 + (index % 4) / 10)
        )
      )
    ),
    ['meanKineticTemperature closed']
  )
})

test('while out of limits the record must be closer: two minutes unless the profile says otherwise', () => {
  const every = (seconds: number, count: number, from = 0) =>
    Array.from({ length: count }, (_, index) => reading(from + index * seconds, 9 + (index % 2) / 10))
  assert.ok(typesOf(feed(judgeOf(), every(200, 5))).includes('recordingInterval open'))
  assert.ok(!typesOf(feed(judgeOf(), every(100, 9))).some((one) => one.startsWith('recordingInterval')))
  assert.ok(
    !typesOf(feed(judgeOf({ profile: { recordingIntervalOutsideMaxMs: 240_000 } }), every(200, 5))).some((one) => one.startsWith('rec'))
  )
  const slow = feed(
    judgeOf(),
    [0, 400, 800, 1_200].map((seconds) => reading(seconds, 5 + seconds / 10_000))
  )
  assert.deepEqual(
    slow.map(({ type, category }) => [type, category]),
    [['recordingInterval', 'device']]
  )
})

test('one of three sensors that goes wild alone is a device anomaly, and the goods are in no danger', () => {
  const judge = judgeOf({ sensors: 3 })
  feed(judge, together(0, calm(3)))
  const told = feed(
    judge,
    together(20, [
      [5, 5, 12],
      [5, 5, 12.1],
      [5, 5, 12]
    ])
  )
  assert.deepEqual(
    told.map(({ type, category, device }) => [type, category, device]),
    [['neighbour', 'device', 'c']]
  )
  assert.deepEqual(
    typesOf(
      feed(
        judge,
        together(23, [
          [5, 5, 5],
          [5, 5, 5.1],
          [5, 5, 5]
        ])
      )
    ),
    ['neighbour closed']
  )
})

test('when all sensors go the goods are in danger, and when two of three go as well', () => {
  for (const row of [
    [12, 12, 12],
    [12, 12, 5]
  ]) {
    const judge = judgeOf({ sensors: 3 })
    feed(judge, together(0, calm(3)))
    const told = feed(judge, together(20, [row, row.map((value) => value + 0.1), row]))
    assert.deepEqual(
      told
        .filter((one) => one.status === 'open')
        .map((one) => one.type)
        .filter((type) => type !== 'rate')
        .slice(0, 1),
      ['excursion'],
      row.join()
    )
  }
})

test('of two sensors the one that crept out of its usual range is at fault, whatever the other one does within its own', () => {
  const judge = judgeOf({ sensors: 2 })
  feed(judge, together(0, calm(2)))
  const told = feed(
    judge,
    together(
      20,
      Array.from({ length: 30 }, (_, index) => [5 + (index % 3) / 5, 5 + index / 5])
    )
  )
  assert.deepEqual(
    told.map(({ type, device }) => [type, device]),
    [['drift', 'b']]
  )
})

test('a stuck sensor is no witness against one that warms', () => {
  const judge = judgeOf({ sensors: 2 })
  feed(judge, together(0, calm(2)))
  const rows = Array.from({ length: 40 }, (_, index) => [
    reading((20 + index) * 60, 5, 'a'),
    reading((20 + index) * 60, index < 25 ? 5 + (index % 3) / 5 : 5 + (index - 24) / 2, 'b')
  ]).flat()
  const told = feed(judge, rows)
  assert.deepEqual(new Set(told.map((one) => one.type)), new Set(['flatLine', 'excursion']))
})

test('a single sensor is believed, unless it fails a test of its own', () => {
  assert.deepEqual(typesOf(feed(judgeOf(), [...minutes(0, [5, 5, 5]), ...minutes(3, [12, 12, 12])])), ['excursion open'])
  const wild = feed(judgeOf(), [...minutes(0, [5, 5, 5]), ...minutes(3, [95, 95, 95])])
  assert.deepEqual(typesOf(wild), ['grossRange open'])
})

test('an excursion that comes back soon is the same one with its returns counted; later it is another', () => {
  const out = [9, 9]
  const judge = judgeOf()
  const told = feed(judge, minutes(0, [...out, 5, 5, ...out, 5, 5, ...out, 5, 5]))
  assert.deepEqual(
    lastOf(told).map(({ returns, status }) => [returns, status]),
    [[2, 'closed']]
  )
  const later = feed(judge, minutes(40, [...out, 5, 5]))
  assert.notEqual(later[0]?.id, told[0]?.id)
  assert.equal(later[0]?.returns, undefined)
})

test('a sensor that spikes again and again is one anomaly that counts its returns', () => {
  const values = Array.from({ length: 60 }, (_, index) => (index % 10 === 5 ? 25 : 5 + (index % 3) / 10))
  const told = feed(
    judgeOf(),
    values.map((value, index) => reading(index, value))
  )
  assert.deepEqual(
    lastOf(told).map(({ type, category, returns, status }) => [type, category, returns, status]),
    [['spike', 'device', 5, 'closed']]
  )
})

test('sensors of one device that fail the same test at the same time are one anomaly with its series listed', () => {
  const judge = createReadingJudge()
  const metrics = Array.from({ length: 14 }, (_, index) => `t${index}`)
  const told = metrics.flatMap((metric) => judge.onReadings([{ ...reading(0, 500), metric }], t0))
  assert.equal(lastOf(told).length, 1)
  assert.equal(lastOf(told)[0]?.series?.length, 14)
  const closed = metrics.flatMap((metric) => judge.onReadings([{ ...reading(1, 5), metric }], t0 + 1_000))
  assert.deepEqual(typesOf(closed), ['grossRange closed'])
})

test('devices of one point that fall silent together are one gap that closes with the last of them, and counts its returns', () => {
  const judge = judgeOf({ sensors: 3 })
  for (let second = 0; second < 20; second += 1)
    for (const device of devices) judge.onReadings([reading(second, 5 + (second % 3) / 10, device)], t0 + second * 1_000)
  const opened = lastOf(Array.from({ length: 20 }, (_, index) => judge.onTick(t0 + (20 + index) * 1_000)).flat())
  assert.deepEqual(
    opened.map(({ type, series, device }) => [type, series?.length, device]),
    [['gap', 3, undefined]]
  )
  assert.deepEqual(feed(judge, [reading(41, 5, 'a'), reading(41, 5, 'b')]), [])
  const [closed] = feed(judge, [reading(41, 5, 'c')])
  assert.deepEqual([closed?.id, closed?.status], [opened[0]?.id, 'closed'])
  const again = lastOf(Array.from({ length: 30 }, (_, index) => judge.onTick(t0 + (42 + index) * 1_000)).flat())
  assert.deepEqual(
    again.map(({ id, returns }) => [id, returns]),
    [[opened[0]?.id, 1]]
  )
})

test('what comes late is judged once by its own time, marked historical and closed, and moves nothing live', () => {
  const judge = judgeOf()
  const live = feed(judge, [...minutes(0, [5, 5, 5]), ...minutes(60, [5, 5, 5])])
  assert.deepEqual(live, [])
  const nowMs = t0 + 70 * minuteMs
  const late = minutes(10, [5, 9, 9, 9, 5, 5])
  assert.deepEqual(judge.onReadings(late, nowMs), [])
  assert.deepEqual(judge.onTick(nowMs + 5_000), [])
  const [told, ...others] = judge.onTick(nowMs + 11_000)
  assert.deepEqual(others, [])
  assert.deepEqual([told?.type, told?.historical, told?.status, told?.onsetMs], ['excursion', true, 'closed', t0 + 11 * minuteMs])
  judge.onReadings(late, nowMs + 20_000)
  assert.deepEqual(judge.onTick(nowMs + 40_000), [], 'the same again is told no second time')
})

test('an excursion that comes late counts in the sums of the window', () => {
  const judge = judgeOf({ profile: { degreeMinutesMax: 40 } })
  const dip = (from: number) => minutes(from, [5, ...Array.from({ length: 12 }, () => 9.5), 5, 5])
  const live = feed(judge, [...dip(0), ...dip(80)])
  assert.ok(!typesOf(live).some((one) => one.startsWith('cumulative')))
  const nowMs = t0 + 100 * minuteMs
  const alone = feed(judgeOf({ profile: { degreeMinutesMax: 40 } }), [...dip(0), ...dip(80), ...minutes(101, [8.1, 5])])
  assert.ok(!typesOf(alone).some((one) => one.startsWith('cumulative')))
  judge.onReadings(dip(30), nowMs)
  assert.deepEqual(typesOf(judge.onTick(nowMs + 11_000)), ['excursion closed'])
  assert.ok(typesOf(feed(judge, minutes(101, [8.1, 5]))).includes('cumulativeExcursion open'))
})

test('backfill that shows that a live anomaly began earlier leaves its id, onset and opening as they were', () => {
  const judge = judgeOf()
  feed(judge, minutes(0, [5, 5, 5]))
  const [opened] = feed(judge, minutes(60, [9, 9]))
  const nowMs = t0 + 62 * minuteMs
  judge.onReadings(
    minutes(
      40,
      Array.from({ length: 20 }, () => 9)
    ),
    nowMs
  )
  assert.deepEqual(judge.onTick(nowMs + 11_000), [])
  const later = lastOf(feed(judge, minutes(63, [9.5])))[0]
  assert.deepEqual([later?.id, later?.onsetMs, later?.openedMs], [opened?.id, opened?.onsetMs, opened?.openedMs])
  assert.equal(later?.figures['beganMs'], t0 + 40 * minuteMs)
})

test('settings take the place of defaults, a rule that is off raises nothing, and an anomaly names the version', () => {
  const flatLine = { ...readingDefaults.flatLine, temperature: { tolerance: 0.5, durationMs: 60_000, countMin: 3 } }
  const rules: RuleSetting[] = [
    { id: 'qartod:flatLine', version: 7, enabled: true, parameters: flatLine },
    { id: 'qartod:grossRange', version: 2, enabled: false, parameters: {} }
  ]
  const [flat] = feed(judgeOf({ rules }), minutes(0, [5, 5.1, 5.2]))
  assert.deepEqual([flat?.type, flat?.rule], ['flatLine', { id: 'qartod:flatLine', version: 7 }])
  assert.deepEqual(feed(judgeOf({ rules, profile: { high: 1_000 } }), minutes(0, [500])), [])
})

test('all that is open survives a restart, and closes after it', () => {
  const first = judgeOf({ sensors: 2 })
  const opened = feed(first, [reading(0, 5, 'b'), reading(0, 500, 'a'), reading(60, 9, 'b'), reading(120, 9, 'b')])
  opened.push(...first.onTick(t0 + 1_000_000))
  const second = judgeOf({ sensors: 2 })
  assert.equal(second.restore(JSON.parse(JSON.stringify(first.snapshot()))), undefined)
  const closed = feed(
    second,
    [1_000, 1_030, 1_060].flatMap((seconds) => [reading(seconds, 5 + seconds / 1e4, 'a'), reading(seconds, 5 - seconds / 1e4, 'b')])
  )
  assert.deepEqual(new Set(closed.filter((one) => one.status === 'closed').map((one) => one.id)), new Set(opened.map((one) => one.id)))
})
