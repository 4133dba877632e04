/**
 * Builds the two pages when their sources changed since the last build, and only then. Vite runs in a child process, so
 * that its memory is gone when the product runs. Must not be needed where `dist` is fresh: production has no Vite.
 */
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync } from 'node:fs'
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
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
const pages = ['console.html', 'trace.html'] as const
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
  const present = pages.every((page) => existsSync(join(folder, page)))
  if (present && (await readStamp()) === stamp) return { folder, built: false }
  if (!viteInstalled()) {
    if (present) return { folder, built: false }
    throw webError('WEB_BUILD_UNAVAILABLE', { folder })
  }
  const made = join(folder, `.building-${process.pid}`)
  try {
    await runVite(made)
    await moveIn(made)
  } finally {
    await rm(made, { recursive: true, force: true })
  }
  await writeFile(stampFile, stamp)
  return { folder, built: true }
}

/** Assets first, they are named by their content; then the pages that name them: whoever serves the folder meanwhile has whole pages. */
async function moveIn(made: string): Promise<void> {
  const assets = join(folder, 'assets')
  await mkdir(assets, { recursive: true })
  const fresh = await readdir(join(made, 'assets'))
  for (const name of fresh) await rename(join(made, 'assets', name), join(assets, name))
  for (const page of pages) await rename(join(made, page), join(folder, page))
  const needed = new Set(fresh)
  for (const name of await readdir(assets)) if (!needed.has(name)) await rm(join(assets, name), { force: true })
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

async function runVite(outDir: string): Promise<void> {
  const options = { configFile: join(root, 'vite.config.ts'), logLevel: 'warn', build: { outDir } }
  const script = `import('vite').then((vite) => vite.build(${JSON.stringify(options)}))`
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
