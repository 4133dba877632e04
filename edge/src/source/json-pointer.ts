/** Reads a place in a JSON value by its pointer (RFC 6901). It only reads. */

/** `undefined` when there is nothing at the place. */
export function atPointer(value: unknown, pointer: string): unknown {
  if (pointer === '') return value
  let current = value
  for (const part of pointer.split('/').slice(1)) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~')
    if (Array.isArray(current)) {
      const items: readonly unknown[] = current
      current = /^(0|[1-9]\d*)$/.test(key) ? items[Number(key)] : undefined
    } else if (isRecord(current) && Object.hasOwn(current, key)) current = current[key]
    else return undefined
  }
  return current
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}
