/** `npm run verify-evidence -- <bundle.zip> [--key <file>]`: prints what was checked; 0 when all holds, 1 when something does not, 2 when it cannot look. */
import { createPublicKey } from 'node:crypto'
import { readFileSync, statSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { verifyBundle, type Verdict } from './verify-bundle.ts'

const fileBytesMax = 2_147_483_647
const keyBytesMax = 1_048_576
const usage = `npm run verify-evidence -- <bundle.zip> [--key <file>] [--json]
  --key   public key of the publisher: PEM, or what GET /api/v1/exports/evidence/key answers; may be given several times
  --json  the checks as JSON
`

process.exitCode = main(process.argv.slice(2))

function main(args: readonly string[]): number {
  try {
    const { values, positionals } = parseArgs({
      args: [...args],
      allowPositionals: true,
      options: { key: { type: 'string', multiple: true }, json: { type: 'boolean' }, help: { type: 'boolean', short: 'h' } }
    })
    const [path] = positionals
    if (values.help === true || path === undefined || positionals.length !== 1) {
      process.stdout.write(usage)
      return values.help === true ? 0 : 2
    }
    const trustedKeys = (values.key ?? []).flatMap((file) => keysIn(read(file, keyBytesMax).toString()))
    const verdict = verifyBundle(read(path, fileBytesMax), { trustedKeys, nowMs: Date.now() })
    process.stdout.write(values.json === true ? `${JSON.stringify(verdict, null, 2)}\n` : tableOf(verdict))
    return verdict.ok ? 0 : 1
  } catch (error) {
    process.stderr.write(`Cannot check: ${error instanceof Error ? error.message : String(error)}\n`)
    return 2
  }
}

function read(path: string, bytesMax: number): Buffer {
  const { size } = statSync(path)
  if (size > bytesMax) throw new Error(`${path} has ${size} octets, expected at most ${bytesMax}`)
  return readFileSync(path)
}

/** Every PEM in the text, also inside of JSON. */
function keysIn(text: string): string[] {
  const keys = text.replaceAll(String.raw`\n`, '\n').match(/-----BEGIN PUBLIC KEY-----[A-Za-z0-9+/=\s]+-----END PUBLIC KEY-----/g) ?? []
  if (keys.length === 0) throw new Error('the key file holds no public key, expected PEM')
  for (const key of keys) createPublicKey(key)
  return keys
}

function tableOf({ ok, checks }: Verdict): string {
  const lines = checks.map(
    (check) => `${check.ok ? 'ok  ' : 'FAIL'}  ${check.name.padEnd(10)}  ${check.detail.replaceAll(/[\u0000-\u001f\u007f-\u009f]/g, '?')}`
  )
  return `${lines.join('\n')}\n${ok ? 'The bundle is whole.' : 'The bundle is NOT whole.'}\n`
}
