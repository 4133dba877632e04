/**
 * `npm run lock`: completes package-lock.json after `npm install`. npm leaves optional packages of other platforms out of the
 * lock when the registry does not serve them or another install pruned them, and `npm ci` then refuses the lock. Adds them by
 * name with their platform, so that they are passed over where they do not fit. Changes nothing else.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Type } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'

const path = fileURLToPath(new URL('../../package-lock.json', import.meta.url))

const Entry = Type.Object({
  dev: Type.Optional(Type.Boolean()),
  license: Type.Optional(Type.String()),
  optionalDependencies: Type.Optional(Type.Record(Type.String(), Type.String()))
})
const Lock = Type.Object({ packages: Type.Record(Type.String(), Entry) })

const systems = ['android', 'darwin', 'freebsd', 'linux', 'netbsd', 'openbsd', 'openharmony', 'sunos', 'aix', 'win32'] as const
const processors = ['arm64', 'arm', 'x64', 'ia32', 'ppc64', 'riscv64', 's390x', 'loong64', 'wasm32', 'mips64el'] as const

/** Platform of a package by its name, e.g. `@oxfmt/binding-linux-arm-musleabihf`; undefined when the name tells none. */
export function platformOf(name: string): { readonly os: string[]; readonly cpu: string[]; readonly libc?: string[] } | undefined {
  const words = name.slice(name.indexOf('/') + 1).split('-')
  const os = systems.find((system) => words.includes(system))
  const cpu = processors.find((processor) => words.includes(processor))
  if (cpu === undefined || (os === undefined && cpu !== 'wasm32')) return undefined
  const libc = words.some((word) => word.startsWith('musl')) ? 'musl' : words.some((word) => word.startsWith('gnu')) ? 'glibc' : undefined
  return { os: os === undefined ? [] : [os], cpu: [cpu], ...(libc === undefined || os !== 'linux' ? {} : { libc: [libc] }) }
}

/** Names and versions of optional packages that the lock speaks of and does not hold. */
export function missingFromLock(lock: unknown): { name: string; version: string; dev: boolean }[] {
  const checked = compileValidator(Lock).check(lock)
  if (!checked.ok) throw new TypeError(`Cannot read package-lock.json: ${checked.reason.message}`)
  const { packages } = checked.value
  return Object.entries(packages).flatMap(([at, entry]) =>
    Object.entries(entry.optionalDependencies ?? {})
      .filter(([name]) => packages[`node_modules/${name}`] === undefined && packages[`${at}/node_modules/${name}`] === undefined)
      .map(([name, version]) => ({ name, version, dev: entry.dev ?? false }))
  )
}

function complete(): void {
  const lock: { packages: Record<string, object> } = JSON.parse(readFileSync(path, 'utf8'))
  const missing = missingFromLock(lock)
  for (const { name, version, dev } of missing) {
    const platform = platformOf(name)
    if (platform === undefined) continue
    lock.packages[`node_modules/${name}`] = {
      version,
      cpu: platform.cpu,
      ...(dev ? { dev } : {}),
      ...(platform.libc === undefined ? {} : { libc: platform.libc }),
      optional: true,
      os: platform.os
    }
  }
  const sorted = Object.entries(lock.packages).sort(([a], [b]) => a.localeCompare(b, 'en'))
  writeFileSync(path, `${JSON.stringify({ ...lock, packages: Object.fromEntries(sorted) }, null, 2)}\n`)
  process.stdout.write(`${missing.length} optional packages added to package-lock.json\n`)
}

if (import.meta.main) complete()
