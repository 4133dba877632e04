/**
 * Which user name a client certificate stands for: its one subject alternative name `urn:tracegate:device:{point}/{device}` or
 * `urn:tracegate:service:{name}`, or, where it has none of these, its common name `{point}/{device}`. Whether the certificate is
 * trusted is decided elsewhere.
 */
import type { X509Certificate } from 'node:crypto'

const name = '[A-Za-z0-9_-]{1,64}'
const deviceUri = new RegExp(`^URI:urn:tracegate:device:(${name}/${name})$`)
const serviceUri = new RegExp(`^URI:urn:tracegate:service:(${name})$`)
const commonName = new RegExp(`^${name}/${name}$`)

/** Undefined when it names nobody, or more than one. */
export function usernameOfCertificate(certificate: X509Certificate): string | undefined {
  const alternatives = certificate.subjectAltName ?? ''
  // A quoted name may hold the separator and so pretend to be two names; no name of ours needs quotes.
  if (alternatives.includes('"')) return undefined
  const ours = alternatives.split(', ').filter((one) => one.startsWith('URI:urn:tracegate:'))
  if (ours.length > 1) return undefined
  const [uri] = ours
  if (uri !== undefined) return (deviceUri.exec(uri) ?? serviceUri.exec(uri))?.[1]
  const subject: Readonly<Record<string, unknown>> = { ...certificate.toLegacyObject().subject }
  const common = subject['CN']
  return typeof common === 'string' && commonName.test(common) ? common : undefined
}

/** SHA-256 in the form that registers hold: 64 lower-case hexadecimal digits. */
export function fingerprintOf(certificate: { readonly fingerprint256: string }): string {
  return certificate.fingerprint256.replaceAll(':', '').toLowerCase()
}
