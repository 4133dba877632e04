/** Registers and header elements as the entries of the master data look-up, under the attribute names of the CBV (CBV 2.0 §9). Pure. */
import type { MasterDataEntry } from '@tracegate/model/master-data'
import type { MasterDataElement } from '@tracegate/model/master-data-record'
import { entryOf } from '@tracegate/model/master-data-told'
import type { NameBook } from '@tracegate/model/http'
import type { BilingualText } from '@tracegate/model/text'

export function lookupEntries(names: NameBook, elements: readonly MasterDataElement[]): MasterDataEntry[] {
  return [
    ...names.points.map((point) => ({
      key: point.key,
      children: point.places,
      attributes: attributes({ name: point.name, latitude: point.latitude, longitude: point.longitude, unlocode: point.unlocode })
    })),
    ...names.places.map(({ key, parent, name, country, address, latitude, longitude, kind }) => ({
      key,
      children: [],
      ...(parent === undefined ? {} : { parent }),
      attributes: attributes({ name, countryCode: country, address, latitude, longitude, kind })
    })),
    ...names.parties.map(({ key, name, country, address, phone, email, roles }) => ({
      key,
      children: [],
      attributes: attributes({ name, countryCode: country, address, telephone: phone, email, role: roles })
    })),
    ...names.products.map(({ key, name, brand, hsCode, originCountry, netContent, manufacturer, regime }) => ({
      key,
      children: [],
      attributes: attributes({
        name,
        tradeItemDescription: name,
        brandName: brand,
        hsCode,
        countryOfOrigin: originCountry,
        netContentDescription: netContent,
        manufacturer,
        regime
      })
    })),
    ...elements.map(entryOf)
  ]
}

type Word = string | number | BilingualText | readonly string[] | undefined

function attributes(words: Readonly<Record<string, Word>>): Record<string, readonly string[]> {
  return Object.fromEntries(
    Object.entries(words).flatMap(([name, word]): [string, readonly string[]][] => {
      if (word === undefined || word === '') return []
      if (typeof word !== 'object') return [[name, [String(word)]]]
      return [[name, 'en' in word ? [word.zh, word.en] : word]]
    })
  )
}
