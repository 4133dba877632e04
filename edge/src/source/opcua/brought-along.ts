/** Packages that the client library brings along without exporting what is in them. Nothing else may reach for them. */
import { createRequire } from 'node:module'
import { pathToFileURL } from 'node:url'

/** Loads a package from where the client library finds it. */
export function importBroughtAlong(name: string): Promise<unknown> {
  const from = createRequire(import.meta.resolve('node-opcua-client'))
  return import(pathToFileURL(from.resolve(name)).href)
}

export function hasClass<Name extends string, Class>(loaded: unknown, name: Name): loaded is Readonly<Record<Name, Class>> {
  return typeof loaded === 'object' && loaded !== null && name in loaded && typeof Reflect.get(loaded, name) === 'function'
}
