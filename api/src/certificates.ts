/** Reads the certificate that an enrolment names, and refuses one that could never let its device in. */
import { X509Certificate } from 'node:crypto'
import { fingerprintOf, usernameOfCertificate } from '@tracegate/service/certificate-identity'
import { apiError } from './errors.ts'

export interface CertificateRequest {
  /** certificate: the device's own. issuer: the authority that made it. */
  readonly kind: 'certificate' | 'issuer'
  readonly username: string
  readonly nowMs: number
  readonly pem?: string
  readonly fingerprint?: string
}

/** Throws `CREDENTIAL_INVALID`. Of a fingerprint alone nothing more can be told. */
export function certificateOf(request: CertificateRequest): { readonly fingerprint: string; readonly validUntilMs?: number } {
  const { kind, pem, fingerprint, username } = request
  if (pem === undefined) {
    if (fingerprint === undefined) throw invalid('neither pem nor fingerprint is given, expected one of them')
    return { fingerprint: fingerprint.replaceAll(':', '').toLowerCase() }
  }
  const certificate = read(pem)
  const own = fingerprintOf(certificate)
  if (fingerprint !== undefined && fingerprint.replaceAll(':', '').toLowerCase() !== own)
    throw invalid('pem and fingerprint do not belong together')
  const validUntilMs = certificate.validToDate.getTime()
  if (validUntilMs <= request.nowMs) throw invalid(`the certificate ended at ${certificate.validToDate.toISOString()}`)
  const named = usernameOfCertificate(certificate)
  if (kind === 'certificate' && named !== username) throw invalid(`the certificate is for "${named ?? 'nobody'}", expected "${username}"`)
  if (kind === 'issuer' && !certificate.ca) throw invalid('the certificate is not that of an authority')
  return { fingerprint: own, validUntilMs }
}

function read(pem: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch (error) {
    throw invalid(`pem cannot be read (${error instanceof Error ? error.message : String(error)})`)
  }
}

function invalid(detail: string) {
  return apiError('CREDENTIAL_INVALID', { detail })
}
