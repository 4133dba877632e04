/** Puts the names of the registers to a recall scope: party and contact, place, and who runs a place nobody was told to hold. */
import { partyKey } from '@tracegate/model/gs1/key'
import type { NameBook } from '@tracegate/model/http'
import type { Party, Place } from '@tracegate/model/registers'
import { glnPlace } from '@tracegate/model/trace-graph/stays'
import type { ScopeAnswer, ScopeHolder } from '@tracegate/model/trace-scope'
import type { Registers } from '../registers.ts'

type PlaceNamed = Pick<Place, 'name' | 'point' | 'party'>

export interface NameIndex {
  readonly parties: ReadonlyMap<string, Party>
  readonly places: ReadonlyMap<string, PlaceNamed>
  readonly operators: ReadonlyMap<string, string>
}

export async function nameScope(registers: Registers, answer: ScopeAnswer): Promise<ScopeAnswer> {
  const index = indexNames(await registers.names())
  const named = (holders: readonly ScopeHolder[]): ScopeHolder[] => holders.map((holder) => nameHolder(index, holder))
  const { siblings } = answer
  return {
    ...answer,
    holders: named(answer.holders),
    ...(siblings === undefined ? {} : { siblings: { ...siblings, holders: named(siblings.holders) } })
  }
}

export function indexNames({ parties, places, points }: NameBook): NameIndex {
  return {
    parties: new Map(parties.map((party) => [party.key, party])),
    places: new Map<string, PlaceNamed>([
      ...points.map((point) => [point.key, { name: point.name, point: point.id }] as const),
      ...places.map((place) => [place.key, place] as const)
    ]),
    operators: new Map(points.map((point) => [point.id, partyKey(point.operator)]))
  }
}

export function nameHolder(index: NameIndex, holder: ScopeHolder): ScopeHolder {
  const place = placeOf(index, holder.place)
  const key = holder.party ?? operatorOf(index, place)
  const party = key === undefined ? undefined : index.parties.get(key)
  const destination = placeOf(index, holder.to?.place)
  const contact = party === undefined ? undefined : contactOf(party)
  return {
    ...holder,
    ...(key === undefined ? {} : { party: key }),
    ...(party === undefined ? {} : { partyName: party.name }),
    ...(contact === undefined ? {} : { contact }),
    ...(place === undefined ? {} : { placeName: place.name }),
    ...(holder.to === undefined || destination === undefined ? {} : { to: { ...holder.to, placeName: destination.name } })
  }
}

/** A sub-location that nobody named is called by its GLN place. */
function placeOf({ places }: NameIndex, key: string | undefined) {
  return key === undefined ? undefined : (places.get(key) ?? places.get(glnPlace(key)))
}

function operatorOf({ operators }: NameIndex, place: PlaceNamed | undefined): string | undefined {
  if (place?.party !== undefined) return partyKey(place.party)
  return place?.point === undefined ? undefined : operators.get(place.point)
}

function contactOf({ contact, phone, email, address }: Party): ScopeHolder['contact'] {
  const told = {
    ...(contact === undefined ? {} : { contact }),
    ...(phone === undefined ? {} : { phone }),
    ...(email === undefined ? {} : { email }),
    ...(address === undefined ? {} : { address })
  }
  return Object.keys(told).length === 0 ? undefined : told
}
