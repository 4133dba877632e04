/** Configuration: precedence, and what is said about every kind of mistake. */
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { Type } from 'typebox'
import { CodedError } from '@tracegate/model/errors'
import { describeOptions, loadConfig, optionsAsMarkdown } from './config.ts'

const schema = Type.Object(
  {
    httpPort: Type.Integer({ minimum: 0, maximum: 65_535, default: 8080, description: 'TCP port of the HTTP interface' }),
    dataDir: Type.String({ default: './data', description: 'Folder for everything kept' }),
    fresh: Type.Boolean({ default: false, description: 'Start with an empty data folder' }),
    logLevel: Type.Enum(['silent', 'info'], { default: 'info', description: 'Least level that is logged' })
  },
  { additionalProperties: false }
)

function load(argv: string[], env: Record<string, string> = {}) {
  return loadConfig(schema, { argv, env, prefix: 'TRACEGATE' })
}

function codeOf(action: () => unknown): string {
  try {
    action()
  } catch (error) {
    assert.ok(error instanceof CodedError)
    return `${error.code}: ${error.message}`
  }
  return 'no error'
}

test('loadConfig() lets flags win over environment over file over defaults', () => {
  const folder = mkdtempSync(join(tmpdir(), 'tracegate-config-'))
  const file = join(folder, 'c.yaml')
  writeFileSync(file, 'httpPort: 1\ndataDir: from-file\nlogLevel: silent\n')
  try {
    const loaded = load(['--config', file, '--http-port=3'], { TRACEGATE_HTTP_PORT: '2', TRACEGATE_DATA_DIR: 'from-env' })
    assert.deepEqual(loaded.values, { httpPort: 3, dataDir: 'from-env', fresh: false, logLevel: 'silent' })
    assert.deepEqual(loaded.origins, { httpPort: 'flag', dataDir: 'environment', fresh: 'default', logLevel: 'file' })
  } finally {
    rmSync(folder, { recursive: true })
  }
})

test('loadConfig() takes a boolean flag with and without a value', () => {
  assert.equal(load(['--fresh']).values.fresh, true)
  assert.equal(load(['--fresh', 'false']).values.fresh, false)
  assert.equal(load(['--fresh', '--http-port', '1']).values.httpPort, 1)
})

test('loadConfig() names the nearest option for an unknown one', () => {
  assert.match(
    codeOf(() => load(['--http-prot', '1'])),
    /CONFIG_UNKNOWN_OPTION.*"--http-prot".*did you mean "--http-port"/
  )
})

test('loadConfig() says what was wrong with a value and what was expected', () => {
  assert.match(
    codeOf(() => load([], { TRACEGATE_HTTP_PORT: 'eighty' })),
    /TRACEGATE_HTTP_PORT sets httpPort to "eighty", expected a whole number/
  )
  assert.match(
    codeOf(() => load(['--http-port', '70000'])),
    /httpPort to "70000", expected .*<= 65535/
  )
  assert.match(
    codeOf(() => load(['--log-level', 'loud'])),
    /"loud", expected one of silent, info/
  )
  assert.match(
    codeOf(() => load(['--http-port'])),
    /expected a value after the flag/
  )
  assert.match(
    codeOf(() => load(['--config', '/does/not/exist.yaml'])),
    /CONFIG_BAD_FILE/
  )
})

test('the option tables name every option with flag, variable and default', () => {
  assert.match(describeOptions(schema, 'TRACEGATE'), /--http-port <n> +TCP port of the HTTP interface \(default 8080\)/)
  assert.match(optionsAsMarkdown(schema, 'TRACEGATE'), /\| `--data-dir` \| `TRACEGATE_DATA_DIR` \| `"\.\/data"` \|/)
})
