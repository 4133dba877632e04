/** The public facts of a product as JSON-LD in the GS1 Web Vocabulary: what a digital product passport can be told by anybody. */
import { Type, type Static } from 'typebox'
import { keyParts, parentKeyOf } from '@tracegate/model/gs1/key'
import { linkTypeRoot, recallStates } from '@tracegate/model/linkset'
import { stages } from '@tracegate/model/trace'
import type { ApiContext } from '../context.ts'
import { journeyOf } from '../journey.ts'
import { linkError } from './errors.ts'
import { recallStatusOf } from './recall-status.ts'

const Words = Type.Array(Type.Object({ '@value': Type.String(), '@language': Type.String() }))

export const Passport = Type.Object({
  '@context': Type.Object({ gs1: Type.String(), tracegate: Type.String() }),
  '@id': Type.String(),
  '@type': Type.String(),
  'gs1:gtin': Type.String(),
  'gs1:productName': Type.Optional(Words),
  'gs1:brand': Type.Optional(Type.Object({ '@type': Type.String(), 'gs1:brandName': Type.String() })),
  'gs1:countryOfOrigin': Type.Optional(Type.String()),
  'gs1:netContentStatement': Type.Optional(Type.String()),
  'gs1:hasBatchLotNumber': Type.Optional(Type.String()),
  'gs1:hasSerialNumber': Type.Optional(Type.String()),
  'tracegate:hsCode': Type.Optional(Type.String()),
  'tracegate:stagesSeen': Type.Array(Type.Enum(stages)),
  'tracegate:recallStatus': Type.Enum(recallStates)
})

/** Registered products only: what partners tell of is nobody's word to the public. */
export async function passportOf(context: ApiContext, of: string): Promise<Static<typeof Passport>> {
  const key = parentKeyOf(of) ?? of
  const parts = keyParts(of)
  const [products, journey, recall] = await Promise.all([context.registers.products(), journeyOf(context, of), recallStatusOf(context, of)])
  const product = products.find((row) => row.key === key)
  if (parts?.primary !== '01' || (product === undefined && journey.steps.length === 0)) throw linkError('LINK_UNKNOWN', { key: of })
  return {
    '@context': { gs1: linkTypeRoot, tracegate: 'urn:tracegate:' },
    '@id': of,
    '@type': 'gs1:Product',
    'gs1:gtin': parts.value,
    ...(product === undefined
      ? {}
      : {
          'gs1:productName': [
            { '@value': product.name.zh, '@language': 'zh' },
            { '@value': product.name.en, '@language': 'en' }
          ]
        }),
    ...(product === undefined || product.brand === '' ? {} : { 'gs1:brand': { '@type': 'gs1:Brand', 'gs1:brandName': product.brand } }),
    ...(product?.originCountry === undefined ? {} : { 'gs1:countryOfOrigin': product.originCountry }),
    ...(product?.netContent === undefined ? {} : { 'gs1:netContentStatement': product.netContent }),
    ...(parts.qualifier === '10' ? { 'gs1:hasBatchLotNumber': parts.qualifierValue ?? '' } : {}),
    ...(parts.qualifier === '21' ? { 'gs1:hasSerialNumber': parts.qualifierValue ?? '' } : {}),
    ...(product?.hsCode === undefined ? {} : { 'tracegate:hsCode': product.hsCode }),
    'tracegate:stagesSeen': [...journey.stagesSeen],
    'tracegate:recallStatus': recall.status
  }
}
