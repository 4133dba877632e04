/** The edge agent as a process of its own: parses its configuration, starts, waits for a signal, and ends. */
import { CodedError } from '@tracegate/model/errors'
import { describeOptions, loadConfig } from '@tracegate/service/config'
import { waitForSignal } from '@tracegate/service/lifecycle'
import { createLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import { createRangeCheck } from './check.ts'
import { EdgeConfig } from './config.ts'
import { startEdge } from './edge.ts'

const prefix = 'TRACEGATE_EDGE'
const exitWrongCall = 2

try {
  const config = loadConfig(EdgeConfig, { argv: process.argv.slice(2), env: process.env, prefix })
  if (config.helpAsked) {
    process.stdout.write(
      `Usage: node edge/src/main.ts --config <file> [options]\n\n${describeOptions(EdgeConfig, prefix)}\n  --config <text>  YAML or JSON file with these options, sources and devices\n`
    )
  } else {
    const stopped = waitForSignal()
    const logger = createLogger({ level: 'info', format: 'json' })
    const metrics = createMetrics({ process: true })
    const edge = await startEdge(config.values, { logger, metrics, check: createRangeCheck(config.values.devices) })
    await stopped
    await edge[Symbol.asyncDispose]()
    process.exit(0)
  }
} catch (error) {
  if (!(error instanceof CodedError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exit(exitWrongCall)
}
