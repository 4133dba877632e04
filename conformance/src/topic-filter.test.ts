/** Topic filters, by the examples of MQTT 3.1.1 §4.7. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { filterCovers } from './topic-filter.ts'

test('filterCovers() knows the wildcards of one and of many levels', () => {
  const covered: readonly (readonly [filter: string, topic: string])[] = [
    ['sport/tennis/player1/#', 'sport/tennis/player1'],
    ['sport/tennis/player1/#', 'sport/tennis/player1/score/wimbledon'],
    ['#', 'a/b'],
    ['sport/+', 'sport/'],
    ['+/+', '/finance'],
    ['tg/v1/p/+/committed', 'tg/v1/p/d/committed']
  ]
  const others: readonly (readonly [filter: string, topic: string])[] = [
    ['sport/+', 'sport'],
    ['+', '/finance'],
    ['tg/v1/p/d/command', 'tg/v1/p/d/command/reply'],
    ['tg/v1/p/d/command/reply', 'tg/v1/p/d/command']
  ]
  for (const [filter, topic] of covered) assert.ok(filterCovers(filter, topic), `${filter} ${topic}`)
  for (const [filter, topic] of others) assert.ok(!filterCovers(filter, topic), `${filter} ${topic}`)
})
