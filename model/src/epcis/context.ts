/** The prefixes of a JSON-LD context as far as they stand in the document; named contexts are never fetched. */

/** Prefix to URI, of a context that is an object or an array with objects in it. */
export function declaredPrefixes(context: unknown): Map<string, string> {
  const prefixes = new Map<string, string>()
  const parts: unknown[] = Array.isArray(context) ? context : [context]
  for (const part of parts) {
    if (typeof part !== 'object' || part === null) continue
    for (const [prefix, uri] of Object.entries(part)) if (typeof uri === 'string') prefixes.set(prefix, uri)
  }
  return prefixes
}
