/**
 * What a telemetry store cannot do at the moment, and the attempts to get over it: while appends are refused for want of room, room is
 * made again and again, so that writing goes on by itself once there is some.
 */
import { isStoreError } from '../../errors.ts'

export interface Trouble {
  /** An append was refused, or stored. */
  refused(error: unknown): void
  stored(): void
  /** A fold or a drop has failed, or the next one has not. */
  failed(what: 'folding' | 'dropping old readings', error: unknown): void
  worked(what: 'folding' | 'dropping old readings'): void
  /** Undefined when all is well. */
  text(): string | undefined
  readonly full: boolean
  stop(): void
}

const retryMs = 2_000

export function createTrouble(options: {
  readonly onFull: (full: boolean) => void
  /** Folds and drops what may go. Never rejects. */
  readonly makeRoom: () => Promise<void>
}): Trouble {
  let full: string | undefined
  let timer: NodeJS.Timeout | undefined
  let making = false
  const failures = new Map<string, string>()

  const makeRoom = async (): Promise<void> => {
    if (making) return
    making = true
    await options.makeRoom()
    making = false
  }
  return {
    refused(error) {
      if (!isStoreError(error, 'STORE_FULL')) return
      if (full === undefined) options.onFull(true)
      full = textOf(error)
      timer ??= setInterval(() => void makeRoom(), retryMs).unref()
      void makeRoom()
    },
    stored() {
      if (full === undefined) return
      full = undefined
      clearInterval(timer)
      timer = undefined
      options.onFull(false)
    },
    failed: (what, error) => void failures.set(what, `${what} failed: ${textOf(error)}`),
    worked: (what) => void failures.delete(what),
    text() {
      const texts = [...(full === undefined ? [] : [full]), ...failures.values()]
      return texts.length === 0 ? undefined : texts.join('; ')
    },
    get full() {
      return full !== undefined
    },
    stop: () => clearInterval(timer)
  }
}

function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
