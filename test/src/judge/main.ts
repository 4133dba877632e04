/** `npm run judge -- <kind> <path>`: runs the vectors at the path and says what passed. Exits 1 on a failure, 2 on a wrong call. */
import { stat } from 'node:fs/promises'
import { judges } from './judges.ts'

const [kind = '', path = '', ...rest] = process.argv.slice(2)
const load = judges[kind]
if (load === undefined || path === '' || rest.length > 0) {
  process.stderr.write(`Usage: npm run judge -- <kind> <path>\n  kind is "${kind}", expected one of ${Object.keys(judges).join(', ')}\n`)
  process.exit(2)
}
try {
  await stat(path)
} catch {
  process.stderr.write(`Cannot judge ${kind}: path is "${path}", expected an existing file or folder\n`)
  process.exit(2)
}
const { judge } = await load()
const result = await judge.run(path)
for (const note of result.notes) process.stdout.write(`${note}\n`)
for (const skipped of result.skipped) process.stdout.write(`skipped ${skipped}\n`)
for (const failure of result.failures) process.stdout.write(`failed ${failure}\n`)
process.stdout.write(
  `${result.passed} passed, ${result.failures.length} failed${result.skipped.length > 0 ? `, ${result.skipped.length} skipped` : ''}\n`
)
process.exitCode = result.failures.length > 0 ? 1 : 0
