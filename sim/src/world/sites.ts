/** Makes the monitoring points and places of the registers from the list of sites. */
import { placeKey } from '@tracegate/model/gs1/key'
import type { MonitoringPoint, Place } from '@tracegate/model/registers'
import { glnOf } from './parties.ts'
import { siteList, type PlaceFacts } from './site-list.ts'

export interface Sites {
  readonly points: readonly MonitoringPoint[]
  readonly places: readonly Place[]
}

export function createSites(): Sites {
  const points: MonitoringPoint[] = []
  const places: Place[] = []
  for (const site of siteList) {
    const gln = glnOf(site.party, site.location)
    const own = site.places.map((place) => placeOf(site.id, gln, place))
    places.push(...own)
    points.push({
      id: site.id,
      key: placeKey(gln),
      name: { zh: site.zh, en: site.en },
      kind: site.kind,
      unlocode: site.unlocode,
      latitude: site.latitude,
      longitude: site.longitude,
      operator: glnOf(site.party),
      industries: [...site.industries],
      places: own.map((place) => place.key)
    })
  }
  return { points, places }
}

function placeOf(point: string, gln: string, facts: PlaceFacts): Place {
  return {
    key: placeKey(gln, facts.extension),
    point,
    name: { zh: facts.zh, en: facts.en },
    kind: facts.kind,
    ...(facts.profile === undefined ? {} : { profile: facts.profile }),
    watches: facts.watches ?? []
  }
}
