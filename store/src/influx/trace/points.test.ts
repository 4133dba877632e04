/** Points of events: none takes over another, whatever the events, and the same event makes the same points. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { TraceEvent } from '@tracegate/model/trace-event'
import * as fc from 'fast-check'
import { event, item, pallet, place } from '../../trace-suite-events.ts'
import { history, toEvents } from '../../trace-suite-history.ts'
import { textOfField } from '../line-protocol.ts'
import { detailLines, eventLine, keysOfText, prepareEvent } from './points.ts'
import { attemptsMax, bucketOf, indexText, positionKey, positionsOf, seatNanos, sequenceOf, versionIdentity } from './position.ts'
import { partsOf, textUnitsMax } from './text-parts.ts'

/** What InfluxDB tells points apart by: measurement, tags and time. */
function identitiesOf(lines: readonly string[]): string[] {
  return lines.map((line) => `${line.slice(0, line.indexOf(' '))} ${line.slice(line.lastIndexOf(' ') + 1)}`)
}

/** As the store places them when it finds nothing but these events. */
function linesOf(events: readonly TraceEvent[]): string[] {
  const taken = new Set<string>()
  const place = (of: TraceEvent, timeMs: number, kind: string) => {
    const next = positionsOf({ identity: versionIdentity(of), timeMs, writer: 0 })
    for (let attempt = 0; attempt < attemptsMax; attempt += 1) {
      const key = `${kind} ${positionKey(next(attempt))}`
      if (taken.has(key)) continue
      taken.add(key)
      return next(attempt)
    }
    throw new Error('no seat')
  }
  return events.flatMap((one) => {
    const prepared = prepareEvent(one)
    const position = place(one, one.eventTimeMs, 'event')
    return [
      ...detailLines(prepared, position, place(one, one.recordTimeMs, 'record')),
      eventLine(prepared, position, { isWrong: false, feedMs: 1 })
    ]
  })
}

/** Keys that share one bucket, as somebody would choose them who wants points to meet. */
function keysOfOneBucket(count: number): string[] {
  const keys: string[] = []
  for (let serial = 0; keys.length < count; serial += 1) if (bucketOf(item(serial)) === '07f') keys.push(item(serial))
  return keys
}

describe('points of events', () => {
  it('are all different, and the same again for the same events', () => {
    fc.assert(
      fc.property(history, fc.boolean(), (made, atOneInstant) => {
        const all = toEvents(made).map((one) => (atOneInstant ? { ...one, eventTimeMs: 5, recordTimeMs: 7 } : one))
        const lines = linesOf(all)
        assert.equal(new Set(identitiesOf(lines)).size, lines.length)
        assert.deepEqual(linesOf(all), lines)
      }),
      { numRuns: 100 }
    )
  })

  it('are all different for thousands of events of one millisecond', () => {
    const all = Array.from({ length: 4_000 }, (_, index) =>
      event({ id: `e${index}`, at: 0, bizLocation: place(1, 'A'), objects: [item(1), item(index)] })
    )
    const lines = linesOf(all)
    assert.equal(new Set(identitiesOf(lines)).size, lines.length)
  })

  it('are all different for keys of one bucket, and refused where a seat cannot hold them', () => {
    const keys = keysOfOneBucket(257)
    const lines = linesOf([event({ id: 'packed', at: 0, parent: pallet(1), children: keys.slice(0, 256) })])
    assert.equal(new Set(identitiesOf(lines)).size, lines.length)
    assert.throws(() => prepareEvent(event({ id: 'packed', at: 0, objects: keys })), { code: 'STORE_TOO_MUCH' })
  })

  it('hold no serial number, no id and no place in a tag, and few series', () => {
    const all = Array.from({ length: 500 }, (_, index) =>
      event({ id: `urn:uuid:${index}`, at: index, bizLocation: place(index % 9), parent: pallet(index), children: [item(index)] })
    )
    const series = new Set(linesOf(all).map((line) => line.slice(0, line.indexOf(' '))))
    for (const one of series) assert.match(one, /^trace_(?:event|record|ref|place)(?:,b=[0-9a-f]{3},c=0)?,s=0$/)
  })
})

describe('positions', () => {
  it('of one event at all attempts differ, keep to its millisecond and to the slots of its writer', () => {
    fc.assert(
      fc.property(fc.string(), fc.integer({ min: -1e15, max: 1e15 }), fc.nat(15), (identity, timeMs, writer) => {
        const next = positionsOf({ identity, timeMs, writer })
        for (const attempt of [0, 1, 9, 10, attemptsMax - 1]) {
          const { ms, nanos, slot } = next(attempt)
          assert.ok(ms >= 0 && (timeMs < 0 || timeMs > 9_223_372_036_853 || ms === timeMs))
          assert.ok(nanos % seatNanos === 0 && nanos < 1_000_000)
          assert.equal(Math.floor(slot / 16), writer)
          assert.ok(Number.isSafeInteger(sequenceOf({ ms, nanos, slot })))
        }
      })
    )
  })

  it('of two writers never meet', () => {
    const [one, two] = [0, 1].map((writer) => positionsOf({ identity: 'e', timeMs: 1, writer })(0))
    assert.ok(one !== undefined && two !== undefined)
    assert.notEqual(positionKey(one), positionKey(two))
  })
})

describe('texts', () => {
  it('in parts are whole again when joined, and no part ends inside of a character', () => {
    const long = fc
      .tuple(fc.nat(3), fc.string({ unit: 'grapheme', maxLength: 8 }))
      .map(([off, text]) => 'x'.repeat(textUnitsMax - off) + `${text}😀`.repeat(3))
    fc.assert(
      fc.property(long, (text) => {
        const parts = partsOf(text)
        assert.equal(parts.join(''), text)
        assert.ok(parts.every((part) => part.isWellFormed() && part.length <= textUnitsMax))
      }),
      { numRuns: 50 }
    )
  })

  it('of keys at a place give the keys back, whatever is in them', () => {
    const odd = fc.constantFrom('~', '%', '%0A', 'a b', '%20', '%25', 'https://id.gs1.org/01/1', 'urn:x', '~x\n%')
    fc.assert(
      fc.property(fc.uniqueArray(fc.oneof(odd, fc.string({ minLength: 1 })), { minLength: 1, maxLength: 5 }), (keys) => {
        const prepared = prepareEvent(event({ id: 'e', at: 0, bizLocation: place(1), objects: keys }))
        const fields = prepared.details.find(({ measurement }) => measurement === 'trace_place')?.fields ?? ''
        const text = /keys="((?:[^"\\]|\\.)*)"/s.exec(fields)?.[1]?.replaceAll(/\\(["\\])/g, '$1') ?? ''
        assert.deepEqual(keysOfText(textOfField(text)), keys)
      })
    )
  })

  it('of an index are short, and differ where long ones differ at the end only', () => {
    const [one, two] = [indexText(`${'k'.repeat(5_000)}1`), indexText(`${'k'.repeat(5_000)}2`)]
    assert.ok(one.length < 1_100 && one !== two)
  })
})
