/** Compiles the C reference for a test into a folder that goes away with it, and says why where it cannot. */
import { execFile, spawn } from 'node:child_process'
import { existsSync, readdirSync } from 'node:fs'
import { mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

const run = promisify(execFile)
const cFolder = fileURLToPath(new URL('../../../firmware-specs/c/', import.meta.url))
const isCi = process.env['CI'] === 'true'
const flags = ['-std=c99', '-pedantic', '-Wall', '-Wextra', '-Werror', '-Wshadow', '-Wconversion', '-Wno-sign-conversion']
const sanitizers = ['-g', '-O1', '-fsanitize=address,undefined', '-fno-sanitize-recover=all']

async function works(command: string, ...args: readonly string[]): Promise<boolean> {
  try {
    await run(command, args)
    return true
  } catch {
    return false
  }
}

/** The C compilers of this machine. */
export async function compilers(): Promise<readonly string[]> {
  const found = await Promise.all(['cc', 'clang'].map(async (name) => ((await works(name, '--version')) ? name : undefined)))
  return found.filter((name) => name !== undefined)
}

/** A compiler for a machine of 32 bits and the other byte order, and what runs its programs; undefined where they are not. */
export async function crossTools(): Promise<{ readonly compiler: string; readonly runner: string } | undefined> {
  const [compiler, runner] = ['powerpc-linux-gnu-gcc', 'qemu-ppc-static']
  return (await works(compiler, '--version')) && (await works(runner, '--version')) ? { compiler, runner } : undefined
}

/** Options of a test that compiles C: skips with the reason where it cannot, except in CI, where the test then fails. */
export async function needsC(library?: 'mosquitto'): Promise<{ readonly skip: string | false }> {
  const hasCompiler = (await compilers()).length > 0
  const missing = hasCompiler ? library && missingLibrary() : 'a C compiler (Debian: gcc, libc6-dev)'
  return { skip: missing === undefined || isCi ? false : `needs ${missing}` }
}

function missingLibrary(): string | undefined {
  const folders = ['/usr/include', '/usr/local/include', '/opt/homebrew/include']
  return folders.some((folder) => existsSync(join(folder, 'mosquitto.h'))) ? undefined : 'mosquitto.h (Debian: libmosquitto-dev)'
}

export interface CBuild extends AsyncDisposable {
  readonly path: string
  /** Compiles the library with the given C files of its folder into a program; gives its path. */
  program(options: {
    readonly name: string
    readonly files: readonly string[]
    readonly libraries?: readonly string[]
    readonly compiler?: string
    readonly isSanitized?: boolean
  }): Promise<string>
  /** Bytes of code and constants, of data and of zeroed memory that the library takes at -Os. */
  librarySize(options: readonly string[]): Promise<{ readonly text: number; readonly data: number; readonly bss: number }>
}

export async function createCBuild(): Promise<CBuild> {
  const path = await mkdtemp(join(tmpdir(), 'tracegate-c-'))
  const sources = readdirSync(join(cFolder, 'src')).filter((name) => name.endsWith('.c'))
  const libraries = new Map<string, Promise<string>>()

  /** The library as object files in a folder of its own, once for each compiler and set of flags. */
  async function compileLibrary(folder: string, command: readonly [compiler: string, ...options: string[]]): Promise<string> {
    await mkdir(folder)
    const [compiler, ...options] = command
    await run(compiler, [...options, '-c', ...sources.map((source) => join(cFolder, 'src', source))], { cwd: folder, timeout: 120_000 })
    return folder
  }

  return {
    path,
    async program({ name, files, libraries: others = [], compiler = 'cc', isSanitized = false }) {
      const output = join(path, name)
      const options = [...flags, ...(isSanitized ? sanitizers : ['-Os'])]
      const folder = join(path, `${compiler}-${isSanitized ? 'sanitized' : 'plain'}`)
      const known = libraries.get(folder) ?? compileLibrary(folder, [compiler, ...options])
      libraries.set(folder, known)
      const objects = sources.map((source) => join(folder, source.replace(/c$/, 'o')))
      await known
      await run(compiler, [...options, '-o', output, ...files, ...objects, ...others, '-lm'], { cwd: cFolder, timeout: 120_000 })
      return output
    },
    async librarySize(options) {
      const folder = join(path, ['cc-plain', ...options].join(''))
      const known = libraries.get(folder) ?? compileLibrary(folder, ['cc', ...flags, '-Os', ...options])
      libraries.set(folder, known)
      await known
      const { stdout } = await run('size', ['-t', ...sources.map((source) => join(folder, source.replace(/c$/, 'o')))])
      const [text = 0, data = 0, bss = 0] = (stdout.trim().split('\n').at(-1) ?? '').trim().split(/\s+/).map(Number)
      return { text, data, bss }
    },
    [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true, maxRetries: 5 })
  }
}

export interface Ended {
  readonly code: number | null
  readonly output: string
  /** The same as bytes. */
  readonly bytes: Buffer
  readonly errors: string
}

/** Runs a program to its end, with `input` on its standard input; kills it after the time limit. */
export function runProgram(options: {
  readonly command: string
  readonly args: readonly string[]
  readonly input?: Uint8Array
  readonly timeoutMs: number
}): Promise<Ended> {
  const { promise, resolve, reject } = Promise.withResolvers<Ended>()
  const child = spawn(options.command, options.args, { stdio: 'pipe', timeout: options.timeoutMs, killSignal: 'SIGKILL' })
  const chunks: Buffer[] = []
  let errors = ''
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk))
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  child.on('error', reject)
  child.on('close', (code) => {
    const bytes = Buffer.concat(chunks)
    resolve({ code, output: bytes.toString(), bytes, errors })
  })
  // A program that ends before it has read everything says so by its code.
  child.stdin.on('error', () => {})
  child.stdin.end(options.input ?? new Uint8Array())
  return promise
}
