/** Judge `check-digit`: GS1 check digits and check character pairs (`testdata/gs1/check-digits.json`). */
import { Type } from 'typebox'
import { checkDigitOf, checkMod10, checkPair, type CheckResult } from '@tracegate/model/gs1/check-digit'
import { compileValidator } from '@tracegate/model/codec'
import { createJudgeSheet, type Judge } from './result.ts'
import { caseName, listFiles, readJson } from './vectors.ts'

const Row = Type.Object({
  value: Type.String(),
  valid: Type.Boolean(),
  error: Type.Optional(Type.String()),
  marked: Type.Optional(Type.String()),
  correctCheckDigit: Type.Optional(Type.String())
})
const File = Type.Object({
  mod10: Type.Optional(Type.Array(Row)),
  checkCharacterPair: Type.Optional(Type.Array(Row)),
  scannerPrimary: Type.Optional(Type.Array(Row))
})
const file = compileValidator(File)

export const judge: Judge = {
  kind: 'check-digit',
  about: 'GS1 check digits and check character pairs',
  async run(path) {
    const sheet = createJudgeSheet()
    for (const name of await listFiles(path, (name) => name.endsWith('.json'))) {
      const checked = file.check(await readJson(name))
      if (!checked.ok) continue
      const { mod10 = [], checkCharacterPair = [], scannerPrimary = [] } = checked.value
      const groups = [
        { title: 'mod10', rows: mod10, check: checkMod10 },
        { title: 'pair', rows: checkCharacterPair, check: checkPair },
        { title: 'primary', rows: scannerPrimary, check: checkMod10 }
      ]
      for (const { title, rows, check } of groups) {
        for (const row of rows) {
          const found = describe(check(row.value), row.value)
          const wanted = {
            valid: row.valid,
            ...(row.error === undefined ? {} : { error: row.error }),
            ...(row.marked === undefined ? {} : { marked: row.marked })
          }
          const digit = checkDigitOf(row.value.slice(0, -1))
          const ok =
            found.valid === row.valid &&
            (row.error === undefined || found.error === row.error) &&
            (row.marked === undefined || found.marked === row.marked) &&
            (row.correctCheckDigit === undefined || digit === row.correctCheckDigit)
          sheet.check(
            caseName(name, `${title} "${row.value}"`),
            ok,
            () => `found ${JSON.stringify(found)}, wanted ${JSON.stringify(wanted)}`
          )
        }
      }
    }
    return sheet.result()
  }
}

function describe(result: CheckResult, value: string): { valid: boolean; error?: string; marked?: string } {
  if (result.ok) return { valid: true }
  const [from, to] = result.at
  return { valid: false, error: result.error, marked: `${value.slice(0, from)}*${value.slice(from, to)}*${value.slice(to)}` }
}
