/** The shapes of the GS1 vector files (`testdata/gs1`), and which options of them the product supports. */
import { Type, type Static, type TSchema } from 'typebox'
import { compileValidator, type Validator } from '@tracegate/model/codec'
import type { JudgeSheet } from './result.ts'
import { listFiles, readJson } from './vectors.ts'

export const Pair = Type.Tuple([Type.String(), Type.String()])
export const Allow = Type.Object({
  zeroSuppressedGtin: Type.Optional(Type.Boolean()),
  shortNames: Type.Optional(Type.Boolean()),
  legacyPrimaryKeys: Type.Optional(Type.Boolean()),
  unknownAIs: Type.Optional(Type.Boolean()),
  unknownAIsAsAttributes: Type.Optional(Type.Boolean()),
  compression: Type.Optional(Type.String())
})
export type Allow = Static<typeof Allow>

/** Names of the options that the product does not know. */
export function unsupported(allow: Readonly<Record<string, unknown>> | undefined): string[] {
  const known = new Set(['zeroSuppressedGtin', 'shortNames', 'legacyPrimaryKeys', 'unknownAIs', 'unknownAIsAsAttributes'])
  return Object.keys(allow ?? {}).filter((name) => !known.has(name))
}

/** A sorted text of identifiers and values: they are compared as a set. */
export function asSet(ais: readonly (readonly [string, string])[]): string {
  return [...new Set(ais.map(([ai, value]) => `(${ai})${value}`))].sort().join('')
}

const File = Type.Object({ cases: Type.Array(Type.Unknown()) })
const file = compileValidator(File)

/** One format of a case and what is done with it. */
export interface CaseFormat {
  readonly validator: Validator<TSchema>
  readonly run: (sheet: JudgeSheet, name: string, value: unknown) => void
}

export function caseFormat<const Schema extends TSchema>(
  schema: Schema,
  run: (sheet: JudgeSheet, name: string, value: Static<Schema>) => void
): CaseFormat {
  const validator = compileValidator(schema)
  return {
    validator,
    run(sheet, name, value) {
      const checked = validator.check(value)
      if (checked.ok) run(sheet, name, checked.value)
    }
  }
}

/** Runs every case whose shape one of the formats knows; files without such cases are passed over. */
export async function runCases(options: {
  readonly path: string
  readonly sheet: JudgeSheet
  readonly formats: readonly CaseFormat[]
  readonly runFile?: (path: string, value: unknown) => boolean
}): Promise<void> {
  for (const path of await listFiles(options.path, (name) => name.endsWith('.json'))) {
    const value = await readJson(path)
    if (options.runFile?.(path, value) === true) continue
    const checked = file.check(value)
    if (!checked.ok) continue
    for (const [index, item] of checked.value.cases.entries()) {
      const id = typeof item === 'object' && item !== null && 'id' in item && typeof item.id === 'string' ? item.id : String(index + 1)
      const format = options.formats.find((format) => format.validator.check(item).ok)
      format?.run(options.sheet, `${path.slice(path.lastIndexOf('/') + 1)} ${id}`, item)
    }
  }
}
