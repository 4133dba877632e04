/**
 * What is on its way to the store: names that one capture holds while it looks and stores, so that a second one of the same name sees
 * what the first has left; and the octets of bodies, so that a flood is refused before it is read. In memory, of this process.
 */

export interface Holds {
  /** Waits until nobody holds any of the names, and holds them all; the function given back lets go. */
  hold(names: Iterable<string>): Promise<() => void>
}

export function createHolds(): Holds {
  const held = new Map<string, Promise<void>>()
  return {
    async hold(names) {
      const wanted = new Set(names)
      for (;;) {
        const others = new Set<Promise<void>>()
        for (const name of wanted) {
          const holder = held.get(name)
          if (holder !== undefined) others.add(holder)
        }
        if (others.size === 0) break
        await Promise.all(others)
      }
      const { promise, resolve } = Promise.withResolvers<void>()
      for (const name of wanted) held.set(name, promise)
      return () => {
        for (const name of wanted) held.delete(name)
        resolve()
      }
    }
  }
}

export interface Admission {
  /** Counts the octets in; undefined when there is no room. The function given back counts them out, once. */
  admit(bytes: number): (() => void) | undefined
  readonly bytes: number
}

/** One body is always let in. */
export function createAdmission(bytesMax: number): Admission {
  let bytes = 0
  return {
    get bytes() {
      return bytes
    },
    admit(added) {
      if (bytes > 0 && bytes + added > bytesMax) return undefined
      bytes += added
      let counted = true
      return () => {
        if (counted) bytes -= added
        counted = false
      }
    }
  }
}
