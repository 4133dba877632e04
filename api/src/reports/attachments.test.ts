/** Files of cases: cleaned, bounded, kept once. */
import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { CodedError } from '@tracegate/model/errors'
import { policyDefaults, type Policy } from '@tracegate/model/policy/policy'
import { createMemoryCaseStore } from '@tracegate/store/memory-case'
import { createPolicyBook, type PolicyBook } from '../policy/policy-book.ts'
import { createAttachmentStore, sniffMediaType } from './attachments.ts'
import { cleanImage } from './clean-image.ts'
import { jpegPicture, pngData, sampleJpeg, samplePng, sampleWebp, secretInImage } from './sample-images.ts'

const nowMs = Date.UTC(2026, 10, 24, 2)

function bookOf(change: Partial<Policy['reports']['attachments']> = {}): PolicyBook {
  const { reports } = policyDefaults
  const policy = { ...policyDefaults, reports: { ...reports, attachments: { ...reports.attachments, ...change } } }
  const version = { version: 1, effectiveFromMs: 0, by: 'test', why: 'test', policy }
  const book = { current: async () => version, versions: async () => [version] }
  // The book grows by other parts; what attachments ask of it is these.
  return Object.assign({}, fullBook, book)
}
const fullBook = createPolicyBook({ cases: createMemoryCaseStore(), nowMs: () => nowMs })

async function withStore(
  change: Partial<Policy['reports']['attachments']>,
  use: (store: ReturnType<typeof createAttachmentStore>, folder: string) => Promise<void>
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'tracegate-attachments-'))
  try {
    await use(createAttachmentStore({ folder, cases: createMemoryCaseStore(), policy: bookOf(change), nowMs: () => nowMs }), folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) =>
    entry.isFile() ? [join(entry.parentPath, entry.name)] : []
  )
const codeOf = (error: unknown): string => (error instanceof CodedError ? error.code : String(error))

test('a photograph is kept without place, owner, comments and trailer, its picture unchanged and the way it is held known', async () => {
  await withStore({}, async (store, folder) => {
    const jpeg = await store.store({ bytes: sampleJpeg(6), mediaType: 'image/jpeg', by: 'somebody' })
    await store.store({ bytes: samplePng(), mediaType: 'image/png; charset=binary', by: 'somebody' })
    await store.store({ bytes: sampleWebp(), mediaType: 'image/webp', by: 'somebody' })
    for (const path of filesIn(folder)) assert.ok(!readFileSync(path).includes(secretInImage), path)
    const read = await store.read(jpeg.id)
    assert.ok(read !== undefined)
    assert.ok(read.bytes.includes(jpegPicture))
    const orientation = Buffer.from([0x01, 0x12, 0, 3, 0, 0, 0, 1, 0, 6])
    assert.ok(read.bytes.includes(orientation))
    assert.equal(filesIn(folder).length, 3)
    assert.ok(cleanImage(samplePng(), 'image/png').includes(pngData))
    assert.deepEqual(cleanImage(read.bytes, 'image/jpeg'), read.bytes)
  })
})

test('what came twice is kept once, and what was changed on the disk is not given back', async () => {
  await withStore({}, async (store, folder) => {
    const first = await store.store({ bytes: samplePng(), mediaType: 'image/png', by: 'one' })
    assert.deepEqual(await store.store({ bytes: samplePng(), mediaType: 'image/png', by: 'two' }), first)
    const [path = ''] = filesIn(folder)
    await writeFile(path, 'something else')
    assert.equal(await store.read(first.id), undefined)
    assert.equal(await store.read('0'.repeat(32)), undefined)
  })
})

test('store() refuses what is too large, too much, of another type than it says, empty or damaged', async () => {
  await withStore({ bytesMax: 2_000, totalBytesMax: 500 }, async (store, folder) => {
    const refusals: [Uint8Array, string, string][] = [
      [Buffer.alloc(2_001), 'image/png', 'ATTACHMENT_TOO_LARGE'],
      [samplePng(), 'image/jpeg', 'ATTACHMENT_TYPE'],
      [Buffer.from('<svg onload="alert(1)"/>'), 'image/svg+xml', 'ATTACHMENT_TYPE'],
      [Buffer.from('MZ program'), 'image/png', 'ATTACHMENT_TYPE'],
      [Buffer.alloc(0), 'image/png', 'ATTACHMENT_EMPTY'],
      [samplePng().subarray(0, 60), 'image/png', 'ATTACHMENT_DAMAGED'],
      [sampleJpeg().subarray(0, 30), 'image/jpeg', 'ATTACHMENT_DAMAGED'],
      [Buffer.concat([Buffer.from('%PDF-1.7\n'), Buffer.alloc(600, 32)]), 'application/pdf', 'ATTACHMENTS_FULL']
    ]
    for (const [bytes, mediaType, code] of refusals)
      await assert.rejects(
        store.store({ bytes, mediaType, by: 'x' }),
        (error) => codeOf(error) === code || assert.fail(`${code}: ${codeOf(error)}`)
      )
    assert.deepEqual(filesIn(folder), [])
  })
})

test('an anonymous attachment is a photograph whose file carries the time given, not that of its coming', async () => {
  await withStore({}, async (store, folder) => {
    const hourMs = Date.UTC(2026, 10, 24, 1)
    await store.store({ bytes: samplePng(), mediaType: 'image/png', by: 'insider', atMs: hourMs, anonymous: true })
    for (const path of filesIn(folder)) assert.equal(statSync(path).mtimeMs, hourMs)
    const pdf = store.store({ bytes: Buffer.from('%PDF-1.7'), mediaType: 'application/pdf', by: 'insider', anonymous: true })
    await assert.rejects(pdf, (error) => codeOf(error) === 'ATTACHMENT_KEEPS_IDENTITY')
  })
})

test('cleanImage() ends for any octets with a clean picture or the code of a damaged one', () => {
  const samples = { 'image/jpeg': sampleJpeg(), 'image/png': samplePng(), 'image/webp': sampleWebp() } as const
  const types = ['image/jpeg', 'image/png', 'image/webp'] as const
  fc.assert(
    fc.property(fc.constantFrom(...types), fc.nat(400), fc.integer({ min: 0, max: 255 }), fc.boolean(), (type, at, value, cut) => {
      const bytes = Buffer.from(samples[type])
      if (at >= 12 && at < bytes.length) bytes[at] = value
      const tried = cut ? bytes.subarray(0, Math.max(12, at)) : bytes
      try {
        assert.ok(sniffMediaType(cleanImage(tried, type)) === type)
      } catch (error) {
        assert.equal(codeOf(error), 'ATTACHMENT_DAMAGED')
      }
    }),
    { numRuns: 500 }
  )
})
