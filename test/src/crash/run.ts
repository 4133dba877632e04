/** Runs cells by hand: `node test/src/crash/run.ts [--part p] [--fault f] [--broker embedded|mosquitto]`. */
import { parseArgs } from 'node:util'
import { runCell } from './cell.ts'
import { brokers, failuresOf, faults, parts, tableOf, type CellResult } from './result.ts'

const { values } = parseArgs({ options: { part: { type: 'string' }, fault: { type: 'string' }, broker: { type: 'string' } } })
const broker = brokers.find((name) => name === values.broker) ?? 'embedded'
const results: CellResult[] = []
for (const part of parts.filter((name) => values.part === undefined || name === values.part)) {
  for (const fault of faults.filter((name) => values.fault === undefined || name === values.fault)) {
    try {
      const result = await runCell({ part, fault, broker })
      results.push(result)
      process.stdout.write(`${part} × ${fault}: ${result.seconds} s ${failuresOf(result).join('; ') || 'ok'} ${JSON.stringify(result)}\n`)
    } catch (error) {
      process.stdout.write(`${part} × ${fault}: FAILED ${String(error)}\n`)
    }
  }
}
process.stdout.write(`${tableOf(results)}\n`)
