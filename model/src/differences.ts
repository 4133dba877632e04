/** What differs between two JSON values, member by member, as JSON pointers (RFC 6901). Pure. */
import { Type, type Static } from 'typebox'

export const Difference = Type.Object({
  pointer: Type.String(),
  /** Missing where it was not there. */
  before: Type.Optional(Type.Unknown()),
  /** Missing where it is there no more. */
  after: Type.Optional(Type.Unknown())
})
export type Difference = Static<typeof Difference>

/** In the order of the names; arrays are compared place by place. */
export function differencesOf(before: unknown, after: unknown, pointer = ''): Difference[] {
  if (Object.is(before, after)) return []
  if (!isBranch(before) || !isBranch(after) || Array.isArray(before) !== Array.isArray(after))
    return [{ pointer, ...(before === undefined ? {} : { before }), ...(after === undefined ? {} : { after }) }]
  const members = new Map(Object.entries(before))
  const others = new Map(Object.entries(after))
  const names = [...new Set([...members.keys(), ...others.keys()])].toSorted()
  return names.flatMap((name) => differencesOf(members.get(name), others.get(name), `${pointer}/${escape(name)}`))
}

function isBranch(value: unknown): value is object {
  return typeof value === 'object' && value !== null
}

function escape(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1')
}
