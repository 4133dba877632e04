/**
 * The platform's broker as a process of its own: `node broker-process.ts [log file]`. There is no collector in it, so its PUBACK
 * says only that the message is in its memory; what makes the chain lossless is the commit watermark (TG-405).
 */
import { createWriteStream, writeSync } from 'node:fs'
import { startBroker } from '@tracegate/broker/broker'
import { waitForSignal } from '@tracegate/service/lifecycle'
import { createLogger, silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import type { DeviceDirectory } from '@tracegate/service/identity'
import { agent } from './content.ts'

/** Anybody is who the user name says; the secret is judged elsewhere. */
const directory: DeviceDirectory = {
  async authenticate({ username = '' }) {
    const [point = '', device] = username.split('/')
    if (device === undefined) return { role: 'service', point: '', device: username }
    return { role: device === agent ? 'edge' : 'device', point, device }
  }
}

if (import.meta.main) await main(process.argv[2])

async function main(logFile: string | undefined): Promise<void> {
  const stopped = waitForSignal()
  const logger =
    logFile === undefined ? silentLogger : createLogger({ level: 'debug', format: 'json', destination: createLogFile(logFile) })
  const broker = await startBroker({
    host: '127.0.0.1',
    port: 0,
    directory,
    sink: { commit: async () => {} },
    logger,
    metrics: createMetrics()
  })
  writeSync(1, `${JSON.stringify({ ready: { port: broker.port } })}\n`)
  await stopped
  await broker[Symbol.asyncDispose]()
  process.exit(0)
}

/** A line that the disk does not take is left out; the broker goes on. */
function createLogFile(path: string): { write(text: string): void } {
  const stream = createWriteStream(path, { flags: 'a' })
  stream.on('error', () => {})
  return { write: (text) => void stream.write(text) }
}
