/** Who the agent is for an OPC UA server: nobody, a user with a password, or the holder of a certificate. A password is sent encrypted or not at all. */
import { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { type EndpointDescription, MessageSecurityMode, SecurityPolicy, type UserIdentityInfo, UserTokenType } from 'node-opcua-client'
import { edgeError } from '../../errors.ts'
import type { OpcuaSource } from './opcua-config.ts'

const nonePolicy: string = SecurityPolicy.None

/** Throws `OPCUA_CONFIG` for files that cannot be read. */
export function identityOf(config: OpcuaSource): UserIdentityInfo {
  if (config.username !== undefined) return { type: UserTokenType.UserName, userName: config.username, password: config.password ?? '' }
  if (config.userCertificateFile === undefined || config.userKeyFile === undefined) return { type: UserTokenType.Anonymous }
  try {
    const certificateData = new X509Certificate(readFileSync(config.userCertificateFile)).raw
    return { type: UserTokenType.Certificate, certificateData, privateKey: readFileSync(config.userKeyFile, 'utf8') }
  } catch (error) {
    const detail = `identity is read from ${config.userCertificateFile} and ${config.userKeyFile}: ${error instanceof Error ? error.message : String(error)}`
    throw edgeError('OPCUA_CONFIG', { endpoint: config.endpoint, detail })
  }
}

/** Why the server cannot be told who we are without harm; undefined when it can. */
export function identityObjection(config: OpcuaSource, endpoint: EndpointDescription | undefined): string | undefined {
  const wanted = wantedToken(config)
  const offered = (endpoint?.userIdentityTokens ?? []).filter((token) => token.tokenType === wanted)
  if (endpoint !== undefined && offered.length === 0)
    return `the server takes no ${UserTokenType[wanted]} identity here, it takes ${[...new Set((endpoint.userIdentityTokens ?? []).map((token) => UserTokenType[token.tokenType]))].join(', ')}`
  if (wanted !== UserTokenType.UserName || endpoint?.securityMode === MessageSecurityMode.SignAndEncrypt) return undefined
  // On a channel that only signs, the token itself must be encrypted; an empty policy means that of the channel.
  const clear = offered.some(({ securityPolicyUri }) => securityPolicyUri === nonePolicy)
  const encrypted = offered.some(
    ({ securityPolicyUri }) => securityPolicyUri !== null && securityPolicyUri !== '' && securityPolicyUri !== nonePolicy
  )
  return clear && !encrypted
    ? 'the password would travel in clear text: the server asks for it unencrypted on a channel that only signs, expected securityMode SignAndEncrypt'
    : undefined
}

/** What a server's refusal means, for people. */
export function identityRefusal(config: OpcuaSource, detail: string): string | undefined {
  const code = /Bad(IdentityToken\w+|UserAccessDenied|UserSignatureInvalid|CertificateUntrusted)/.exec(detail)?.[0]
  if (code === undefined) return undefined
  if (config.username !== undefined)
    return `the server refused user "${config.username}" (${code}), expected a user and a password that it knows`
  if (config.userCertificateFile !== undefined)
    return `the server refused the user certificate ${config.userCertificateFile} (${code}), expected one that it trusts`
  return `the server refused to serve without a user (${code}), expected username or userCertificateFile in the configuration`
}

function wantedToken(config: OpcuaSource): UserTokenType {
  if (config.username !== undefined) return UserTokenType.UserName
  return config.userCertificateFile === undefined ? UserTokenType.Anonymous : UserTokenType.Certificate
}
