/** What every protocol's folder has to hold: a sample that works, a README with the same sections, and a schema that explains itself. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { readYaml } from '@tracegate/service/yaml'
import { recordOf, memberOf } from '../configuration/schema-members.ts'
import { loadSourceKinds } from './source-kinds.ts'
import { sourceTable } from './source-table.ts'

const kinds = await loadSourceKinds()

for (const [type, kind] of kinds) {
  const folder = new URL(`${type}/`, import.meta.url)

  test(`the sample of ${type} passes its schema, and its members go together`, () => {
    const read = readYaml(readFileSync(new URL('sample.yaml', folder), 'utf8'))
    assert.ok(read.ok)
    const sample: unknown = read.yaml.value
    assert.equal(memberOf(sample, 'type'), type)
    const configured = kind.configure(sample)
    assert.ok(configured.ok, configured.ok ? '' : configured.reason.message)
  })

  test(`every member of the schema of ${type} says what it is for`, () => {
    assert.deepEqual(undescribed(kind.schema, type), [])
    assert.ok(sourceTable(kind.schema).split('\n').length > 3)
  })

  test(`the README of ${type} tells what it takes and gives, its bounds, and what it never does`, () => {
    const path = new URL('README.md', folder)
    assert.ok(existsSync(path))
    const text = readFileSync(path, 'utf8')
    for (const wanted of [/^## .*configuration/im, /\b(bound|limit)/i, /^## .*never/im]) assert.match(text, wanted)
  })
}

/** Members of objects; what a scan rule holds is told by its own schema. */
function undescribed(schema: unknown, path: string, depth = 0): string[] {
  if (depth > 12) return []
  const forms = memberOf(schema, 'anyOf')
  const own = Object.entries(recordOf(memberOf(schema, 'properties'))).flatMap(([name, member]) => {
    // The type of a union's form names itself.
    const described = typeof memberOf(member, 'description') === 'string' || isPlainUnion(member) || memberOf(member, 'const') !== undefined
    return [...(described ? [] : [`${path}.${name}`]), ...(name === 'rule' ? [] : undescribed(member, `${path}.${name}`, depth + 1))]
  })
  const items = memberOf(schema, 'items')
  const values = Object.values(recordOf(memberOf(schema, 'patternProperties')))
  const inner = [...(Array.isArray(forms) ? forms : []), ...(items === undefined ? [] : [items]), ...values]
  return [...own, ...inner.flatMap((form: unknown) => undescribed(form, path, depth + 1))]
}

/** A union of objects is described by each of its forms. */
function isPlainUnion(schema: unknown): boolean {
  const forms = memberOf(schema, 'anyOf')
  return Array.isArray(forms) && forms.every((form) => memberOf(form, 'type') === 'object')
}
