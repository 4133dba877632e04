/** Reads the flags of a command that are not members of the configuration. */
import { parseArgs } from 'node:util'
import { nearestOf } from '@tracegate/service/nearest'
import { edgeError } from '../errors.ts'

export type Flags = Readonly<Record<string, string | boolean | undefined>>

/** Throws `EDGE_CALL` for an unknown flag, with the nearest one that is known. */
export function readArguments(
  argv: readonly string[],
  known: Readonly<Record<string, 'string' | 'boolean'>>
): { readonly flags: Flags; readonly positionals: readonly string[] } {
  const options = Object.fromEntries(Object.entries(known).map(([name, type]) => [name, { type }]))
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options, allowPositionals: true, strict: true })
    return {
      flags: Object.fromEntries(Object.entries(values).flatMap(([name, value]) => (Array.isArray(value) ? [] : [[name, value]]))),
      positionals
    }
  } catch (error) {
    const wrong = argv.find((argument) => argument.startsWith('--') && known[argument.slice(2).split('=')[0] ?? ''] === undefined)
    const nearest = wrong === undefined ? undefined : nearestOf(wrong.slice(2), Object.keys(known))
    const hint = nearest === undefined ? '' : `; did you mean "--${nearest}"?`
    const flags = Object.keys(known).map((name) => `--${name}`)
    throw edgeError(
      'EDGE_CALL',
      { detail: `${wrong ?? (error instanceof Error ? error.message : String(error))} given, expected ${flags.join(', ')}${hint}` },
      error
    )
  }
}

/** Throws `EDGE_CALL` when it was left out. */
export function required(flags: Flags, name: string, what: string): string {
  const value = flags[name]
  if (typeof value === 'string' && value !== '') return value
  throw edgeError('EDGE_CALL', { detail: `--${name} is missing, expected ${what}` })
}

/** Throws `EDGE_CALL` when it is no whole number within the bounds. */
export function wholeNumber(
  flags: Flags,
  name: string,
  bounds: { readonly fallback: number; readonly min: number; readonly max: number }
): number {
  const value = flags[name]
  if (value === undefined) return bounds.fallback
  const number = Number(value)
  if (Number.isInteger(number) && number >= bounds.min && number <= bounds.max) return number
  throw edgeError('EDGE_CALL', { detail: `--${name} is "${String(value)}", expected a whole number from ${bounds.min} to ${bounds.max}` })
}
