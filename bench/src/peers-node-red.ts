/**
 * Node-RED as a peer: mqtt in (QoS 1), json, a function, influxdb batch with one request a message, nothing tuned. It is installed by nobody here: the folder of an
 * installation is named by `TRACEGATE_NODE_RED`, made with `npm install --prefix <folder> node-red node-red-contrib-influxdb`.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { cp, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

export interface Peer {
  end(): Promise<void>
}

const startedWithinMs = 60_000

/** Where it is installed; undefined when it is not. */
export function nodeRedFolder(): string | undefined {
  const folder = process.env['TRACEGATE_NODE_RED']
  return folder !== undefined && existsSync(join(folder, 'node_modules', 'node-red', 'red.js')) ? resolve(folder) : undefined
}

export async function startNodeRed(
  folder: string,
  at: { readonly brokerPort: number; readonly databasePort: number; readonly database: string; readonly port: number }
): Promise<Peer> {
  const userDir = await mkdtemp(join(tmpdir(), 'tracegate-node-red-'))
  await symlink(join(folder, 'node_modules'), join(userDir, 'node_modules'))
  await cp(join(folder, 'package.json'), join(userDir, 'package.json'))
  await writeFile(join(userDir, 'flows.json'), JSON.stringify(flowOf(at)))
  await writeFile(
    join(userDir, 'settings.js'),
    `module.exports = { flowFile: 'flows.json', uiHost: '127.0.0.1', uiPort: ${at.port}, telemetry: { enabled: false } }\n`
  )
  const red = join(folder, 'node_modules', 'node-red', 'red.js')
  const child = spawn(process.execPath, [red, '--userDir', userDir], { stdio: ['ignore', 'pipe', 'inherit'] })
  const { promise: started, resolve: onStarted, reject } = Promise.withResolvers<void>()
  const timer = setTimeout(() => reject(new Error(`Node-RED has not connected within ${startedWithinMs} ms`)), startedWithinMs)
  let log = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    log += text
    if (log.includes('Connected to broker')) onStarted()
  })
  const { promise: ended, resolve: onEnded } = Promise.withResolvers<void>()
  child.once('exit', () => onEnded())
  const end = async (): Promise<void> => {
    clearTimeout(timer)
    if (child.exitCode === null) child.kill('SIGKILL')
    await ended
    await rm(userDir, { recursive: true, force: true })
  }
  try {
    await Promise.race([started, ended.then(() => Promise.reject(new Error(`Node-RED ended: ${log.slice(-500)}`)))])
  } catch (error) {
    await end()
    throw error
  }
  clearTimeout(timer)
  return { end }
}

function flowOf({ brokerPort, databasePort, database }: { brokerPort: number; databasePort: number; database: string }): object[] {
  const code = `const m = msg.payload, [, , point, device] = msg.topic.split('/')
return { payload: m.readings.map((r) => ({ measurement: 'reading', fields: { value: r.value, quality: r.quality }, tags: { point, device, metric: r.metric }, timestamp: r.timeMs ?? m.timeMs })) }`
  return [
    { id: 'tab', type: 'tab', label: 'bench' },
    {
      id: 'broker',
      type: 'mqtt-broker',
      broker: '127.0.0.1',
      port: String(brokerPort),
      clientid: 'node-red',
      cleansession: false,
      protocolVersion: '4',
      keepalive: '60'
    },
    { id: 'in', type: 'mqtt in', z: 'tab', topic: 'tg/v1/+/+/telemetry', qos: '1', datatype: 'json', broker: 'broker', wires: [['make']] },
    { id: 'make', type: 'function', z: 'tab', func: code, outputs: 1, wires: [['out']] },
    {
      id: 'influx',
      type: 'influxdb',
      hostname: '127.0.0.1',
      port: String(databasePort),
      protocol: 'http',
      database,
      influxdbVersion: '1.x',
      usetls: false
    },
    { id: 'out', type: 'influxdb batch', z: 'tab', influxdb: 'influx', measurement: '', precision: 'ms', retentionPolicy: '', wires: [] }
  ]
}
