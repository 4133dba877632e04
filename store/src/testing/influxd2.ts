/**
 * An InfluxDB 2.x for tests, where one can be had: the program named by TRACEGATE_INFLUXDB2_BIN, started on a free port with a folder of
 * its own, or a server that runs already, by TRACEGATE_INFLUXDB2_URL, _TOKEN and _ORG. It is in no package that a machine installs by itself.
 */
import { spawn } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { freePorts } from './influxd.ts'

export interface Influx2Server {
  readonly origin: string
  readonly organization: string
  readonly token: string
  stop(): Promise<void>
}

const { TRACEGATE_INFLUXDB2_BIN: program, TRACEGATE_INFLUXDB2_URL: url } = process.env
const startWaitMs = 60_000

/** Why tests against a real InfluxDB 2.x cannot run here; false when they can. */
export function withoutInfluxd2(): string | false {
  if (url !== undefined) return false
  if (program === undefined)
    return 'needs an InfluxDB 2.x: name its program by TRACEGATE_INFLUXDB2_BIN or a server by TRACEGATE_INFLUXDB2_URL'
  return existsSync(program) ? false : `needs ${program}, which TRACEGATE_INFLUXDB2_BIN names`
}

export async function startInfluxd2(): Promise<Influx2Server> {
  if (url !== undefined) {
    const { TRACEGATE_INFLUXDB2_TOKEN: token = '', TRACEGATE_INFLUXDB2_ORG: organization = 'tracegate' } = process.env
    return { origin: url, organization, token, stop: async () => {} }
  }
  const folder = await mkdtemp(join(tmpdir(), 'tracegate-influxd2-'))
  const [port] = await freePorts()
  const origin = `http://127.0.0.1:${port}`
  const child = spawn(
    program ?? '',
    [
      `--bolt-path=${folder}/bolt`,
      `--engine-path=${folder}/engine`,
      `--sqlite-path=${folder}/sqlite`,
      `--http-bind-address=127.0.0.1:${port}`,
      '--reporting-disabled',
      '--log-level=error'
    ],
    { stdio: 'ignore', env: { HOME: folder } }
  )
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()))
  const onExit = (): void => void child.kill('SIGKILL')
  process.once('exit', onExit)
  const stop = async (): Promise<void> => {
    process.removeListener('exit', onExit)
    child.kill('SIGKILL')
    await ended
    await rm(folder, { recursive: true, force: true })
  }
  const until = Date.now() + startWaitMs
  while (child.exitCode === null && Date.now() < until) {
    const token = await setUp(origin)
    if (token !== undefined) return { origin, organization: 'tracegate', token, stop }
    await sleep(100)
  }
  await stop()
  throw new Error(`Cannot start ${program}: it does not answer at ${origin}`)
}

/** Makes the first user; undefined when the server does not answer yet. */
async function setUp(origin: string): Promise<string | undefined> {
  const token = randomUUID()
  const body = JSON.stringify({ username: 'tracegate', password: randomUUID(), org: 'tracegate', bucket: 'first', token })
  const headers = { 'content-type': 'application/json' }
  const made = await fetch(`${origin}/api/v2/setup`, { method: 'POST', headers, body }).then(
    (answer) => answer.status === 201,
    () => false
  )
  return made ? token : undefined
}
