/** Checks the hash chain of every journal in `cases.db`, and that each head is as long as its journal. */
import { caseKinds } from '../case-store.ts'
import { caseMigrations, prepareCaseTables } from '../embedded/case-tables.ts'
import { numberOf, openSqlite, textOf } from '../embedded/sqlite.ts'
import type { Finding } from '../embedded-verify.ts'
import { verifyJournal } from '../journal.ts'

export interface JournalsVerdict {
  readonly journals: number
  readonly steps: number
  readonly findings: readonly Finding[]
}

export function verifyJournals(path: string): JournalsVerdict {
  const database = openSqlite({ path, migrations: caseMigrations, readOnly: true })
  try {
    const tables = prepareCaseTables(database)
    const findings: Finding[] = []
    let [journals, steps] = [0, 0]
    database.exec('BEGIN')
    for (const row of database.prepare('SELECT kind, id, length FROM head ORDER BY kind, id').iterate()) {
      const [kindName, id, length] = [textOf(row, 'kind'), textOf(row, 'id'), numberOf(row, 'length')]
      const place = `${kindName} ${id}`
      const kind = caseKinds.find((known) => known === kindName)
      if (kind === undefined) {
        findings.push({ place, problem: `its kind is not one of ${caseKinds.join(', ')}` })
        continue
      }
      const journal = tables.journal(kind, id)
      journals += 1
      steps += journal.length
      if (journal.length !== length) findings.push({ place, problem: `it has ${journal.length} steps, its head says ${length}` })
      const verdict = verifyJournal(journal, { kind, id })
      if (!verdict.ok) findings.push({ place: `${place} step ${verdict.index}`, problem: verdict.detail })
    }
    return { journals, steps, findings }
  } finally {
    database.close()
  }
}
