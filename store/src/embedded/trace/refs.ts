/** Under which keys the ledger finds an event. Pure; the check of the files makes the same list anew. */
import {
  featuresOfEvent,
  eventFeatures,
  referencesOfEvent,
  type EventFeature,
  type EventReference,
  type ReferenceKind
} from '@tracegate/model/epcis/query/hints'
import type { TraceFact } from '@tracegate/model/trace-event'
import { referenceKeysOf } from '@tracegate/model/trace-graph/references'
import { glnPlace } from '@tracegate/model/trace-graph/stays'
import { eventIDKey, hashKey, placeKey, roleBits } from './key-hash.ts'

/** The key under which events are found that name something which is no subject of theirs, where an index of it is kept. */
export function referenceKey({ kind, value }: EventReference): string {
  return `${kind}:${value}`
}

/** Kinds of references with rows of their own: the others are found as members of products, by transaction, or by key. */
const ownKinds: ReadonlySet<ReferenceKind> = new Set(['source', 'destination', 'correctiveEvent'])

export function hasOwnRows({ kind }: EventReference): boolean {
  return ownKinds.has(kind)
}

/** Hashes with what they say about the event, each once: subjects, id, what it refers to, its place and what that belongs to. */
export function refsOf(fact: TraceFact): ReadonlyMap<number, number> {
  const refs = new Map<number, number>()
  const add = (hash: number, bits: number): void => {
    refs.set(hash, (refs.get(hash) ?? 0) | bits)
  }
  for (const subject of fact.subjects) add(hashKey(subject.key), roleBits[subject.role])
  for (const key of referenceKeysOf(fact)) add(commonHash(key), roleBits.reference)
  if (fact.sources.length + fact.destinations.length > 0 || fact.errorDeclaration !== undefined) {
    for (const reference of referencesOfEvent(fact, ownKinds)) add(commonHash(referenceKey(reference)), roleBits.reference)
  }
  if (fact.bizLocation !== undefined) {
    const gln = glnPlace(fact.bizLocation)
    add(commonHash(placeKey(fact.bizLocation)), roleBits.place)
    if (gln !== fact.bizLocation) add(commonHash(placeKey(gln)), roleBits.place)
  }
  // By itself: rows of event ids are told apart by having no other role.
  refs.set(hashKey(eventIDKey(fact.eventID)), roleBits.eventID)
  return refs
}

const commonMax = 8_192
const common = new Map<string, number>()

/** Of a key that many events share: a place, a product, a transaction. */
function commonHash(key: string): number {
  const known = common.get(key)
  if (known !== undefined) return known
  if (common.size >= commonMax) common.clear()
  const hash = hashKey(key)
  common.set(key, hash)
  return hash
}

/** Bit n stands for the feature n of `eventFeatures`. */
export function featureBits(features: readonly EventFeature[]): number {
  return features.reduce((bits, feature) => bits | (1 << eventFeatures.indexOf(feature)), 0)
}

export function featureBitsOf(json: string): number {
  return featureBits(featuresOfEvent(json))
}
