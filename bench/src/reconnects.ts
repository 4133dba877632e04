/**
 * Ten thousand devices that come back at once: after their line was cut, and after the broker was restarted; beside a broker that lets
 * everybody in, and beside one that works scrypt out each time. Load and broker share one process.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startBroker } from '@tracegate/broker/broker'
import { defaultBrokerLimits } from '@tracegate/broker/limits'
import { encodeConnect, openRawClient, packetTypes } from '@tracegate/broker/raw-client'
import type { StoredAccess } from '@tracegate/service/credentials'
import { createDeviceDirectory } from '@tracegate/service/device-directory'
import type { DeviceDirectory } from '@tracegate/service/identity'
import { silentLogger } from '@tracegate/service/log'
import { createMetrics } from '@tracegate/service/metrics'
import { createSecretHasher } from '@tracegate/service/secret-hash'
import { createEmbeddedCaseStore } from '@tracegate/store/embedded-case'
import { compare, describeMachine, timeMs, type Bench } from './bench.ts'

const together = 200
const secret = 'a generated secret of 256 bits, in characters'
const host = '127.0.0.1'

export const bench: Bench = {
  name: 'reconnects',
  about: 'sign-ins of devices that come back at once, each with a secret of its own row',
  async run({ scale = 1 }) {
    const devices = Math.max(200, Math.round(10_000 * scale))
    const folder = await mkdtemp(join(tmpdir(), 'tracegate-bench-'))
    const cases = await createEmbeddedCaseStore({ dataDir: folder })
    try {
      const hasher = createSecretHasher()
      const hash = await hasher.hash(Buffer.from(secret), 'generated')
      await inGroups(devices, async (index) => {
        const device = `d${index}`
        const access: StoredAccess = {
          role: 'device',
          point: 'p',
          device,
          credentials: [{ id: 'one', kind: 'secret', origin: 'generated', hash }]
        }
        await cases.put('credentials', `p/${device}`, access)
      })
      const metrics = createMetrics()
      const enrolled = hasher.worked
      await using directory = createDeviceDirectory({ register: cases, hasher })
      const first = await signIns(directory, devices, metrics)
      const workedFirst = hasher.worked - enrolled
      const again = await signIns(directory, devices, createMetrics())
      const workedAgain = hasher.worked - enrolled - workedFirst
      const everybody: DeviceDirectory = { authenticate: async () => ({ role: 'device', point: 'p', device: 'd' }) }
      const open = await signIns(everybody, devices, createMetrics())
      const what = 'a broker that lets everybody in'
      return {
        work: `${devices} connections with CONNECT and CONNACK, ${together} at a time; scrypt was worked out ${workedFirst} times at first and ${workedAgain} times when they came again`,
        machine: describeMachine(),
        rows: [
          compare({ figure: 'come back to the same broker', value: again, unit: 'sign-ins/s' }, { what, value: open }, 'more'),
          compare({ figure: 'come to a broker that was restarted', value: first, unit: 'sign-ins/s' }, { what, value: open }, 'more'),
          { figure: `all ${devices} back, same broker`, value: devices / again, unit: 's' },
          { figure: `all ${devices} back, restarted broker`, value: devices / first, unit: 's' }
        ]
      }
    } finally {
      await cases.close()
      await rm(folder, { recursive: true, force: true })
    }
  }
}

async function signIns(directory: DeviceDirectory, devices: number, metrics: ReturnType<typeof createMetrics>): Promise<number> {
  const limits = { ...defaultBrokerLimits, connectionsPerAddressMax: defaultBrokerLimits.connectionsMax }
  const sink = { commit: async () => {} }
  await using broker = await startBroker({ host, port: 0, directory, sink, logger: silentLogger, metrics, limits })
  const tookMs = await timeMs(() =>
    inGroups(devices, async (index) => {
      await using client = await openRawClient(broker)
      client.send(encodeConnect({ clientId: `c${index}`, username: `p/d${index}`, password: secret }))
      const connack = await client.next(packetTypes.connack, 30_000)
      if (connack.body[1] !== 0) throw new Error(`Cannot sign in: CONNACK is ${connack.body[1]}, expected 0`)
    })
  )
  return (devices / tookMs) * 1_000
}

async function inGroups(count: number, work: (index: number) => Promise<void>): Promise<void> {
  let next = 0
  const workers = Array.from({ length: Math.min(together, count) }, async () => {
    while (next < count) await work(next++)
  })
  await Promise.all(workers)
}
