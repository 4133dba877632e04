/** What the broker library takes for a client's socket: it gives packets one by one and takes answers. It buffers nothing itself. */
import { Duplex } from 'node:stream'

export interface LibraryStreamOwner {
  /** The library has taken what was pushed, and wants more. */
  libraryReads(): void
  /** One whole packet. */
  libraryAnswers(bytes: Buffer): void
  libraryEnds(): void
}

/** A class for the sake of memory only: ten thousand of them share their functions. */
export class LibraryStream extends Duplex {
  readonly #owner: LibraryStreamOwner

  constructor(owner: LibraryStreamOwner) {
    super({ allowHalfOpen: false, readableHighWaterMark: 1 })
    this.#owner = owner
  }

  override _read(): void {
    this.#owner.libraryReads()
  }

  override _writev(chunks: readonly { readonly chunk: unknown }[], done: () => void): void {
    const parts: Buffer[] = []
    for (const { chunk } of chunks) if (Buffer.isBuffer(chunk)) parts.push(chunk)
    this.#owner.libraryAnswers(Buffer.concat(parts))
    done()
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.#owner.libraryEnds()
    done(error)
  }
}
