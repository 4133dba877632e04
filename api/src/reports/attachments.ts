/**
 * Attachments of cases as files under the data folder, named by the digest of what is kept: what came twice is kept once. The type is that
 * of their first octets, photographs are cleaned of metadata, and count and size are bounded. It shows no file to anybody.
 */
import { createHash, randomUUID } from 'node:crypto'
import { mkdir, open, readFile, rename, rm, utimes } from 'node:fs/promises'
import { join } from 'node:path'
import { Type } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import { attachmentMediaTypes, type AttachmentMediaType } from '@tracegate/model/policy/reports'
import { Attachment } from '@tracegate/model/report'
import { TimeMs } from '@tracegate/model/wire'
import type { CaseStore } from '@tracegate/store/case-store'
import type { PolicyBook } from '../policy/policy-book.ts'
import { cleanImage } from './clean-image.ts'
import { intakeError } from './errors.ts'

interface NewAttachment {
  readonly bytes: Uint8Array
  /** As the sender calls it; parameters behind a semicolon do not count. */
  readonly mediaType: string
  readonly by: string
  /** Now where it is left out. */
  readonly atMs?: number
  /** Only what can be cleaned of who made it; and its file carries the time given. */
  readonly anonymous?: boolean
}

export interface AttachmentStore {
  /** Durable when it resolves. Rejects with the codes `ATTACHMENT_…` and `ATTACHMENTS_…`. */
  store(attachment: NewAttachment): Promise<Attachment>
  find(id: string): Promise<Attachment | undefined>
  /** Undefined when there is none of that id, or its file is gone or was changed. */
  read(id: string): Promise<{ readonly attachment: Attachment; readonly bytes: Buffer } | undefined>
}

export interface AttachmentStoreOptions {
  /** None: nothing can be taken. */
  readonly folder: string | undefined
  readonly cases: CaseStore
  readonly policy: PolicyBook
  readonly nowMs: () => number
}

const AttachmentRow = Type.Object({ ...Attachment.properties, atMs: TimeMs, by: Type.String() })
const rows = compileValidator(AttachmentRow)
/** What cannot be cleaned here. */
const cleanable: readonly AttachmentMediaType[] = ['image/jpeg', 'image/png', 'image/webp']
const idLength = 32

export function createAttachmentStore({ folder, cases, policy, nowMs }: AttachmentStoreOptions): AttachmentStore {
  let keptBytes: Promise<number> | undefined
  const bytesKept = () => (keptBytes ??= sumOfBytes(cases))

  async function find(id: string): Promise<Attachment | undefined> {
    const row = await cases.get('attachments', id)
    const read = row === undefined ? undefined : rows.check(row.document)
    return read?.ok === true ? attachmentOf(read.value) : undefined
  }

  return {
    find,
    async store({ bytes, mediaType: given, by, atMs = nowMs(), anonymous = false }) {
      if (folder === undefined) throw intakeError('ATTACHMENTS_ABSENT')
      const { attachments: limits } = (await policy.current()).policy.reports
      if (bytes.length > limits.bytesMax) throw intakeError('ATTACHMENT_TOO_LARGE', { bytes: bytes.length, bytesMax: limits.bytesMax })
      const mediaType = typeOf(bytes, given, limits.mediaTypes)
      const cleaned = clean(Buffer.from(bytes), mediaType, anonymous)
      const sha256 = createHash('sha256').update(cleaned).digest('hex')
      const attachment: Attachment = { id: sha256.slice(0, idLength), sha256, bytes: cleaned.length, mediaType }
      const before = await find(attachment.id)
      if (before !== undefined) return before
      const kept = await bytesKept()
      if (kept + cleaned.length > limits.totalBytesMax)
        throw intakeError('ATTACHMENTS_FULL', { bytes: kept, bytesMax: limits.totalBytesMax })
      keptBytes = Promise.resolve(kept + cleaned.length)
      await writeFileDurably(join(folder, sha256.slice(0, 2)), sha256, cleaned, anonymous ? atMs : undefined)
      await cases.put('attachments', attachment.id, { ...attachment, atMs, by })
      return attachment
    },
    async read(id) {
      const attachment = await find(id)
      if (attachment === undefined || folder === undefined) return undefined
      const { sha256 } = attachment
      const bytes = await readFile(join(folder, sha256.slice(0, 2), sha256)).catch(() => undefined)
      if (bytes === undefined || createHash('sha256').update(bytes).digest('hex') !== sha256) return undefined
      return { attachment, bytes }
    }
  }
}

function attachmentOf({ id, sha256, bytes, mediaType }: Attachment): Attachment {
  return { id, sha256, bytes, mediaType }
}

async function sumOfBytes(cases: CaseStore): Promise<number> {
  let sum = 0
  for (const row of await cases.list('attachments')) {
    const read = rows.check(row.document)
    if (read.ok) sum += read.value.bytes
  }
  return sum
}

const textAt = (bytes: Uint8Array, from: number, to: number): string => Buffer.from(bytes.subarray(from, to)).toString('latin1')

/** What the first octets say a file is; undefined for what is not taken. */
export function sniffMediaType(bytes: Uint8Array): AttachmentMediaType | undefined {
  if (textAt(bytes, 0, 3) === '\xff\xd8\xff') return 'image/jpeg'
  if (textAt(bytes, 0, 8) === '\x89PNG\r\n\x1a\n') return 'image/png'
  if (textAt(bytes, 0, 4) === 'RIFF' && textAt(bytes, 8, 12) === 'WEBP') return 'image/webp'
  if (textAt(bytes, 0, 5) === '%PDF-') return 'application/pdf'
  return textAt(bytes, 4, 8) === 'ftyp' ? 'video/mp4' : undefined
}

function typeOf(bytes: Uint8Array, given: string, wanted: readonly AttachmentMediaType[]): AttachmentMediaType {
  if (bytes.length === 0) throw intakeError('ATTACHMENT_EMPTY')
  const found = sniffMediaType(bytes)
  const named = attachmentMediaTypes.find((type) => type === given.split(';', 1)[0]?.trim().toLowerCase())
  if (found === undefined || found !== named || !wanted.includes(found))
    throw intakeError('ATTACHMENT_TYPE', { found: found ?? 'of no known type', given: given.slice(0, 64), wanted: wanted.join(', ') })
  return found
}

function clean(bytes: Buffer, mediaType: AttachmentMediaType, anonymous: boolean): Buffer {
  if (mediaType === 'image/jpeg' || mediaType === 'image/png' || mediaType === 'image/webp') return cleanImage(bytes, mediaType)
  if (anonymous && !cleanable.includes(mediaType)) throw intakeError('ATTACHMENT_KEEPS_IDENTITY', { mediaType })
  return bytes
}

/** Under another name until it is whole: a crash leaves nothing that looks like an attachment. */
async function writeFileDurably(folder: string, name: string, bytes: Buffer, timeMs: number | undefined): Promise<void> {
  await mkdir(folder, { recursive: true, mode: 0o700 })
  const path = join(folder, `${randomUUID()}.new`)
  try {
    const file = await open(path, 'wx', 0o600)
    try {
      await file.writeFile(bytes)
      await file.sync()
    } finally {
      await file.close()
    }
    await rename(path, join(folder, name))
  } catch (error) {
    await rm(path, { force: true })
    throw error
  }
  if (timeMs === undefined) return
  await utimes(join(folder, name), timeMs / 1_000, timeMs / 1_000)
  await utimes(folder, timeMs / 1_000, timeMs / 1_000)
}
