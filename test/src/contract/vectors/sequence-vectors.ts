/** Vectors of the count of messages: what the platform makes of numbers that are missing, come twice, late or under another boot. */
import { textHex, type VectorCase, type VectorPair } from './vector.ts'

interface Step {
  readonly boot: string
  readonly seq: number
  readonly outcome: 'new' | 'duplicate'
  readonly upTo: number
}

/** `boot seq outcome upTo`; `n` is new, `d` a duplicate. */
function steps(...lines: readonly string[]): Step[] {
  return lines.map((line) => {
    const [boot = '', seq = '', outcome, upTo = ''] = line.split(' ')
    return { boot, seq: Number(seq), outcome: outcome === 'n' ? 'new' : 'duplicate', upTo: Number(upTo) }
  })
}

const sequence = (name: string, ...lines: readonly string[]): VectorCase => ({ name, steps: steps(...lines) })
const last = Number.MAX_SAFE_INTEGER

const telemetry = (seq: string): string =>
  textHex(
    `{"v":1,"boot":"b1","seq":${seq},"timeMs":0,"timeQuality":"unknown","readings":[{"metric":"t","value":1,"unit":"Cel","quality":1}]}`
  )
const refused = (name: string, seq: string, code: string): VectorCase => ({
  name,
  channel: 'telemetry',
  hex: telemetry(seq),
  code,
  pointer: '/seq'
})

export const sequenceVectors: VectorPair = {
  valid: {
    kind: 'sequences',
    about:
      'Messages of one device in the order of their arrival, what becomes of each, and the watermark of its boot behind it (-1: none).',
    cases: [
      sequence('in order from 0', 'a 0 n 0', 'a 1 n 1', 'a 2 n 2'),
      sequence('the first message comes twice', 'a 0 n 0', 'a 0 d 0', 'a 1 n 1'),
      sequence('all of them come twice after a reconnect', 'a 0 n 0', 'a 1 n 1', 'a 2 n 2', 'a 0 d 2', 'a 1 d 2', 'a 2 d 2', 'a 3 n 3'),
      sequence('a gap holds the watermark back', 'a 0 n 0', 'a 2 n 0', 'a 3 n 0'),
      sequence('a gap that is filled lets it rise over all behind it', 'a 0 n 0', 'a 2 n 0', 'a 3 n 0', 'a 1 n 3'),
      sequence('what came behind a gap and comes again is a duplicate', 'a 0 n 0', 'a 5 n 0', 'a 5 d 0', 'a 4 n 0', 'a 4 d 0'),
      sequence('two gaps, filled from behind', 'a 0 n 0', 'a 2 n 0', 'a 4 n 0', 'a 3 n 0', 'a 1 n 4'),
      sequence('backwards', 'a 3 n -1', 'a 2 n -1', 'a 1 n -1', 'a 0 n 3'),
      sequence('the beginning is missing', 'a 1 n -1', 'a 2 n -1', 'a 0 n 2'),
      sequence('interleaved', 'a 0 n 0', 'a 3 n 0', 'a 1 n 1', 'a 4 n 1', 'a 2 n 4'),
      sequence('a new boot counts from 0', 'a 0 n 0', 'a 1 n 1', 'b 0 n 0', 'b 1 n 1'),
      sequence('a backlog of the old boot after the new one began', 'a 0 n 0', 'b 0 n 0', 'a 1 n 1', 'b 1 n 1', 'a 2 n 2'),
      sequence('the same number under two boots is two messages', 'a 0 n 0', 'b 0 n 0', 'a 0 d 0', 'b 0 d 0'),
      sequence('two boots with a gap each', 'a 0 n 0', 'b 1 n -1', 'a 2 n 0', 'b 0 n 1', 'a 1 n 2'),
      sequence('boots that differ in case alone', 'a 0 n 0', 'A 0 n 0', 'a 1 n 1'),
      sequence('the alarm lane is a boot of its own', 'a 0 n 0', 'a-a 0 n 0', 'a-a 1 n 1', 'a 1 n 1', 'a-a 1 d 1'),
      sequence('the last number there is', `a 0 n 0`, `a ${last} n 0`, `a ${last} d 0`, `a ${last - 1} n 0`),
      sequence('a count that wraps loses messages: 0 was there already', 'a 0 n 0', `a ${last} n 0`, 'a 0 d 0'),
      sequence('a restart that keeps its boot loses messages', 'a 0 n 0', 'a 1 n 1', 'a 0 d 1', 'a 1 d 1', 'a 2 n 2')
    ]
  },
  invalid: {
    kind: 'sequences',
    about:
      'Telemetry messages whose number is none: a count does not wrap, it ends at 2^53 - 1. `code` and `pointer` are what the platform answers.',
    cases: [
      refused('2^53', '9007199254740992', 'SCHEMA_MAXIMUM'),
      refused('2^63', '9223372036854775808', 'SCHEMA_MAXIMUM'),
      refused('2^64 - 1', '18446744073709551615', 'SCHEMA_MAXIMUM'),
      refused('-1', '-1', 'SCHEMA_MINIMUM'),
      refused('a fraction', '1.5', 'SCHEMA_TYPE'),
      refused('text', '"1"', 'SCHEMA_TYPE'),
      refused('null', 'null', 'SCHEMA_TYPE')
    ]
  }
}
