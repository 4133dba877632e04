/**
 * Remembers which requests were answered, so that a retry is not stored twice. In memory, bounded in number and time: after a restart of the
 * agent, or beyond the bound, a retry is a new request.
 */

export interface IdempotencyOptions {
  readonly keysMax: number
  readonly ttlMs: number
  /** Never goes back. */
  readonly nowMs: () => number
}

/** The parts of one request that are durable or about to be, so that a second try does not store them again. */
export type KeptParts = Map<number, Promise<void>>

type Attempt<Answer> =
  /** The first of its key, or a try after one that failed. `done` must be called once. */
  | { readonly type: 'run'; readonly kept: KeptParts; readonly done: (answer: Answer | undefined) => void }
  /** Answered before, or being worked on; undefined when that failed. */
  | { readonly type: 'again'; readonly answer: Promise<Answer | undefined> }
  /** The key was used for another body. */
  | { readonly type: 'conflict' }

interface Entry<Answer> {
  readonly fingerprint: string
  readonly atMs: number
  readonly kept: KeptParts
  /** Undefined while nobody works on it. */
  answer: Promise<Answer | undefined> | undefined
}

export interface IdempotencyMemory<Answer> {
  attempt(key: string, fingerprint: string): Attempt<Answer>
  readonly size: number
}

export function createIdempotencyMemory<Answer>({ keysMax, ttlMs, nowMs }: IdempotencyOptions): IdempotencyMemory<Answer> {
  const entries = new Map<string, Entry<Answer>>()
  const forget = () => {
    for (const [key, entry] of entries) {
      if (entries.size < keysMax && nowMs() - entry.atMs < ttlMs) break
      entries.delete(key)
    }
  }
  const run = (entry: Entry<Answer>): Attempt<Answer> => {
    const { promise, resolve } = Promise.withResolvers<Answer | undefined>()
    entry.answer = promise
    return {
      type: 'run',
      kept: entry.kept,
      done(answer) {
        if (answer === undefined) entry.answer = undefined
        resolve(answer)
      }
    }
  }
  return {
    attempt(key, fingerprint) {
      forget()
      const found = entries.get(key)
      if (found === undefined) {
        const entry: Entry<Answer> = { fingerprint, atMs: nowMs(), kept: new Map(), answer: undefined }
        entries.set(key, entry)
        return run(entry)
      }
      if (found.fingerprint !== fingerprint) return { type: 'conflict' }
      return found.answer === undefined ? run(found) : { type: 'again', answer: found.answer }
    },
    get size() {
      return entries.size
    }
  }
}
