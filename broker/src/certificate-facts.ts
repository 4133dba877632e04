/** What a TLS connection tells of its client's certificate. It trusts nothing: that is the directory's to decide. */
import type { TLSSocket } from 'node:tls'
import { fingerprintOf, usernameOfCertificate } from '@tracegate/service/certificate-identity'
import type { CertificateFacts } from '@tracegate/service/identity'

/** Authorities between a certificate and the one that everything is trusted for. */
const issuersMax = 8

/** Undefined when the client showed no certificate. */
export function certificateFactsOf(socket: TLSSocket): CertificateFacts | undefined {
  const certificate = socket.getPeerX509Certificate()
  if (certificate === undefined) return undefined
  return {
    username: usernameOfCertificate(certificate),
    fingerprint: fingerprintOf(certificate),
    issuers: socket.authorized ? issuersOf(socket) : [],
    validFromMs: certificate.validFromDate.getTime(),
    validToMs: certificate.validToDate.getTime()
  }
}

function issuersOf(socket: TLSSocket): string[] {
  const issuers: string[] = []
  let certificate = socket.getPeerCertificate(true)
  while (issuers.length < issuersMax) {
    const issuer = certificate.issuerCertificate
    // An authority at the top is its own issuer; one that is not known has none.
    if (issuer === undefined || issuer.fingerprint256 === certificate.fingerprint256) return issuers
    issuers.push(fingerprintOf(issuer))
    certificate = issuer
  }
  return issuers
}
