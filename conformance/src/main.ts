/** The conformance kit as a program: passes its arguments on and ends with the code of the verdicts. */
import { CodedError } from '@tracegate/model/errors'
import { runCli } from './cli.ts'

const exitWrongCall = 2

try {
  process.exitCode = await runCli(process.argv.slice(2), process.env, {
    out: (text) => process.stdout.write(text),
    err: (text) => process.stderr.write(text)
  })
} catch (error) {
  if (!(error instanceof CodedError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = exitWrongCall
}
