/** `npm start`: the whole product with its simulated port. Only parses, starts, waits for a signal and ends. */
import { enableCompileCache } from 'node:module'
import { setTimeout as wait } from 'node:timers/promises'
import { CodedError } from '@tracegate/model/errors'
import { describeOptions, loadConfig } from '@tracegate/service/config'
import { waitForSignal } from '@tracegate/service/lifecycle'
import { optionsPrefix, StartOptions } from './options.ts'

const exitWrongCall = 2
const settleMs = 5_000

/** Resolves when what a start sets going has had time to end. */
async function settled(told: Promise<void> | undefined): Promise<void> {
  await told
  await wait(settleMs)
}

enableCompileCache()

try {
  const config = loadConfig(StartOptions, { argv: process.argv.slice(2), env: process.env, prefix: optionsPrefix })
  if (config.helpAsked) {
    process.stdout.write(
      `Usage: npm start -- [options]\n\n${describeOptions(StartOptions, optionsPrefix)}\n  --config <text>  YAML or JSON file with these options\n`
    )
  } else {
    const stopped = waitForSignal()
    // Loaded only now: a wrong call is answered at once.
    const [{ startAllInOne }, { giveBackMemory }, { writeWelcome }] = await Promise.all([
      import('./all-in-one.ts'),
      import('@tracegate/service/give-back-memory'),
      import('./welcome.ts')
    ])
    const running = await startAllInOne(config.values, {
      bootstrapKey: process.env['TRACEGATE_BOOTSTRAP_KEY'],
      smtpPassword: process.env['TRACEGATE_SMTP_PASSWORD']
    })
    writeWelcome(running, config.values)
    await Promise.race([stopped, settled(running.simulator?.historyTold())])
    giveBackMemory()
    await stopped
    process.stdout.write('\nStopping …\n')
    const troubles = await running.stop()
    for (const trouble of troubles) process.stderr.write(`${trouble}\n`)
    process.stdout.write('Stopped. Everything acknowledged is kept.\n')
    process.exit(troubles.length === 0 ? 0 : 1)
  }
} catch (error) {
  if (!(error instanceof CodedError)) throw error
  process.stderr.write(`${error.message}\n`)
  process.exit(exitWrongCall)
}
