/** Every judge on the vectors of its kind: no failure. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { needsTestdata, testdataPath } from '../testdata.ts'
import { judges } from './judges.ts'

const folderOf: Readonly<Record<string, string>> = {
  'check-digit': 'gs1',
  'digital-link': 'gs1',
  'scan-data': 'gs1',
  epcis: 'epcis',
  'epcis-hash': 'epcis/hash',
  traceback: 'epcis/traceback',
  qartod: 'qartod'
}

for (const [kind, load] of Object.entries(judges)) {
  test(`judge ${kind} finds no failure in the vectors of others`, needsTestdata(), async (context) => {
    const { judge } = await load()
    const result = await judge.run(testdataPath(folderOf[kind] ?? kind))
    assert.deepEqual(result.failures, [])
    assert.ok(result.passed > 0)
    context.diagnostic(`${result.passed} passed, ${result.skipped.length} skipped`)
  })
}
