/**
 * Reads the state of a warning case as stores hold it: one written before measures, versions and drills were part of it is brought to the
 * present form. Nothing is changed in the store: the journal stays what it was.
 */
import { compileValidator, type Validator } from './codec.ts'
import { DraftedContent } from './warning-steps.ts'
import { reduceWarning } from './warning-reducer.ts'
import { WarningCase } from './warning.ts'
import { Type } from 'typebox'
import { TimeMs } from './wire.ts'

const present = compileValidator(WarningCase)
/** The first cases: a draft and nothing more. */
const first = compileValidator(
  Type.Object({ ...DraftedContent.properties, id: Type.String(), status: Type.Literal('draft'), updatedAtMs: TimeMs })
)

export const warningCases: Validator<typeof WarningCase> = {
  schema: WarningCase,
  reasons: (value, countMax) => present.reasons(value, countMax),
  check(value) {
    const read = present.check(value)
    if (read.ok) return read
    const old = first.check(value)
    if (!old.ok) return read
    const { id, status: _status, updatedAtMs, ...content } = old.value
    const context = { id, atMs: updatedAtMs, by: '', why: '' }
    return { ok: true, value: reduceWarning(undefined, { type: 'drafted', content }, context) }
  }
}
