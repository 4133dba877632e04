/** Novelty of one series and of many: what opens and closes, what is kept and restored, and what bounds it. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { compileValidator } from '@tracegate/model/codec'
import { Anomaly } from '@tracegate/model/anomaly'
import type { RuleSetting } from '@tracegate/model/rules'
import type { Reading } from '@tracegate/model/telemetry'
import { emptyNoveltySeries } from './judge-novelty.ts'
import { createNoveltyJudge, matches, seriesBytes, stateBytes, type NoveltyJudge } from './novelty-judge.ts'
import { noveltyDefaults, NoveltyParameters, noveltyRule, noveltySettingsOf } from './novelty-rule.ts'

const minuteMs = 60_000
const startMs = Date.UTC(2026, 0, 1)
const anomalyValidator = compileValidator(Anomaly)

function readingOf(at: number, value: number, over: Partial<Reading> = {}): Reading {
  const base = { point: 'P1', device: 'D1', metric: 'temperature', unit: 'Cel', timeMs: startMs + at * 5 * minuteMs, value, quality: 1 }
  return { ...base, quality: 1, ...over }
}

/** A cold room: it swings by the compressor and by the day, with noise that is the same in every run. */
function coldRoom(at: number): number {
  const noise = Math.sin(at * 12.9898) * 43_758.5453
  return 4 + Math.sin(at / 6) * 0.5 + Math.sin((at / 288) * 2 * Math.PI) * 0.3 + (noise - Math.floor(noise) - 0.5) * 0.2
}

function run(judge: NoveltyJudge, from: number, to: number, valueOf: (at: number) => number, over: Partial<Reading> = {}): Anomaly[] {
  const found: Anomaly[] = []
  for (let at = from; at < to; at += 1) {
    const reading = readingOf(at, valueOf(at), over)
    const anomaly = judge.judge(reading, { nowMs: reading.timeMs + 10, historical: false })
    if (anomaly !== undefined) found.push(anomaly)
  }
  return found
}

const setting = (parameters: Record<string, unknown>, enabled = true): RuleSetting[] => [
  { id: noveltyRule.id, version: 3, enabled, parameters }
]

test('a series that warms as it never did opens one device anomaly with its proof in both languages, which closes when it is as before', () => {
  const judge = createNoveltyJudge()
  run(judge, 0, 2_880, coldRoom)
  const found = run(judge, 2_880, 2_980, (at) => coldRoom(at) + Math.min(6, (at - 2_880) * 0.5))
  assert.equal(found.filter(({ status, returns }) => status === 'open' && returns === undefined).length, 1)
  const [opened] = found
  assert.ok(opened !== undefined && anomalyValidator.check(opened).ok)
  assert.equal(opened.category, 'device')
  assert.ok(opened.onsetMs < readingOf(2_890, 0).timeMs, 'seen within ten readings')
  assert.match(opened.proof.en, /^P1\/D1\/temperature at .* was .* % of the range seen; novelty .* \(budget 1 a month\)$/)
  assert.match(opened.proof.zh, /已见范围/)
  assert.ok((opened.figures['partOfRange'] ?? 0) > 0)
  const later = [...found, ...run(judge, 2_980, 3_200, coldRoom)]
  assert.equal(new Set(later.map(({ id }) => id)).size, 1)
  assert.equal(later.at(-1)?.status, 'closed')
})

test('nothing is raised while a series is being learnt, and nothing by an ordinary one after it', () => {
  const judge = createNoveltyJudge()
  assert.deepEqual(
    run(judge, 0, 300, (at) => coldRoom(at) + (at > 250 ? 30 : 0)),
    []
  )
  const other = createNoveltyJudge()
  assert.ok(run(other, 0, 8_640, coldRoom).filter(({ status }) => status === 'open').length <= 2, 'a month at one a month')
})

test('readings that are missing, known to be wrong, repeated or older change nothing', () => {
  const judge = createNoveltyJudge()
  run(judge, 0, 1_000, coldRoom)
  const before = judge.snapshot()
  run(judge, 1_000, 1_100, () => 900, { quality: 4 })
  run(judge, 1_000, 1_100, () => Number.NaN, { quality: 9 })
  run(judge, 500, 1_000, () => 900)
  assert.deepEqual(judge.snapshot(), before)
})

test('a judge that goes on from its snapshot, read back from JSON, says what the first would have said', () => {
  const first = createNoveltyJudge()
  run(first, 0, 2_880, coldRoom)
  run(first, 2_880, 2_900, (at) => coldRoom(at) + 5)
  const second = createNoveltyJudge()
  const text = JSON.stringify(first.snapshot())
  assert.equal(second.restore(JSON.parse(text)), undefined)
  assert.ok(text.length < seriesBytes, `${text.length} characters a series`)
  const rest = (judge: NoveltyJudge) => run(judge, 2_900, 3_300, (at) => coldRoom(at) + (at > 3_200 ? -7 : 0))
  const wanted = rest(first)
  assert.ok(wanted.length > 0)
  assert.deepEqual(rest(second), wanted)
})

test('a snapshot that is none is refused with the reason, and a series whose numbers are cut starts anew', () => {
  const judge = createNoveltyJudge()
  assert.match(judge.restore({ layout: 99, series: {} }) ?? '', /layout is 99/)
  assert.ok((judge.restore('rubbish') ?? '').length > 0)
  assert.equal(judge.restore({ layout: 2, series: { 'P1/D1/temperature': { numbers: 'AAAA' } } }), undefined)
  assert.deepEqual(judge.counts(), { scored: 0, unscored: 0 })
})

test('the state of a series never takes more than 16 kB, whatever it reads', () => {
  const empty = stateBytes(emptyNoveltySeries())
  assert.ok(empty <= seriesBytes, `${empty} bytes`)
  fc.assert(
    fc.property(fc.array(fc.double({ noNaN: true, min: -1e12, max: 1e12 }), { minLength: 1, maxLength: 300 }), (values) => {
      const judge = createNoveltyJudge()
      for (const [at, value] of values.entries()) judge.judge(readingOf(at, value), { nowMs: startMs, historical: false })
      assert.ok(JSON.stringify(judge.snapshot()).length < seriesBytes)
    }),
    { numRuns: 20 }
  )
})

test('only series that fit a pattern are scored, only as many as the memory allows, and the rest are counted', () => {
  const judge = createNoveltyJudge()
  judge.configure(setting({ enabledSeries: ['P1/*/temperature'], memoryBytesMax: 65_536 }))
  for (let device = 0; device < 6; device += 1) run(judge, 0, 2, coldRoom, { device: `D${device}` })
  run(judge, 0, 2, coldRoom, { metric: 'humidity' })
  assert.deepEqual(judge.counts(), { scored: 4, unscored: 2 })
  judge.configure(setting({}, false))
  assert.deepEqual(judge.counts(), { scored: 0, unscored: 0 })
})

test('a setting carries its version into the anomaly; parameters that do not fit leave the defaults', () => {
  assert.ok(compileValidator(NoveltyParameters).check(noveltyRule.defaults).ok)
  assert.equal(noveltySettingsOf(setting({ budgetPerMonth: -1 })).budgetPerMonth, noveltyDefaults.budgetPerMonth)
  const judge = createNoveltyJudge()
  judge.configure(setting({ budgetPerMonth: 10 }))
  run(judge, 0, 2_880, coldRoom)
  const [opened] = run(judge, 2_880, 2_900, (at) => coldRoom(at) + 6)
  assert.deepEqual(opened?.rule, { id: 'score:novelty', version: 3 })
})

test('the first change of a series that was constant for a day is told, and one that never changes says nothing', () => {
  const judge = createNoveltyJudge()
  assert.deepEqual(
    run(judge, 0, 1_000, () => 5),
    []
  )
  const [opened] = run(judge, 1_000, 1_010, () => 5.5)
  assert.equal(opened?.onsetMs, readingOf(1_000, 0).timeMs)
  assert.match(opened?.proof.en ?? '', /above all before it, until now 5 °C/)
})

test('matches() takes a star for any run of characters', () => {
  for (const [pattern, name, wanted] of [
    ['*', 'a/b/c', true],
    ['a/*/c', 'a/b/c', true],
    ['a/*', 'b/a/c', false],
    ['a/b/c', 'a/b/c', true],
    ['a*c*c', 'a/c', false],
    ['*temp*', 'P/D/temperature', true],
    ['aba*aba', 'aba', false]
  ] as const)
    assert.equal(matches(pattern, name), wanted, `${pattern} ${name}`)
})
