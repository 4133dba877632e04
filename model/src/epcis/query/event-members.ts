/** An event that is being judged: its fact at hand, its JSON parsed when something of it is first asked for. */
import type { TraceFact } from '../../trace-event.ts'
import { declaredPrefixes } from '../context.ts'

export interface OpenEvent {
  readonly fact: TraceFact
  /** The parsed event; what cannot be parsed has no members. */
  members(): unknown
  /** The prefixes that the event declares itself. */
  prefixes(): ReadonlyMap<string, string>
}

export function openEvent(fact: TraceFact, json: () => string): OpenEvent {
  return { fact, ...openMembers(json) }
}

/** An event of which nothing but its JSON is asked. */
export function openJson(json: string): Omit<OpenEvent, 'fact'> {
  return openMembers(() => json)
}

function openMembers(json: () => string): Omit<OpenEvent, 'fact'> {
  let parsed: { readonly value: unknown } | undefined
  let prefixes: ReadonlyMap<string, string> | undefined
  const members = (): unknown => (parsed ??= { value: parse(json()) }).value
  return { members, prefixes: () => (prefixes ??= declaredPrefixes(memberOf(members(), '@context'))) }
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}

export function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

export function memberOf(value: unknown, name: string): unknown {
  return isRecord(value) && Object.hasOwn(value, name) ? value[name] : undefined
}

/** The entries of a list; a single value counts as a list of one, as JSON-LD has it. */
export function membersOf(value: unknown): readonly unknown[] {
  if (value === undefined || value === null) return []
  return Array.isArray(value) ? value : [value]
}

export function stringsOf(value: unknown): string[] {
  return membersOf(value).filter((entry) => typeof entry === 'string')
}
