/** What both OPC UA servers of the port share: limits, certificates, start and end. It knows no device. */
import { join } from 'node:path'
import type { OPCUAServer } from 'node-opcua-server'
import { simError } from '../errors.ts'
import { loadOpcua } from './library.ts'

export interface OpcuaServerOptions {
  readonly name: 'cold-store-plc' | 'gate-reader'
  readonly host: string
  /** 0 takes a free one. */
  readonly port: number
  readonly dataDir: string
  readonly withAutoId: boolean
}

export interface RunningServer extends AsyncDisposable {
  readonly server: OPCUAServer
  readonly addressSpace: NonNullable<OPCUAServer['engine']['addressSpace']>
  readonly endpoint: string
  readonly port: number
}

/** Starts the server with an empty namespace of its own; `fill` puts the device in before the first client can come. */
export async function startOpcuaServer(
  options: OpcuaServerOptions,
  fill: (running: Omit<RunningServer, 'endpoint' | 'port' | keyof AsyncDisposable>) => void
): Promise<RunningServer> {
  const { Server, nodesets, createCertificateManager } = await loadOpcua()
  const pki = join(options.dataDir, 'sim', 'pki', options.name)
  const server = new Server({
    port: options.port,
    host: options.host,
    hostname: options.host,
    resourcePath: '/UA',
    nodeset_filename: options.withAutoId ? [nodesets.standard, nodesets.di, nodesets.autoId] : [nodesets.standard, nodesets.di],
    serverInfo: {
      applicationUri: `urn:tracegate:sim:${options.name}`,
      productUri: 'urn:tracegate:sim',
      applicationName: { text: options.name }
    },
    buildInfo: { productName: `Simulated ${options.name}`, manufacturerName: 'Tracegate simulator' },
    serverCertificateManager: createCertificateManager(pki),
    userCertificateManager: createCertificateManager(join(pki, 'user')),
    allowAnonymous: true,
    disableDiscovery: true,
    maxConnectionsPerEndpoint: 20,
    serverCapabilities: { maxSessions: 20, maxSubscriptions: 40, maxSubscriptionsPerSession: 10 }
  })
  await server.initialize()
  const { addressSpace } = server.engine
  if (addressSpace === null) throw new TypeError(`Cannot start ${options.name}: the server has no address space`)
  fill({ server, addressSpace })
  try {
    await server.start()
  } catch (error) {
    await server.shutdown(0).catch(() => undefined)
    if (String(error).includes('EADDRINUSE'))
      throw simError(
        'SIM_PORT_IN_USE',
        { what: options.name, port: options.port, flag: options.name === 'cold-store-plc' ? '--plc-port' : '--gate-port' },
        error
      )
    throw error
  }
  const port = server.endpoints[0]?.port ?? options.port
  return { server, addressSpace, port, endpoint: `opc.tcp://${options.host}:${port}/UA`, [Symbol.asyncDispose]: () => server.shutdown(0) }
}
