/**
 * Flux texts, judged by InfluxData's own language server: it parses them and checks names, types and arguments of every function. It cannot
 * know columns, which exist only in the data; the suite on a real server does.
 */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Flux } from '@influxdata/flux-lsp-node'
import * as fc from 'fast-check'
import { fluxLiteral, fluxSelection } from './flux.ts'
import type { Condition, Selection } from './selection.ts'

/** The language server's own word; its types say nothing of the tree. */
function isValid(text: string): boolean {
  const parsed = new Flux(text)
  try {
    return parsed.is_valid()
  } finally {
    parsed.free()
  }
}

function treeOf(text: string): unknown {
  const parsed = new Flux(text)
  try {
    return parsed.ast()
  } finally {
    parsed.free()
  }
}

const picks: Selection['pick'][] = [
  { type: 'every', tags: [], order: 'ascending', limit: 1 },
  { type: 'every', tags: ['device', 'point'], order: 'descending', limit: 100_000 },
  { type: 'newest' },
  { type: 'oldest' },
  { type: 'count' }
]

function selectionsOf(text: string): Selection[] {
  const conditions: Condition[][] = [
    [],
    [{ tag: 'device', anyOf: [text, 'other'] }],
    [{ tag: text, anyOf: ['x'] }, { field: 'epc', anyOf: [text] }], // prettier-ignore
    [{ pairOf: ['bucket', 'epc'], anyOf: [['1', text], [text, 'x']] }] // prettier-ignore
  ]
  return picks.flatMap((pick) =>
    conditions
      .filter((where) => pick.type === 'every' || where.every((condition) => 'tag' in condition))
      .map((where): Selection => ({ measurement: text, fields: ['quality', 'value'], where, pick }))
  )
}

test('the language server knows a wrong text when it sees one', () => {
  const [selection] = selectionsOf('m')
  assert.ok(selection !== undefined)
  const text = fluxSelection('b', selection)
  assert.ok(isValid(text))
  for (const [right, wrong] of [
    ['limit(n: 1)', 'limit(n: "1")'],
    ['limit(n: 1)', 'limit(count: 1)'],
    ['limit(n: 1)', 'limmit(n: 1)'],
    ['|> limit(n: 1)', '|>'],
    ['desc: false', 'desc: 0']
  ] as const) {
    assert.ok(text.includes(right))
    assert.ok(!isValid(text.replace(right, wrong)), wrong)
  }
})

test('every Flux text that is made is sound in syntax, names and types', () => {
  for (const selection of selectionsOf('tracegate_reading')) {
    const text = fluxSelection('bucket', { ...selection, span: { fromNanos: '0', toNanos: '9223372036853999999' } })
    assert.ok(isValid(text), text)
  }
})

test('fluxLiteral() is one literal that says exactly the text', () => {
  const literalOf = (text: string) => /"init":\{"type":"(\w+)".*?"value":("(?:[^"\\]|\\.)*")\}/.exec(JSON.stringify(treeOf(`x = ${text}`)))
  const texts = fc.oneof(fc.string({ unit: 'grapheme', maxLength: 20 }), fc.stringMatching(/^[${}"\\ |>()\n\r\t-]{0,12}$/))
  fc.assert(
    fc.property(texts, (text) => {
      const [, type, value = ''] = literalOf(fluxLiteral(text)) ?? []
      assert.equal(type, 'StringLiteral')
      assert.equal(JSON.parse(value), text)
    }),
    { numRuns: 300 }
  )
})

test('no text within a selection changes what the Flux asks', () => {
  const shapeOf = (selection: Selection, bucket: string): string =>
    JSON.stringify(treeOf(fluxSelection(bucket, selection)), (key, value: unknown) =>
      ['location', 'value', 'source'].includes(key) ? 0 : value
    )
  const wanted = selectionsOf('plain').map((selection) => shapeOf(selection, 'plain'))
  const nasty = fc.oneof(
    fc.constantFrom('") |> drop(columns: ["_value"])', '${r._value}', '\\', '"', '" or true or r["x"] == "', '\n|> yield()', '//', '${'),
    fc.string({ unit: 'grapheme', maxLength: 12 })
  )
  fc.assert(
    fc.property(nasty, (text) => {
      assert.deepEqual(
        selectionsOf(text).map((selection) => shapeOf(selection, text)),
        wanted
      )
    }),
    { numRuns: 40 }
  )
})
