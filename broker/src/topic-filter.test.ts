/** The index of filters and the retained messages find what the rules of MQTT 3.1.1 §4.7, written down once more, find. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { createRetainedMessages } from './retained.ts'
import { createFilterIndex } from './topic-filter.ts'

function matchesFilter(topic: string, filter: string): boolean {
  if (topic.startsWith('$') && /^[+#]/.test(filter)) return false
  const names = topic.split('/')
  const parts = filter.split('/')
  for (const [index, part] of parts.entries()) {
    if (part === '#') return true
    const name = names[index]
    if (name === undefined || (part !== '+' && part !== name)) return false
  }
  return names.length === parts.length
}

const word = fc.constantFrom('a', 'b', '', '$s')
const part = fc.constantFrom('a', 'b', '', '$s', '+')
const filterOf = fc
  .tuple(fc.array(part, { minLength: 1, maxLength: 4 }), fc.boolean())
  .map(([parts, many]) => [...parts, ...(many ? ['#'] : [])].join('/'))
const topicOf = fc.array(word, { minLength: 1, maxLength: 4 }).map((words) => words.join('/'))

describe('createFilterIndex()', () => {
  it('finds every subscriber once, with the highest QoS of its filters that match', () => {
    const qosOf = fc.constantFrom(0 as const, 1 as const, 2 as const)
    const entry = fc.record({ who: fc.constantFrom('x', 'y', 'z'), filter: filterOf, qos: qosOf })
    fc.assert(
      fc.property(fc.array(entry, { maxLength: 12 }), fc.array(fc.nat(11), { maxLength: 5 }), topicOf, (entries, removed, topic) => {
        const index = createFilterIndex<string>()
        const model = new Map<string, (typeof entries)[number]>()
        for (const one of entries) {
          index.set(one.filter, one.who, one.qos)
          model.set(`${one.who} ${one.filter}`, one)
        }
        for (const place of removed) {
          const one = entries[place]
          if (one === undefined) continue
          index.remove(one.filter, one.who)
          model.delete(`${one.who} ${one.filter}`)
        }
        const expected = new Map<string, number>()
        for (const { who, filter, qos } of model.values())
          if (matchesFilter(topic, filter)) expected.set(who, Math.max(qos, expected.get(who) ?? 0))
        const found = index.match(topic).map(({ subscriber, qos }) => [subscriber, qos] as const)
        assert.deepEqual(new Map(found), expected)
        assert.equal(found.length, expected.size)
      })
    )
  })
})

describe('createRetainedMessages()', () => {
  it('finds the last message of every topic that matches, within its bounds', () => {
    const put = fc.record({ topic: topicOf, text: fc.constantFrom('', 'one', 'three') })
    fc.assert(
      fc.property(fc.array(put, { maxLength: 20 }), filterOf, (puts, filter) => {
        const retained = createRetainedMessages({ retainedMax: 4, retainedBytesMax: 14 })
        const model = new Map<string, string>()
        for (const { topic, text } of puts) {
          const outcome = retained.put({ topic, payload: Buffer.from(text), qos: 1, retain: true })
          if (outcome === 'kept' && text === '') model.delete(topic)
          else if (outcome === 'kept') model.set(topic, text)
          assert.ok(retained.count <= 4 && retained.bytes <= 14)
          assert.equal(retained.bytes, [...model.values()].join('').length)
        }
        const found = [...retained.match(filter)].map(({ topic, payload }) => [topic, Buffer.from(payload).toString()])
        const expected = [...model].filter(([topic]) => matchesFilter(topic, filter))
        assert.equal(found.length, expected.length)
        assert.deepEqual(Object.fromEntries(found), Object.fromEntries(expected))
      })
    )
  })
})
