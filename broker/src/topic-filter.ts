/** MQTT topic filters (MQTT 3.1.1 §4.7): one filter against one topic, and an index of many filters. */

export function matchesFilter(topic: string, filter: string): boolean {
  if (filter === topic) return true
  if (topic.startsWith('$') && /^[+#]/.test(filter)) return false
  const names = topic.split('/')
  const parts = filter.split('/')
  for (const [index, part] of parts.entries()) {
    if (part === '#') return true
    const name = names[index]
    if (name === undefined || (part !== '+' && part !== name)) return false
  }
  return names.length === parts.length
}

export interface FilterIndex<Value> {
  set(filter: string, id: string, value: Value): void
  remove(filter: string, id: string): void
  /** One value per id; the last one wins where several filters of an id match. */
  match(topic: string): Map<string, Value>
}

interface Level<Value> {
  readonly next: Map<string, Level<Value>>
  readonly values: Map<string, Value>
}

export function createFilterIndex<Value>(): FilterIndex<Value> {
  const root = createLevel<Value>()

  function collect(level: Level<Value>, names: readonly string[], depth: number, found: Map<string, Value>): void {
    const many = level.next.get('#')
    if (many !== undefined) for (const [id, value] of many.values) found.set(id, value)
    const name = names[depth]
    if (name === undefined) {
      for (const [id, value] of level.values) found.set(id, value)
      return
    }
    const one = level.next.get('+')
    if (one !== undefined) collect(one, names, depth + 1, found)
    const exact = level.next.get(name)
    if (exact !== undefined) collect(exact, names, depth + 1, found)
  }

  return {
    set(filter, id, value) {
      let level = root
      for (const part of filter.split('/')) {
        const next = level.next.get(part) ?? createLevel<Value>()
        level.next.set(part, next)
        level = next
      }
      level.values.set(id, value)
    },
    remove: (filter, id) => void removeFrom(root, filter.split('/'), 0, id),
    match(topic) {
      const found = new Map<string, Value>()
      // Wildcards do not match the broker's own `$` topics (§4.7.2).
      if (!topic.startsWith('$')) collect(root, topic.split('/'), 0, found)
      return found
    }
  }
}

function createLevel<Value>(): Level<Value> {
  return { next: new Map(), values: new Map() }
}

/** True when the level is empty afterwards and may go. */
function removeFrom<Value>(level: Level<Value>, parts: readonly string[], depth: number, id: string): boolean {
  const part = parts[depth]
  if (part === undefined) level.values.delete(id)
  else {
    const next = level.next.get(part)
    if (next !== undefined && removeFrom(next, parts, depth + 1, id)) level.next.delete(part)
  }
  return level.values.size === 0 && level.next.size === 0
}
