/** Makes the keys of signed configurations, and signs one. The private key is written once, for its owner alone, and never printed. */
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { configurationCharactersMax } from '@tracegate/model/command'
import { wireVersion } from '@tracegate/model/wire-limits'
import { readYaml } from '@tracegate/service/yaml'
import { makeKeys, signConfiguration } from '../commands/signature.ts'
import { edgeError } from '../errors.ts'
import { readArguments, required, wholeNumber } from './arguments.ts'

const validDefaultMs = 600_000

/** `keys <folder> [--id name]`: `private.pem` (mode 0600) and `trusted-key.yaml`, the lines for the configuration of the agents. */
export async function keysCommand(argv: readonly string[]): Promise<number> {
  const { flags, positionals } = readArguments(argv, { id: 'string' })
  const [folder] = positionals
  if (folder === undefined) throw edgeError('EDGE_CALL', { detail: 'the folder is missing, expected `keys <folder>`' })
  const id = typeof flags['id'] === 'string' ? flags['id'] : `key-${new Date().toISOString().slice(0, 10)}`
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(id)) throw edgeError('EDGE_CALL', { detail: `--id is "${id}", expected 1 to 64 of A-Z a-z 0-9 _ -` })
  const privatePath = join(folder, 'private.pem')
  if (existsSync(privatePath)) throw edgeError('EDGE_KEYS', { detail: `"${privatePath}" is there already, expected a folder without one` })
  const keys = makeKeys()
  const lines = `trustedKeys:\n  - id: ${id}\n    publicKey: ${keys.publicKey}\n`
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 })
    writeFileSync(privatePath, keys.privateKey, { mode: 0o600, flag: 'wx' })
    writeFileSync(join(folder, 'trusted-key.yaml'), lines, { flag: 'wx' })
  } catch (error) {
    throw edgeError('EDGE_KEYS', { detail: error instanceof Error ? error.message : String(error) }, error)
  }
  process.stdout.write(
    `# keep ${privatePath} to yourself; put these lines into the configuration of each agent that shall trust it\n${lines}`
  )
  return 0
}

/** `sign …`: prints the order, ready to be published to the command topic of the agent. */
export async function signCommand(argv: readonly string[]): Promise<number> {
  const { flags } = readArguments(argv, {
    key: 'string',
    'key-id': 'string',
    device: 'string',
    version: 'string',
    config: 'string',
    'valid-ms': 'string'
  })
  const address = /^([A-Za-z0-9_-]{1,64})\/([A-Za-z0-9_-]{1,64})$/.exec(required(flags, 'device', 'the agent as <point>/<agent>'))
  if (address === null) throw edgeError('EDGE_CALL', { detail: `--device is "${String(flags['device'])}", expected <point>/<agent>` })
  required(flags, 'version', 'a number higher than that of every configuration before')
  const version = wholeNumber(flags, 'version', { fallback: 0, min: 1, max: Number.MAX_SAFE_INTEGER })
  const validMs = wholeNumber(flags, 'valid-ms', { fallback: validDefaultMs, min: 1_000, max: 7 * 86_400_000 })
  const configuration = readFile(required(flags, 'config', 'the file to be signed'))
  if (configuration.length > configurationCharactersMax)
    throw edgeError('EDGE_SIGN', {
      detail: `the configuration has ${configuration.length} characters, expected at most ${configurationCharactersMax}`
    })
  const read = readYaml(configuration)
  if (!read.ok) throw edgeError('EDGE_SIGN', { detail: `the configuration is no YAML: ${read.message}` })
  const [, point = '', device = ''] = address
  const keyId = required(flags, 'key-id', 'the id of the key as it stands in trustedKeys')
  const privateKey = readFile(required(flags, 'key', 'the file of the private key'))
  const nowMs = Date.now()
  try {
    const args = signConfiguration({ point, device, version, configuration, keyId, privateKey })
    const order = { v: wireVersion, id: randomUUID(), issuedAtMs: nowMs, deadlineMs: nowMs + validMs, name: 'configure', args }
    process.stdout.write(`${JSON.stringify(order)}\n`)
  } catch (error) {
    throw edgeError('EDGE_SIGN', { detail: error instanceof Error ? error.message : String(error) }, error)
  }
  return 0
}

function readFile(path: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    throw edgeError('EDGE_SIGN', { detail: `"${path}" cannot be read (${error instanceof Error ? error.message : String(error)})` }, error)
  }
}
