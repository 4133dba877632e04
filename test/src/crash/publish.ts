/** `node test/src/crash/publish.ts`: puts the last result of each cell (`test/out/crash/`) into the tables of `docs/crash-matrix.md`. */
import { readFile, writeFile } from 'node:fs/promises'
import { publishedPath, withMatrix } from './published.ts'
import { readLatest } from './record.ts'
import { failuresOf, faults, parts } from './result.ts'

const matrix = readLatest()
const embedded = matrix.cells.filter(({ broker }) => broker === 'embedded')
const wanted = parts.length * faults.length
if (embedded.length !== wanted)
  throw new RangeError(
    `Cannot publish: there are results of ${embedded.length} cells, expected ${wanted}; run node --test "test/src/crash/*.test.ts"`
  )
const failed = matrix.cells.flatMap((cell) => failuresOf(cell).map((failure) => `${cell.part} × ${cell.fault}: ${failure}`))
if (failed.length > 0) throw new RangeError(`Cannot publish cells that failed: ${failed.join('; ')}`)
await writeFile(publishedPath, withMatrix(await readFile(publishedPath, 'utf8'), matrix))
process.stdout.write(`${matrix.cells.length} cells of ${matrix.date} published\n`)
