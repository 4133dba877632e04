/**
 * The certificates of the agent: its own, made once and kept, and those it trusts. Folders below the data folder: `own/certs`, `own/private`,
 * `trusted/certs`, `trusted/crl`, `issuers/certs`, `issuers/crl`, `rejected`. The client library would otherwise write into the home folder of the
 * user, trust what it has not seen before, and take a certificate of another host.
 */
import { X509Certificate } from 'node:crypto'
import { chmodSync, existsSync, mkdirSync, readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import type { OPCUAClientOptions } from 'node-opcua-client'
import { hasClass, importBroughtAlong } from './brought-along.ts'
import { type CertificateFinding, judgeCertificate } from './judge-certificate.ts'

export type CertificateStore = NonNullable<OPCUAClientOptions['clientCertificateManager']>

/** What the library's manager does beyond a store. */
type Manager = CertificateStore & {
  readonly rootDir: string
  readonly privateKey: string
  createSelfSignedCertificate(options: {
    readonly applicationUri: string
    readonly dns: string[]
    readonly outputFile: string
    readonly startDate: Date
    readonly subject: string
    readonly validity: number
  }): Promise<void>
}
type ManagerConstructor = new (options: {
  readonly rootFolder: string
  readonly automaticallyAcceptUnknownCertificate: boolean
  readonly disableFileWatchers: boolean
}) => Manager

/** Ten years: a field device is not visited to renew a certificate. */
const validityDays = 3_650

export interface Pki {
  readonly store: CertificateStore
  readonly certificateFile: string
  readonly privateKeyFile: string
  readonly applicationUri: string
  /** Why the certificate of the server was refused last, for people; undefined when it was not. */
  readonly refusal: () => string | undefined
}

export interface PkiOptions {
  readonly folder: string
  readonly trustUnknown: boolean
  /** As in the endpoint: the certificate must name it. */
  readonly host: string
}

/** Folders are read anew by each call, so that a certificate trusted meanwhile is taken. */
export async function openPki(options: PkiOptions): Promise<Pki> {
  const manager = await createCertificateManager(options.folder, options.trustUnknown)
  await manager.initialize()
  for (const folder of ['own/private', 'own/certs', 'trusted/certs', 'trusted/crl', 'issuers/certs', 'issuers/crl', 'rejected'])
    mkdirSync(join(options.folder, folder), { recursive: true })
  const privateKeyFile = manager.privateKey
  chmodSync(privateKeyFile, 0o600)
  const certificateFile = join(options.folder, 'own', 'certs', 'tracegate-edge.pem')
  if (!existsSync(certificateFile))
    await manager.createSelfSignedCertificate({
      applicationUri: `urn:${hostname()}:tracegate:edge`,
      dns: [hostname()],
      outputFile: certificateFile,
      startDate: new Date(),
      subject: '/CN=Tracegate edge/O=Tracegate',
      validity: validityDays
    })
  let refusal: string | undefined
  const check = async (certificate: Buffer | Buffer[]) => {
    const finding = await judgeCertificate(certificate, { manager, folder: options.folder, host: options.host })
    refusal = finding.refusal
    return finding.status
  }
  return {
    store: guardedStore(manager, check),
    certificateFile,
    privateKeyFile,
    applicationUri: applicationUriOf(certificateFile),
    refusal: () => refusal
  }
}

/** The library's manager of a folder; also a server's, in tests. */
export async function createCertificateManager(rootFolder: string, trustUnknown: boolean): Promise<Manager> {
  const loaded = await importBroughtAlong('node-opcua-certificate-manager')
  if (!hasClass<'OPCUACertificateManager', ManagerConstructor>(loaded, 'OPCUACertificateManager'))
    throw new TypeError('Cannot keep certificates: node-opcua-certificate-manager exports no OPCUACertificateManager')
  return new loaded.OPCUACertificateManager({
    rootFolder,
    automaticallyAcceptUnknownCertificate: trustUnknown,
    disableFileWatchers: true
  })
}

/** The manager with our own judgement in front of it. */
function guardedStore(
  manager: Manager,
  check: (certificate: Buffer | Buffer[]) => Promise<CertificateFinding['status']>
): CertificateStore {
  return {
    referenceCounter: 0,
    initialize: async () => undefined,
    dispose: () => manager.dispose(),
    checkCertificate: check,
    verifyCertificate: async (certificate: Buffer | Buffer[], options?: { acceptOutdatedCertificate?: boolean }) =>
      manager.verifyCertificate(certificate, options),
    trustCertificate: (certificate: Buffer | Buffer[]) => manager.trustCertificate(certificate),
    rejectCertificate: (certificate: Buffer | Buffer[]) => manager.rejectCertificate(certificate),
    getTrustStatus: (certificate: Buffer) => manager.getTrustStatus(certificate),
    addIssuer: (certificate: Buffer, validate?: boolean, addInTrustList?: boolean) =>
      manager.addIssuer(certificate, validate, addInTrustList),
    addRevocationList: (list: Buffer, target?: 'issuers' | 'trusted') => manager.addRevocationList(list, target)
  }
}

/** The certificate says it (OPC 10000-6 §6.2.2), so that a machine that was renamed keeps its certificate. */
function applicationUriOf(certificateFile: string): string {
  const names = new X509Certificate(readFileSync(certificateFile)).subjectAltName ?? ''
  return /URI:([^,]+)/.exec(names)?.[1] ?? `urn:${hostname()}:tracegate:edge`
}
