/** `npm run check`: format, type-aware lint, types, dead code and the house rules, two at a time; prints only what is wrong. */
import { spawn } from 'node:child_process'
import { performance } from 'node:perf_hooks'

const checks: readonly (readonly [name: string, command: string, ...args: string[]])[] = [
  ['lint', 'oxlint', '--type-aware', '--max-warnings=0'],
  ['types', 'tsc', '--noEmit', '-p', '.'],
  ['types of web', 'tsc', '--noEmit', '-p', 'web'],
  ['format', 'oxfmt', '--check', '.'],
  ['dead code', 'knip', '--no-progress', '--no-config-hints'],
  ['generated files', 'node', 'test/src/generate.ts', '--check'],
  ['house rules', 'node', '--test', '--test-reporter=dot', 'test/src/tidy.test.ts']
]
const parallel = 2

interface Outcome {
  readonly name: string
  readonly ok: boolean
  readonly output: string
  readonly seconds: number
}

function run([name, command, ...args]: (typeof checks)[number]): Promise<Outcome> {
  const startedMs = performance.now()
  const { promise, resolve } = Promise.withResolvers<Outcome>()
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], shell: process.platform === 'win32' })
  let output = ''
  const collect = (chunk: Buffer) => (output += chunk.toString())
  child.stdout.on('data', collect)
  child.stderr.on('data', collect)
  const end = (ok: boolean) => resolve({ name, ok, output, seconds: (performance.now() - startedMs) / 1_000 })
  child.on('error', (error) => {
    output += `${command}: ${error.message}\n`
    end(false)
  })
  child.on('close', (code) => end(code === 0))
  return promise
}

const waiting = [...checks]
let failed = 0
async function work(): Promise<void> {
  for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
    const outcome = await run(next)
    process.stdout.write(`${outcome.ok ? 'ok    ' : 'failed'} ${outcome.name} (${outcome.seconds.toFixed(1)} s)\n`)
    if (outcome.ok) continue
    failed += 1
    process.stdout.write(`${outcome.output.trimEnd()}\n`)
  }
}
await Promise.all(Array.from({ length: parallel }, () => work()))
process.exitCode = failed === 0 ? 0 : 1
