/** The service key that the simulator and the command line of the quickstart use, kept in a file only its owner may read. */
import { randomBytes } from 'node:crypto'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Accounts } from '@tracegate/api/accounts'
import { isMissing } from './credentials.ts'

export function serviceKeyPathOf(dataDir: string): string {
  return join(dataDir, 'sim', 'service-key')
}

/** Gives the key of an earlier start, or makes one. */
export async function makeServiceKey(accounts: Accounts, dataDir: string): Promise<string> {
  const path = serviceKeyPathOf(dataDir)
  const before = await readFile(path, 'utf8').catch((error: unknown) => {
    if (isMissing(error)) return undefined
    throw error
  })
  const key = before?.trim() ?? randomBytes(32).toString('base64url')
  if (before === undefined) {
    await mkdir(join(dataDir, 'sim'), { recursive: true })
    await writeFile(path, `${key}\n`, { mode: 0o600 })
    await chmod(path, 0o600)
  }
  await accounts.ensureServiceKey('simulator', key, ['read', 'capture', 'simulate'])
  return key
}
