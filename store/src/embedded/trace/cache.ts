/** What was used last, up to a cost. */

export interface Cache<Value> {
  get(key: number): Value | undefined
  set(key: number, value: Value): void
}

/** Two generations: when the young one is full it becomes the old one, and the old one is forgotten. */
export function createCache<Value>(costMax: number, costOf: (value: Value) => number): Cache<Value> {
  let young = new Map<number, Value>()
  let old = new Map<number, Value>()
  let cost = 0
  const set = (key: number, value: Value): void => {
    if (young.has(key)) return
    young.set(key, value)
    cost += costOf(value)
    if (cost <= costMax / 2) return
    old = young
    young = new Map()
    cost = 0
  }
  return {
    get(key) {
      const value = young.get(key)
      if (value !== undefined) return value
      const older = old.get(key)
      if (older !== undefined) set(key, older)
      return older
    },
    set
  }
}
