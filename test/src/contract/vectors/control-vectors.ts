/** Vectors of held goods: lists as they come, and which scans they refuse after them; and messages that are no list. Written by hand. */
import { textHex, type VectorCase, type VectorPair } from './vector.ts'

const gtin = '09521234543213'
const other = '09506000134352'
const sscc = '006141411234567890'
const text = (en: string) => ({ zh: '原因', en })
const order = (id: string, action: string, goods: object, more: object = {}) => ({
  id,
  action,
  reason: text(id),
  reference: { measure: id },
  issuedAtMs: 1_000,
  goods,
  ...more
})
const list = (revision: number, orders: readonly object[], more: object = {}) => ({
  v: 1,
  point: 'p1',
  revision,
  part: 0,
  parts: 1,
  issuedAtMs: 1_000,
  orders,
  ...more
})
const lot = order('M-1', 'hold', { lots: [{ gtin, lots: ['L1'] }] })

interface ScanFacts {
  readonly bizStep?: string
  readonly disposition?: string
}
const scan = (symbology: string, data: string, refusedBy: string | null, facts: ScanFacts = {}) => ({
  symbology,
  hex: textHex(data),
  ...facts,
  order: refusedBy
})
const label = (data: string, refusedBy: string | null, facts: ScanFacts = { bizStep: 'departing' }) => scan(']d2', data, refusedBy, facts)
const gs = '\u001d'
const item = (batch: string, serial: string) => `01${gtin}10${batch}${gs}21${serial}`

const valid = (name: string, lists: readonly object[], scans: readonly object[], atMs = 2_000): VectorCase => ({ name, lists, atMs, scans })
const invalid = (name: string, message: object | string, code: string, pointer: string): VectorCase => ({
  name,
  hex: textHex(typeof message === 'string' ? message : JSON.stringify(message)),
  code,
  pointer
})

export const controlVectors: VectorPair = {
  valid: {
    kind: 'control',
    about: 'Lists of held goods in the order of their arrival, and which scans they refuse after them.',
    cases: [
      valid('no list, nothing refused', [], [label(item('L1', 'A'), null)]),
      valid(
        'a lot, as read',
        [list(1, [lot])],
        [label(item('L1', 'A'), 'M-1'), label(item('L2', 'A'), null), label(`01${other}10L1`, null)]
      ),
      valid(
        'a product in whatever lot',
        [list(1, [order('M-2', 'hold', { products: [gtin] })])],
        [label(item('L9', 'Z'), 'M-2'), label(`01${gtin}`, 'M-2')]
      ),
      valid(
        'a single unit, with and without its lot',
        [list(1, [order('M-3', 'hold', { items: [{ gtin, serials: ['A/1'] }] })])],
        [label(item('L1', 'A/1'), 'M-3'), label(`01${gtin}21A/1`, 'M-3'), label(`01${gtin}21A/2`, null)]
      ),
      valid(
        'a container',
        [list(1, [order('M-4', 'hold', { containers: [sscc] })])],
        [scan(']C1', `00${sscc}`, 'M-4', { bizStep: 'loading' })]
      ),
      valid('a logistic label that names its content', [list(1, [lot])], [label(`00${sscc}02${gtin}3712${gs}10L1`, 'M-1')]),
      valid(
        'any other key',
        [list(1, [order('M-5', 'hold', { keys: ['https://id.gs1.org/8003/09521234543213A7'] })])],
        [label(`800309521234543213A7`, 'M-5')]
      ),
      valid(
        'looking, storing and destroying are not refused',
        [list(1, [lot])],
        ['inspecting', 'sampling', 'storing', 'holding', 'destroying', 'decommissioning'].map((bizStep) =>
          label(item('L1', 'A'), null, { bizStep })
        )
      ),
      valid('a step that is not said may be any', [list(1, [lot])], [label(item('L1', 'A'), 'M-1', {})]),
      valid(
        'a recall lets goods come back',
        [list(1, [order('M-6', 'recall', { lots: [{ gtin, lots: ['L1'] }] })])],
        [
          label(item('L1', 'A'), 'M-6', { bizStep: 'shipping', disposition: 'in_transit' }),
          ...['returned', 'recalled', 'destroyed', 'disposed'].map((disposition) =>
            label(item('L1', 'A'), null, { bizStep: 'shipping', disposition })
          )
        ]
      ),
      valid(
        'each action refuses its own steps',
        [
          list(1, [
            order('M-7', 'refuseSale', { lots: [{ gtin, lots: ['S'] }] }),
            order('M-8', 'refuseImport', { lots: [{ gtin, lots: ['I'] }] }),
            order('M-9', 'refuseExport', { lots: [{ gtin, lots: ['E'] }] })
          ])
        ],
        [
          label(item('S', 'A'), 'M-7', { bizStep: 'retail_selling' }),
          label(item('S', 'A'), null, { bizStep: 'shipping' }),
          label(item('I', 'A'), 'M-8', { bizStep: 'arriving' }),
          label(item('I', 'A'), null, { bizStep: 'departing' }),
          label(item('E', 'A'), 'M-9', { bizStep: 'departing' }),
          label(item('E', 'A'), null, { bizStep: 'arriving' })
        ]
      ),
      valid(
        'a release lifts its order for its goods alone',
        [list(1, [lot, order('M-1-r1', 'release', { items: [{ gtin, serials: ['A'] }] }, { of: 'M-1' })])],
        [label(item('L1', 'A'), null), label(item('L1', 'B'), 'M-1')]
      ),
      valid(
        'a release lifts all pieces of its order',
        [list(1, [{ ...lot, id: 'M-1_2' }, order('R', 'release', { items: [{ gtin, serials: ['A'] }] }, { of: 'M-1' })])],
        [label(item('L1', 'A'), null)]
      ),
      valid('a drill refuses nothing', [list(1, [{ ...lot, drill: true }])], [label(item('L1', 'A'), null)]),
      valid('an order ends at its time', [list(1, [{ ...lot, untilMs: 2_000 }])], [label(item('L1', 'A'), null)]),
      valid('an order holds until its time', [list(1, [{ ...lot, untilMs: 2_001 }])], [label(item('L1', 'A'), 'M-1')]),
      valid('a newer list replaces the one before', [list(1, [lot]), list(2, [])], [label(item('L1', 'A'), null)]),
      valid('an older list changes nothing', [list(2, [lot]), list(1, [])], [label(item('L1', 'A'), 'M-1')]),
      valid(
        'parts hold together, in whatever order they come',
        [list(5, [order('M-2', 'hold', { products: [other] })], { part: 1, parts: 2 }), list(5, [lot], { parts: 2 })],
        [label(item('L1', 'A'), 'M-1'), label(`01${other}`, 'M-2')]
      ),
      valid(
        'a revision whose parts are not all there changes nothing',
        [list(4, [lot]), list(5, [], { parts: 2 })],
        [label(item('L1', 'A'), 'M-1')]
      ),
      valid(
        'a code that names no goods passes',
        [list(1, [order('M-2', 'hold', { products: [gtin] })])],
        [scan(']Q0', 'hello', null, { bizStep: 'departing' })]
      )
    ]
  },
  invalid: {
    kind: 'control',
    about: 'Messages that are no list of held goods. `code` and `pointer` are what the platform answers.',
    cases: [
      invalid('not JSON', 'stop everything', 'PAYLOAD_NOT_JSON', ''),
      invalid('another version', list(1, [], { v: 2 }), 'SCHEMA_CONST', '/v'),
      invalid('no revision', { ...list(1, []), revision: undefined }, 'SCHEMA_REQUIRED', ''),
      invalid('revision 0', list(0, []), 'SCHEMA_MINIMUM', '/revision'),
      invalid('part 16', list(1, [], { part: 16, parts: 16 }), 'SCHEMA_MAXIMUM', '/part'),
      invalid('an action that is not known', list(1, [{ ...lot, action: 'explode' }]), 'SCHEMA_ENUM', '/orders/0/action'),
      invalid('an order without goods', list(1, [{ ...lot, goods: {} }]), 'SCHEMA_MINPROPERTIES', '/orders/0/goods'),
      invalid(
        'a GTIN of 13 digits',
        list(1, [order('M-1', 'hold', { products: ['9521234543213'] })]),
        'SCHEMA_PATTERN',
        '/orders/0/goods/products/0'
      ),
      invalid(
        'a lot with a space',
        list(1, [order('M-1', 'hold', { lots: [{ gtin, lots: ['L 1'] }] })]),
        'SCHEMA_PATTERN',
        '/orders/0/goods/lots/0/lots/0'
      ),
      invalid('a member that is not named', list(1, [], { urgent: true }), 'SCHEMA_UNKNOWN_MEMBER', '/urgent')
    ]
  }
}
