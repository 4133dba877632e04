/** The parameters of event queries and of lists, for the OpenAPI description. What they mean is read by the model. */
import { Type, type TSchema } from 'typebox'
import { fixedParameters } from '@tracegate/model/epcis/query/parameter'
import { perPageDefault, perPageMax } from './event-pages.ts'

const paging = {
  perPage: Type.Optional(
    Type.Integer({ minimum: 1, default: perPageDefault, description: `Most on a page; more than ${perPageMax} counts as ${perPageMax}` })
  ),
  nextPageToken: Type.Optional(Type.String({ description: 'Of the Link header of the page before' }))
}

export const listParameters = Type.Object(paging)

const patterns =
  'Also: EQ_, GT_, GE_, LT_, LE_ with quantity_<uom>, value_<uom>, minValue_<uom>, maxValue_<uom>, meanValue_<uom>, sDev_<uom>, ' +
  'percValue_<uom>; EQ_bizTransaction_<type>, EQ_source_<type>, EQ_destination_<type>; extension fields as <prefix:name> with INNER_, ' +
  'ILMD_, ERROR_DECLARATION_, SENSORELEMENT_, SENSORMETADATA_, SENSORREPORT_, readPoint_, bizLocation_; EXISTS_; HASATTR_; EQ_ATTR_'

export const eventQueryParameters = Type.Object(
  {
    ...Object.fromEntries(fixedParameters.filter((name) => name !== '@context').map((name) => [name, Type.Optional(schemaOf(name))])),
    ...paging
  },
  { description: patterns, additionalProperties: true }
)

function schemaOf(name: string): TSchema {
  if (/[Tt]ime$/.test(name)) return Type.String({ format: 'date-time' })
  if (/^(EQ|GT|GE|LT|LE)_(quantity|percRank)$/.test(name)) return Type.Number()
  if (/Count/.test(name)) return Type.Integer({ minimum: 0 })
  if (name.startsWith('EXISTS_') || name === 'EQ_booleanValue') return Type.Boolean()
  if (name === 'orderDirection') return Type.Enum(['ASC', 'DESC'])
  return Type.String({
    description: name === 'orderBy' ? 'eventTime, recordTime or an extension field' : 'One value, or several separated by pipes'
  })
}
