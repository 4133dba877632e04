/** What an import of master data answers: what each line changes, and what is wrong where. Schemas only. */
import { Type, type Static } from 'typebox'

export const CsvFinding = Type.Object({
  line: Type.Integer({ minimum: 1, description: 'Line of the file, the header included' }),
  column: Type.Integer({ minimum: 0, description: 'From 1; 0: the line as a whole' }),
  header: Type.String({ description: 'English name of the column' }),
  code: Type.String(),
  message: Type.String()
})
export type CsvFinding = Static<typeof CsvFinding>

export const CsvRowChange = Type.Object({
  line: Type.Integer({ minimum: 1 }),
  id: Type.String(),
  change: Type.Enum(['added', 'changed', 'unchanged'] as const),
  fields: Type.Array(Type.String(), { description: 'Names of the fields that change' }),
  notes: Type.Array(Type.String(), { description: 'What is kept in another form than it was written' })
})
export type CsvRowChange = Static<typeof CsvRowChange>

export const CsvImportAnswer = Type.Object({
  done: Type.Boolean({ description: 'Whether anything was written: false for a dry run' }),
  encoding: Type.String(),
  delimiter: Type.String(),
  columns: Type.Array(Type.String()),
  rows: Type.Integer(),
  added: Type.Integer(),
  changed: Type.Integer(),
  unchanged: Type.Integer(),
  refused: Type.Integer({ description: 'Lines with a finding' }),
  changes: Type.Array(CsvRowChange),
  findings: Type.Array(CsvFinding),
  truncated: Type.Boolean({ description: 'Whether the lists are cut; the counts are whole' })
})
export type CsvImportAnswer = Static<typeof CsvImportAnswer>
