/**
 * Judges the certificate of a server: time, host, and trust. It says what is wrong and what to do about it; it never trusts anything by itself.
 */
import { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { join } from 'node:path'
import { type StatusCode, StatusCodes } from 'node-opcua-client'
import type { CertificateStore } from './certificates.ts'

export interface CertificateFinding {
  readonly status: StatusCode
  /** For people; undefined when the certificate is taken. */
  readonly refusal: string | undefined
}

export async function judgeCertificate(
  certificate: Buffer | Buffer[],
  options: { readonly manager: CertificateStore; readonly folder: string; readonly host: string; readonly nowMs?: number }
): Promise<CertificateFinding> {
  const first = Array.isArray(certificate) ? certificate[0] : certificate
  const parsed = parse(first)
  if (parsed === undefined)
    return { status: StatusCodes.BadCertificateInvalid, refusal: 'the server sent no X.509 certificate, expected one in DER' }
  const about = `certificate "${parsed.subject.replaceAll('\n', ', ')}" of the server (SHA-1 ${thumbprintOf(parsed)})`
  const nowMs = options.nowMs ?? Date.now()
  if (nowMs > parsed.validToDate.getTime() || nowMs < parsed.validFromDate.getTime())
    return {
      status: StatusCodes.BadCertificateTimeInvalid,
      refusal: `${about} is valid from ${parsed.validFromDate.toISOString()} to ${parsed.validToDate.toISOString()}, expected a valid one: renew it at the server, or set the clock`
    }
  if (!namesHost(parsed, options.host))
    return {
      status: StatusCodes.BadCertificateHostNameInvalid,
      refusal: `${about} is for ${parsed.subjectAltName ?? 'no host'}, expected one that names ${options.host}: connect to a host it names, or make one with this name`
    }
  const status = await options.manager.checkCertificate(certificate)
  if (status.isGood()) return { status, refusal: undefined }
  return { status, refusal: `${about} ${adviceOf(status.name, options.folder, thumbprintOf(parsed))}` }
}

function adviceOf(name: string, folder: string, thumbprint: string): string {
  switch (name) {
    case 'BadCertificateUntrusted':
    case 'BadCertificateChainIncomplete':
      return `is not trusted (${name}) and now lies in ${join(folder, 'rejected')}: to trust it, compare the thumbprint with the one shown at the server and move the file that carries ${thumbprint} in its name to ${join(folder, 'trusted', 'certs')}`
    case 'BadCertificateRevoked':
    case 'BadCertificateIssuerRevoked':
      return `is revoked by its issuer (${name}): get a new one from the issuer`
    case 'BadCertificateRevocationUnknown':
    case 'BadCertificateIssuerRevocationUnknown':
      return `cannot be checked for revocation (${name}): put the revocation list of its issuer into ${join(folder, 'issuers', 'crl')}`
    default:
      return `is refused (${name}), expected one that is valid, trusted and not revoked`
  }
}

/** The names of the certificate, or its common name where it has none, as servers of old do. */
function namesHost(certificate: X509Certificate, host: string): boolean {
  if (isIP(host) !== 0) {
    if (certificate.checkIP(host) !== undefined) return true
    // Written as a DNS name by many servers, which checkHost() does not take for an address.
    return namesIn(certificate).includes(host.toLowerCase())
  }
  return certificate.checkHost(host, { wildcards: true, subject: 'default' }) !== undefined
}

function namesIn(certificate: X509Certificate): string[] {
  return (certificate.subjectAltName ?? '')
    .split(', ')
    .filter((name) => name.startsWith('DNS:'))
    .map((name) => name.slice('DNS:'.length).toLowerCase())
}

function thumbprintOf(certificate: X509Certificate): string {
  return certificate.fingerprint.replaceAll(':', '').toLowerCase()
}

function parse(certificate: Buffer | undefined): X509Certificate | undefined {
  if (certificate === undefined) return undefined
  try {
    return new X509Certificate(certificate)
  } catch {
    return undefined
  }
}
