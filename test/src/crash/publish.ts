/** `node test/src/crash/publish.ts`: puts the tables of the last run (`test/out/crash-matrix.json`) into `docs/crash-matrix.md`. */
import { readFile, writeFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { compileValidator } from '@tracegate/model/codec'
import { publishedPath, withMatrix } from './published.ts'
import { failuresOf, faults, Matrix, parts } from './result.ts'

const resultPath = fileURLToPath(new URL('../../out/crash-matrix.json', import.meta.url))

const checked = compileValidator(Matrix).check(JSON.parse(await readFile(resultPath, 'utf8')))
if (!checked.ok) throw new TypeError(`Cannot publish: ${resultPath}: ${checked.reason.message}`)
const { value: matrix } = checked
const embedded = matrix.cells.filter(({ broker }) => broker === 'embedded')
const wanted = parts.length * faults.length
if (embedded.length !== wanted)
  throw new RangeError(
    `Cannot publish: the last run has ${embedded.length} cells, expected ${wanted}; run node --test "test/src/crash/*.test.ts"`
  )
const failed = matrix.cells.flatMap((cell) => failuresOf(cell).map((failure) => `${cell.part} × ${cell.fault}: ${failure}`))
if (failed.length > 0) throw new RangeError(`Cannot publish a run that failed: ${failed.join('; ')}`)
await writeFile(publishedPath, withMatrix(await readFile(publishedPath, 'utf8'), matrix))
process.stdout.write(`${matrix.cells.length} cells of ${matrix.date} published\n`)
