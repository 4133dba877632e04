/** What the judges of detectors say of the vectors of others: counts, and the figures that they note. */
import { judges } from '../judge/judges.ts'
import { testdataPath } from '../testdata.ts'
import { table, type DetectorSection } from './section.ts'

/** Kinds with their folder in `testdata`. */
const kinds = [
  { kind: 'qartod', folder: 'qartod', what: 'QARTOD quality control, cases of ioos_qc' },
  { kind: 'motes', folder: 'motes', what: 'motes recording through the whole engine' }
] as const

export const judgesSection: DetectorSection = {
  id: 'judges',
  title: 'Reading checks on the vectors of others',
  isCheap: true,
  async text() {
    const rows: (string | number)[][] = []
    const notes: string[] = []
    for (const { kind, folder, what } of kinds) {
      const load = judges[kind]
      if (load === undefined) continue
      const { judge } = await load()
      const result = await judge.run(testdataPath(folder))
      rows.push([`\`npm run judge -- ${kind}\``, what, result.passed, result.failures.length, result.skipped.length])
      if (result.notes.length > 0) notes.push('', `Noted by \`${kind}\`:`, '', '```', ...result.notes, '```')
    }
    return [table(['command', 'what', 'passed', 'failed', 'skipped'], rows), ...notes].join('\n')
  }
}
