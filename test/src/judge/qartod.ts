/** Judges the QARTOD tests of `detect` on cases in the format of `testdata/qartod/cases.json`. */
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { Type } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import type { QualityFlag } from '@tracegate/model/quality'
import { Case, qartodTests } from './qartod-tests.ts'
import { createJudgeSheet, type Judge } from './result.ts'

const caseFile = compileValidator(Type.Object({ cases: Type.Array(Case) }))

export const judge: Judge = {
  kind: 'qartod',
  about: `quality-control cases: ${Object.keys(qartodTests).join(', ')}`,
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
      const run = qartodTests[one.test]
      if (run === undefined) sheet.skip(one.id, `the test ${one.test} is not known`)
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
