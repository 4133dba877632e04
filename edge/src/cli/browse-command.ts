/** `browse opc.tcp://…`: looks at an OPC UA server and prints a configuration for it, to be read before it is used. It changes nothing at the server. */
import { compileValidator } from '@tracegate/model/codec'
import { Type } from 'typebox'
import { edgeError } from '../errors.ts'
import { OpcuaSource } from '../source/opcua/opcua-config.ts'
import { readArguments, wholeNumber } from './arguments.ts'

const security = compileValidator(
  Type.Partial(
    Type.Pick(OpcuaSource, [
      'allowInsecure',
      'password',
      'securityMode',
      'securityPolicy',
      'trustUnknownCertificate',
      'userCertificateFile',
      'userKeyFile',
      'username'
    ])
  )
)
const nodesDefault = 20_000

/** The password comes from an environment variable, never from the command line, which others on the machine can read. */
export async function browseCommand(argv: readonly string[]): Promise<number> {
  const { flags, positionals } = readArguments(argv, {
    'allow-insecure': 'boolean',
    'data-dir': 'string',
    'nodes-max': 'string',
    'password-variable': 'string',
    'security-mode': 'string',
    'security-policy': 'string',
    'trust-unknown-certificate': 'boolean',
    'user-certificate': 'string',
    'user-key': 'string',
    username: 'string'
  })
  const [endpoint, ...rest] = positionals
  if (endpoint === undefined || rest.length > 0 || !endpoint.startsWith('opc.tcp://'))
    throw edgeError('EDGE_CALL', { detail: `the endpoint is "${endpoint ?? ''}", expected \`browse opc.tcp://host:port\`` })
  const variable = flags['password-variable']
  const given = {
    allowInsecure: flags['allow-insecure'],
    password: typeof variable === 'string' ? process.env[variable] : undefined,
    securityMode: flags['security-mode'],
    securityPolicy: flags['security-policy'],
    trustUnknownCertificate: flags['trust-unknown-certificate'],
    userCertificateFile: flags['user-certificate'],
    userKeyFile: flags['user-key'],
    username: flags['username']
  }
  const checked = security.check(Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)))
  if (!checked.ok) throw edgeError('EDGE_CALL', { detail: `${checked.reason.pointer.slice(1)}: ${checked.reason.message}` })
  const nodesMax = wholeNumber(flags, 'nodes-max', { fallback: nodesDefault, min: 1, max: 1_000_000 })
  const { proposeOpcua } = await import('../source/opcua/propose.ts')
  const dataDir = typeof flags['data-dir'] === 'string' ? flags['data-dir'] : 'data/edge-browse'
  try {
    process.stdout.write(await proposeOpcua(endpoint, { dataDir, security: checked.value, limits: { nodesMax } }))
    return 0
  } catch (error) {
    process.stderr.write(`Cannot browse ${endpoint}: ${error instanceof Error ? error.message : String(error)}\n`)
    return 1
  }
}
