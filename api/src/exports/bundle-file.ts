/**
 * Writes a ZIP to disk piece by piece with the hash and size of each file and of the whole. At most one piece is in memory; at the limit of
 * bytes a file ends early and says so. It knows nothing of what the files mean.
 */
import { createHash } from 'node:crypto'
import { open } from 'node:fs/promises'
import { Zip, ZipDeflate } from 'fflate'
import type { EvidenceFile } from '@tracegate/model/evidence'

/** Octets and how many things of the file's own kind they hold. */
export interface Piece {
  readonly bytes: Uint8Array
  readonly count: number
}

export interface BundleFile {
  /** Unpacked octets so far. */
  bytes(): number
  add(file: {
    readonly name: string
    readonly holds: string
    readonly pieces: AsyncIterable<Piece> | Iterable<Piece>
  }): Promise<EvidenceFile>
  /** Ends the ZIP, durably. Gives its size and hash. */
  end(): Promise<{ readonly bytes: number; readonly sha256: string }>
  /** Closes it unfinished. */
  abandon(): Promise<void>
}

const pieceBytesMax = 65_536

export async function openBundleFile(path: string, options: { readonly timeMs: number }): Promise<BundleFile> {
  const handle = await open(path, 'wx', 0o600)
  const whole = createHash('sha256')
  let waiting: Uint8Array[] = []
  let fault: Error | undefined
  let packed = 0
  let unpacked = 0
  const zip = new Zip((error, chunk) => {
    if (error !== null) fault = error
    else waiting.push(chunk)
  })
  async function flush(): Promise<void> {
    if (fault !== undefined) throw fault
    const chunks = waiting
    waiting = []
    for (const chunk of chunks) {
      whole.update(chunk)
      packed += chunk.length
      await handle.writeFile(chunk)
    }
  }
  return {
    bytes: () => unpacked,
    async add({ name, holds, pieces }) {
      const entry = new ZipDeflate(name, { level: 6 })
      entry.mtime = options.timeMs
      zip.add(entry)
      const hash = createHash('sha256')
      let bytes = 0
      let count = 0
      for await (const piece of pieces) {
        count += piece.count
        bytes += piece.bytes.length
        hash.update(piece.bytes)
        for (let at = 0; at < piece.bytes.length; at += pieceBytesMax) {
          entry.push(piece.bytes.subarray(at, at + pieceBytesMax))
          await flush()
        }
      }
      entry.push(new Uint8Array(), true)
      await flush()
      unpacked += bytes
      return { name, bytes, sha256: hash.digest('hex'), count, holds }
    },
    async end() {
      zip.end()
      await flush()
      await handle.sync()
      await handle.close()
      return { bytes: packed, sha256: whole.digest('hex') }
    },
    async abandon() {
      zip.terminate()
      await handle.close().catch(() => {})
    }
  }
}

export function jsonPiece(value: unknown, count = 1): Piece {
  return { bytes: Buffer.from(`${JSON.stringify(value, null, 2)}\n`), count }
}

export function linesPiece(lines: readonly string[]): Piece {
  return { bytes: Buffer.from(lines.map((line) => `${line}\n`).join('')), count: lines.length }
}
