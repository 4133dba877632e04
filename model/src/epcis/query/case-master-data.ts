/** What the places and goods of the small world are, as a document's header says it and as queries ask for it. Test data only. */
import { createMasterDataLookup } from '../../master-data.ts'
import { keyOf } from '../normalise.ts'

/** What the world's places and goods are: a site with two rooms; attributes of a room and of a product. As the header of a document has it. */
export const worldMasterDataHeader = [
  {
    type: 'urn:epcglobal:epcis:vtype:BusinessLocation',
    vocabularyElementList: [
      {
        id: 'urn:epc:id:sgln:4012345.00002.0',
        children: ['urn:epc:id:sgln:4012345.00002.A', 'https://id.gs1.org/414/4012345000023/254/B']
      },
      {
        id: 'urn:epc:id:sgln:4012345.00002.A',
        attributes: [
          { id: 'urn:epcglobal:cbv:mda#countryCode', attribute: 'DE' },
          { id: 'ex:floor', attribute: '2' }
        ]
      }
    ]
  },
  {
    type: 'urn:epcglobal:epcis:vtype:EPCClass',
    vocabularyElementList: [
      { id: 'https://id.gs1.org/01/04012345123456', attributes: [{ id: 'cbvmda:tradeItemCountryOfOrigin', attribute: 'CN' }] }
    ]
  }
] as const

/** The same as queries ask for it. */
export const worldMasterData = createMasterDataLookup(
  worldMasterDataHeader
    .flatMap((vocabulary): readonly Element[] => vocabulary.vocabularyElementList)
    .map(({ id, attributes = [], children = [] }) => ({
      key: keyOf(id),
      attributes: Object.fromEntries(attributes.map((one) => [one.id, [one.attribute]])),
      children: children.map(keyOf)
    }))
)

interface Element {
  readonly id: string
  readonly attributes?: readonly { readonly id: string; readonly attribute: string }[]
  readonly children?: readonly string[]
}
