/**
 * Which things must be judged again when something is told of another: of the container they are in, or of their lot. Only things about
 * which something was found, or that were read apart from their container, so that a pallet's move does not ask for all on it.
 */

/** Pairs of a thing and what it depends on; past it the oldest go. */
const pairsMax = 20_000
/** Things that depend on one. */
const watchersMax = 500

export interface Watchers {
  /** Sets what the thing depends on. */
  set(key: string, on: readonly string[]): void
  of(related: string): Iterable<string>
  snapshot(): [related: string, keys: string[]][]
  restore(pairs: readonly (readonly [related: string, keys: readonly string[]])[]): void
}

export function createWatchers(): Watchers {
  const watchers = new Map<string, Set<string>>()
  const watched = new Map<string, readonly string[]>()
  let pairs = 0

  const forget = (key: string): void => {
    for (const related of watched.get(key) ?? []) {
      const keys = watchers.get(related)
      if (keys?.delete(key) === true) pairs -= 1
      if (keys?.size === 0) watchers.delete(related)
    }
    watched.delete(key)
  }
  const set = (key: string, on: readonly string[]): void => {
    if (on.length === 0 && !watched.has(key)) return
    forget(key)
    const taken: string[] = []
    for (const related of on) {
      let keys = watchers.get(related)
      if (keys === undefined) {
        keys = new Set()
        watchers.set(related, keys)
      }
      if (keys.size >= watchersMax || keys.has(key)) continue
      keys.add(key)
      taken.push(related)
      pairs += 1
    }
    if (taken.length > 0) watched.set(key, taken)
    for (const oldest of watched.keys()) {
      if (pairs <= pairsMax) break
      forget(oldest)
    }
  }
  return {
    set,
    of: (related) => watchers.get(related) ?? [],
    snapshot: () => [...watchers].map(([related, keys]) => [related, [...keys]]),
    restore(kept) {
      watchers.clear()
      watched.clear()
      pairs = 0
      const on = new Map<string, string[]>()
      for (const [related, keys] of kept)
        for (const key of keys) {
          const known = on.get(key)
          if (known === undefined) on.set(key, [related])
          else known.push(related)
        }
      for (const [key, related] of on) set(key, related)
    }
  }
}
