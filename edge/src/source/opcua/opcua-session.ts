/** Opens a session with an OPC UA server: certificates, channel, identity; with a reason for people when it cannot. Subscribes to nothing. */
import { join } from 'node:path'
import {
  type ClientSession,
  MessageSecurityMode,
  OPCUAClient,
  readNamespaceArray,
  SecurityPolicy,
  setErrorLogger,
  setWarningLogger
} from 'node-opcua-client'
import type { Logger } from '@tracegate/service/log'
import { openPki, type Pki } from './certificates.ts'
import { hostOfEndpoint, opcuaDefaults, type OpcuaSource } from './opcua-config.ts'
import { identityObjection, identityOf, identityRefusal } from './opcua-identity.ts'
import { messageOf, within } from './waits.ts'

const connectTimeoutMs = 15_000
const closeTimeoutMs = 1_000
const sessionTimeoutMs = 60_000

export interface OpenSession {
  readonly client: OPCUAClient
  readonly session: ClientSession
  readonly namespaces: readonly string[]
  close(): Promise<void>
}

export interface SessionOptions {
  readonly config: OpcuaSource
  readonly dataDir: string
  readonly clientId: string
  readonly logger: Logger
  readonly signal: AbortSignal
  readonly timeoutMs?: number
}

/** Rejects with what is wrong, and what would be right. Nothing is left open then. */
export async function openSession(options: SessionOptions): Promise<OpenSession> {
  const { config, signal } = options
  const timeoutMs = options.timeoutMs ?? connectTimeoutMs
  quieten(options.logger)
  const identity = identityOf(config)
  const pki = await openPki({
    folder: join(options.dataDir, 'pki'),
    trustUnknown: config.trustUnknownCertificate ?? opcuaDefaults.trustUnknownCertificate,
    host: hostOfEndpoint(config.endpoint)
  })
  const client = createClient(options, pki)
  const connecting = connect(client, config)
  const close = async () => {
    // A connection that was being made goes on regardless; it is closed when it is there.
    connecting.made.then(() => client.disconnect()).catch(() => undefined)
    await within(client.disconnect(), closeTimeoutMs).catch(() => undefined)
  }
  try {
    await within(connecting.answered, timeoutMs, signal)
    await within(client.getEndpoints(), timeoutMs, signal)
    const objection = identityObjection(config, client.findEndpointForSecurity(...securityOf(config)))
    if (objection !== undefined) throw new Error(objection)
    const session = await within(client.createSession(identity), timeoutMs, signal)
    const namespaces = await within(readNamespaceArray(session), timeoutMs, signal)
    return { client, session, namespaces, close }
  } catch (error) {
    await close()
    const detail = messageOf(error)
    throw new Error(pki.refusal() ?? identityRefusal(config, detail) ?? endpointRefusal(config, detail) ?? oneLine(detail), {
      cause: error
    })
  }
}

/** The library keeps on trying by itself; the agent has its own back-off and wants to know. */
function connect(client: OPCUAClient, config: OpcuaSource): { readonly made: Promise<void>; readonly answered: Promise<void> } {
  const { promise, reject } = Promise.withResolvers<never>()
  const onBackOff = () => reject(new Error(`no OPC UA server answers at ${config.endpoint}`))
  client.once('backoff', onBackOff)
  const made = client.connect(config.endpoint)
  const answered = Promise.race([made, promise]).finally(() => client.removeListener('backoff', onBackOff))
  return { made, answered }
}

function securityOf(config: OpcuaSource): [MessageSecurityMode, SecurityPolicy] {
  return [
    MessageSecurityMode[config.securityMode ?? opcuaDefaults.securityMode],
    SecurityPolicy[config.securityPolicy ?? opcuaDefaults.securityPolicy]
  ]
}

function createClient({ config, clientId }: SessionOptions, pki: Pki): OPCUAClient {
  const [securityMode, securityPolicy] = securityOf(config)
  return OPCUAClient.create({
    applicationName: 'Tracegate edge',
    applicationUri: pki.applicationUri,
    clientName: clientId,
    endpointMustExist: false,
    securityMode,
    securityPolicy,
    // The publish requests of the subscription keep it alive; the library's own timer outlives a session that was lost.
    keepSessionAlive: false,
    requestedSessionTimeout: Math.max(sessionTimeoutMs, 4 * (config.silenceTimeoutMs ?? opcuaDefaults.silenceTimeoutMs)),
    transportTimeout: connectTimeoutMs,
    connectionStrategy: { maxRetry: -1, initialDelay: 500, maxDelay: 10_000, randomisationFactor: 0.2 },
    clientCertificateManager: pki.store,
    certificateFile: pki.certificateFile,
    privateKeyFile: pki.privateKeyFile
  })
}

function endpointRefusal(config: OpcuaSource, detail: string): string | undefined {
  const mode = config.securityMode ?? opcuaDefaults.securityMode
  const policy = config.securityPolicy ?? opcuaDefaults.securityPolicy
  if (/Cannot find an Endpoint|cannot find endpoint|End point must exist|BadSecurityPolicyRejected|BadSecurityModeRejected/.test(detail))
    return `the server offers no endpoint with securityMode ${mode} and securityPolicy ${policy}, expected one it offers`
  if (mode !== 'None' && /BadSecurityChecksFailed|BadCertificateUntrusted/.test(detail))
    return `the server refused our certificate (${/Bad\w+/.exec(detail)?.[0]}): trust "own/certs/tracegate-edge.pem" of the data folder at the server`
  return undefined
}

/** The library breaks its messages into lines. */
function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').trim()
}

/** The library writes to the console of the process otherwise, whichever client it is for. */
function quieten(logger: Logger): void {
  setWarningLogger((...texts) => logger.debug({ library: 'node-opcua' }, texts.map(String).join(' ')))
  setErrorLogger((...texts) => logger.debug({ library: 'node-opcua' }, texts.map(String).join(' ')))
}
