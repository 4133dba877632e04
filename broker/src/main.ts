/** The broker's command line: `check` looks at any broker. The broker itself runs within the product and starts from there. */
import { CodedError } from '@tracegate/model/errors'
import { checkCommand, checkUsage } from './check/check-command.ts'

const exitWrongCall = 2
const columnsDefault = 140

const [command = '', ...rest] = process.argv.slice(2)
try {
  if (command === '' || command === '--help' || command === '-h') {
    process.stdout.write(checkUsage())
    process.exitCode = command === '' ? exitWrongCall : 0
  } else if (command === 'check') {
    process.exitCode = await checkCommand(rest, process.env, {
      out: (text) => void process.stdout.write(text),
      columns: process.stdout.columns ?? columnsDefault
    })
  } else {
    process.stderr.write(`Cannot run: command is "${command}", expected check\n`)
    process.exitCode = exitWrongCall
  }
} catch (error) {
  if (!(error instanceof CodedError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = exitWrongCall
}
