/** The limit of lines of the logger. */
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLogger } from './log.ts'

function limitedLogger(linesPerMinuteMax?: number) {
  const lines: string[] = []
  const clock = { nowMs: 0 }
  const logger = createLogger({
    level: 'info',
    format: 'json',
    destination: { write: (line) => void lines.push(line) },
    nowMs: () => clock.nowMs,
    ...(linesPerMinuteMax === undefined ? {} : { linesPerMinuteMax })
  })
  return { logger, lines, clock }
}

test('a fault that comes again and again is told so often and no more, and then how often it was not', () => {
  const { logger, lines, clock } = limitedLogger(3)
  const child = logger.child({ app: 'edge' })
  for (let time = 0; time < 1_000; time += 1) child.warn({ code: 'TOO_MANY', device: `d${time}` }, 'refused')
  assert.equal(lines.length, 3)
  clock.nowMs = 60_000
  child.warn({ code: 'TOO_MANY' }, 'refused')
  assert.match(lines[3] ?? '', /"app":"edge","code":"TOO_MANY","unsaid":997,"msg":"refused"/)
  child.warn({ code: 'TOO_MANY' }, 'refused')
  assert.doesNotMatch(lines[4] ?? '', /unsaid/)
})

test('other messages, codes and sources are not held back by it', () => {
  const { logger, lines } = limitedLogger(1)
  for (const source of ['a', 'b']) for (const code of ['X', 'Y']) for (const message of ['m', 'n']) logger.warn({ source, code }, message)
  assert.equal(lines.length, 8)
})

test('a logger without a limit tells every line', () => {
  const { logger, lines } = limitedLogger()
  for (let time = 0; time < 100; time += 1) logger.info({}, 'line')
  assert.equal(lines.length, 100)
})
