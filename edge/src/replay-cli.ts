/** `npm run replay -- <file> …`: sends a recording through the running system. Only parses, runs, prints and sets the exit code. */
import { CodedError } from '@tracegate/model/errors'
import { describeOptions, loadConfig } from '@tracegate/service/config'
import { edgeError } from './errors.ts'
import { ReplayCliOptions, replayPrefix } from './replay/replay-options.ts'
import { type ReplayResult, runReplay } from './replay/run-replay.ts'
import { findSecret, secretVariable } from './replay/secret.ts'

const exitNotComplete = 1
const exitWrongCall = 2

const usage = `Usage: npm run replay -- <file> [options]

Sends a recording (CSV, JSON Lines) through the running system. The secret of the agent comes from
${secretVariable}, or from sim/credentials.json in the data folder of a running quickstart.

`

try {
  process.exitCode = await main(process.argv.slice(2))
} catch (error) {
  if (!(error instanceof CodedError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exitCode = exitWrongCall
}

async function main(argv: readonly string[]): Promise<number> {
  const [file, ...flags] = argv[0]?.startsWith('-') === false ? argv : ['', ...argv]
  const loaded = loadConfig(ReplayCliOptions, { argv: flags, env: process.env, prefix: replayPrefix })
  if (loaded.helpAsked) {
    process.stdout.write(`${usage}${describeOptions(ReplayCliOptions, replayPrefix)}\n`)
    return 0
  }
  if (file === undefined || file === '') throw edgeError('REPLAY_FILE')
  const cli = loaded.values
  const secret = findSecret({ env: process.env, dataDir: cli.dataDir, username: `${cli.point}/${cli.agent}` })
  const stop = new AbortController()
  process.once('SIGINT', () => stop.abort())
  process.once('SIGTERM', () => stop.abort())
  const result = await runReplay({ file, cli, secret, signal: stop.signal, onProgress: (line) => process.stderr.write(`${line}\n`) })
  process.stdout.write(`${summary(result)}\n`)
  return result.complete ? 0 : exitNotComplete
}

function summary(result: ReplayResult): string {
  const reasons = Object.entries(result.refusedFor).map(([code, count]) => `${code} ${count}`)
  const rows: [string, string | number][] = [
    ['rows read', result.rowsRead],
    ['readings sent', result.readingsSent],
    ['distinct series and times', result.distinctReadings],
    ['messages', result.messages],
    [
      'messages committed',
      `${result.messagesCommitted}${result.messagesLeftBefore > 0 ? ` (${result.messagesLeftBefore} left by an earlier replay)` : ''}`
    ],
    ['readings committed', result.readingsCommitted],
    ['not committed', result.messagesNotCommitted],
    ['refused', `${result.rowsRefused} rows, ${result.readingsRefused} readings${reasons.length > 0 ? ` (${reasons.join(', ')})` : ''}`],
    ['took', `${(result.tookMs / 1_000).toFixed(1)} s`]
  ]
  const width = Math.max(...rows.map(([name]) => name.length))
  const lines = rows.map(([name, value]) => `${name.padEnd(width + 2)}${value}`)
  return [...lines, result.complete ? 'Everything was committed.' : `Not complete: ${result.reason}`].join('\n')
}
