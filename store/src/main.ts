/** The command line of the stores: backup, restore, verify, migrate, export. It tells which command was meant and ends with its code. */
import { CodedError } from '@tracegate/model/errors'
import { nearestOf } from '@tracegate/service/nearest'
import { backupCommand } from './commands/backup-command.ts'
import { exitCodes, type StoreCommand } from './commands/command-line.ts'
import { exportCommand } from './commands/export-command.ts'
import { migrateCommand } from './commands/migrate-command.ts'
import { restoreCommand } from './commands/restore-command.ts'
import { verifyCommand } from './commands/verify-command.ts'

const commands: Readonly<Record<string, StoreCommand>> = {
  backup: backupCommand,
  restore: restoreCommand,
  verify: verifyCommand,
  migrate: migrateCommand,
  export: exportCommand
}

const [name = '', ...rest] = process.argv.slice(2)
const command = Object.hasOwn(commands, name) ? commands[name] : undefined
if (command === undefined) process.exitCode = tellCommands()
else process.exitCode = await run(command)

async function run(wanted: StoreCommand): Promise<number> {
  const ending = new AbortController()
  const end = () => ending.abort()
  process.once('SIGINT', end)
  process.once('SIGTERM', end)
  try {
    return await wanted.run(
      rest,
      {
        out: (text) => void process.stdout.write(text),
        err: (text) => void process.stderr.write(text),
        isTerminal: process.stderr.isTTY
      },
      ending.signal
    )
  } catch (error) {
    if (ending.signal.aborted) {
      process.stderr.write(`Cannot finish: interrupted, expected to run to its end\n`)
      return exitCodes.found
    }
    if (!(error instanceof CodedError) && !isFileError(error)) throw error
    process.stderr.write(`${error.message}\n`)
    return exitCodes.wrongCall
  } finally {
    process.off('SIGINT', end)
    process.off('SIGTERM', end)
  }
}

function tellCommands(): number {
  if (name === '--help' || name === '-h' || name === '') {
    process.stdout.write('npm run store -- <command> [options]; --help after a command tells its options\n\n')
    for (const [known, { about, example }] of Object.entries(commands))
      process.stdout.write(`${known.padEnd(9)}${about}\n         ${known} ${example}\n`)
    return name === '' ? exitCodes.wrongCall : exitCodes.done
  }
  const nearest = nearestOf(name, Object.keys(commands))
  const hint = nearest === undefined ? '' : `; did you mean "${nearest}"?`
  process.stderr.write(`Cannot run: command is "${name}", expected one of ${Object.keys(commands).join(', ')}${hint}\n`)
  return exitCodes.wrongCall
}

/** A path that is not there or is there already. */
function isFileError(error: unknown): error is Error {
  return error instanceof Error && 'syscall' in error
}
