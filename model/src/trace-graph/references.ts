/**
 * The names under which a store finds an event besides those of its subjects: its transformation, its business transactions, and
 * the products and lots that its subjects are members of. Every adapter indexes `referenceKeysOf`; `factsOf` is asked by them.
 */
import { keyKind, parentKeyOf } from '../gs1/key.ts'
import type { TraceFact } from '../trace-event.ts'
import { partOf } from './parts.ts'

/** The events of one transformation with several events (EPCIS 2.0 §7.4.6). */
export function transformationKey(id: string): string {
  return `transformation:${id}`
}

/** The events that name a business transaction: a despatch advice, a bill of lading, a shipment (GSIN, GINC) and so on. */
export function transactionKey(id: string): string {
  return `transaction:${id}`
}

/** The events that name items or lots of a product, or items that were told to belong to a lot. */
export function memberKey(classKey: string): string {
  return `member:${classKey}`
}

/** Each once, in a fixed order. */
export function referenceKeysOf(fact: Pick<TraceFact, 'subjects' | 'transformationID' | 'bizTransactions'>): string[] {
  const keys = new Set<string>()
  if (fact.transformationID !== undefined) keys.add(transformationKey(fact.transformationID))
  for (const { id } of fact.bizTransactions) keys.add(transactionKey(id))
  let stem: string | undefined
  let lot: string | undefined
  for (const subject of fact.subjects) {
    if (subject.lot !== undefined && subject.lot !== lot) {
      lot = subject.lot
      keys.add(memberKey(lot))
    }
    // Most subjects of an event are of one product: its key is a part of theirs and need not be cut out anew.
    if (stem !== undefined && subject.key.startsWith(stem)) continue
    const product = productOfMember(subject.key)
    if (product === undefined) continue
    stem = `${product}/`
    keys.add(memberKey(product))
  }
  return [...keys]
}

function productOfMember(key: string): string | undefined {
  const kind = keyKind(key)
  return kind === 'item' || kind === 'lot' ? parentKeyOf(key) : undefined
}

/** Whether the event belongs under a key that `factsOf` was asked by. */
export function isFoundUnder(fact: TraceFact, key: string): boolean {
  return partOf(fact, key) !== 0 || (isReference(key) && referenceKeysOf(fact).includes(key))
}

export function isReference(key: string): boolean {
  return key.startsWith('transformation:') || key.startsWith('transaction:') || key.startsWith('member:')
}
