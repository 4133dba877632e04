/** The command line of the edge agent: tells which command was meant, runs it, and ends with its code. */
import { CodedError } from '@tracegate/model/errors'
import { nearestOf } from '@tracegate/service/nearest'
import { browseCommand } from './cli/browse-command.ts'
import { checkCommand } from './cli/check-command.ts'
import { keysCommand, signCommand } from './cli/key-commands.ts'
import { runCommand } from './cli/run-command.ts'
import { sampleCommand } from './cli/sample-command.ts'
import { usage } from './cli/usage.ts'
import { keepMemorySmall } from './memory.ts'

const commands: Readonly<Record<string, (argv: readonly string[]) => Promise<number>>> = {
  run: runCommand,
  check: checkCommand,
  browse: browseCommand,
  sample: sampleCommand,
  sign: signCommand,
  keys: keysCommand
}
const exitWrongCall = 2

keepMemorySmall()
const [first = '', ...rest] = process.argv.slice(2)
const named = first.startsWith('-') || first === '' ? 'run' : first
const command = commands[named]
try {
  if (command === undefined) {
    const nearest = nearestOf(named, Object.keys(commands))
    process.stderr.write(
      `Cannot run: command is "${named}", expected one of ${Object.keys(commands).join(', ')}${nearest === undefined ? '' : `; did you mean "${nearest}"?`}\n`
    )
    process.exitCode = exitWrongCall
  } else if (first === '' || first === '--help' || first === '-h') {
    process.stdout.write(usage())
    process.exitCode = first === '' ? exitWrongCall : 0
  } else {
    process.exit(await command(named === first ? rest : process.argv.slice(2)))
  }
} catch (error) {
  if (!(error instanceof CodedError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exit(exitWrongCall)
}
