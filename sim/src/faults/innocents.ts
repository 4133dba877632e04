/** What looks like a fault and is none: returns, re-export, repacking, samples, slow clocks, double and late telling, corrections. */
import { dayMs, hourMs, minuteMs, secondMs } from '../goods/consignment.ts'
import { declareError } from '../goods/epcis-json.ts'
import { eventIdOf } from '../goods/numbers.ts'
import { pointIds } from '../world/names.ts'
import { packed, seen } from './events.ts'
import { dropAfter, told, unsold, type Picker, type Spot } from './pick.ts'
import { change, drop, tell, type Tale } from './tale.ts'

/** Puts in one of each. Crates and containers that go round, and partners that tell in any order, are in every history. */
export function addInnocents(tale: Tale, pick: Picker): void {
  for (const add of [
    returnBought,
    sendBack,
    partlyUnpack,
    testElsewhere,
    slackClocks,
    shiftZones,
    tellTwice,
    correct,
    flyIn,
    endInOrder,
    backfill,
    obeyHold
  ])
    add(tale, pick)
}

function note({ innocents }: Tale, what: string, goods: readonly string[]): void {
  innocents.push({ what, goods })
}

function returnBought(tale: Tale, pick: Picker): void {
  const spot = pick.pallet('toy', 'formula')
  const key = unsold(spot)
  const atMs = told(spot, 'stock').atMs + 2 * hourMs
  dropAfter(spot, key, atMs)
  const sale = { at: spot.shop, bizStep: 'retail_selling', disposition: 'retail_sold', epcs: [key], gone: true }
  tell(spot.way, 'innocent', seen({ ...sale, name: 'bought', atMs }))
  tell(
    spot.way,
    'innocent',
    seen({ name: 'brought back', atMs: atMs + dayMs, at: spot.shop, bizStep: 'receiving', disposition: 'returned', epcs: [key] })
  )
  tell(spot.way, 'innocent', seen({ ...sale, name: 'bought again', atMs: atMs + 2 * dayMs }))
  note(tale, 'bought, brought back and sold again', [key])
}

function sendBack(tale: Tale, pick: Picker): void {
  const spot = pick.pallet('toy')
  const key = unsold(spot)
  const atMs = told(spot, 'stock').atMs + 2 * hourMs
  dropAfter(spot, key, atMs)
  const quay = tale.world.siteOf(pointIds.quay)
  tell(
    spot.way,
    'innocent',
    seen({ name: 're-exported', atMs, at: spot.shop, bizStep: 'shipping', disposition: 'in_transit', epcs: [key], gone: true })
  )
  tell(spot.way, 'innocent', seen({ name: 'back in Europe', atMs: atMs + 30 * hourMs, at: quay, bizStep: 'receiving', epcs: [key] }))
  tell(
    spot.way,
    'innocent',
    seen({ name: 'end', atMs: atMs + 50 * hourMs, at: quay, bizStep: 'decommissioning', disposition: 'inactive', epcs: [key], gone: true })
  )
  note(tale, 're-exported by air', [key])
}

function partlyUnpack(tale: Tale, pick: Picker): void {
  const spot = pick.pallet('formula')
  const open = told(spot, 'open')
  const [first, rest] = [spot.pallet.items.slice(0, 6), spot.pallet.items.slice(6)]
  drop(spot.way, ({ step }) => step === `open-${spot.index}`)
  for (const [name, children, atMs] of [
    ['some', first, open.atMs],
    ['others', rest, open.atMs + minuteMs]
  ] as const)
    tell(spot.way, 'innocent', packed({ name, atMs, at: spot.depot, parent: spot.pallet.key, children, action: 'DELETE' }))
  note(tale, 'unpacked in two goes', spot.pallet.items)
}

/** A laboratory far away tests a sample of what lies in the bonded store; nothing but the sample went there. */
function testElsewhere(tale: Tale, pick: Picker): void {
  const spot = pick.pallet('vaccine')
  const at = tale.world.siteOf(pointIds.toyShop)
  const atMs = told(spot, 'in').atMs + 30 * minuteMs
  tell(spot.way, 'innocent', seen({ name: 'sample', atMs, at, bizStep: 'sampling', epcs: spot.pallet.items.slice(0, 2), gone: true }))
  tell(
    spot.way,
    'innocent',
    seen({ name: 'tested', atMs: atMs + hourMs, at, bizStep: 'inspecting', disposition: 'conformant', epcs: [spot.pallet.key], gone: true })
  )
  note(tale, 'sampled by a laboratory elsewhere', [spot.pallet.key, ...spot.pallet.items])
}

/** The clock of the shop's till is four minutes slow against that of its store room, and that of the dock fast. */
function slackClocks(tale: Tale, pick: Picker): void {
  const spot = pick.pallet('formula', 'toy')
  const [shop, uncrate, crate] = [told(spot, 'shop'), told(spot, 'uncrate'), told(spot, 'crate')]
  change(uncrate, {}, shop.atMs - 2 * minuteMs)
  change(told(spot, 'open'), {}, crate.atMs + 4 * minuteMs)
  note(tale, 'clocks that differ by minutes', [spot.crate, spot.pallet.key, ...spot.pallet.items])
}

function shiftZones(tale: Tale, pick: Picker): void {
  const spot = pick.pallet('fish', 'formula')
  for (const [index, one] of spot.way.told.entries()) {
    const offsetHours = [-10, 0, 5.5, 14][index % 4] ?? 0
    const sign = offsetHours < 0 ? '-' : '+'
    const [hours, minutes] = [Math.floor(Math.abs(offsetHours)), (Math.abs(offsetHours) % 1) * 60]
    const zone = `${sign}${String(hours).padStart(2, '0')}:${String(minutes).padStart(2, '0')}`
    const local = new Date(one.atMs + offsetHours * hourMs).toISOString().replace('Z', zone)
    one.json = { ...one.json, eventTime: local, eventTimeZoneOffset: zone }
  }
  note(tale, 'told in the times of four zones', [spot.pallet.key])
}

/** Once more as it was, and once more under another id by another system. */
function tellTwice(tale: Tale, pick: Picker): void {
  const spot = pick.pallet('vaccine', 'toy')
  for (const name of ['fill', 'stock', 'shop', 'uncrate', `sale-${spot.index}-0`]) {
    const one = spot.way.told.find(({ step }) => step === name || step === `${name}-${spot.index}`)
    if (one === undefined) continue
    spot.way.told.push({ ...one, step: 'innocent', toldMs: one.toldMs + 9 * minuteMs })
    // Who packs twice is told apart by name; the second telling of an unpacking finds nothing inside.
    if (name !== 'uncrate' && name !== 'fill')
      spot.way.told.push({
        ...one,
        step: 'innocent',
        json: { ...one.json, eventID: eventIdOf('again', String(one.json['eventID'])) },
        toldMs: one.toldMs + 11 * minuteMs
      })
  }
  note(tale, 'told twice', [spot.pallet.key, ...spot.pallet.items])
}

/** A wrong sale, a wrong packing and a wrong place, all declared wrong later. */
function correct(tale: Tale, pick: Picker): void {
  const spot = pick.pallet('formula', 'toy')
  const key = unsold(spot)
  const stockedMs = told(spot, 'stock').atMs
  const wrong = [
    seen({
      name: 'wrong sale',
      atMs: stockedMs + 5 * minuteMs,
      at: tale.world.siteOf(pointIds.clinic),
      bizStep: 'retail_selling',
      disposition: 'retail_sold',
      epcs: [key],
      gone: true
    }),
    seen({
      name: 'wrong end',
      atMs: stockedMs - 30 * minuteMs,
      at: spot.depot,
      bizStep: 'destroying',
      disposition: 'destroyed',
      epcs: [spot.pallet.items[0] ?? ''],
      gone: true
    }),
    packed({
      name: 'wrong box',
      atMs: told(spot, 'gate').atMs,
      at: spot.depot,
      parent: spot.pallet.key.replace('/00/3', '/00/4'),
      children: spot.pallet.items.slice(0, 3),
      action: 'ADD'
    })
  ]
  for (const json of wrong) {
    const first = tell(spot.way, 'innocent', json)
    const declared = tell(spot.way, 'innocent', declareError(json, first.toldMs + 20 * hourMs, 'incorrect_data'))
    declared.toldMs = first.toldMs + 20 * hourMs + 10 * secondMs
  }
  note(tale, 'wrong, and declared so', [key, spot.pallet.key, ...spot.pallet.items])
}

function flyIn(tale: Tale, pick: Picker): void {
  const [spot] = pick.consignment('toy')
  if (spot === undefined) return
  const pallets = spot.way.consignment.pallets.map(({ key }) => key)
  // From the factory to the quay in three hours of driving, which is fast and can be.
  change(told(spot, 'quay'), {}, told(spot, 'ship').atMs + 7 * hourMs)
  note(tale, 'driven fast', pallets)
}

/** The empty pallet loses its number, is burnt after that, and its number is given to another a month later. */
function endInOrder(tale: Tale, pick: Picker): void {
  const spot = pick.pallet('formula', 'fish')
  const atMs = told(spot, 'open').atMs + 2 * hourMs
  const pallet = { at: spot.depot, epcs: [spot.pallet.key] }
  tell(
    spot.way,
    'innocent',
    seen({ ...pallet, name: 'number ends', atMs, bizStep: 'decommissioning', disposition: 'inactive', gone: true })
  )
  tell(
    spot.way,
    'innocent',
    seen({ ...pallet, name: 'burnt', atMs: atMs + dayMs, bizStep: 'destroying', disposition: 'destroyed', gone: true })
  )
  tell(
    spot.way,
    'innocent',
    seen({ ...pallet, name: 'new life', atMs: atMs + 2 * dayMs, bizStep: 'commissioning', disposition: 'active', action: 'ADD' })
  )
  tell(spot.way, 'innocent', seen({ ...pallet, name: 'in use', atMs: atMs + 2.5 * dayMs, bizStep: 'receiving' }))
  note(tale, 'a number given again after its end', [spot.pallet.key])
}

/** The readers of gate and dock were cut off for three days and send what they kept. */
function backfill(tale: Tale, pick: Picker): void {
  const spot = pick.pallet('toy', 'vaccine')
  for (const name of ['gate', 'in', 'out']) {
    const one = told(spot, name)
    one.toldMs = one.atMs + 3 * dayMs
    one.origin = 'device'
  }
  note(tale, 'kept by readers during an outage', [spot.pallet.key])
}

function obeyHold(tale: Tale, pick: Picker): void {
  const spot: Spot = pick.pallet('fish', 'formula')
  const outMs = told(spot, 'out').atMs
  const reason = { zh: '召回', en: 'Recall' }
  tale.holds.push({ keys: [spot.pallet.key], reason, sinceMs: outMs - hourMs, order: 'RC-2026-000009' })
  for (const name of ['out', 'release']) change(told(spot, name), { disposition: 'recalled' })
  tale.holds.push({
    keys: [spot.pallet.key],
    reason,
    sinceMs: outMs - 3 * hourMs,
    untilMs: outMs - 2 * hourMs,
    order: 'RC-2026-000010'
  })
  note(tale, 'moved because of a recall, and after a hold had ended', [spot.pallet.key])
}
