/** What differs between two policies, member by member, in words of both languages. Pure; it judges nothing. */
import { Type, type Static } from 'typebox'
import { BilingualText } from '../text.ts'
import { labelOfPointer } from './labels.ts'

export const policyChanges = ['changed', 'added', 'removed'] as const

export const PolicyDifference = Type.Object({
  path: Type.String({ description: 'JSON pointer (RFC 6901) into the policy' }),
  label: BilingualText,
  change: Type.Enum(policyChanges),
  before: Type.Optional(Type.Unknown()),
  after: Type.Optional(Type.Unknown())
})
export type PolicyDifference = Static<typeof PolicyDifference>

/** In the order of the members; lists of plain values and texts of both languages are compared as one value. */
export function diffPolicies(before: unknown, after: unknown): PolicyDifference[] {
  return [...differences(before, after, '')]
}

function* differences(before: unknown, after: unknown, path: string): Generator<PolicyDifference> {
  const [left, right] = [membersOf(before), membersOf(after)]
  if (left === undefined || right === undefined) {
    if (!sameValue(before, after)) yield difference('changed', path, { before, after })
    return
  }
  for (const name of new Set([...left.keys(), ...right.keys()])) {
    const pointer = `${path}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`
    if (!right.has(name)) yield difference('removed', pointer, { before: left.get(name) })
    else if (left.has(name)) yield* differences(left.get(name), right.get(name), pointer)
    else yield difference('added', pointer, { after: right.get(name) })
  }
}

function difference(
  change: PolicyDifference['change'],
  path: string,
  values: Pick<PolicyDifference, 'before' | 'after'>
): PolicyDifference {
  return { path, label: labelOfPointer(path), change, ...values }
}

/** Undefined for what is compared as one value. */
function membersOf(value: unknown): ReadonlyMap<string, unknown> | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const entries = Object.entries(value)
  const isText = entries.length === 2 && 'zh' in value && 'en' in value
  const isPlainList = Array.isArray(value) && value.every((one) => typeof one !== 'object' || one === null)
  return isText || isPlainList ? undefined : new Map(entries)
}

/** Both were read by one schema, so their members stand in any order but are the same. */
function sameValue(left: unknown, right: unknown): boolean {
  if (typeof left !== 'object' || typeof right !== 'object' || left === null || right === null) return Object.is(left, right)
  const [mine, theirs] = [Object.entries(left), new Map(Object.entries(right))]
  return (
    Array.isArray(left) === Array.isArray(right) &&
    mine.length === theirs.size &&
    mine.every(([name, value]) => theirs.has(name) && sameValue(value, theirs.get(name)))
  )
}
