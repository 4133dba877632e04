/** The list of what a backup holds, with a checksum of each file. It is written last: a folder without it is no backup. */
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { open, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { Type, type Static } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import { storeError } from '../errors.ts'

export const manifestName = 'backup.json'

const Manifest = Type.Object({
  version: Type.Literal(1),
  createdAtMs: Type.Number(),
  /** In the order in which they were copied. */
  files: Type.Array(
    Type.Object({
      /** Relative to the data folder, with `/`. */
      name: Type.String({ pattern: '^[^/\\\\][^\\\\]*$' }),
      bytes: Type.Integer({ minimum: 0 }),
      sha256: Type.String({ pattern: '^[0-9a-f]{64}$' })
    })
  )
})
export type Manifest = Static<typeof Manifest>
const validator = compileValidator(Manifest)

export async function writeManifest(folder: string, manifest: Manifest): Promise<void> {
  const file = await open(join(folder, manifestName), 'wx', 0o600)
  try {
    await file.writeFile(`${JSON.stringify(manifest, undefined, 2)}\n`)
    await file.sync()
  } finally {
    await file.close()
  }
}

/** Throws `STORE_BACKUP` for a folder that holds no whole backup. */
export async function readManifest(folder: string): Promise<Manifest> {
  const path = join(folder, manifestName)
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw storeError('STORE_BACKUP', { folder, detail: `${manifestName} cannot be read, so it was not finished or is none` }, error)
  })
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    parsed = undefined
  }
  const checked = validator.check(parsed)
  if (!checked.ok)
    throw storeError('STORE_BACKUP', { folder, detail: `${manifestName}${checked.reason.pointer} ${checked.reason.message}` })
  const wrong = checked.value.files.find(({ name }) => name.split('/').includes('..'))
  if (wrong !== undefined) throw storeError('STORE_BACKUP', { folder, detail: `${manifestName} names "${wrong.name}"` })
  return checked.value
}

/** SHA-256 in hexadecimal digits and the size of a file. */
export async function digestOf(path: string): Promise<{ readonly bytes: number; readonly sha256: string }> {
  const hash = createHash('sha256')
  let bytes = 0
  await pipeline(createReadStream(path), async (chunks: AsyncIterable<Buffer>) => {
    for await (const chunk of chunks) {
      hash.update(chunk)
      bytes += chunk.length
    }
  })
  return { bytes, sha256: hash.digest('hex') }
}
