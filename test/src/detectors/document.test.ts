/** The page of detectors is what is measured now. */
import assert from 'node:assert/strict'
import { readFile } from 'node:fs/promises'
import { test } from 'node:test'
import { needsTestdata } from '../testdata.ts'
import { sectionIn } from './document.ts'
import { sections } from './sections.ts'

const document = await readFile(new URL('../../../docs/detectors.md', import.meta.url), 'utf8')

for (const section of sections) {
  const { id } = section
  if (!section.isCheap) test(`docs/detectors.md has the part "${id}"`, () => assert.ok((sectionIn(document, id) ?? '').length > 0))
  else
    test(
      `the part "${id}" of docs/detectors.md is what is measured now: run "npm run detectors" when it is stale`,
      needsTestdata(),
      async () => assert.equal(sectionIn(document, id), (await section.text()).trim())
    )
}
