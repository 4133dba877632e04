/** A line to an OPC UA server that is cut and comes back: what the server kept meanwhile is not lost. */
import assert from 'node:assert/strict'
import { connect, createServer, type Socket } from 'node:net'
import { join } from 'node:path'
import { test } from 'node:test'
import { startTestOpcuaServer, testNamespace } from '../../testing/opcua-server.ts'
import { startSource } from '../../testing/source-harness.ts'
import { tempFolder } from '../../testing/temp-folder.ts'
import { until } from '../../testing/test-broker.ts'

test(
  'a session is resumed after a cut line: every value that the server queued arrives, once and in order',
  { timeout: 40_000 },
  async () => {
    using folder = tempFolder()
    await using server = await startTestOpcuaServer(folder.path)
    const sockets = new Set<Socket>()
    const line = createServer((near) => {
      const far = connect(server.port, '127.0.0.1')
      sockets.add(near)
      near.pipe(far).pipe(near)
      near.on('error', () => far.destroy())
      far.on('error', () => near.destroy())
      near.on('close', () => far.destroy())
    })
    await new Promise<void>((resolve) => {
      line.listen(0, '127.0.0.1', () => resolve())
    })
    const address = line.address()
    assert.ok(address !== null && typeof address === 'object')
    const variables = [{ node: `nsu=${testNamespace};s=Plant.Temperature`, metric: 'count', unit: '1', samplingMs: 0 }]
    const endpoint = `opc.tcp://127.0.0.1:${address.port}/UA`
    {
      await using harness = await startSource(
        { type: 'opcua', endpoint, device: 'plc', publishingMs: 50, variables },
        join(folder.path, 'agent')
      )
      await until('the connection', () => harness.source.status().connected && harness.readings.length > 0)
      const countTo = 40
      for (let count = 1; count <= countTo; count += 1) {
        server.setTemperature(1_000 + count)
        if (count === 10 || count === 25) for (const socket of sockets) socket.destroy()
        await new Promise((resolve) => setTimeout(resolve, 80))
      }
      await until('the last value', () => harness.readings.at(-1)?.value === 1_000 + countTo)
      const counts = harness.readings.map(({ value }) => value - 1_000).filter((count) => count > 0)
      assert.deepEqual(
        counts,
        Array.from({ length: countTo }, (_, index) => index + 1)
      )
      assert.equal(harness.counts.sourceRestarts, 0)
      assert.ok(harness.devices.includes('plc offline: source not connected'))
      assert.equal(harness.devices.at(-1), 'plc online')
    }
    line.close()
  }
)
