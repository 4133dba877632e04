/** A certificate folder of the agent's own: the client library would otherwise write into the home folder of the user. */
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'
import type { OPCUAClientOptions } from 'node-opcua-client'

export type CertificateManager = NonNullable<OPCUAClientOptions['clientCertificateManager']>

type ManagerConstructor = new (options: {
  readonly rootFolder: string
  readonly automaticallyAcceptUnknownCertificate: boolean
}) => CertificateManager

export async function createCertificateManager(rootFolder: string, trustUnknown: boolean): Promise<CertificateManager> {
  // The client library brings this package along without exporting what is in it.
  const from = createRequire(import.meta.resolve('node-opcua-client'))
  const loaded: unknown = await import(pathToFileURL(from.resolve('node-opcua-certificate-manager')).href)
  if (!hasManager(loaded))
    throw new TypeError('Cannot keep certificates: node-opcua-certificate-manager exports no OPCUACertificateManager')
  return new loaded.OPCUACertificateManager({ rootFolder, automaticallyAcceptUnknownCertificate: trustUnknown })
}

function hasManager(loaded: unknown): loaded is { readonly OPCUACertificateManager: ManagerConstructor } {
  return (
    typeof loaded === 'object' &&
    loaded !== null &&
    'OPCUACertificateManager' in loaded &&
    typeof loaded.OPCUACertificateManager === 'function'
  )
}
