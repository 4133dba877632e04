/** Vectors of what scanners send: GS1 element strings under their AIM identifiers, EAN digits, Digital Links (GS1 General Specifications §3, §7.8). */
import { textHex, type VectorCase, type VectorPair } from './vector.ts'

type Ai = readonly [ai: string, value: string]

const fnc1 = '\u001d'
const gtin = '09521234543213'
const root = 'https://id.gs1.org'

interface Content {
  readonly ais: readonly Ai[]
  readonly digitalLink: string | null
}

const read = (name: string, symbology: string, data: string, { ais, digitalLink }: Content): VectorCase => ({
  name,
  symbology,
  hex: textHex(data),
  ais,
  digitalLink
})
const refused = (name: string, symbology: string, data: string, code: string): VectorCase => ({ name, symbology, hex: textHex(data), code })

const item: Content = {
  ais: [
    ['01', gtin],
    ['21', 'A1']
  ],
  digitalLink: `${root}/01/${gtin}/21/A1`
}
const itemText = `01${gtin}21A1`

/** A GTIN and one further identifier, the value as it stands. */
const withGtin = (ai: string, value: string, digitalLink = `${root}/01/${gtin}`): Content => ({
  ais: [
    ['01', gtin],
    [ai, value]
  ],
  digitalLink
})

const symbologies: readonly VectorCase[] = [']C1', ']e0', ']e1', ']e2', ']d2', ']Q3', ']J1'].map((symbology) =>
  read(`GTIN and serial under ${symbology}`, symbology, itemText, item)
)

const separators: readonly VectorCase[] = [
  read('FNC1 in front is passed over', ']d2', fnc1 + itemText, item),
  read('FNC1 behind the last value is passed over', ']d2', itemText + fnc1, item),
  read('FNC1 behind a value of fixed length is passed over', ']d2', `01${gtin}${fnc1}21A1`, item),
  read('FNC1 ends a value of variable length', ']C1', `01${gtin}10L1${fnc1}21A1`, {
    ais: [
      ['01', gtin],
      ['10', 'L1'],
      ['21', 'A1']
    ],
    digitalLink: item.digitalLink
  }),
  read('a value of fixed length needs no FNC1 behind it', ']C1', `01${gtin}1729123110L1`, {
    ais: [
      ['01', gtin],
      ['17', '291231'],
      ['10', 'L1']
    ],
    digitalLink: `${root}/01/${gtin}/10/L1`
  }),
  read('without FNC1 a lot swallows what follows', ']C1', `01${gtin}10L121A1`, withGtin('10', 'L121A1', `${root}/01/${gtin}/10/L121A1`)),
  read('the order of the data is kept', ']d2', `21A1${fnc1}01${gtin}`, {
    ais: [item.ais[1] ?? ['', ''], item.ais[0] ?? ['', '']],
    digitalLink: item.digitalLink
  }),
  read('the same value twice', ']d2', `01${gtin}01${gtin}`, {
    ais: [
      ['01', gtin],
      ['01', gtin]
    ],
    digitalLink: `${root}/01/${gtin}`
  })
]

const contents: readonly VectorCase[] = [
  read('GTIN alone', ']d2', `01${gtin}`, { ais: [['01', gtin]], digitalLink: `${root}/01/${gtin}` }),
  read(
    'a lot of 20 characters',
    ']C1',
    `01${gtin}10ABCDEFGHIJ0123456789`,
    withGtin('10', 'ABCDEFGHIJ0123456789', `${root}/01/${gtin}/10/ABCDEFGHIJ0123456789`)
  ),
  read('characters that a link escapes', ']d2', `01${gtin}21a/b%?&`, withGtin('21', 'a/b%?&', `${root}/01/${gtin}/21/a%2Fb%25%3F%26`)),
  read('an expiry date', ']C1', `01${gtin}17291231`, withGtin('17', '291231')),
  read('an expiry date whose day is not known', ']C1', `01${gtin}17290200`, withGtin('17', '290200')),
  read('a leap day', ']C1', `01${gtin}17280229`, withGtin('17', '280229')),
  read('a weight in kilograms with three decimals', ']C1', `01${gtin}3103012500`, withGtin('3103', '012500')),
  read('a variant does not change the item', ']d2', `01${gtin}22V2${fnc1}21A1`, {
    ais: [
      ['01', gtin],
      ['22', 'V2'],
      ['21', 'A1']
    ],
    digitalLink: item.digitalLink
  }),
  read('a logistic unit', ']C1', '00039521234000000014', {
    ais: [['00', '039521234000000014']],
    digitalLink: `${root}/00/039521234000000014`
  }),
  read('a logistic unit and its content', ']C1', `00039521234000000014${fnc1}02${gtin}3712`, {
    ais: [
      ['00', '039521234000000014'],
      ['02', gtin],
      ['37', '12']
    ],
    digitalLink: `${root}/00/039521234000000014`
  }),
  read('content alone: the unit stands in another code', ']C1', `02${gtin}3712`, {
    ais: [
      ['02', gtin],
      ['37', '12']
    ],
    digitalLink: null
  }),
  read('a lot alone names nothing', ']d2', '10L1', { ais: [['10', 'L1']], digitalLink: null }),
  read('a place', ']d2', '4149521234000013', { ais: [['414', '9521234000013']], digitalLink: `${root}/414/9521234000013` }),
  read('a place with its extension', ']d2', `4149521234000013254DOCK-1`, {
    ais: [
      ['414', '9521234000013'],
      ['254', 'DOCK-1']
    ],
    digitalLink: `${root}/414/9521234000013/254/DOCK-1`
  }),
  read('a party', ']d2', '4179521234000013', { ais: [['417', '9521234000013']], digitalLink: `${root}/417/9521234000013` }),
  read('a returnable asset with its serial', ']d2', '800309521234000013RC1', {
    ais: [['8003', '09521234000013RC1']],
    digitalLink: `${root}/8003/09521234000013RC1`
  }),
  read('an individual asset', ']d2', '80049521234-77', { ais: [['8004', '9521234-77']], digitalLink: `${root}/8004/9521234-77` }),
  read('a document', ']d2', '2539521234000013D1', { ais: [['253', '9521234000013D1']], digitalLink: `${root}/253/9521234000013D1` })
]

const plain: readonly VectorCase[] = [
  read('EAN-13', ']E0', '9521234543213', { ais: [['01', gtin]], digitalLink: `${root}/01/${gtin}` }),
  read('UPC-A as 13 digits', ']E0', '0614141999996', { ais: [['01', '00614141999996']], digitalLink: `${root}/01/00614141999996` }),
  read('EAN-8', ']E4', '95212340', { ais: [['01', '00000095212340']], digitalLink: `${root}/01/00000095212340` }),
  read('a Digital Link in a QR code', ']Q1', `https://shop.example/01/${gtin}/10/L1/21/A1?17=291231`, {
    ais: [
      ['01', gtin],
      ['10', 'L1'],
      ['21', 'A1'],
      ['17', '291231']
    ],
    digitalLink: item.digitalLink
  }),
  read('a Digital Link in a Data Matrix', ']d1', `${root}/00/039521234000000014`, {
    ais: [['00', '039521234000000014']],
    digitalLink: `${root}/00/039521234000000014`
  }),
  read('an EPC URN in a QR code', ']Q1', 'urn:epc:id:sscc:0614141.1234567890', { ais: [], digitalLink: `${root}/00/106141412345678908` }),
  read('a text of the maker', ']Q1', '冷库 7', { ais: [], digitalLink: null }),
  read('a number in Code 39', ']A0', 'SHELF-17', { ais: [], digitalLink: null }),
  read('digits of a GTIN in a plain Code 128 are a text', ']C0', gtin, { ais: [], digitalLink: null })
]

const wrong: readonly VectorCase[] = [
  refused('empty', ']C1', '', 'GS1_SCAN_LENGTH'),
  refused('FNC1 alone', ']C1', fnc1, 'GS1_EMPTY'),
  refused('brackets, as people write them', ']C1', `(01)${gtin}(21)A1`, 'GS1_UNKNOWN_AI'),
  refused('a wrong check digit', ']C1', '0109521234543214', 'GS1_INCORRECT_CHECK_DIGIT'),
  refused('a wrong check digit of a logistic unit', ']C1', '00039521234000000015', 'GS1_INCORRECT_CHECK_DIGIT'),
  refused('a wrong check digit of a place', ']d2', '4149521234000014', 'GS1_INCORRECT_CHECK_DIGIT'),
  refused('a wrong check digit of an asset', ']d2', '800309521234000014RC1', 'GS1_INCORRECT_CHECK_DIGIT'),
  refused('two digits of a GTIN in each other’s place', ']C1', '0109521234543231', 'GS1_INCORRECT_CHECK_DIGIT'),
  refused('a GTIN of 13 digits', ']C1', '019521234543213', 'GS1_INCORRECT_LENGTH'),
  refused('a GTIN cut off by FNC1', ']C1', `010952123454321${fnc1}21A1`, 'GS1_INCORRECT_LENGTH'),
  refused('a letter in a GTIN', ']C1', '010952123454321X', 'GS1_NON_DIGIT_CHARACTER'),
  refused('an identifier that is not allocated', ']C1', `01${gtin}0512`, 'GS1_UNKNOWN_AI'),
  refused('an identifier without a value', ']C1', `01${gtin}10`, 'GS1_EMPTY_VALUE'),
  refused('a lot of 21 characters', ']C1', `01${gtin}10ABCDEFGHIJ01234567890`, 'GS1_INCORRECT_LENGTH'),
  refused('a space in a lot', ']C1', `01${gtin}10L 1`, 'GS1_INVALID_CSET82_CHARACTER'),
  refused('a letter with an accent in a lot', ']C1', `01${gtin}10Lé`, 'GS1_INVALID_CSET82_CHARACTER'),
  refused('month 13', ']C1', `01${gtin}17291301`, 'GS1_ILLEGAL_MONTH'),
  refused('30 February', ']C1', `01${gtin}17290230`, 'GS1_ILLEGAL_DAY'),
  refused('29 February of no leap year', ']C1', `01${gtin}17290229`, 'GS1_ILLEGAL_DAY'),
  refused('two GTINs', ']C1', `01${gtin}0119521234543210`, 'GS1_REPEATED_AI'),
  refused('a GTIN and the GTIN of a content', ']C1', `01${gtin}02${gtin}3712`, 'GS1_EXCLUSIVE_AIS'),
  refused('EAN-13 with a wrong check digit', ']E0', '9521234543214', 'GS1_INCORRECT_CHECK_DIGIT'),
  refused('EAN-13 of 12 digits', ']E0', '952123454321', 'GS1_SCAN_LENGTH'),
  refused('EAN-13 with a letter', ']E0', '952123454321X', 'GS1_NON_DIGIT_CHARACTER'),
  refused('EAN-8 of 13 digits', ']E4', '9521234543213', 'GS1_SCAN_LENGTH'),
  refused('an unknown symbology', ']X9', itemText, 'GS1_SYMBOLOGY'),
  refused('a Digital Link with a wrong check digit', ']Q1', `${root}/01/09521234543214`, 'GS1_INCORRECT_CHECK_DIGIT'),
  refused('a web address that names nothing', ']Q1', 'https://example.com/', 'GS1_NO_PRIMARY_KEY')
]

export const elementStringVectors: VectorPair = {
  valid: {
    kind: 'element-strings',
    about: 'What a scanner sent under its AIM identifier, the application identifiers in it, and the GS1 key that they name.',
    cases: [...symbologies, ...separators, ...contents, ...plain]
  },
  invalid: {
    kind: 'element-strings',
    about: 'What no scanner can have read rightly from a GS1 code. `code` is what the platform answers.',
    cases: wrong
  }
}
