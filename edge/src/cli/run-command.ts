/** Runs the agent until a signal ends it. */
import { waitForSignal } from '@tracegate/service/lifecycle'
import { createLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import { readOverrides } from '@tracegate/service/config'
import { type Agent, startAgent } from '../agent.ts'
import { EdgeConfig } from '../config.ts'
import { edgePrefix } from '../configuration/load.ts'
import { problemLines } from './problem-lines.ts'
import { usage } from './usage.ts'

/** Of one message from one source: a fault has to be seen, and must not fill the disk of the site. */
const linesPerMinuteMax = 10

export async function runCommand(argv: readonly string[]): Promise<number> {
  const { path, helpAsked } = readOverrides(EdgeConfig, { argv, env: process.env, prefix: edgePrefix })
  if (helpAsked) {
    process.stdout.write(usage())
    return 0
  }
  // What devices send is nobody else's on this machine.
  process.umask(0o077)
  const stopped = waitForSignal()
  let agent: Agent | undefined
  // From the first moment on: without a listener this signal ends the process.
  process.on('SIGHUP', () => void agent?.reload())
  const logger = createLogger({ level: 'info', format: 'json', linesPerMinuteMax })
  const started = await startAgent({ path, argv, env: process.env, logger, metrics: createMetrics({ process: true }) })
  if (!started.ok) {
    process.stderr.write(problemLines(started.problems))
    return 2
  }
  agent = started.agent
  await stopped
  await agent[Symbol.asyncDispose]()
  return 0
}
