/** An agent in a process of its own, to be killed: sends numbered readings without end and prints each number that the outbox took. */
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import { startEdge } from '../edge.ts'

const [brokerUrl = '', dataDir = '', first = '0', sync = 'normal'] = process.argv.slice(2)
const edge = await startEdge(
  {
    point: 'p1',
    agent: 'agent',
    secret: 'secret-of-agent',
    brokerUrl,
    dataDir,
    outboxSync: sync === 'full' ? 'full' : 'normal',
    commitAfterMs: 5,
    backOffMinMs: 20,
    backOffMaxMs: 100,
    watermarkTimeoutMs: 500,
    sources: [],
    devices: []
  },
  { logger: silentLogger, metrics: createMetrics() }
)
for (let number = Number(first); ; number += 1) {
  await edge.intake.readingsDurably([
    { device: 'd1', metric: 'number', unit: '1', timeMs: 1_700_000_000_000 + number, value: number, quality: 1 }
  ])
  process.stdout.write(`${number}\n`)
}
