/**
 * Starts the machine's InfluxDB 1.x on free ports of the loopback interface with a folder of its own, for tests and benches. It ends with
 * `stop`, and with the process that started it.
 */
import { spawn } from 'node:child_process'
import { existsSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

export interface StartedInfluxd {
  /** `http://127.0.0.1:<port>`. */
  readonly origin: string
  readonly port: number
  readonly pid: number
  /** Ends it at once, keeping its data; `start` brings it up again on the same port. */
  kill(): Promise<void>
  start(): Promise<void>
  stop(): Promise<void>
}

export interface InfluxdOptions {
  /** Lines for the `[data]` section, e.g. `max-values-per-tag = 10`. */
  readonly data?: readonly string[]
  /** Lines for the `[http]` section, e.g. `max-body-size = 10000`. */
  readonly http?: readonly string[]
}

const program = '/usr/bin/influxd'
const startWaitMs = 20_000

/** Why tests against a real InfluxDB 1.x cannot run here; false when they can. CI must have it. */
export function withoutInfluxd(): string | false {
  if (existsSync(program)) return false
  if (process.env['CI'] === 'true') throw new Error(`Cannot test: ${program} is absent, expected the Debian package influxdb`)
  return `needs ${program} of the Debian package influxdb`
}

export async function startInfluxd(options: InfluxdOptions = {}): Promise<StartedInfluxd> {
  const folder = await mkdtemp(join(tmpdir(), 'tracegate-influxd-'))
  const [port, rpcPort] = await freePorts()
  const config = join(folder, 'influxdb.conf')
  await writeFile(config, configOf({ folder, port, rpcPort, ...options }))
  const origin = `http://127.0.0.1:${port}`
  let running: Awaited<ReturnType<typeof launch>> | undefined = await launch(config, origin)
  const kill = async (): Promise<void> => {
    const ending = running
    running = undefined
    await ending?.end()
  }
  return {
    origin,
    port,
    get pid() {
      return running?.pid ?? -1
    },
    kill,
    async start() {
      running ??= await launch(config, origin)
    },
    async stop() {
      await kill()
      await rm(folder, { recursive: true, force: true })
    }
  }
}

async function launch(config: string, origin: string): Promise<{ readonly pid: number; end(): Promise<void> }> {
  const child = spawn(program, ['-config', config], { stdio: ['ignore', 'ignore', 'pipe'], env: { HOME: tmpdir() } })
  let log = ''
  child.stderr.on('data', (chunk: Buffer) => (log = (log + chunk.toString()).slice(-4_000)))
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const onExit = (): void => void child.kill('SIGKILL')
  process.once('exit', onExit)
  const end = async (): Promise<void> => {
    process.removeListener('exit', onExit)
    child.kill('SIGKILL')
    await ended
  }
  const until = Date.now() + startWaitMs
  while (child.exitCode === null && Date.now() < until) {
    const answers = await fetch(`${origin}/ping`).then(
      (answer) => answer.status === 204,
      () => false
    )
    if (answers) return { pid: child.pid ?? -1, end }
    await sleep(50)
  }
  await end()
  throw new Error(`Cannot start influxd: it does not answer at ${origin}: ${log}`)
}

function configOf(parts: InfluxdOptions & { readonly folder: string; readonly port: number; readonly rpcPort: number }): string {
  const { folder, port, rpcPort, data = [], http = [] } = parts
  return [
    'reporting-enabled = false',
    `bind-address = "127.0.0.1:${rpcPort}"`,
    `[meta]\n  dir = "${folder}/meta"`,
    `[data]\n  dir = "${folder}/data"\n  wal-dir = "${folder}/wal"\n  index-version = "tsi1"\n  query-log-enabled = false`,
    ...data.map((line) => `  ${line}`),
    '[monitor]\n  store-enabled = false',
    `[http]\n  bind-address = "127.0.0.1:${port}"\n  log-enabled = false`,
    ...http.map((line) => `  ${line}`),
    '[continuous_queries]\n  enabled = false',
    ''
  ].join('\n')
}

/** Two that nobody has at the moment. */
export async function freePorts(): Promise<[number, number]> {
  const servers = [createServer(), createServer()]
  const ports: number[] = []
  for (const server of servers) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const address = server.address()
    if (address !== null && typeof address === 'object') ports.push(address.port)
  }
  for (const server of servers) await new Promise((resolve) => server.close(resolve))
  return [ports[0] ?? 0, ports[1] ?? 0]
}
