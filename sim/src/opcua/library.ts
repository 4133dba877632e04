/**
 * Loads the OPC UA library when a server starts and not before: it costs a second and 100 MB. Also gives each server a
 * certificate folder of its own; the library would otherwise write into the home folder of the user.
 */
import type { OPCUACertificateManager } from 'node-opcua-certificate-manager'
import type { OPCUAServer } from 'node-opcua-server'

export interface OpcuaLibrary {
  readonly Server: typeof OPCUAServer
  readonly nodesets: Readonly<Record<'standard' | 'di' | 'autoId', string>>
  readonly createCertificateManager: (folder: string) => OPCUACertificateManager
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
    import('node-opcua-certificate-manager')
  ])
  return {
    Server: server.OPCUAServer,
    nodesets: { standard: sets.nodesets.standard, di: sets.nodesets.di, autoId: sets.nodesets.autoId },
    createCertificateManager: (folder) =>
      new certificates.OPCUACertificateManager({ rootFolder: folder, automaticallyAcceptUnknownCertificate: false })
  }
}
