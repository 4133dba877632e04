/**
 * The older spellings of CBV words (`urn:epcglobal:cbv:bizstep:shipping`, `https://ns.gs1.org/cbv/BizStep-shipping`), which the schemas of
 * EPCIS 2.0 refuse, as bare words. Capture judges an event by this copy and keeps the event as it came.
 */
import { bareTerm, type VocabularyName } from './vocabulary.ts'

/** The event with bare words; the same object when there is nothing to change. */
export function plainTerms(event: object): object {
  const changed: [name: string, value: unknown][] = []
  for (const [name, vocabulary, inside] of termMembers) {
    if (!Object.hasOwn(event, name)) continue
    const value = memberOf(event, name)
    const plain = inside === undefined ? plainOf(value, vocabulary) : plainInside(value, vocabulary, inside)
    if (plain !== value) changed.push([name, plain])
  }
  return changed.length === 0 ? event : { ...event, ...Object.fromEntries(changed) }
}

/** Where terms stand: the member, its vocabulary, and the members of its objects that hold them. */
const termMembers: readonly (readonly [name: string, vocabulary: VocabularyName, inside?: readonly string[]])[] = [
  ['bizStep', 'bizStep'],
  ['disposition', 'disposition'],
  ['bizTransactionList', 'bizTransactionType', ['type']],
  ['sourceList', 'sourceDestinationType', ['type']],
  ['destinationList', 'sourceDestinationType', ['type']],
  ['persistentDisposition', 'disposition', ['set', 'unset']],
  ['errorDeclaration', 'errorReason', ['reason']]
]

function plainInside(value: unknown, vocabulary: VocabularyName, inside: readonly string[]): unknown {
  if (Array.isArray(value)) {
    const list: unknown[] = value
    const plain = list.map((item) => plainInside(item, vocabulary, inside))
    return plain.some((item, index) => item !== list[index]) ? plain : value
  }
  if (typeof value !== 'object' || value === null) return value
  const changed: [name: string, value: unknown][] = []
  for (const name of inside) {
    const found = memberOf(value, name)
    const plain = Array.isArray(found) ? plainList(found, vocabulary) : plainOf(found, vocabulary)
    if (plain !== found) changed.push([name, plain])
  }
  return changed.length === 0 ? value : { ...value, ...Object.fromEntries(changed) }
}

function plainList(list: readonly unknown[], vocabulary: VocabularyName): readonly unknown[] {
  const plain = list.map((item) => plainOf(item, vocabulary))
  return plain.some((item, index) => item !== list[index]) ? plain : list
}

function plainOf(value: unknown, vocabulary: VocabularyName): unknown {
  return typeof value === 'string' && isOldSpelling(value) ? bareTerm(vocabulary, value) : value
}

function isOldSpelling(text: string): boolean {
  return text.startsWith('urn:epcglobal:cbv:') || text.startsWith('https://ns.gs1.org/') || text.startsWith('http://ns.gs1.org/')
}

function memberOf(value: object, name: string): unknown {
  return Reflect.get(value, name)
}
