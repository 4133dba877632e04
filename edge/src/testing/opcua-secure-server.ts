/** A real OPC UA server with all security policies, users and user certificates, for tests; and certificates right and wrong. */
import { X509Certificate } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { DataType, MessageSecurityMode, SecurityPolicy } from 'node-opcua-client'
import { nodesets } from 'node-opcua-nodesets'
import { OPCUAServer } from 'node-opcua-server'
import { hasClass, importBroughtAlong } from '../source/opcua/brought-along.ts'
import { createCertificateManager } from '../source/opcua/certificates.ts'
import { freePort, isServerManager } from './opcua-server.ts'

export interface SecureServer extends AsyncDisposable {
  readonly endpoint: string
  readonly port: number
  /** SHA-1 of its certificate, lower case. */
  readonly thumbprint: string
}

export interface SecureServerOptions {
  readonly folder: string
  readonly port?: number
  readonly allowAnonymous?: boolean
  /** Names in the certificate; the address by default. */
  readonly dns?: readonly string[]
  /** Folder of the trust list for user certificates; none is trusted by default. */
  readonly userFolder?: string
}

export const knownUser = { username: 'edge', password: 'winter-is-cold-4711' } as const

export async function startSecureServer(options: SecureServerOptions): Promise<SecureServer> {
  const port = options.port ?? (await freePort())
  // Whose certificate it is that connects is not what these tests are about.
  const manager = await createCertificateManager(join(options.folder, 'server-pki'), true)
  const users = await createCertificateManager(options.userFolder ?? join(options.folder, 'user-pki'), false)
  await manager.initialize()
  await users.initialize()
  if (!isServerManager(manager) || !isServerManager(users)) throw new TypeError('a certificate manager is none')
  const certificateFile = join(options.folder, 'server-pki', 'own', 'certs', 'server.pem')
  const applicationUri = `urn:${hostname()}:test:server`
  await manager.createSelfSignedCertificate({
    applicationUri,
    dns: [...(options.dns ?? ['127.0.0.1', 'localhost'])],
    outputFile: certificateFile,
    startDate: new Date(Date.now() - 60_000),
    subject: '/CN=Test server',
    validity: 2
  })
  const server = new OPCUAServer({
    port,
    host: '127.0.0.1',
    hostname: '127.0.0.1',
    resourcePath: '/UA',
    nodeset_filename: [nodesets.standard],
    serverInfo: { applicationUri },
    serverCertificateManager: manager,
    userCertificateManager: users,
    certificateFile,
    privateKeyFile: manager.privateKey,
    securityPolicies: [SecurityPolicy.Basic256Sha256, SecurityPolicy.Aes128_Sha256_RsaOaep, SecurityPolicy.Aes256_Sha256_RsaPss],
    securityModes: [MessageSecurityMode.Sign, MessageSecurityMode.SignAndEncrypt],
    allowAnonymous: options.allowAnonymous ?? true,
    userManager: { isValidUser: (user: string, password: string) => user === knownUser.username && password === knownUser.password }
  })
  await server.initialize()
  const { addressSpace } = server.engine
  if (addressSpace === null) throw new Error('no address space')
  addressSpace
    .getOwnNamespace()
    .addVariable({ browseName: 'Level', nodeId: 's=Level', organizedBy: addressSpace.rootFolder.objects, dataType: 'Double' })
    .setValueFromSource({ dataType: DataType.Double, value: 12.5 })
  await server.start()
  const certificate: unknown = server.getCertificate()
  if (!Buffer.isBuffer(certificate)) throw new TypeError('the server has no certificate')
  return {
    endpoint: `opc.tcp://127.0.0.1:${port}/UA`,
    port,
    thumbprint: new X509Certificate(certificate).fingerprint.replaceAll(':', '').toLowerCase(),
    [Symbol.asyncDispose]: () => server.shutdown(0)
  }
}

interface Authority {
  initialize(): Promise<void>
  generateKeyPairAndSignDER(options: {
    readonly applicationUri: string
    readonly dns?: string[]
    readonly ip?: string[]
    readonly subject?: string
    readonly validity?: number
    readonly startDate?: Date
  }): Promise<{ readonly certificateDer: Buffer }>
  revokeCertificateDER(certificate: Buffer): Promise<void>
  getCACertificateDER(): Buffer
  getCRLDER(): Buffer
}
type AuthorityConstructor = new (options: {
  readonly keySize: 2048
  readonly location: string
  readonly subject: string
  readonly backend: 'native'
}) => Authority

/** An issuer of certificates, in a folder of its own. */
export async function startAuthority(folder: string): Promise<Authority> {
  const loaded = await importBroughtAlong('node-opcua-pki')
  if (!hasClass<'CertificateAuthority', AuthorityConstructor>(loaded, 'CertificateAuthority'))
    throw new TypeError('node-opcua-pki exports no CertificateAuthority')
  const authority = new loaded.CertificateAuthority({ keySize: 2048, location: folder, subject: '/CN=Test issuer', backend: 'native' })
  await authority.initialize()
  return authority
}

export interface UserFiles {
  readonly userCertificateFile: string
  readonly userKeyFile: string
  readonly certificate: Buffer
}

/** A user with a certificate signed by itself. */
export async function makeUser(folder: string): Promise<UserFiles> {
  const manager = await createCertificateManager(folder, false)
  await manager.initialize()
  const userCertificateFile = join(folder, 'user.pem')
  await manager.createSelfSignedCertificate({
    applicationUri: 'urn:test:user',
    dns: [],
    outputFile: userCertificateFile,
    startDate: new Date(Date.now() - 60_000),
    subject: '/CN=Shift leader',
    validity: 2
  })
  const certificate = new X509Certificate(readFileSync(userCertificateFile)).raw
  return { userCertificateFile, userKeyFile: manager.privateKey, certificate }
}

/** As an administrator does it. */
export function putCertificate(folder: string, name: string, certificate: Buffer): void {
  writeFileSync(join(folder, name), certificate)
}
