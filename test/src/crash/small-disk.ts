/**
 * Disks that a test can fill. With the right to mount they are small tmpfs in one mount namespace of their own, which ends with
 * the process that holds it, so that no mount is ever left behind. Without that right each is a limit on the size of files of the
 * running process (RLIMIT_FSIZE), which fails writes in the same places with another error.
 */
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, mkdirSync, openSync, readdirSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { waitFor } from '../system/product.ts'

export interface SmallDisk {
  /** What it is, for the result. */
  readonly kind: string
  /** Where the part sees it. */
  readonly path: string
  /** Takes all room that is left from the process of this id. */
  fill(pid: number): void
  free(pid: number): void
}

export interface SmallDisks extends AsyncDisposable {
  /** Goes before the command of everything that is to see them. */
  readonly prefix: readonly string[]
  readonly disks: ReadonlyMap<string, SmallDisk>
}

const unshare = '/usr/bin/unshare'
const nsenter = '/usr/bin/nsenter'
const prlimit = '/usr/bin/prlimit'

/** By name, each so many mebibytes. They end by themselves after `holdSeconds`, should the test be killed. */
export async function createSmallDisks(
  folder: string,
  options: { readonly mebibytes: ReadonlyMap<string, number>; readonly holdSeconds: number; readonly mayMount?: boolean }
): Promise<SmallDisks> {
  for (const name of options.mebibytes.keys()) mkdirSync(join(folder, name), { recursive: true })
  const mounted = options.mayMount === false ? undefined : await mountTmpfs(folder, options)
  return mounted ?? createSizeLimits(folder, options.mebibytes)
}

/** Undefined where it is not allowed. */
async function mountTmpfs(
  folder: string,
  { mebibytes, holdSeconds }: { readonly mebibytes: ReadonlyMap<string, number>; readonly holdSeconds: number }
): Promise<SmallDisks | undefined> {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return undefined
  const mounts = [...mebibytes].map(([name, size]) => `mount -t tmpfs -o size=${size}m tmpfs "$1/${name}"`)
  const script = [...mounts, 'echo ready', `exec sleep ${holdSeconds}`].join(' && ')
  const holder = spawn(unshare, ['--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', folder], {
    stdio: ['ignore', 'pipe', 'ignore']
  })
  const exited = once(holder, 'exit').catch(() => {})
  let output = ''
  holder.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()))
  holder.on('error', () => (output = 'failed'))
  const mounted = await waitFor('the small disks', 5_000, () => {
    if (output.includes('ready')) return 'yes'
    return output !== '' || holder.exitCode !== null ? 'no' : undefined
  })
  if (mounted === 'no') return undefined
  const disks = [...mebibytes].map(([name, size]): [string, SmallDisk] => {
    const path = join(folder, name)
    // The same folder as this process, which is outside of the namespace, reaches it.
    const outside = join('/proc', `${holder.pid}`, 'root', path)
    const ballast = join(outside, 'ballast')
    const fill = () => fillFile(ballast, outside)
    return [name, { kind: `tmpfs of ${size} MiB`, path, fill, free: () => rmSync(ballast, { force: true }) }]
  })
  return {
    prefix: [nsenter, '--target', `${holder.pid}`, '--mount', '--'],
    disks: new Map(disks),
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

function createSizeLimits(folder: string, mebibytes: ReadonlyMap<string, number>): SmallDisks {
  const limit = (pid: number, bytes: string) => {
    const { status, stderr } = spawnSync(prlimit, ['--pid', `${pid}`, `--fsize=${bytes}:unlimited`], { encoding: 'utf8' })
    if (status !== 0) throw new Error(`Cannot limit the files of process ${pid}: ${stderr}`)
  }
  const disks = [...mebibytes.keys()].map((name): [string, SmallDisk] => {
    const path = join(folder, name)
    return [
      name,
      {
        kind: 'RLIMIT_FSIZE in the place of a small disk',
        path,
        fill(pid) {
          // What is written next are write-ahead logs: no file may grow past the smallest of them.
          const logs = readdirSync(path).filter((file) => file.endsWith('-wal') || file.endsWith('.log'))
          limit(pid, `${Math.max(4_096, Math.min(...logs.map((file) => statSync(join(path, file)).size)))}`)
        },
        free: (pid) => limit(pid, 'unlimited')
      }
    ]
  })
  return { prefix: [], disks: new Map(disks), async [Symbol.asyncDispose]() {} }
}
