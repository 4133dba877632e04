/** `check <url>`: asks any broker what it really does and prints a table. Gives the exit code; rejects with a coded error for a wrong call. */
import { readFileSync } from 'node:fs'
import { collectorNeeds } from '@tracegate/service/broker-probe/collector-needs'
import { probeBroker } from '@tracegate/service/broker-probe/probe-broker'
import { brokerSchemes, parseBrokerUrl, type BrokerTarget } from '@tracegate/service/broker-probe/target'
import { describeOptions, loadConfig } from '@tracegate/service/config'
import { runCommand } from '@tracegate/service/run-command'
import { brokerError } from '../errors.ts'
import { CheckOptions, checkPrefix, passwordVariable } from './check-options.ts'
import { checkJson, checkTable, resultOf } from './check-report.ts'

export interface Terminal {
  readonly out: (text: string) => void
  readonly columns: number
}

const exitCodes = { works: 0, 'not for a collector': 1, 'not reached': 2 } as const
const secretBytesMax = 65_536

export async function checkCommand(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  terminal: Terminal
): Promise<number> {
  refusePassword(argv)
  const { url, rest } = takeUrl(argv)
  const { [passwordVariable]: password, ...others } = env
  const { values, helpAsked } = loadConfig(CheckOptions, { argv: rest, env: others, prefix: checkPrefix })
  if (helpAsked) {
    terminal.out(checkUsage())
    return 0
  }
  if (url === undefined) throw brokerError('BROKER_CALL', { detail: 'the address is missing, expected check mqtt://host:1883' })
  parseBrokerUrl(url)
  const { protocol, share, restart, json } = values
  const report = await probeBroker(targetOf(url, values, password), {
    needed: (version) => [...collectorNeeds({ version, share }), 'packet-size'],
    topicPrefix: values.topicPrefix,
    timeoutMs: values.timeout * 1_000,
    packetBytesMax: values.packetBytesMax,
    ...(protocol === 'auto' ? {} : { version: protocol === '5' ? 5 : 4 }),
    ...(restart === undefined ? {} : { restart: () => runCommand(restart) })
  })
  terminal.out(json ? checkJson(report) : checkTable(report, terminal.columns))
  return exitCodes[resultOf(report)]
}

/** Its value is not repeated in the error. */
function refusePassword(argv: readonly string[]): void {
  if (argv.some((argument) => /^--?password(=|$)/.test(argument)))
    throw brokerError('BROKER_CALL', {
      detail: `--password is given, where every user of the machine can read it; expected --password-file or ${passwordVariable}`
    })
}

/** The address stands first, or anywhere that it can be told from the value of a flag. */
function takeUrl(argv: readonly string[]): { readonly url: string | undefined; readonly rest: readonly string[] } {
  const first = argv[0]
  if (first !== undefined && !first.startsWith('-')) return { url: first, rest: argv.slice(1) }
  const at = argv.findIndex((argument) => brokerSchemes.some((scheme) => argument.startsWith(`${scheme}//`)))
  return { url: argv[at], rest: at < 0 ? argv : argv.toSpliced(at, 1) }
}

function targetOf(url: string, values: CheckOptions, password: string | undefined): BrokerTarget {
  const { username, passwordFile, caFile, certFile, keyFile } = values
  const secret =
    passwordFile === undefined
      ? password
      : read('the password', passwordFile)
          .toString('utf8')
          .replace(/\r?\n$/, '')
  // MQTT-3.1.2-22.
  if (secret !== undefined && username === undefined)
    throw brokerError('BROKER_CALL', { detail: 'there is a password and no user, expected --username, too' })
  return {
    url,
    ...(username === undefined ? {} : { username }),
    ...(secret === undefined ? {} : { password: secret }),
    ...(caFile === undefined ? {} : { ca: read('the certificate authority', caFile) }),
    ...(certFile === undefined ? {} : { cert: read('the own certificate', certFile) }),
    ...(keyFile === undefined ? {} : { key: read('the own key', keyFile) })
  }
}

function read(what: string, path: string): Buffer {
  try {
    const bytes = readFileSync(path)
    if (bytes.length <= secretBytesMax) return bytes
    throw new Error(`it has ${bytes.length} bytes, expected at most ${secretBytesMax}`)
  } catch (error) {
    throw brokerError('BROKER_CHECK_FILE', { what, path, detail: error instanceof Error ? error.message : String(error) }, error)
  }
}

export function checkUsage(): string {
  return `Usage: npm run broker -- check <url> [options]

Asks an MQTT broker what it really does and prints a table. <url> is mqtt://, mqtts://, ws:// or wss://, without user and password.
It publishes and subscribes below a topic prefix of its own only, and takes away what it left.

  npm run broker -- check mqtt://127.0.0.1:1883
  npm run broker -- check mqtts://broker.example:8883 --username collector --password-file ./password.txt --ca-file ./ca.pem
  npm run broker -- check wss://broker.example/mqtt --protocol 5 --share --json
  npm run broker -- check mqtt://127.0.0.1:1883 --restart 'docker kill mosquitto; docker start mosquitto'

${describeOptions(CheckOptions, checkPrefix)}

Exit code: 0 all that a collector depends on works, 1 some of it does not, 2 not reached, not signed in, or a wrong call.
`
}
