/**
 * Vectors of EPC memory for documents, services, components, coupons, pieces and general identifiers. The names and memory of the examples of
 * the Tag Data Standard (E.3 of 1.13) stand here as they are published; all others come from the writer, which is held against them.
 */
import {
  cpi96,
  cpiVar,
  type Field,
  gdti113,
  gdti174,
  gdti96,
  gid,
  itip110,
  itip212,
  memoryOf,
  prefixOf,
  service,
  sevenBits,
  sgcn96,
  sixBits
} from './epc-tag-writer.ts'
import type { VectorCase } from './vector.ts'

/** Memory of the published examples, without the bits that fill up the last word. */
export const publishedMemory: Readonly<Record<string, string>> = {
  'GDTI-96, the example of the Tag Data Standard': '2c74257bf46072000000162e',
  'GDTI-174, the example of the Tag Data Standard': '3e74f4e4e7039b061438997367d0c18b266d1ab66ee0',
  'GSRN-96, the example of the Tag Data Standard': '2d74257bf4499602d2000000',
  'GSRNP-96, the example of the Tag Data Standard': '2e74257bf4499602d2000000',
  'CPI-96, the example of the Tag Data Standard': '3c74257bf400c0e680003039',
  'CPI-var, the example of the Tag Data Standard': '3d74257bf75411def6b4cc00000003039',
  'SGCN-96, the example of the Tag Data Standard': '3f74f4e4e612640000019907',
  'ITIP-110, the example of the Tag Data Standard': '4074f4e4e40c0e40820000000f6c',
  'ITIP-212, the example of the Tag Data Standard': '4174f4e4e40c0e4082dbdd8b36600000000000000000000000000000',
  'GID-96, the example of the Tag Data Standard': '350007ab70425d4000000586'
}

const company = '9521234'
const companies = ['952123456789', '95212345678', '9521234567', '952123456', '95212345', '9521234', '952123']
const example = (scheme: string): string => `${scheme}, the example of the Tag Data Standard`

/** One tag for each length of the company prefix, with a reference that fills up the digits. */
function everyLength(scheme: string, digits: number, write: (tag: { name: string; company: string; reference: string }) => VectorCase) {
  return companies.map((prefix) =>
    write({
      name: `${scheme}, company prefix of ${prefix.length} digits`,
      company: prefix,
      reference: '12345678901'.slice(0, digits - prefix.length)
    })
  )
}

export const epcServiceVectors: readonly VectorCase[] = [
  gdti96({ name: example('GDTI-96'), company: '0614141', reference: '12345', serial: '5678' }),
  ...everyLength('GDTI-96', 12, (tag) => gdti96({ ...tag, serial: '9' })),
  gdti96({ name: 'GDTI-96, serial 0', company, reference: '00001', serial: '0' }),
  gdti96({ name: 'GDTI-96, the highest serial', company, reference: '00001', serial: '2199023255551' }),
  gdti113({ name: 'GDTI-113, a serial of digits', company, reference: '12345', serial: '5678' }),
  gdti113({ name: 'GDTI-113, leading zeros are part of the serial', company, reference: '12345', serial: '0012' }),
  gdti113({ name: 'GDTI-113, 17 digits', company, reference: '12345', serial: '12345678901234567' }),
  gdti174({ name: example('GDTI-174'), company: '4012345', reference: '98765', serial: 'ABCDefgh012345678' }),
  gdti174({ name: 'GDTI-174, one character', company, reference: '12345', serial: 'A' }),
  gdti174({ name: 'GDTI-174, characters that a URN escapes', company, reference: '12345', serial: 'A/1%2?' }),
  service('gsrn', { name: example('GSRN-96'), company: '0614141', reference: '1234567890' }),
  ...everyLength('GSRN-96', 17, (tag) => service('gsrn', tag)),
  service('gsrn', { name: 'GSRN-96, the highest reference', company: '952123', reference: '99999999999', filter: 0 }),
  service('gsrnp', { name: example('GSRNP-96'), company: '0614141', reference: '1234567890' }),
  ...everyLength('GSRNP-96', 17, (tag) => service('gsrnp', tag)),
  cpi96({ name: example('CPI-96'), company: '0614141', reference: '98765', serial: '12345' }),
  ...companies.map((prefix) =>
    cpi96({
      name: `CPI-96, company prefix of ${prefix.length} digits and the longest component`,
      company: prefix,
      reference: '123456789'.slice(0, 15 - prefix.length),
      serial: '1'
    })
  ),
  cpi96({ name: 'CPI-96, the highest serial', company, reference: '1', serial: '2147483647' }),
  cpi96({ name: 'CPI-96, component 0 and serial 0', company, reference: '0', serial: '0' }),
  cpiVar({ name: example('CPI-var'), company: '0614141', reference: '5PQ7/Z43', serial: '12345' }),
  cpiVar({ name: 'CPI-var, one character', company, reference: 'A', serial: '0' }),
  cpiVar({ name: 'CPI-var, the signs that it knows', company, reference: 'Z-9#0/A', serial: '7' }),
  cpiVar({ name: 'CPI-var, 24 characters behind 6 digits', company: '952123', reference: 'ABCDEFGHIJKLMNOPQRSTUVWX', serial: '1' }),
  cpiVar({ name: 'CPI-var, 18 characters behind 12 digits', company: '952123456789', reference: 'YZ0123456789ABCDEF', serial: '1' }),
  cpiVar({ name: 'CPI-var, the highest serial', company, reference: 'PUMP', serial: '1099511627775' }),
  sgcn96({ name: example('SGCN-96'), company: '4012345', reference: '67890', serial: '04711' }),
  ...everyLength('SGCN-96', 12, (tag) => sgcn96({ ...tag, serial: '1' })),
  sgcn96({ name: 'SGCN-96, a serial of zeros', company, reference: '67890', serial: '000' }),
  sgcn96({ name: 'SGCN-96, 12 digits', company, reference: '67890', serial: '999999999999' }),
  itip110({ name: example('ITIP-110'), company: '4012345', reference: '012345', piece: 1, total: 2, serial: '987' }),
  ...everyLength('ITIP-110', 13, (tag) => itip110({ ...tag, piece: 2, total: 3, serial: '1' })),
  itip110({ name: 'ITIP-110, the highest piece and total', company, reference: '054321', piece: 99, total: 99, serial: '274877906943' }),
  itip212({ name: example('ITIP-212'), company: '4012345', reference: '012345', piece: 1, total: 2, serial: 'mw133' }),
  itip212({ name: 'ITIP-212, 20 characters', company, reference: '054321', piece: 4, total: 10, serial: 'ABCDEFGHIJ0123456789' }),
  itip212({ name: 'ITIP-212, a dot in the serial', company, reference: '054321', piece: 1, total: 1, serial: '1.2' }),
  gid(example('GID-96'), 31_415, 271_828, 1_414n),
  gid('GID-96, zeros', 0, 0, 0n),
  gid('GID-96, the highest numbers', 268_435_455, 16_777_215, 68_719_476_735n)
]

const own = prefixOf(company, 3)
const bad = (name: string, code: 'SHORT' | 'RANGE' | 'SERIAL' | 'PARTITION', hex: string): VectorCase => ({
  name,
  hex,
  code: `GS1_EPC_${code}`
})
const reference17: Field = [12_345, 17]
const reference20: Field = [54_321, 20]

export const invalidEpcServiceVectors: readonly VectorCase[] = [
  bad('GDTI-96 with company prefix 10^7', 'RANGE', memoryOf(0x2c, [[3, 3], [5, 3], [10_000_000, 24], reference17, [1, 41]])),
  bad('GDTI-96 with reference 10^5 behind 7 digits', 'RANGE', memoryOf(0x2c, [...own, [100_000, 17], [1, 41]])),
  bad('GDTI-96 with partition 7', 'PARTITION', memoryOf(0x2c, [[3, 3], [7, 3], [9_521_234, 24], reference17, [1, 41]])),
  bad('GDTI-113 without a one before its digits', 'SERIAL', memoryOf(0x3a, [...own, reference17, [25, 58]])),
  bad('GDTI-113 with a one and no digits', 'SERIAL', memoryOf(0x3a, [...own, reference17, [1, 58]])),
  bad('GDTI-113 of 96 bits', 'SHORT', memoryOf(0x3a, [...own, reference17, [15, 41]])),
  bad('GDTI-174 without serial', 'SERIAL', memoryOf(0x3e, [...own, reference17, [0, 119]])),
  bad('GDTI-174 with a space in its serial', 'SERIAL', memoryOf(0x3e, [...own, reference17, sevenBits('A B', 119)])),
  bad('GDTI-174 with a character after the end', 'SERIAL', memoryOf(0x3e, [...own, reference17, sevenBits('A\0B', 119)])),
  bad('GDTI-174 of 96 bits', 'SHORT', memoryOf(0x3e, [...own, reference17, [1, 41]])),
  bad('GSRN-96 with reference 10^10 behind 7 digits', 'RANGE', memoryOf(0x2d, [...own, [10_000_000_000n, 34], [0, 24]])),
  bad(
    'GSRNP-96 with company prefix 10^12',
    'RANGE',
    memoryOf(0x2e, [
      [3, 3],
      [0, 3],
      [1_000_000_000_000n, 40],
      [1, 18],
      [0, 24]
    ])
  ),
  bad('GSRNP-96 of eight bytes', 'SHORT', memoryOf(0x2e, [...own, [1, 26]])),
  bad('CPI-96 with a component of 9 digits behind 7', 'RANGE', memoryOf(0x3c, [...own, [100_000_000, 27], [1, 31]])),
  bad('CPI-96 of ten bytes', 'SHORT', memoryOf(0x3c, [...own, [1, 27], [0, 15]])),
  bad('CPI-var without component', 'RANGE', memoryOf(0x3d, [...own, [0, 6], [12_345, 40]])),
  bad('CPI-var with a character that it does not know', 'RANGE', memoryOf(0x3d, [...own, sixBits('A'), [0b011011, 6], [0, 6], [1, 40]])),
  bad(
    'CPI-var with 19 characters behind 12 digits',
    'RANGE',
    memoryOf(0x3d, [...prefixOf('952123456789', 3), sixBits('ABCDEFGHIJKLMNOPQRS'), [0, 6], [1, 40]])
  ),
  bad('CPI-var without its serial', 'SHORT', memoryOf(0x3d, [...own, sixBits('PUMPHOUSE'), [0, 6]])),
  bad('SGCN-96 without a one before its digits', 'SERIAL', memoryOf(0x3f, [...own, reference17, [4_711, 41]])),
  bad('SGCN-96 with reference 10^5 behind 7 digits', 'RANGE', memoryOf(0x3f, [...own, [100_000, 17], [104_711, 41]])),
  bad('ITIP-110 with piece 100', 'RANGE', memoryOf(0x40, [...own, reference20, [100, 7], [2, 7], [1, 38]])),
  bad('ITIP-110 with total 127', 'RANGE', memoryOf(0x40, [...own, reference20, [1, 7], [127, 7], [1, 38]])),
  bad('ITIP-110 with reference 10^6 behind 7 digits', 'RANGE', memoryOf(0x40, [...own, [1_000_000, 20], [1, 7], [2, 7], [1, 38]])),
  bad('ITIP-110 of 96 bits', 'SHORT', memoryOf(0x40, [...own, reference20, [1, 7], [2, 7], [1, 24]])),
  bad('ITIP-212 without serial', 'SERIAL', memoryOf(0x41, [...own, reference20, [1, 7], [2, 7], [0, 140]])),
  bad('ITIP-212 of 110 bits', 'SHORT', memoryOf(0x41, [...own, reference20, [1, 7], [2, 7], [1, 38]])),
  bad(
    'GID-96 of eight bytes',
    'SHORT',
    memoryOf(0x35, [
      [1, 28],
      [1, 24],
      [1, 4]
    ])
  )
]
