/** The events that faults and their innocent likenesses add, in the words of a partner's system. */
import { eventIdOf } from '../goods/numbers.ts'
import { aggregationEvent, objectEvent, type EpcisJson, type Quantity } from '../goods/epcis-json.ts'

interface Seen {
  readonly name: string
  readonly atMs: number
  readonly at: string
  readonly bizStep: string
  readonly epcs: readonly string[]
  readonly quantities?: readonly Quantity[]
  readonly disposition?: string
  /** The goods are gone with it. */
  readonly gone?: boolean
  readonly action?: 'ADD' | 'OBSERVE' | 'DELETE'
}

export function seen({ name, atMs, at, bizStep, epcs, quantities, disposition, gone = false, action = 'OBSERVE' }: Seen): EpcisJson {
  return objectEvent({
    eventID: eventIdOf('fault', name, atMs, epcs[0] ?? quantities?.[0]?.epcClass ?? ''),
    atMs,
    zone: '+08:00',
    action,
    bizStep,
    readPoint: at,
    epcs,
    ...(quantities === undefined ? {} : { quantities }),
    ...(gone ? {} : { bizLocation: at }),
    ...(disposition === undefined ? {} : { disposition })
  })
}

interface Packed {
  readonly name: string
  readonly atMs: number
  readonly at: string
  readonly parent: string
  readonly children: readonly string[]
  readonly action: 'ADD' | 'DELETE'
}

export function packed({ name, atMs, at, parent, children, action }: Packed): EpcisJson {
  return aggregationEvent({
    eventID: eventIdOf('fault', name, atMs, parent, children[0] ?? ''),
    atMs,
    zone: '+08:00',
    action,
    bizStep: action === 'ADD' ? 'packing' : 'unpacking',
    disposition: 'in_progress',
    readPoint: at,
    bizLocation: at,
    parent,
    children
  })
}
