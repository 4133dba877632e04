/**
 * Gives every device and agent of the simulated port its secret: the hash goes into the register, the secret itself into a
 * file that only its owner may read. A second call keeps the secrets of the first.
 */
import { randomBytes } from 'node:crypto'
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Type } from 'typebox'
import { compileValidator, decodeMessage } from '@tracegate/model/codec'
import { hashSecret, type StoredCredential } from '@tracegate/service/device-directory'
import type { IdentityRole } from '@tracegate/service/identity'
import type { CaseStore } from '@tracegate/store/case-store'
import { simError } from './errors.ts'
import type { World } from './world.ts'

/** `{point}/{device}` to secret. */
export type Secrets = Readonly<Record<string, string>>

export const Credential = Type.Object({
  role: Type.Union([Type.Literal('device'), Type.Literal('edge'), Type.Literal('service')]),
  point: Type.String(),
  device: Type.String(),
  secretHash: Type.String({ pattern: '^[0-9a-f]{64}$' })
})
const credentialValidator = compileValidator(Credential)
const secretsValidator = compileValidator(Type.Record(Type.String(), Type.String({ minLength: 32 })))

export function secretsPathOf(dataDir: string): string {
  return join(dataDir, 'sim', 'credentials.json')
}

export async function readSecrets(dataDir: string): Promise<Secrets> {
  const path = secretsPathOf(dataDir)
  const bytes = await readFile(path).catch((error: unknown) => {
    if (isMissing(error)) return undefined
    throw simError('SIM_FILE_UNREADABLE', { what: 'credentials', path, detail: String(error) }, error)
  })
  if (bytes === undefined) return {}
  const decoded = decodeMessage(secretsValidator, bytes)
  if (!decoded.ok) throw simError('SIM_FILE_UNREADABLE', { what: 'credentials', path, detail: decoded.reason.message })
  return decoded.value
}

/** Makes what is missing and brings the register into line with the file. */
export async function enrol(cases: CaseStore, world: World, dataDir: string): Promise<Secrets> {
  const before = await readSecrets(dataDir)
  const secrets: Record<string, string> = {}
  for (const device of world.devices) {
    const username = `${device.point}/${device.id}`
    secrets[username] = before[username] ?? randomBytes(32).toString('hex')
  }
  if (JSON.stringify(before) !== JSON.stringify(secrets)) await writeSecrets(dataDir, secrets)
  await Promise.all(
    world.devices.map(async (device) => {
      const username = `${device.point}/${device.id}`
      const role: IdentityRole = device.kind === 'edge' ? 'edge' : 'device'
      const credential: StoredCredential = { role, point: device.point, device: device.id, secretHash: hashSecret(secrets[username] ?? '') }
      const row = await cases.get('credentials', username)
      if (JSON.stringify(row?.document) !== JSON.stringify(credential)) await cases.put('credentials', username, credential)
    })
  )
  return secrets
}

/** The reader that `createDeviceDirectory` wants, over the register. */
export function readCredentialFrom(cases: CaseStore): (username: string) => Promise<StoredCredential | undefined> {
  return async (username) => {
    const row = await cases.get('credentials', username)
    const checked = row === undefined ? undefined : credentialValidator.check(row.document)
    return checked?.ok === true ? checked.value : undefined
  }
}

async function writeSecrets(dataDir: string, secrets: Secrets): Promise<void> {
  const path = secretsPathOf(dataDir)
  await mkdir(join(dataDir, 'sim'), { recursive: true })
  await writeFile(`${path}.new`, `${JSON.stringify(secrets, null, 2)}\n`, { mode: 0o600 })
  await chmod(`${path}.new`, 0o600)
  await rename(`${path}.new`, path)
}

export function isMissing(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT'
}
