/** Makes whoever fails again and again wait longer and longer. It lives in memory, is bounded, and decides nothing but the wait. */

export interface ThrottleOptions {
  /** Failures that cost nothing. */
  readonly freeFailures: number
  /** The first wait; each further failure doubles it. */
  readonly baseMs: number
  readonly maxMs: number
  /** Subjects remembered; the one that failed longest ago goes first. */
  readonly trackedMax: number
  readonly nowMs: () => number
}

export interface Throttle {
  /** How long the next try has to wait; 0 when it may come now. */
  waitMs(subject: string): number
  failed(subject: string): void
  succeeded(subject: string): void
}

export function createThrottle({ freeFailures, baseMs, maxMs, trackedMax, nowMs }: ThrottleOptions): Throttle {
  const failures = new Map<string, { readonly count: number; readonly untilMs: number; readonly lastMs: number }>()
  return {
    waitMs: (subject) => Math.max(0, (failures.get(subject)?.untilMs ?? 0) - nowMs()),
    failed(subject) {
      const now = nowMs()
      const before = failures.get(subject)
      const count = before === undefined || now - before.lastMs > maxMs * 2 ? 1 : before.count + 1
      const over = count - freeFailures
      const untilMs = over < 0 ? 0 : now + Math.min(maxMs, baseMs * 2 ** Math.min(over, 30))
      failures.delete(subject)
      failures.set(subject, { count, untilMs, lastMs: now })
      const oldest = failures.size > trackedMax ? failures.keys().next().value : undefined
      if (oldest !== undefined) failures.delete(oldest)
    },
    succeeded: (subject) => void failures.delete(subject)
  }
}

/** What counts as one place on the network: an IPv4 address, or the /64 that one IPv6 subscriber has. */
export function networkOf(address: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1]
  if (mapped !== undefined) return mapped
  if (!address.includes(':')) return address
  const [head = '', tail] = address.split('%', 1)[0]?.split('::') ?? []
  const groups = head === '' ? [] : head.split(':')
  const rest = tail === undefined || tail === '' ? [] : tail.split(':')
  const missing = tail === undefined ? 0 : Math.max(0, 8 - groups.length - rest.length)
  const whole = [...groups, ...Array.from({ length: missing }, () => '0'), ...rest]
  return `${whole
    .slice(0, 4)
    .map((group) => group.toLowerCase().replace(/^0+(?=.)/, ''))
    .join(':')}/64`
}
