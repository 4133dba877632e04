/**
 * A disk that a test can fill. With the right to mount it is a small tmpfs in a mount namespace of its own, which ends with the
 * process that holds it, so that no mount is ever left behind. Without that right it is a limit on the size of files of the
 * running process (RLIMIT_FSIZE), which fails writes in the same places with another error.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, openSync, rmSync, statfsSync, writeSync, closeSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { waitFor } from '../system/product.ts'

export interface SmallDisk extends AsyncDisposable {
  /** What it is, for the result. */
  readonly kind: string
  /** Where the part sees it. */
  readonly path: string
  /** Goes before the command of everything that is to see it. */
  readonly prefix: readonly string[]
  /** Takes all room that is left, from the process of this id. */
  fill(pid: number): void
  free(pid: number): void
}

/** Ends by itself, should the test be killed. */
const holdSeconds = 180

export async function createSmallDisk(folder: string, mebibytes: number): Promise<SmallDisk> {
  mkdirSync(folder, { recursive: true })
  return (await createTmpfs(folder, mebibytes)) ?? createSizeLimit(folder)
}

async function createTmpfs(path: string, mebibytes: number): Promise<SmallDisk | undefined> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return undefined
  const script = `mount -t tmpfs -o size=${mebibytes}m tmpfs "$1" && echo ready && exec sleep ${holdSeconds}`
  const holder = spawn('unshare', ['--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', path], {
    stdio: ['ignore', 'pipe', 'ignore']
  })
  const exited = once(holder, 'exit').catch(() => {})
  let output = ''
  holder.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  holder.on('error', () => (output += 'failed'))
  const mounted = await waitFor('the small disk', 5_000, () => {
    if (output.includes('ready')) return 'yes'
    return output !== '' || holder.exitCode !== null ? 'no' : undefined
  })
  if (mounted === 'no') return undefined
  // The same folder as this process, which is outside of the namespace, reaches it.
  const outside = join('/proc', `${holder.pid}`, 'root', path)
  const ballast = join(outside, 'ballast')
  return {
    kind: `tmpfs of ${mebibytes} MiB`,
    path,
    prefix: ['nsenter', '--target', `${holder.pid}`, '--mount', '--'],
    fill: () => fillFile(ballast, outside),
    free: () => rmSync(ballast, { force: true }),
    async [Symbol.asyncDispose]() {
      holder.kill('SIGKILL')
      await exited
    }
  }
}

/** In ever smaller pieces, so that nothing is left for anybody. */
function fillFile(path: string, disk: string): void {
  const file = openSync(path, 'a')
  for (const bytes of [65_536, 4_096, 1]) {
    const chunk = Buffer.alloc(bytes)
    const most = statfsSync(disk).bavail * (4_096 / bytes) + 4_096
    for (let written = 0; written < most; written += 1) if (!wrote(file, chunk)) break
  }
  closeSync(file)
}

function wrote(file: number, chunk: Buffer): boolean {
  try {
    return writeSync(file, chunk) === chunk.length
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOSPC') return false
    throw error
  }
}

function createSizeLimit(path: string): SmallDisk {
  const limit = (pid: number, bytes: string) => {
    const { status, stderr } = spawnSync('prlimit', ['--pid', `${pid}`, `--fsize=${bytes}:unlimited`], { encoding: 'utf8' })
    if (status !== 0) throw new Error(`Cannot limit files of process ${pid}: ${stderr}`)
  }
  return {
    kind: 'RLIMIT_FSIZE in the place of a small disk',
    path,
    prefix: [],
    fill(pid) {
      const sizes = readdirSync(path).map((name) => statSync(join(path, name)).size)
      // No file may grow past the smallest that grows: write-ahead logs are what is written next.
      limit(pid, `${Math.max(4_096, Math.min(...sizes.filter((size) => size > 0)))}`)
    },
    free: (pid) => limit(pid, 'unlimited'),
    async [Symbol.asyncDispose]() {}
  }
}
