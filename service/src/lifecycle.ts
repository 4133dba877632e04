/** Starts parts in order, ends them in the reverse order within a time limit, and waits for the signal to do so. */

export interface Closable {
  readonly name: string
  close(): Promise<void>
}

export interface CloseLimits {
  /** For one part. */
  readonly partMs: number
  /** For all of them: what one part used up is missing to the next, which still gets `leastMs`. */
  readonly totalMs: number
}

const leastMs = 100

/** Ends the parts last to first within the limits; a part that fails or hangs is reported and does not stop the rest. */
export async function closeAll(
  parts: readonly Closable[],
  limits: CloseLimits,
  onTrouble: (name: string, error: unknown) => void
): Promise<void> {
  const endMs = performance.now() + limits.totalMs
  for (const part of parts.toReversed()) {
    const limitMs = Math.round(Math.min(limits.partMs, Math.max(leastMs, endMs - performance.now())))
    try {
      await withLimit(part.close(), limitMs, part.name)
    } catch (error) {
      onTrouble(part.name, error)
    }
  }
}

/** Rejects with a `TimeoutError` when the promise takes longer than the limit. */
export async function withLimit<Value>(promise: Promise<Value>, limitMs: number, what: string): Promise<Value> {
  const { promise: late, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(() => reject(new DOMException(`${what} took longer than ${limitMs} ms`, 'TimeoutError')), limitMs)
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}

/** A terminal and npm may each pass on the same Ctrl-C: what comes so soon after the first is not a second one. */
const sameSignalMs = 500

/** Resolves with the name of the first SIGINT or SIGTERM; a second one ends the process at once with code 130. */
export function waitForSignal(): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>()
  let askedAtMs: number | undefined
  const listen = (signal: NodeJS.Signals) => {
    if (askedAtMs !== undefined && Date.now() - askedAtMs > sameSignalMs) process.exit(130)
    askedAtMs ??= Date.now()
    resolve(signal)
  }
  process.on('SIGINT', listen)
  process.on('SIGTERM', listen)
  return promise
}
