/** The scorer of the Numenta benchmark by hand-made cases, our score on the half of the corpus, and folders that are none. */
import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { needsTestdata, testdataPath } from '../testdata.ts'
import { judge } from './nab.ts'
import { readCorpus } from './nab-corpus.ts'
import { rawScores, withRefractory } from './nab-detector.ts'
import { bestThreshold, normalise, probationOf, scaledSigmoid, scoreAt, sweepOf, weighRows } from './nab-score.ts'

const weights = { tp: 1, fn: 1, fp: 0.11 }
const near = (found: number, wanted: number): void => assert.ok(Math.abs(found - wanted) < 1e-9, `found ${found}, wanted ${wanted}`)

test('an alert is worth 1 at the left end of its window, less towards the right, and costs more the farther it is behind', () => {
  const { worth, windowOf } = weighRows(100, [{ left: 40, right: 49 }])
  near(worth[40] ?? 0, 1)
  near(worth[49] ?? 0, scaledSigmoid(-0.1) / scaledSigmoid(-1))
  assert.equal(windowOf[50], -1)
  near(worth[50] ?? 0, scaledSigmoid(1 / 9))
  assert.equal(worth[39], -1, 'before any window')
  assert.equal(worth[90], -1, 'far behind')
})

test('nothing is scored in the first rows: 15 % of the file, at most 750', () => {
  assert.deepEqual([probationOf(4_032), probationOf(22_695), probationOf(10)], [604, 750, 1])
  const rows = weighRows(100, [{ left: 40, right: 49 }])
  const scores = new Float64Array(100)
  scores[3] = 1
  scores[45] = 1
  const found = scoreAt({ rows, scores }, 0.5, weights)
  assert.deepEqual([found.tp, found.fp, found.fn, found.tn], [1, 0, 9, 75])
})

test('of several alerts in one window only the best counts; a window without one costs its weight', () => {
  const rows = weighRows(200, [
    { left: 60, right: 79 },
    { left: 120, right: 139 }
  ])
  const scores = new Float64Array(200)
  for (const row of [60, 65, 70]) scores[row] = 1
  near(scoreAt({ rows, scores }, 0.5, weights).score, 0)
  assert.equal(normalise(-2, 2, weights), 0)
  assert.equal(normalise(2, 2, weights), 100)
})

test('bestThreshold() finds what trying every score one by one finds', () => {
  const score = fc.constantFrom(0, 0, 0, 0.1, 0.2, 0.5, 0.9, 1)
  fc.assert(
    fc.property(fc.array(score, { minLength: 60, maxLength: 60 }), fc.integer({ min: 9, max: 50 }), (scores, left) => {
      const files = [{ rows: weighRows(60, [{ left, right: left + 5 }]), scores }]
      const { raw, threshold } = bestThreshold(sweepOf(files), weights)
      const tried = [Number.POSITIVE_INFINITY, ...scores.slice(9)].map(
        (at) => scoreAt({ rows: files[0]?.rows ?? weighRows(0, []), scores }, at, weights).score
      )
      near(raw, Math.max(...tried))
      near(scoreAt({ rows: files[0]?.rows ?? weighRows(0, []), scores }, threshold, weights).score, raw)
    })
  )
})

test('our score of a row depends on nothing that comes after it', needsTestdata(), async () => {
  const { files } = await readCorpus(testdataPath('nab'))
  const file = files.find(({ name }) => name.includes('speed_7578'))
  assert.ok(file !== undefined)
  const whole = rawScores(file, 0.5)
  const part = rawScores({ ...file, values: file.values.subarray(0, 700), timesMs: file.timesMs.subarray(0, 700) }, 0.5)
  assert.deepEqual(part, whole.subarray(0, 700))
})

test('strictly causal, tuned as the benchmark does, our score stands above 75 on the half of the corpus', needsTestdata(), async () => {
  const { files, weights: all } = await readCorpus(testdataPath('nab'))
  const scored = files.map((file) => ({ rows: file.rows, scores: withRefractory(rawScores(file, 0.5), 200) }))
  const sweep = sweepOf(scored)
  const found = normalise(bestThreshold(sweep, all.standard).raw, sweep.windows, all.standard)
  assert.ok(found > 75, `scores ${found.toFixed(2)}`)
})

test('a folder that is no corpus fails with what is missing or wrong', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'tracegate-nab-'))
  const put = async (path: string, text: string): Promise<void> => {
    await mkdir(join(folder, path, '..'), { recursive: true })
    await writeFile(join(folder, path), text)
  }
  const why = async (): Promise<string> => (await judge.run(folder)).failures.join('\n')
  try {
    assert.match(await why(), /no folder "data"/)
    await mkdir(join(folder, 'data'))
    assert.match(await why(), /no \.csv file/)
    await put('data/a/x.csv', 'rubbish')
    assert.match(await why(), /no windows file/)
    await put('labels/combined_windows.json', '{')
    assert.match(await why(), /is no JSON/)
    await put('labels/combined_windows.json', '{"a/x.csv": []}')
    assert.match(await why(), /columns are "rubbish"/)
    await put('data/a/x.csv', 'timestamp,value\n2026-01-01 00:00:00,one\n')
    assert.match(await why(), /row 1: value is "one"/)
    await put('data/a/x.csv', 'timestamp,value\n2026-01-01 00:00:00,1\n2026-01-01 00:05:00,2\n')
    assert.match(await why(), /no weights/)
    await put('profiles.json', '{"standard": 1}')
    assert.match(await why(), /profiles\.json is wrong/)
    await put('labels/combined_windows.json', '{"a/x.csv": [["2026-01-01 00:01:00", "2026-01-01 00:05:00"]]}')
    assert.match(await why(), /does not lie on its rows/)
  } finally {
    await rm(folder, { recursive: true })
  }
})
