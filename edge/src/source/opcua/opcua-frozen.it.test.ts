/** An OPC UA server that is frozen in the middle of its work: the line lives, and nothing comes. */
import assert from 'node:assert/strict'
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { testNamespace } from '../../testing/opcua-server.ts'
import { startSource } from '../../testing/source-harness.ts'
import { tempFolder } from '../../testing/temp-folder.ts'
import { isRecord, until } from '../../testing/test-broker.ts'

const temperature = { node: `nsu=${testNamespace};s=Plant.Temperature`, metric: 'temperature', unit: 'Cel', samplingMs: 20 }

test('a server process that is frozen is left and found again when it goes on', { timeout: 40_000 }, async () => {
  using folder = tempFolder()
  const script = fileURLToPath(new URL('../../testing/opcua-server-process.ts', import.meta.url))
  const child = fork(script, [folder.path], { stdio: ['ignore', 'ignore', 'inherit', 'ipc'] })
  try {
    const [message]: unknown[] = await once(child, 'message')
    assert.ok(isRecord(message))
    const config = {
      type: 'opcua',
      endpoint: message['endpoint'],
      device: 'plc',
      publishingMs: 50,
      silenceTimeoutMs: 2_000,
      variables: [temperature]
    }
    await using harness = await startSource(config, join(folder.path, 'agent'))
    await until('the first value', () => harness.readings.length > 0)
    child.kill('SIGSTOP')
    await until('the watchdog', () => harness.counts.sourceRestarts > 0)
    assert.equal(harness.source.status().connected, false)
    assert.deepEqual(harness.devices, ['plc online', 'plc offline: source not connected'])
    child.kill('SIGCONT')
    await until('the connection', () => harness.source.status().connected)
    child.send(33.25)
    await until('a new value', () => harness.readings.some(({ value }) => value === 33.25))
  } finally {
    child.kill('SIGKILL')
  }
})
