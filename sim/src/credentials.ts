/**
 * Gives every device and agent of the simulated port its secret: the hash goes into the register, the secret itself into a
 * file that only its owner may read. A second call keeps the secrets of the first, and whatever was done to the register since.
 */
import { randomBytes, randomUUID } from 'node:crypto'
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Type } from 'typebox'
import { compileValidator, decodeMessage } from '@tracegate/model/codec'
import type { StoredAccess } from '@tracegate/service/credentials'
import { createSecretHasher } from '@tracegate/service/secret-hash'
import type { CaseStore } from '@tracegate/store/case-store'
import { simError } from './errors.ts'
import type { World } from './world.ts'

/** `{point}/{device}` to secret. */
export type Secrets = Readonly<Record<string, string>>

const secretsValidator = compileValidator(Type.Record(Type.String(), Type.String({ minLength: 32 })))

export function secretsPathOf(dataDir: string): string {
  return join(dataDir, 'sim', 'credentials.json')
}

/** Where the keys lie that sign the tokens of devices. */
export function tokenKeysPathOf(dataDir: string): string {
  return join(dataDir, 'access', 'token-keys.json')
}

/** Evidence bundles, and the keys that seal them. */
export function exportPathsOf(dataDir: string): { readonly folder: string; readonly keysPath: string } {
  return { folder: join(dataDir, 'exports'), keysPath: join(dataDir, 'access', 'evidence-keys.json') }
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

/** Makes what is missing. A row that is there stays as it is, unless the secret to it was lost. */
export async function enrol(cases: CaseStore, world: World, dataDir: string): Promise<Secrets> {
  const before = await readSecrets(dataDir)
  const secrets: Record<string, string> = {}
  for (const device of world.devices) {
    const username = `${device.point}/${device.id}`
    secrets[username] = before[username] ?? randomBytes(32).toString('hex')
  }
  if (JSON.stringify(before) !== JSON.stringify(secrets)) await writeSecrets(dataDir, secrets)
  const hasher = createSecretHasher()
  await Promise.all(
    world.devices.map(async ({ point, id: device, kind }) => {
      const username = `${point}/${device}`
      if (before[username] !== undefined && (await cases.get('credentials', username)) !== undefined) return
      const hash = await hasher.hash(Buffer.from(secrets[username] ?? ''), 'generated')
      const credential = {
        id: randomUUID(),
        kind: 'secret',
        origin: 'generated',
        hash,
        createdAtMs: Date.now(),
        createdBy: 'simulator'
      } as const
      const access: StoredAccess = { role: kind === 'edge' ? 'edge' : 'device', point, device, credentials: [credential] }
      await cases.put('credentials', username, access)
    })
  )
  return secrets
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
