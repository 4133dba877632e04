/** How often a foreign broker that is not there is tried. */
import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { setTimeout as sleep } from 'node:timers/promises'
import { createLogger } from '../log.ts'
import { openMqttSession } from './mqtt-session.ts'

/** Where nobody listens. */
async function closedPort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve())
  })
  const address = server.address()
  await new Promise<void>((resolve) => {
    server.close(() => resolve())
  })
  return address !== null && typeof address === 'object' ? address.port : 0
}

test('a broker that never answered is tried less and less often, however long the agent runs', { timeout: 20_000 }, async () => {
  const waitsMs: number[] = []
  const write = (line: string) => void waitsMs.push(Number(/"waitMs":(\d+)/.exec(line)?.[1]))
  await using session = openMqttSession({
    connection: { url: `mqtt://127.0.0.1:${await closedPort()}` },
    clientId: 'c',
    persistent: false,
    filters: [],
    inFlightMax: 1,
    onMessage: async () => undefined,
    onUp: () => undefined,
    onDown: () => undefined,
    onFailed: () => undefined,
    logger: createLogger({ level: 'warn', format: 'json', destination: { write } }),
    nowMs: () => 3_600_000
  })
  for (let turns = 0; turns < 1_000 && waitsMs.length < 3; turns += 1) await sleep(10)
  assert.equal(waitsMs.length, 3)
  assert.equal(session.connected, false)
  const [first = 0, second = 0, third = 0] = waitsMs
  assert.ok(first <= 500 && second >= 500 && third >= 1_000, waitsMs.join(', '))
})
