/** Fails when a wire schema changes without a new contract version. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from 'typebox'
import { compileValidator } from './codec.ts'
import { sha256Hex } from './sha256.ts'
import { wireVersion } from './wire.ts'
import { wireSchemas } from './wire-schemas.ts'

/** Contract version to the hash of all its schemas. A published version never changes: a change adds a version. */
const published: Readonly<Record<number, string>> = {
  1: '5e15fc4d8000149b702db966e8470a4048c2348e09d301383bd69697185ab320'
}

/** JSON with sorted members, so that the order they are written in does not count. Descriptions may be improved freely. */
function canonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value)
    .filter(([name, member]) => member !== undefined && !(name === 'description' && typeof member === 'string'))
    .sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${members.map(([name, member]) => `${JSON.stringify(name)}:${canonical(member)}`).join(',')}}`
}

test('the wire schemas change only with a new contract version', () => {
  const hash = sha256Hex(canonical(wireSchemas))
  assert.equal(
    published[wireVersion],
    hash,
    `wire schemas of version ${wireVersion} have hash ${hash}: give the contract a new version in wire.ts and list it here`
  )
})

test('every wire schema is titled and has an address of its version', () => {
  const published: unknown = JSON.parse(JSON.stringify(wireSchemas))
  const checked = compileValidator(Type.Record(Type.String(), Type.Object({ $id: Type.String(), title: Type.String() }))).check(published)
  assert.ok(checked.ok)
  for (const [name, schema] of Object.entries(checked.value)) {
    assert.equal(schema.$id, `https://tracegate.dev/schema/v${wireVersion}/${name}.json`)
    assert.equal(schema.title, name)
  }
})
