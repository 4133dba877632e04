/** `npm run detectors`: measures every detector on the test data, prints the tables and writes them to `docs/detectors.md`. */
import { writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { needsTestdata } from '../testdata.ts'
import { writeDocument } from './document.ts'
import { sections } from './sections.ts'

const { skip } = needsTestdata()
if (skip !== false) {
  process.stderr.write(`Cannot measure the detectors: ${skip}\n`)
  process.exit(2)
}
const document = await writeDocument(sections)
await writeFile(fileURLToPath(new URL('../../../docs/detectors.md', import.meta.url)), document)
process.stdout.write(document)
