/** Vectors of `timeMs`: instants and their milliseconds since 1970, and numbers that are no time. Checked against a calendar that is not JavaScript's. */
import { textHex, type VectorCase, type VectorPair } from './vector.ts'

/** `local` names the same instant in local time where the case is about it. */
const time = (name: string, timeMs: number, iso: string, local?: string): VectorCase => ({
  name,
  timeMs,
  iso,
  ...(local === undefined ? {} : { local })
})

function message(timeMs: string, readingTimeMs?: string): string {
  const at = readingTimeMs === undefined ? '' : `,"timeMs":${readingTimeMs}`
  return textHex(
    `{"v":1,"boot":"b1","seq":0,"timeMs":${timeMs},"timeQuality":"synchronized","readings":[{"metric":"t","value":1,"unit":"Cel","quality":1${at}}]}`
  )
}

const wrong = (name: string, hex: string, code: string, pointer = '/timeMs'): VectorCase => ({
  name,
  channel: 'telemetry',
  hex,
  code,
  pointer
})

export const timeVectors: VectorPair = {
  valid: {
    kind: 'times',
    about: 'Milliseconds since 1970-01-01T00:00:00Z without leap seconds, and the same instant in ISO 8601 UTC.',
    cases: [
      time('the epoch', 0, '1970-01-01T00:00:00.000Z'),
      time('one millisecond after it', 1, '1970-01-01T00:00:00.001Z'),
      time('last millisecond of the first day', 86_399_999, '1970-01-01T23:59:59.999Z'),
      time('where 31 bits of seconds end', 2_147_483_647_000, '2038-01-19T03:14:07.000Z'),
      time('one second later', 2_147_483_648_000, '2038-01-19T03:14:08.000Z'),
      time('where 32 bits of seconds end', 4_294_967_295_000, '2106-02-07T06:28:15.000Z'),
      time('where 32 bits of milliseconds end', 4_294_967_295, '1970-02-19T17:02:47.295Z'),
      time('leap day of a century that is one', 951_782_400_000, '2000-02-29T00:00:00.000Z'),
      time('the day after it', 951_868_800_000, '2000-03-01T00:00:00.000Z'),
      time('leap day', 1_709_164_800_000, '2024-02-29T00:00:00.000Z'),
      time('last millisecond of a leap day', 1_709_251_199_999, '2024-02-29T23:59:59.999Z'),
      time('last day of a leap year', 1_735_603_200_000, '2024-12-31T00:00:00.000Z'),
      time('2100 has no leap day: its last of February', 4_107_456_000_000, '2100-02-28T00:00:00.000Z'),
      time('2100 has no leap day: 24 hours later', 4_107_542_400_000, '2100-03-01T00:00:00.000Z'),
      time('before a leap second', 1_483_228_799_999, '2016-12-31T23:59:59.999Z'),
      time('after a leap second: 2016-12-31T23:59:60Z has no number of its own', 1_483_228_800_000, '2017-01-01T00:00:00.000Z'),
      time('before summer time begins in Europe', 1_774_745_999_999, '2026-03-29T00:59:59.999Z', '2026-03-29T01:59:59.999+01:00'),
      time('summer time begins in Europe', 1_774_746_000_000, '2026-03-29T01:00:00.000Z', '2026-03-29T03:00:00.000+02:00'),
      time('an hour that comes twice, first', 1_792_888_200_000, '2026-10-25T00:30:00.000Z', '2026-10-25T02:30:00.000+02:00'),
      time('an hour that comes twice, second', 1_792_891_800_000, '2026-10-25T01:30:00.000Z', '2026-10-25T02:30:00.000+01:00'),
      time('summer time begins in New York', 1_772_953_200_000, '2026-03-08T07:00:00.000Z', '2026-03-08T03:00:00.000-04:00'),
      time('a day later in Shanghai than in UTC', 1_767_196_800_000, '2025-12-31T16:00:00.000Z', '2026-01-01T00:00:00.000+08:00'),
      time('an offset that is no whole hour', 1_795_458_600_000, '2026-11-23T18:30:00.000Z', '2026-11-24T00:15:00.000+05:45'),
      time('seconds taken for milliseconds: a day in January 1970', 1_795_458_600, '1970-01-21T18:44:18.600Z'),
      time('the last second of the year 2999', 32_503_679_999_000, '2999-12-31T23:59:59.000Z'),
      time('the last millisecond of the year 9999', 253_402_300_799_999, '9999-12-31T23:59:59.999Z')
    ]
  },
  invalid: {
    kind: 'times',
    about: 'Telemetry messages whose time is none. `code` and `pointer` are what the platform answers.',
    cases: [
      wrong('before the epoch', message('-1'), 'SCHEMA_MINIMUM'),
      wrong('first millisecond of the year 10000', message('253402300800000'), 'SCHEMA_MAXIMUM'),
      wrong('microseconds', message('1795458600000000'), 'SCHEMA_MAXIMUM'),
      wrong('nanoseconds', message('1795458600000000000'), 'SCHEMA_MAXIMUM'),
      wrong('2^53', message('9007199254740992'), 'SCHEMA_MAXIMUM'),
      wrong('a fraction of a millisecond', message('1795458600000.5'), 'SCHEMA_TYPE'),
      wrong('seconds with a fraction', message('1795458600.123'), 'SCHEMA_TYPE'),
      wrong('text in ISO 8601', message('"2026-11-23T18:30:00Z"'), 'SCHEMA_TYPE'),
      wrong('digits as text', message('"1795458600000"'), 'SCHEMA_TYPE'),
      wrong('null', message('null'), 'SCHEMA_TYPE'),
      wrong('true', message('true'), 'SCHEMA_TYPE'),
      wrong('a number that overflows', message('1e400'), 'SCHEMA_TYPE'),
      wrong('of a reading, before the epoch', message('0', '-1'), 'SCHEMA_MINIMUM', '/readings/0/timeMs'),
      wrong('of a reading, in the year 10000', message('0', '253402300800000'), 'SCHEMA_MAXIMUM', '/readings/0/timeMs'),
      wrong('of a reading, null', message('0', 'null'), 'SCHEMA_TYPE', '/readings/0/timeMs')
    ]
  }
}
