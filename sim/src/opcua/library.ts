/**
 * Loads the OPC UA library when a server starts and not before: it costs a second and 100 MB. Also gives each server a
 * certificate folder of its own; the library would otherwise write into the home folder of the user.
 */
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import type { OPCUAServer, OPCUAServerOptions } from 'node-opcua-server'

type CertificateManager = NonNullable<OPCUAServerOptions['userCertificateManager']>
type ManagerConstructor = new (options: {
  readonly rootFolder: string
  readonly automaticallyAcceptUnknownCertificate: boolean
}) => CertificateManager

export interface OpcuaLibrary {
  readonly Server: typeof OPCUAServer
  readonly nodesets: Readonly<Record<'standard' | 'di' | 'autoId', string>>
  readonly createCertificateManager: (folder: string) => CertificateManager
}

let loading: Promise<OpcuaLibrary> | undefined

export function loadOpcua(): Promise<OpcuaLibrary> {
  loading ??= load()
  return loading
}

async function load(): Promise<OpcuaLibrary> {
  const [server, sets, certificates] = await Promise.all([
    import('node-opcua-server'),
    import('node-opcua-nodesets'),
    importOf('node-opcua-certificate-manager')
  ])
  if (!hasManager(certificates))
    throw new TypeError('Cannot load OPC UA: node-opcua-certificate-manager exports no OPCUACertificateManager')
  const Manager = certificates.OPCUACertificateManager
  return {
    Server: server.OPCUAServer,
    nodesets: { standard: sets.nodesets.standard, di: sets.nodesets.di, autoId: sets.nodesets.autoId },
    createCertificateManager: (folder) => new Manager({ rootFolder: folder, automaticallyAcceptUnknownCertificate: false })
  }
}

/** A package that the server library brings along without exporting what is in it. */
async function importOf(name: string): Promise<unknown> {
  const from = createRequire(import.meta.resolve('node-opcua-server'))
  const module: unknown = await import(pathToFileURL(from.resolve(name)).href)
  return module
}

function hasManager(module: unknown): module is { readonly OPCUACertificateManager: ManagerConstructor } {
  return (
    typeof module === 'object' &&
    module !== null &&
    'OPCUACertificateManager' in module &&
    typeof module.OPCUACertificateManager === 'function'
  )
}
