/** Reads the parameters that the standard gives as patterns; the fixed ones are in `read-fixed.ts`. */
import { bareTerm } from '../vocabulary.ts'
import type { Comparison } from './condition.ts'
import { addCondition, extensionName, readKeys, type Draft } from './draft.ts'
import type { Parameter } from './parameter.ts'
import { readFixed } from './read-fixed.ts'
import { readAttribute, readHasAttribute } from './read-master-data.ts'
import { readFieldValues, readFlag, readNumber, readNumbers, type Given } from './read-values.ts'

/** What the parameter asks becomes part of the draft; parameters of the result, as orderBy, ask nothing of an event. */
export function readParameter(draft: Draft, parameter: Parameter, given: Given): void {
  switch (parameter.family) {
    case 'fixed':
      return readFixed(draft, parameter.name, given)
    case 'quantity': {
      const { comparison, uom } = parameter
      const values = readCompared(draft, comparison, given)
      return addCondition(draft, values && { type: 'quantity', comparison, values, uom })
    }
    case 'sensorNumber': {
      const { comparison, member, uom } = parameter
      const values = readCompared(draft, comparison, given)
      return addCondition(draft, values && { type: 'sensorNumber', member, comparison, values, uom })
    }
    case 'pair': {
      const { list } = parameter
      const vocabulary = list === 'bizTransaction' ? 'bizTransactionType' : 'sourceDestinationType'
      const keys = readKeys(draft, given)
      return addCondition(draft, keys && { type: list, ofType: bareTerm(vocabulary, parameter.ofType), keys })
    }
    case 'extension': {
      const { place, inner, comparison } = parameter
      const name = extensionName(draft, parameter.field)
      const values = comparison === 'EXISTS' ? readFlag(draft, given) && [] : readFieldValues(draft, given, comparison === 'EQ')
      return addCondition(draft, values && { type: 'extension', place, inner, name, comparison, values })
    }
    case 'hasAttribute':
      return readHasAttribute(draft, parameter.field, given)
    case 'attribute':
      return readAttribute(draft, parameter, given)
    case 'page':
      return undefined
    default:
      return parameter
  }
}

/** Several numbers can be equal to one; to be above or below one asks for one. */
function readCompared(draft: Draft, comparison: Comparison, given: Given): number[] | undefined {
  if (comparison === 'EQ') return readNumbers(draft, given)
  const number = readNumber(draft, given)
  return number === undefined ? undefined : [number]
}
