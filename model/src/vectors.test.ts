/** The published vectors that the model must give, read in place. */
import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { test } from 'node:test'
import { Type, type Static, type TSchema } from 'typebox'
import { compileValidator } from './codec.ts'
import { parseCapture } from './epcis/document.ts'
import { eventHashId } from './epcis/event-hash.ts'
import { toTraceEvent } from './epcis/normalise.ts'
import { canonicalKey } from './gs1/key.ts'

const root = new URL('../../../shared/testdata/', import.meta.url)
const isMissing = !existsSync(root)
/** Without the vectors there is nothing to judge by; where they belong, their absence is a failure. */
const options = { skip: isMissing && process.env['CI'] !== 'true' ? 'the vectors in ../shared/testdata are not there' : false }

function load(path: string): unknown {
  const value: unknown = JSON.parse(readFileSync(new URL(path, root), 'utf8'))
  return value
}

function loadAs<const Schema extends TSchema>(schema: Schema, path: string): Static<Schema> {
  const checked = compileValidator(schema).check(load(path))
  assert.ok(checked.ok, path)
  return checked.value
}

test('canonicalKey() gives the canonical link of every published URN and web identifier', options, () => {
  const link = Type.Union([Type.String(), Type.Null()])
  const file = loadAs(
    Type.Object({
      urnToDigitalLink: Type.Array(Type.Object({ urn: Type.String(), digitalLink: link })),
      normalise: Type.Array(Type.Object({ input: Type.Unknown(), digitalLink: link }))
    }),
    'gs1/urn-digital-link.json'
  )
  for (const { urn, digitalLink } of file.urnToDigitalLink) assert.equal(canonicalKey(urn), digitalLink, urn)
  for (const { input, digitalLink } of file.normalise)
    if (typeof input === 'string') assert.equal(canonicalKey(input) ?? null, digitalLink, input)
})

test('parseCapture() accepts the published documents and refuses the invalid ones with every finding', options, () => {
  const row = Type.Object({ file: Type.String(), violations: Type.Optional(Type.Array(Type.Object({ pointer: Type.String() }))) })
  const rows = Type.Array(row)
  const index = loadAs(
    Type.Object({ valid: rows, queryDocuments: rows, events: rows, invalid: rows, queryDocumentsInvalid: rows }),
    'epcis/openepcis/index.json'
  )
  for (const { file } of [...index.valid, ...index.queryDocuments, ...index.events]) {
    const capture = parseCapture(load(`epcis/openepcis/${file}`))
    assert.ok(capture.ok, file)
    for (const event of capture.events) assert.ok(toTraceEvent(event, { recordTimeMs: 0, context: capture.context }).eventTimeMs > 0)
  }
  for (const { file, violations = [] } of [...index.invalid, ...index.queryDocumentsInvalid]) {
    const capture = parseCapture(load(`epcis/openepcis/${file}`))
    assert.ok(!capture.ok, file)
    const found = capture.findings.map(({ pointer }) => pointer)
    for (const { pointer } of violations) assert.ok(found.includes(pointer), `${file} ${pointer}`)
  }
})

test('eventHashId() gives the published hashes', options, () => {
  const index = loadAs(
    Type.Object({ vectors: Type.Array(Type.Object({ inputs: Type.Array(Type.String()), hashes: Type.String() })) }),
    'epcis/hash/index.json'
  )
  for (const { inputs, hashes } of index.vectors) {
    const wanted = readFileSync(new URL(`epcis/hash/${hashes}`, root), 'utf8')
      .trim()
      .split(/\r?\n/)
    for (const input of inputs.filter((name) => name.endsWith('.jsonld'))) {
      const capture = parseCapture(load(`epcis/hash/${input}`))
      assert.ok(capture.ok, input)
      assert.deepEqual(
        capture.events.map((event) => eventHashId(event, capture.context)),
        wanted,
        input
      )
    }
  }
})
