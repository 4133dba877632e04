/** Which user a certificate names, and the ways in which one may try to name another. */
import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { X509Certificate } from 'node:crypto'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { fingerprintOf, usernameOfCertificate } from './certificate-identity.ts'

/** `names` are lines of the section of alternative names; undefined where there is no openssl. */
function certificateWith(common: string, names: readonly string[]): X509Certificate | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'tracegate-names-'))
  const [config, key, out] = [join(folder, 'openssl.cnf'), join(folder, 'key.pem'), join(folder, 'out.pem')]
  const extensions = names.length === 0 ? '' : `subjectAltName=@names\n[names]\n${names.join('\n')}\n`
  writeFileSync(
    config,
    `[req]\ndistinguished_name=dn\nx509_extensions=ext\nprompt=no\n[dn]\nCN=${common}\n[ext]\nbasicConstraints=CA:FALSE\n${extensions}`
  )
  try {
    const curve = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-noenc']
    execFileSync('openssl', ['req', '-x509', ...curve, '-config', config, '-keyout', key, '-out', out, '-days', '2'], { stdio: 'pipe' })
    return new X509Certificate(readFileSync(out))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT' && process.env['CI'] !== 'true') return undefined
    throw error
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

test('usernameOfCertificate() takes one name of ours, or the common name, and nothing that is ambiguous', (context) => {
  const device = 'urn:tracegate:device:port-1/probe-1'
  const cases: readonly (readonly [common: string, names: readonly string[], username: string | undefined])[] = [
    ['x', [`URI.1=${device}`], 'port-1/probe-1'],
    ['port-2/other', [`URI.1=${device}`, 'DNS.1=probe.example'], 'port-1/probe-1'],
    ['x', ['URI.1=urn:tracegate:service:collector-2'], 'collector-2'],
    ['port-1/probe-1', [], 'port-1/probe-1'],
    ['port-1/probe-1', ['DNS.1=probe.example'], 'port-1/probe-1'],
    ['collector', [], undefined],
    ['port-1/probe-1/x', [], undefined],
    ['port-1/+', [], undefined],
    ['port-1/probe-1', [`URI.1=${device}`, 'URI.2=urn:tracegate:device:port-1/probe-2'], undefined],
    ['port-1/probe-1', ['URI.1=urn:tracegate:device:port-1'], undefined],
    ['x', [`DNS.1=${device}`], undefined],
    ['x', [`URI.1=http://x.example/, URI:${device}`], undefined]
  ]
  for (const [common, names, username] of cases) {
    const certificate = certificateWith(common, names)
    if (certificate === undefined) return context.skip('openssl is not installed')
    assert.equal(usernameOfCertificate(certificate), username, `${common} ${names.join(' ')}`)
    assert.match(fingerprintOf(certificate), /^[0-9a-f]{64}$/)
  }
})
