/** A real Mosquitto for tests, on a free port, with a disk of its own so that it keeps sessions over a restart. */
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { connect, createServer } from 'node:net'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** Why the tests with Mosquitto are skipped; false when it is there. In CI it has to be. */
export const noMosquitto: false | string =
  process.env['CI'] === 'true' || spawnSync('mosquitto', ['-h']).error === undefined ? false : 'the program mosquitto is not installed'

export interface Mosquitto extends AsyncDisposable {
  readonly port: number
  readonly url: string
  /** Ends it and starts it again on the same port, with what it has on disk. */
  restart(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>
  stop(signal?: 'SIGTERM' | 'SIGKILL'): Promise<void>
  start(): Promise<void>
  /** Writes what it holds to its disk, which it else does at its end only. */
  save(): Promise<void>
}

const startTimeoutMs = 10_000
/** Wait for a signal to be heeded. */
const saveMs = 500

/** `lines` are put into its configuration after the listener. */
export async function startMosquitto(folder: string, lines: readonly string[] = ['allow_anonymous true']): Promise<Mosquitto> {
  const port = await freePort()
  const path = join(folder, 'mosquitto.conf')
  const own = ['persistence true', `persistence_location ${folder}/`, 'autosave_interval 1', 'max_queued_messages 0']
  const user = process.getuid?.() === 0 ? ['user root'] : []
  writeFileSync(path, [`listener ${port} 127.0.0.1`, ...own, ...user, ...lines, ''].join('\n'))
  let child: ChildProcess | undefined
  const start = async () => {
    child = spawn('mosquitto', ['-c', path], { stdio: 'ignore' })
    const deadlineMs = performance.now() + startTimeoutMs
    while (!(await isOpen(port))) {
      if (performance.now() > deadlineMs) throw new Error(`mosquitto did not open port ${port} within ${startTimeoutMs} ms`)
      await sleep(30)
    }
  }
  const stop = async (signal: 'SIGTERM' | 'SIGKILL' = 'SIGTERM') => {
    const ending = child
    child = undefined
    if (ending === undefined || ending.exitCode !== null) return
    const ended = new Promise<void>((resolve) => {
      ending.once('exit', () => resolve())
    })
    ending.kill(signal)
    await Promise.race([ended, sleep(5_000)])
  }
  await start()
  return {
    port,
    url: `mqtt://127.0.0.1:${port}`,
    start,
    stop,
    async save() {
      child?.kill('SIGUSR1')
      await sleep(saveMs)
    },
    async restart(signal) {
      await stop(signal)
      await start()
    },
    [Symbol.asyncDispose]: () => stop('SIGKILL')
  }
}

function isOpen(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => {
      socket.destroy()
      resolve(true)
    })
    socket.once('error', () => resolve(false))
  })
}

async function freePort(): Promise<number> {
  const probe = createServer()
  await new Promise<void>((resolve) => {
    probe.listen(0, '127.0.0.1', () => resolve())
  })
  const address = probe.address()
  await new Promise<void>((resolve) => {
    probe.close(() => resolve())
  })
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
