/** Packs give back every event as it came, whatever its fact and JSON hold; damaged ones are told as such. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { actions, epcisEventTypes, subjectRoles, type TraceFact } from '@tracegate/model/trace-event'
import { nodeKinds } from '@tracegate/model/trace'
import * as fc from 'fast-check'
import { shapeOf } from './json-shape.ts'
import { createPackBuilder, openPack, type PackedEvent } from './pack.ts'

const digits = fc.array(fc.nat(9), { minLength: 1, maxLength: 34 }).map((all) => all.join(''))
const tail = fc.oneof(digits, fc.string({ unit: 'grapheme', maxLength: 12 }), fc.constantFrom('', '0', '00', '007'))
const stem = fc.constantFrom('https://id.gs1.org/01/09506000134352/21/', 'https://id.gs1.org/00/', 'urn:x:', 'plain', '')
const key = fc.tuple(stem, tail).map((parts) => parts.join(''))
const word = fc.option(fc.constantFrom('shipping', 'https://id.gs1.org/414/9506000000000', 'ü'), { nil: undefined })
const timeMs = fc.integer({ min: -8_640_000_000_000, max: 8_640_000_000_000 })
const quantity = fc.option(
  fc.oneof(
    fc.nat(),
    fc.double({ noNaN: true, noDefaultInfinity: true }).filter((of) => !Object.is(of, -0))
  ),
  {
    nil: undefined
  }
)
const subject = fc.record({
  key,
  kind: fc.constantFrom(...nodeKinds),
  role: fc.constantFrom(...subjectRoles),
  lot: fc.option(key, { nil: undefined }),
  quantity,
  uom: fc.option(fc.constantFrom('KGM', 'EA'), { nil: undefined })
})
const party = fc.record({ type: fc.constantFrom('possessing_party', 'location'), key })
const eventID = fc.oneof(
  key,
  fc.uuid().map((uuid) => `urn:uuid:${uuid}`),
  fc
    .array(fc.nat(15), { minLength: 64, maxLength: 64 })
    .map((hex) => `ni:///sha-256;${hex.map((of) => of.toString(16)).join('')}?ver=CBV2.0`)
)
const declaration = fc.record({ declarationTimeMs: timeMs, correctiveEventIDs: fc.array(key, { maxLength: 2 }) })

const fact = fc
  .record({
    eventID,
    type: fc.constantFrom(...epcisEventTypes),
    action: fc.option(fc.constantFrom(...actions), { nil: undefined }),
    eventTimeMs: timeMs,
    recordTimeMs: timeMs,
    timeZoneOffset: fc.constantFrom('+08:00', '-03:30', 'Z', '+00:00'),
    bizStep: word,
    disposition: word,
    readPoint: word,
    bizLocation: word,
    subjects: fc.array(subject, { maxLength: 12 }),
    transformationID: fc.option(key, { nil: undefined }),
    sources: fc.array(party, { maxLength: 2 }),
    destinations: fc.array(party, { maxLength: 2 }),
    bizTransactions: fc.array(fc.record({ type: fc.option(fc.constant('po'), { nil: undefined }), id: key }), { maxLength: 2 }),
    errorDeclaration: fc.option(declaration, { nil: undefined }),
    // A member that a later version may add.
    later: fc.option(fc.string(), { nil: undefined })
  })
  .map((of): TraceFact => JSON.parse(JSON.stringify(of)))

/** JSON that says what the fact says, in one of the ways of partners, and more. */
function jsonOf(of: TraceFact, style: number, extra: string): string {
  const time = new Date(of.eventTimeMs).toISOString()
  const list = of.subjects.map((each) => (style % 2 === 0 ? each.key : `urn:epc:id:sgtin:9506000.134352.${each.key.split('/').at(-1)}`))
  return JSON.stringify({
    eventTime: style % 3 === 0 ? time : time.replace('.000', ''),
    local: `${new Date(of.eventTimeMs + 28_800_000).toISOString().slice(0, -1)}+08:00`,
    recordTime: new Date(of.recordTimeMs).toISOString(),
    eventID: of.eventID,
    epcList: list,
    quantityList: of.subjects.map((each) => ({ epcClass: each.key, quantity: each.quantity, uom: each.uom })),
    readPoint: { id: of.readPoint },
    bizLocation: { id: of.bizLocation },
    bizTransactionList: of.bizTransactions.map(({ type, id }) => ({ type, bizTransaction: id })),
    destinationList: of.destinations.map((each) => ({ type: each.type, destination: each.key })),
    'ex:field': extra
  })
}

function packed(events: readonly PackedEvent[], texts: string[] = []): { readonly first: number; readonly bytes: Uint8Array }[] {
  const ids = new Map(texts.map((text, id) => [text, id]))
  const builder = createPackBuilder((text) => ids.get(text))
  const packs: { readonly first: number; readonly bytes: Uint8Array }[] = []
  const close = (): void => {
    const { first, bytes, texts: own } = builder.take()
    packs.push({ first, bytes })
    for (const text of own) if (!ids.has(text)) ids.set(text, texts.push(text) - 1)
  }
  for (const event of events) {
    if (builder.add(event)) continue
    close()
    assert.ok(builder.add(event))
  }
  if (builder.events() > 0) close()
  return packs
}

describe('packs of cold events', () => {
  it('give back facts and JSON exactly', () => {
    const event = fc.record({ of: fact, style: fc.nat(5), extra: fc.string({ unit: 'grapheme' }) })
    fc.assert(
      fc.property(fc.array(event, { minLength: 1, maxLength: 40 }), fc.integer({ min: 1, max: 3 }), (made, gap) => {
        const events = made.map(({ of, style, extra }, at) => ({ seq: 7 + at * gap, fact: of, json: jsonOf(of, style, extra) }))
        const texts: string[] = []
        const open = packed(events, texts).map(({ first, bytes }) => openPack(first, bytes, (id) => texts[id] ?? ''))
        for (const { seq, fact: of, json } of events) {
          const pack = open.findLast(({ first }) => first <= seq)
          assert.deepEqual(pack?.fact(seq), of)
          assert.equal(pack?.json(seq), json)
        }
      }),
      { numRuns: 60 }
    )
  })

  it('keep any text, JSON or not', () => {
    const [of] = fc.sample(fact, { numRuns: 1, seed: 3 })
    assert.ok(of !== undefined)
    for (const json of ['', '{', '"', '\u0003\u0004', '{"a":"\\"', `"${of.eventID}`, 'x'.repeat(200_000)]) {
      const [pack] = packed([{ seq: 1, fact: of, json }])
      assert.equal(openPack(1, pack?.bytes ?? new Uint8Array(), String).json(1), json)
    }
  })

  it('fill a page and no more where events are of common size', () => {
    const events = fc
      .sample(fact, { numRuns: 300, seed: 1 })
      .map((of, at) => ({ seq: at, fact: { ...of, subjects: of.subjects.slice(0, 4) }, json: '{}' }))
    const packs = packed(events)
    assert.ok(packs.every(({ bytes }) => bytes.length <= 4_061))
    assert.ok(packs.slice(0, -1).every(({ bytes }) => bytes.length > 2_500))
  })

  it('take from the JSON what the fact says', () => {
    const [of] = fc.sample(fact, { numRuns: 1, seed: 5 })
    assert.ok(of !== undefined)
    const keys = Array.from(
      { length: 20 },
      (_, at) => ({ key: `https://id.gs1.org/01/09506000134352/21/${at * 7_919}`, kind: 'item', role: 'object' }) as const
    )
    const shaped = shapeOf(jsonOf({ ...of, subjects: keys }, 0, ''), { ...of, subjects: keys })
    assert.ok(shaped !== undefined && !shaped.shape.includes('7919') && !shaped.shape.includes('15838'))
  })

  it('say that they are damaged', () => {
    const events = fc.sample(fact, { numRuns: 5, seed: 2 }).map((of, at) => ({ seq: at, fact: of, json: jsonOf(of, 0, 'x') }))
    const [pack] = packed(events)
    assert.ok(pack !== undefined)
    for (let cut = 0; cut < pack.bytes.length; cut += 13) {
      const read = (): unknown[] => {
        const open = openPack(pack.first, pack.bytes.subarray(0, cut), String)
        return events.map(({ seq }) => [open.fact(seq), open.json(seq)])
      }
      assert.throws(read, { code: 'STORE_CORRUPT' }, `cut at ${cut}`)
    }
  })
})
