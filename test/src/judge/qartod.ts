/** Judges the QARTOD tests that `detect` has on cases in the format of `testdata/qartod/cases.json`; others are skipped by name. */
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Type, type Static, type TSchema } from 'typebox'
import { flatLine, grossRange, rateOfChange, timeGap } from '@tracegate/detect/qartod'
import { compileValidator, type Validator } from '@tracegate/model/codec'
import { combineFlags, qualityFlags, type QualityFlag } from '@tracegate/model/quality'
import { createJudgeSheet, type Judge } from './result.ts'

const NullableNumber = Type.Union([Type.Number(), Type.Null()])
const Case = Type.Object({
  id: Type.String(),
  test: Type.String(),
  config: Type.Record(Type.String(), Type.Unknown()),
  input: Type.Object({
    values: Type.Optional(Type.Unknown()),
    times: Type.Optional(Type.Unknown()),
    flags: Type.Optional(Type.Unknown())
  }),
  expectedFlags: Type.Optional(Type.Array(Type.Number())),
  expectError: Type.Optional(Type.Boolean())
})
type Case = Static<typeof Case>
const caseFile = compileValidator(Type.Object({ cases: Type.Array(Case) }))
const numbers = compileValidator(Type.Array(NullableNumber))
const texts = compileValidator(Type.Array(Type.Union([Type.String(), Type.Null()])))
const flagRows = compileValidator(Type.Array(Type.Array(Type.Number())))
const pair = compileValidator(Type.Tuple([Type.Number(), Type.Number()]))

/** The tests there are; each throws a `RangeError` for a configuration or an input that makes no sense. */
const tests: Readonly<Record<string, (one: Case) => QualityFlag[]>> = {
  aggregate: (one) => aggregate(take(flagRows, one.input.flags ?? [], one)),
  flatLine: (one) =>
    flatLine(valuesOf(one), timesOf(one).map(requireTime), {
      suspectSeconds: numberOf(one, 'suspectThreshold'),
      failSeconds: numberOf(one, 'failThreshold'),
      tolerance: one.config['tolerance'] === undefined ? 0 : numberOf(one, 'tolerance')
    }),
  grossRange: (one) => {
    const suspect = one.config['suspectSpan']
    return grossRange(valuesOf(one), {
      failSpan: spanOf(one, 'failSpan'),
      ...(suspect === undefined || suspect === null ? {} : { suspectSpan: spanOf(one, 'suspectSpan') })
    })
  },
  rateOfChange: (one) =>
    rateOfChange(valuesOf(one), timesOf(one).map(requireTime), {
      suspect: numberOf(one, 'threshold'),
      ...(one.config['failThreshold'] === undefined ? {} : { fail: numberOf(one, 'failThreshold') })
    }),
  timeGap: (one) => timeGap(timesOf(one), numberOf(one, 'failSpan') * 3_600_000)
}

export const judge: Judge = {
  kind: 'qartod',
  about: 'quality-control cases: gross range, rate of change, flat line, time gap, aggregation',
  async run(path) {
    const file = (await stat(path)).isDirectory() ? join(path, 'cases.json') : path
    const sheet = createJudgeSheet()
    const parsed: unknown = JSON.parse(await readFile(file, 'utf8'))
    const checked = caseFile.check(parsed)
    if (!checked.ok) {
      sheet.check(file, false, () => checked.reason.message)
      return sheet.result()
    }
    for (const one of checked.value.cases) {
      const run = tests[one.test]
      if (run === undefined) sheet.skip(one.id, `the test ${one.test} is not supported`)
      else judgeCase(one, run, (ok, detail) => sheet.check(one.id, ok, () => detail))
    }
    return sheet.result()
  }
}

function judgeCase(one: Case, run: (one: Case) => QualityFlag[], verdict: (ok: boolean, detail: string) => void): void {
  let got: QualityFlag[]
  try {
    got = run(one)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    verdict(one.expectError === true && error instanceof RangeError, `refused with "${message}"`)
    return
  }
  if (one.expectError === true) verdict(false, 'was taken, expected to be refused')
  else
    verdict(
      JSON.stringify(got) === JSON.stringify(one.expectedFlags),
      `got [${got.join(', ')}], expected [${(one.expectedFlags ?? []).join(', ')}]`
    )
}

function aggregate(flags: readonly (readonly number[])[]): QualityFlag[] {
  return (flags[0] ?? []).map((_, index) => combineFlags(flags.map((row) => requireFlag(row[index]))))
}

function requireFlag(value: number | undefined): QualityFlag {
  const flag = qualityFlags.find((known) => known === value)
  if (flag === undefined) throw new RangeError(`Cannot aggregate: flag is ${value}, expected one of ${qualityFlags.join(', ')}`)
  return flag
}

function valuesOf(one: Case): (number | null)[] {
  return take(numbers, one.input.values ?? [], one)
}

function timesOf(one: Case): (number | null)[] {
  return take(texts, one.input.times ?? [], one).map((text) => (text === null ? null : Date.parse(text)))
}

function take<Schema extends TSchema>(validator: Validator<Schema>, value: unknown, one: Case): Static<Schema> {
  const checked = validator.check(value)
  if (!checked.ok) throw new RangeError(`Cannot run ${one.test}: ${checked.reason.message}`)
  return checked.value
}

function requireTime(time: number | null): number {
  if (time === null || Number.isNaN(time)) throw new RangeError('Cannot run the test: a time is missing, expected all times')
  return time
}

function numberOf(one: Case, name: string): number {
  const value = one.config[name]
  if (typeof value !== 'number') throw new RangeError(`Cannot run ${one.test}: ${name} is ${JSON.stringify(value)}, expected a number`)
  return value
}

function spanOf(one: Case, name: string): [number, number] {
  const checked = pair.check(one.config[name])
  if (!checked.ok)
    throw new RangeError(`Cannot run ${one.test}: ${name} is ${JSON.stringify(one.config[name])}, expected a pair [low, high]`)
  return checked.value
}
