/**
 * Builds the two pages when their sources changed since the last build, and only then. Vite runs in a child process, so
 * that its memory is gone when the product runs. Must not be needed where `dist` is fresh: production has no Vite.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { webError } from './errors.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const modelSources = fileURLToPath(new URL('../../model/src', import.meta.url))
const lockFile = fileURLToPath(new URL('../../package-lock.json', import.meta.url))
const folder = join(root, 'dist')
/** Where the built pages stand, or will once they are built. */
export const webFolder = folder
const stampFile = join(folder, 'sources.sha256')
const buildTimeMaxMs = 120_000

export interface WebBuild {
  /** Absolute path of the folder with console.html, trace.html and assets. */
  readonly folder: string
  /** Whether it was made now; false when what was there is still right. */
  readonly built: boolean
}

/** Gives the built pages, building them first when a source differs from what the last build saw. */
export async function buildWeb(): Promise<WebBuild> {
  const stamp = await hashSources()
  const present = existsSync(join(folder, 'console.html')) && existsSync(join(folder, 'trace.html'))
  if (present && (await readStamp()) === stamp) return { folder, built: false }
  if (!viteInstalled()) {
    if (present) return { folder, built: false }
    throw webError('WEB_BUILD_UNAVAILABLE', { folder })
  }
  await runVite()
  await mkdir(folder, { recursive: true })
  await writeFile(stampFile, stamp)
  return { folder, built: true }
}

async function readStamp(): Promise<string | undefined> {
  return existsSync(stampFile) ? readFile(stampFile, 'utf8') : undefined
}

function viteInstalled(): boolean {
  try {
    import.meta.resolve('vite')
    return true
  } catch {
    return false
  }
}

/** One hash over names and contents of everything that goes into the pages; the lock file stands for the libraries. */
async function hashSources(): Promise<string> {
  const files = [join(root, 'console.html'), join(root, 'trace.html'), join(root, 'vite.config.ts'), lockFile]
  for (const base of [join(root, 'src'), modelSources]) {
    for (const entry of await readdir(base, { recursive: true, withFileTypes: true })) {
      if (entry.isFile() && !entry.name.includes('.test.')) files.push(join(entry.parentPath, entry.name))
    }
  }
  const hash = createHash('sha256')
  for (const file of files.sort()) if (existsSync(file)) hash.update(`${file.slice(root.length)}\0`).update(await readFile(file))
  return hash.digest('hex')
}

async function runVite(): Promise<void> {
  const script = `import('vite').then((vite) => vite.build({ configFile: ${JSON.stringify(join(root, 'vite.config.ts'))}, logLevel: 'warn' }))`
  const child = spawn(process.execPath, ['--input-type=module', '-e', script], {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: buildTimeMaxMs,
    env: { ...process.env, NODE_ENV: 'production' }
  })
  let output = ''
  const keep = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(-4_000)
  }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const exit = await new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message))
    child.once('close', (code, signal) => resolve(String(code ?? signal)))
  })
  if (exit !== '0') throw webError('WEB_BUILD_FAILED', { exit, output: output.trim() })
}

if (import.meta.main) {
  const { built } = await buildWeb()
  process.stdout.write(`${built ? 'built' : 'fresh'}: ${folder}\n`)
}
