/**
 * Master data as the trace asks for it (EPCIS 2.0 §6.1.1, §8.2.7.1): which identifiers lie below one, which have an attribute, and
 * which attributes one has. Pure: it is built from entries and reads no store.
 */

/** What is known of one identifier. */
export interface MasterDataEntry {
  /** Canonical key, or the URI itself where it is no GS1 key. */
  readonly key: string
  /** By attribute name in any spelling; the values as text. */
  readonly attributes: Readonly<Record<string, readonly string[]>>
  /** What lies directly below it (EPCIS 2.0 §6.1.1). */
  readonly children: readonly string[]
  /** What it lies directly below. */
  readonly parent?: string
}

export interface MasterDataLookup {
  /** The key itself, then everything known below it, nearest first; a key that nobody knows gives itself only. */
  descendants(key: string): readonly string[]
  /** Keys that have the attribute, and that value of it when one is given. The name may be spelt in any way. */
  withAttribute(name: string, value?: string): readonly string[]
  /** By canonical attribute name (`attributeName`); empty for an unknown key. */
  attributesOf(key: string): Readonly<Record<string, readonly string[]>>
}

/** Most keys that one `descendants` gives; a hierarchy larger than that is cut, and no real site has as many places. */
export const descendantsMax = 10_000

/**
 * The one spelling of an attribute name: the bare word of the CBV (`countryCode` for `urn:epcglobal:cbv:mda#countryCode`,
 * `urn:epcglobal:cbv:mda:countryCode` and `cbvmda:countryCode`), any other name as it is.
 */
export function attributeName(name: string): string {
  return /^(?:urn:epcglobal:cbv:mda[:#]|cbvmda:|https?:\/\/ref\.gs1\.org\/cbv\/mda[/#])([A-Za-z]\w*)$/.exec(name)?.[1] ?? name
}

/** Entries of the same key are taken together. A place with an extension lies below its GLN unless it names another parent. */
export function createMasterDataLookup(entries: Iterable<MasterDataEntry>): MasterDataLookup {
  const attributes = new Map<string, Map<string, Set<string>>>()
  const children = new Map<string, Set<string>>()
  const keysByName = new Map<string, Set<string>>()
  const parented = new Set<string>()
  const link = (parent: string, child: string) => {
    if (parent === child) return
    setOf(children, parent).add(child)
    parented.add(child)
  }
  for (const entry of entries) {
    const own = attributes.get(entry.key) ?? new Map<string, Set<string>>()
    attributes.set(entry.key, own)
    for (const [written, values] of Object.entries(entry.attributes)) {
      const name = attributeName(written)
      for (const value of values) setOf(own, name).add(value)
      if (values.length === 0) setOf(own, name)
      setOf(keysByName, name).add(entry.key)
    }
    for (const child of entry.children) link(entry.key, child)
    if (entry.parent !== undefined) link(entry.parent, entry.key)
  }
  for (const key of attributes.keys()) {
    const whole = parented.has(key) ? undefined : /^(https:\/\/id\.gs1\.org\/414\/\d{13})\/254\//.exec(key)?.[1]
    if (whole !== undefined) link(whole, key)
  }
  return {
    descendants: (key) => below(children, key),
    withAttribute(name, value) {
      const canonical = attributeName(name)
      const keys = [...(keysByName.get(canonical) ?? [])]
      return value === undefined ? keys : keys.filter((key) => attributes.get(key)?.get(canonical)?.has(value) === true)
    },
    attributesOf: (key) => Object.fromEntries([...(attributes.get(key) ?? [])].map(([name, values]) => [name, [...values]]))
  }
}

/** Breadth first; what was met is not met again, so a circle in what partners wrote ends. */
function below(children: ReadonlyMap<string, ReadonlySet<string>>, key: string): readonly string[] {
  const found = new Set([key])
  for (const next of found) {
    for (const child of children.get(next) ?? []) {
      if (found.size >= descendantsMax) return [...found]
      found.add(child)
    }
  }
  return [...found]
}

function setOf(map: Map<string, Set<string>>, key: string): Set<string> {
  const held = map.get(key) ?? new Set()
  map.set(key, held)
  return held
}
