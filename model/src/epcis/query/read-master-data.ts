/** HASATTR_ and EQ_ATTR_: what master data say becomes the identifiers that an event must name (EPCIS 2.0 §8.2.7.1). */
import { attributeName } from '../../master-data.ts'
import { identifierFields, type IdentifierField } from './condition.ts'
import { extensionName, type Draft } from './draft.ts'
import { judgeScalar } from './match-extension.ts'
import { nearestName } from './nearest.ts'
import { pointerOf, readFieldValues, readTexts, refuseCost, type Given } from './read-values.ts'

/** Most identifiers that master data may put into one condition. */
const identifiersMax = 10_000

/** Names of members that hold the same sort of identifier. */
const fieldNames: Readonly<Record<string, IdentifierField>> = {
  ...Object.fromEntries(identifierFields.map((field): [string, IdentifierField] => [field, field])),
  epcList: 'epc',
  childEPCs: 'epc',
  inputEPCList: 'epc',
  outputEPCList: 'epc',
  quantityList: 'epcClass',
  childQuantityList: 'epcClass',
  inputQuantityList: 'epcClass',
  outputQuantityList: 'epcClass',
  sourceList: 'source',
  destinationList: 'destination',
  bizTransactionList: 'bizTransaction'
}

/** Somebody has one of the named attributes. */
export function readHasAttribute(draft: Draft, field: string, given: Given): void {
  const names = readTexts(draft, given)
  if (names !== undefined)
    addIdentifiers(draft, {
      field,
      given,
      keys: new Set(names.flatMap((name) => spellings(draft, name)).flatMap((name) => withAttribute(draft, name)))
    })
}

/** Somebody has the attribute with one of the values. */
export function readAttribute(draft: Draft, parameter: { readonly field: string; readonly attribute: string }, given: Given): void {
  const wanted = readFieldValues(draft, given, true)
  if (wanted === undefined) return
  const keys = spellings(draft, parameter.attribute).flatMap((name) =>
    withAttribute(draft, name).filter((key) =>
      draft.masterData?.attributesOf(key)[name]?.some((found) => wanted.some((value) => judgeScalar('EQ', found, value)))
    )
  )
  addIdentifiers(draft, { field: parameter.field, given, keys: new Set(keys) })
}

/** The name as it is and, where the query declares its prefix, in full: master data may have either. */
function spellings({ prefixes }: Draft, name: string): readonly string[] {
  const at = name.indexOf(':')
  const namespace = at === -1 ? undefined : prefixes.get(name.slice(0, at))
  return [attributeName(name), ...(namespace === undefined ? [] : [attributeName(namespace + name.slice(at + 1))])]
}

function withAttribute({ masterData }: Draft, name: string): readonly string[] {
  return masterData?.withAttribute(name) ?? []
}

function addIdentifiers(
  draft: Draft,
  identifiers: { readonly field: string; readonly given: Given; readonly keys: ReadonlySet<string> }
): void {
  const { given, keys } = identifiers
  // The standard's pattern asks for a prefix even before its own fields.
  const name = identifiers.field.replace(/^epcis:/, '')
  const standard = Object.hasOwn(fieldNames, name) ? fieldNames[name] : undefined
  const field = name.includes(':') ? extensionName(draft, name) : standard
  if (field === undefined) return refuseField(draft, identifiers.field, given)
  if (keys.size > identifiersMax) {
    const found = { current: `${keys.size} identifiers by master data`, wanted: `at most ${identifiersMax}` }
    return refuseCost(draft, given.name, found)
  }
  draft.conditions.push({ type: 'identifier', field, keys: [...keys] })
}

function refuseField(draft: Draft, field: string, given: Given): void {
  const nearest = nearestName(field, Object.keys(fieldNames))
  const wanted = `one of ${identifierFields.join(', ')}, or an extension field with its prefix`
  draft.findings.push({
    exception: 'QueryParameterException',
    code: 'QUERY_PARAMETER_UNKNOWN',
    pointer: pointerOf(given.name),
    message: `${given.name.slice(0, 128)} names the field "${field.slice(0, 64)}", expected ${wanted}`,
    name: given.name,
    current: field,
    wanted,
    ...(nearest === undefined ? {} : { nearest: given.name.replace(field, nearest) })
  })
}
