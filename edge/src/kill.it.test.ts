/** Kills an agent in the middle of sending and counts what arrived. */
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import { startEdge } from './edge.ts'
import { tempFolder } from './testing/temp-folder.ts'
import { isRecord, startTestBroker, type TestBroker, until } from './testing/test-broker.ts'

const agent = fileURLToPath(new URL('./testing/agent-process.ts', import.meta.url))
const kills = 4

/** Runs an agent until it is killed; gives the numbers that the outbox took. */
async function runAndKill(broker: TestBroker, dataDir: string, first: number, afterNumbers: number): Promise<number[]> {
  const child: ChildProcess = spawn(process.execPath, [agent, broker.url, dataDir, String(first)], { stdio: ['ignore', 'pipe', 'inherit'] })
  let text = ''
  child.stdout?.on('data', (chunk: Buffer) => {
    text += chunk.toString()
  })
  const numbers = () =>
    text
      .slice(0, text.lastIndexOf('\n') + 1)
      .split('\n')
      .filter(Boolean)
      .map(Number)
  const exited = once(child, 'exit')
  try {
    await until('readings in the outbox', () => numbers().length >= afterNumbers)
  } finally {
    child.kill('SIGKILL')
    await exited
  }
  return numbers()
}

/** The values that arrived; a message that came again counts once. */
function arrived(broker: TestBroker): number[] {
  const numbers: number[] = []
  const seen = new Set<string>()
  for (const { message, device, boot, seq } of broker.received) {
    const readings: unknown = message['readings']
    if (!Array.isArray(readings) || seen.has(`${device}/${boot}/${seq}`)) continue
    seen.add(`${device}/${boot}/${seq}`)
    const list: readonly unknown[] = readings
    for (const reading of list) if (isRecord(reading)) numbers.push(Number(reading['value']))
  }
  return numbers
}

test(
  'TG-404 TG-405 TG-412: killed again and again in the middle of sending, an agent loses nothing that its outbox took',
  { timeout: 60_000 },
  async () => {
    using folder = tempFolder()
    await using broker = await startTestBroker()
    const taken: number[] = []
    for (let kill = 0; kill < kills; kill += 1) {
      broker.faults.watermarks = kill % 3 !== 1
      taken.push(...(await runAndKill(broker, folder.path, kill * 1_000_000, 40 + kill * 37)))
    }
    broker.faults.watermarks = true
    await using edge = await startEdge(
      {
        point: 'p1',
        agent: 'agent',
        secret: 'secret-of-agent',
        brokerUrl: broker.url,
        dataDir: folder.path,
        sources: [],
        devices: [],
        watermarkTimeoutMs: 500
      },
      { logger: silentLogger, metrics: createMetrics() }
    )
    await until('an empty outbox', () => edge.status().connected && edge.status().outboxMessages === 0, 20_000)
    const values = arrived(broker)
    const there = new Set(values)
    assert.equal(values.length, there.size, 'no reading under two numbers')
    assert.ok(taken.length > kills * 40)
    assert.deepEqual(
      taken.filter((number) => !there.has(number)),
      []
    )
  }
)
