/** Finds the protocols: every folder beside this file that has a `source.ts` is one. It starts none of them. */
import { existsSync, readdirSync } from 'node:fs'
import { edgeError } from '../errors.ts'
import type { SourceConfig } from './source-config.ts'
import type { ConfiguredSource, SourceKind } from './source.ts'

const here = new URL('./', import.meta.url)

/** Of every protocol, by its name. */
export async function loadSourceKinds(): Promise<ReadonlyMap<string, SourceKind>> {
  const names = readdirSync(here, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && existsSync(new URL(`${entry.name}/source.ts`, here)))
    .map((entry) => entry.name)
    .sort()
  const kinds = await Promise.all(names.map(async (name) => [name, await loadKind(name)] as const))
  return new Map(kinds)
}

/** Throws `EDGE_CONFIG`, or what the protocol has to say about its members. */
export function configureSources(kinds: ReadonlyMap<string, SourceKind>, sources: readonly SourceConfig[]): ConfiguredSource[] {
  return sources.map((source, index) => {
    const kind = kinds.get(source.type)
    if (kind === undefined)
      throw edgeError('EDGE_CONFIG', {
        detail: `/sources/${index}/type is "${source.type}", expected one of ${[...kinds.keys()].join(', ')}`
      })
    const configured = kind.configure(source)
    if (configured.ok) return configured.value
    const { message } = configured.reason
    throw edgeError('EDGE_CONFIG', { detail: `in /sources/${index} (${source.type}): ${message}` })
  })
}

async function loadKind(name: string): Promise<SourceKind> {
  const loaded: unknown = await import(new URL(`${name}/source.ts`, here).href)
  if (!isKindModule(loaded)) throw new TypeError(`source/${name}/source.ts exports no sourceKind, expected one made by defineSourceKind()`)
  return loaded.sourceKind
}

function isKindModule(loaded: unknown): loaded is { readonly sourceKind: SourceKind } {
  if (typeof loaded !== 'object' || loaded === null || !('sourceKind' in loaded)) return false
  const { sourceKind } = loaded
  return typeof sourceKind === 'object' && sourceKind !== null && 'configure' in sourceKind
}
