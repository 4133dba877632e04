/** Fails when a wire schema changes without a new contract version. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Type } from 'typebox'
import { compileValidator } from './codec.ts'
import { sha256Hex } from './sha256.ts'
import { wireVersion } from './wire-limits.ts'
import { platformSchemas, pointSchemas, schemaNameOf, wireSchemas } from './wire-schemas.ts'

const schemas = { ...wireSchemas, ...pointSchemas, ...platformSchemas }

/** Hash of every published schema. One never changes within its version; a message that was not there before may join. */
const published: Readonly<Record<string, string>> = {
  'v1 telemetry': '6ff88501b32b9b22bae0eb8cd231ccf417974d45b7f9209497f568a69743306a',
  'v1 scan': '2e8fec6141ac6f81c7d59f7c73ddbc316167bf1c3ff4eb746b65d5dec8bad300',
  'v1 event': '3894d2ff6d43da42067cf2bf0c51a8b354ef289fd3218367a815f28065e9ac2c',
  'v1 state': 'f4c989b7a08257b6ef66c6b1dfcc6b564b62e7852121aaa652335948350e6726',
  'v1 command': '089d778370513b44b5373b30b9064798db826b661428c2d283d4772d6e3c8def',
  'v1 command/reply': 'c11b0da5cd3c566f22204d9bae114db859fbe0c1f06ff009a855d0b983f38eed',
  'v1 committed': 'db8c0d261c21ee72545a32a270438778aaa4710df44e9eed9bba28d109455f90',
  'v1 control': '8c30e35dbba43e5cc5a4dfc0e6dded4dad19ec8f54b0bce3b7c38786c34795e1',
  'v1 warning': 'b77cc6b8aaae53c82f5a9341ff7f68248d9d085d2140891e89729517fc35625d',
  'v1 warning-list': '40cb743d7ee9ca15597641067709317c075600785e2e8d3341f094013bad59c0',
  'v1 recall': 'a5714a8e7ad29d9dc7b74a6234ee88b4471aa786cee42deb942f5dc4763d944b',
  'v1 anomaly': '9c7fe5dd1fd29bf63d72237ba7a73698a9cdcb4f6cfef98bfab57cff37b04f0b'
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

test('a wire schema changes only with a new contract version', () => {
  const hashes = Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [`v${wireVersion} ${name}`, sha256Hex(canonical(schema))])
  )
  assert.deepEqual(hashes, published, 'give the contract a new version in wire.ts, or list here the message that joined it')
})

test('every wire schema is titled and has an address of its version', () => {
  const published: unknown = JSON.parse(JSON.stringify(schemas))
  const checked = compileValidator(Type.Record(Type.String(), Type.Object({ $id: Type.String(), title: Type.String() }))).check(published)
  assert.ok(checked.ok)
  for (const [name, schema] of Object.entries(checked.value)) {
    assert.equal(schema.$id, `https://tracegate.dev/schema/v${wireVersion}/${schemaNameOf(name)}.json`)
    assert.equal(schema.title, schemaNameOf(name))
  }
})
