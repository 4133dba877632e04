/** A query in the making, and what readers of parameters share. */
import type { MasterDataLookup } from '../../master-data.ts'
import { keyOf } from '../normalise.ts'
import { bareTerm, vocabularies, type VocabularyName } from '../vocabulary.ts'
import type { EventCondition, ExtensionName } from './condition.ts'
import type { EventFilter } from './filter.ts'
import { nearestName } from './nearest.ts'
import { readList, type Given, type Reading } from './read-values.ts'

export interface Draft extends Reading {
  readonly filter: { -readonly [Member in keyof EventFilter]: EventFilter[Member] }
  readonly conditions: EventCondition[]
  /** Prefix to namespace, as the query declares them. */
  readonly prefixes: ReadonlyMap<string, string>
  readonly masterData: MasterDataLookup | undefined
}

/** Puts the condition into the query; undefined stands for values that were refused. */
export function addCondition(draft: Draft, condition: EventCondition | undefined): void {
  if (condition !== undefined) draft.conditions.push(condition)
}

export function extensionName({ prefixes }: Draft, field: string): ExtensionName {
  const at = field.indexOf(':')
  const [prefix, local] = [field.slice(0, at), field.slice(at + 1)]
  const namespace = prefixes.get(prefix)
  return { prefix, local, ...(namespace === undefined ? {} : { namespace }) }
}

export const uriPattern = /^[A-Za-z][A-Za-z0-9+.-]*:\S+$/

/** URIs as they are. */
export function readUris(draft: Draft, given: Given): string[] | undefined {
  return readList(draft, given, { read: (text) => (uriPattern.test(text) ? text : undefined), wanted: 'a URI' })
}

/** URIs as canonical keys. */
export function readKeys(draft: Draft, given: Given): string[] | undefined {
  return readUris(draft, given)?.map(keyOf)
}

/** Terms of the CBV as bare words, others as URIs. */
export function readTerms(draft: Draft, given: Given, vocabulary: VocabularyName): string[] | undefined {
  const { words } = vocabularies[vocabulary]
  return readList(draft, given, {
    read: (text) => {
      const term = bareTerm(vocabulary, text)
      return words.has(term) || uriPattern.test(term) ? term : undefined
    },
    wanted: 'a word of the Core Business Vocabulary or a URI',
    nearest: (text) => nearestName(text, words)
  })
}
