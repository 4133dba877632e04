/** Sessions on a disk that is really full: a small file system in memory, where one may be mounted; and a file that is damaged. */
import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, it } from 'node:test'
import { encodePublish, encodeSubscribe, packetTypes } from '../raw-client.ts'
import { command, login, loginTo, start, telemetry, until, type TestBroker } from '../testing.ts'

let dataDir = ''
beforeEach(async () => void (dataDir = await mkdtemp(join(tmpdir(), 'tracegate-broker-full-'))))
afterEach(() => rm(dataDir, { recursive: true, force: true }))

const messageBytes = 20_000
/** Of 2 MiB. */
const ballastBytes = 600_000
const failures = (broker: TestBroker) => broker.read('tracegate_broker_session_file_failures_total')

async function leaveSession(broker: TestBroker): Promise<void> {
  const client = await login(broker, { clean: false })
  client.send(encodeSubscribe([command]))
  await client.next(packetTypes.suback)
  client.socket.destroy()
  await until(() => broker.connections() === 0)
}

/** Publishes until the broker ends the connection; gives the numbers of the messages that were acknowledged. */
async function publishUntilRefused(broker: TestBroker, from: number): Promise<number[]> {
  await using publisher = await login(broker, { username: 'api' })
  const { socket, closed } = publisher
  for (let index = 0; !socket.destroyed && index < 200; index += 1) {
    const payload = Buffer.from(String(from + index).padStart(messageBytes, '0'))
    publisher.send(encodePublish({ topic: command, payload, qos: 1, packetId: index + 1 }))
    await Promise.race([closed, until(() => publisher.packets.length > index)])
  }
  assert.ok(socket.destroyed, 'the disk was not filled')
  return publisher.packets.map(({ body }) => from + body.readUInt16BE(0) - 1)
}

async function receive(broker: TestBroker): Promise<Set<number>> {
  const { client, sessionPresent } = await loginTo(broker, { clean: false })
  assert.ok(sessionPresent)
  const received = new Set<number>()
  for (;;) {
    const publish = await client.next(packetTypes.publish, 500).catch(() => undefined)
    if (publish === undefined) break
    const idAt = 2 + publish.body.readUInt16BE(0)
    received.add(Number(publish.body.toString('latin1', idAt + 2)))
    client.send(Buffer.concat([Buffer.from([0x40, 2]), publish.body.subarray(idAt, idAt + 2)]))
  }
  client.socket.destroy()
  return received
}

describe('a full disk', () => {
  it('ends acknowledgements for a client that is away, loses none of those given, and nothing else stops', async (context) => {
    const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=2m', 'tmpfs', dataDir])
    if (mounted.status !== 0) return context.skip('a small file system cannot be mounted here')
    try {
      const ballast = join(dataDir, 'ballast')
      await writeFile(ballast, Buffer.alloc(ballastBytes))
      const acknowledged: number[] = []
      {
        await using broker = await start({ dataDir, limits: { sessionBytesMax: 1_600_000 } })
        await leaveSession(broker)
        acknowledged.push(...(await publishUntilRefused(broker, 0)))
        assert.ok(acknowledged.length > 0 && (await failures(broker)) > 0)
        assert.match(broker.trouble() ?? '', /broker\.db: .*full/)
        for (let round = 1; round < 40; round += 1) acknowledged.push(...(await publishUntilRefused(broker, round * 1_000)))
        await using device = await login(broker, { username: 'port-1/probe-1', clientId: 'other' })
        device.send(encodePublish({ topic: telemetry, payload: Buffer.from('{}'), qos: 1 }))
        await device.next(packetTypes.puback)
      }
      await using again = await start({ dataDir })
      const received = await receive(again)
      assert.deepEqual(
        acknowledged.filter((one) => !received.has(one)),
        []
      )
      await rm(ballast)
      await until(() => again.trouble() === undefined)
      await using publisher = await login(again, { username: 'api' })
      publisher.send(encodePublish({ topic: command, payload: Buffer.from('{}'), qos: 1 }))
      await publisher.next(packetTypes.puback)
      context.diagnostic(`${acknowledged.length} messages acknowledged`)
    } finally {
      spawnSync('umount', ['-l', dataDir])
    }
  })
})

describe('a file that is damaged', () => {
  it('ends the start with its path', async () => {
    {
      await using broker = await start({ dataDir })
      await leaveSession(broker)
      await broker.publisher.publish(command, Buffer.alloc(50_000), { qos: 1, retain: true })
    }
    const path = join(dataDir, 'broker.db')
    const bytes = await readFile(path)
    await writeFile(path, bytes.fill(0x5a, 4_096))
    await assert.rejects(start({ dataDir }), (error: unknown) => {
      assert.ok(error instanceof Error && error.message.includes(path), String(error))
      return true
    })
  })
})
