/** Units of UN/ECE Recommendation 20: values of textbooks, the way there and back, and what must not be converted. */
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fc from 'fast-check'
import { commonCodes, commonUnitDifference, convertCommonUnit, unitOfCommonCode } from './common-unit.ts'

/** One of each measurement type that GS1 lists for sensors, with what Recommendation 20 or its definition says. */
const known = [
  [26, 'CEL', 'KEL', 299.15],
  [-40, 'FAH', 'CEL', -40],
  [491.67, 'A48', 'CEL', 0],
  [55, 'P1', 'C62', 0.55],
  [1, 'P1', '59', 10_000],
  [3, 'NX', '61', 3e6],
  [1, 'TNE', 'KGM', 1_000],
  [2, 'LBR', 'GRM', 907.184_74],
  [1, 'LTN', 'KGM', 1_016.046_908_8],
  [1, 'DTN', 'KGM', 100],
  [1, 'NMI', 'MTR', 1_852],
  [3, 'FOT', 'YRD', 1],
  [1, 'HAR', 'MTK', 10_000],
  [1, 'ACR', 'FTK', 43_560],
  [1, 'MTQ', 'LTR', 1_000],
  [1, 'BLL', 'GLL', 42],
  [128, 'OZA', 'GLL', 1],
  [1, 'FTQ', 'INQ', 1_728],
  [1, 'WEE', 'DAY', 7],
  [1, 'ANN', 'HUR', 8_766],
  [1, 'ATM', 'A97', 1_013.25],
  [1, 'BAR', 'PAL', 100_000],
  [36, 'KMH', 'MTS', 10],
  [1, 'K40', 'MSK', 9.806_65],
  [1_500, 'RPM', 'HTZ', 25],
  [180, 'DD', 'C81', Math.PI],
  [60, 'D61', 'DD', 1],
  [1, 'B47', 'NEW', 1_000],
  [1, 'B48', 'NU', 1_000],
  [1, 'KWH', '3B', 3.6],
  [1, 'E14', 'JOU', 4_186.8],
  [1, 'BHP', 'WTT', 745.699_871_582],
  [1, '4K', 'B84', 1_000],
  [1, 'KVT', 'VLT', 1_000],
  [1, 'B49', 'OHM', 1_000],
  [1, 'AMH', 'COU', 3_600],
  [1, '4O', 'FAR', 1e-6],
  [1, 'C27', 'B99', 1_000],
  [1, 'H61', 'G42', 1_000],
  [1, 'C14', 'B90', 1_000],
  [1, 'C29', 'D81', 1_000],
  [1, 'KLX', 'LUX', 1_000],
  [1, 'D54', 'C32', 1_000],
  [1, 'KMQ', 'A93', 1_000],
  [1, 'GL', 'M1', 1_000],
  [1, 'C35', 'C36', 1_000],
  [1, 'C34', 'C18', 1_000],
  [1, 'C19', 'D87', 1_000],
  [1, 'C65', 'C7', 1_000],
  [1, '91', '4C', 100],
  [1, 'MQH', 'E32', 1_000],
  [1, 'E18', 'E93', 1_000],
  [1, 'CUR', 'GBQ', 37],
  [1, 'A95', 'C80', 100],
  [1, 'P61', 'P62', 1_000],
  [1, 'D13', 'D91', 100],
  [1, 'P70', 'P72', 1e6],
  [1, '28', 'GM', 1_000],
  [1, '2P', 'AD', 1_000],
  [10, 'DZN', 'EA', 120],
  [7, 'H87', 'C62', 7]
] as const

describe('common units', () => {
  it('convert as the Recommendation says', () => {
    for (const [value, from, to, wanted] of known) {
      const got = convertCommonUnit(value, from, to) ?? Number.NaN
      assert.ok(Math.abs(got - wanted) <= 1e-9 * Math.abs(wanted), `${value} ${from} is ${got} ${to}, expected ${wanted}`)
    }
  })

  it('are each of one quantity, whose units convert there and back', () => {
    const units = commonCodes.map((code) => ({ code, unit: unitOfCommonCode(code) ?? '' }))
    assert.ok(new Set(units.map(({ unit }) => unit)).size > 150)
    assert.equal(new Set(commonCodes).size, commonCodes.length)
    fc.assert(
      fc.property(
        fc.constantFrom(...commonCodes),
        fc.constantFrom(...commonCodes),
        fc.double({ min: 1, max: 1e4, noNaN: true }),
        (from, to, value) => {
          const there = convertCommonUnit(value, from, to)
          if (there === undefined) return assert.equal(convertCommonUnit(value, to, from), undefined)
          const back = convertCommonUnit(there, to, from) ?? Number.NaN
          assert.ok(Math.abs(back - value) <= 1e-6 * Math.max(1, Math.abs(value)), `${value} ${from} ${to} ${back}`)
        }
      ),
      { numRuns: 2_000 }
    )
  })

  it('stand for a quantity that they share with others, but for a few', () => {
    const alone = commonCodes.filter(
      (code) => !commonCodes.some((other) => other !== code && convertCommonUnit(1, code, other) !== undefined)
    )
    assert.deepEqual(alone.toSorted(), ['2B', '2N', 'CDL', 'LUM', 'Q30'])
  })

  it('do not convert between quantities, and an unknown code only to itself', () => {
    for (const [from, to] of [
      ['CEL', 'P1'],
      ['KGM', 'LTR'],
      ['COU', 'CEL'],
      ['FAR', 'FAH'],
      ['XYZ', 'KGM']
    ] as const)
      assert.equal(convertCommonUnit(1, from, to), undefined, `${from} ${to}`)
    assert.equal(convertCommonUnit(5, 'XYZ', 'XYZ'), 5)
  })

  it('convert differences without the offset of the scales', () => {
    assert.equal(commonUnitDifference(2, 'CEL', 'KEL'), 2)
    assert.equal(commonUnitDifference(2, 'CEL', 'FAH'), 3.6)
    assert.equal(commonUnitDifference(2, 'KGM', 'GRM'), 2_000)
    assert.equal(commonUnitDifference(2, 'KGM', 'CEL'), undefined)
  })
})
