/** The head of an EPCIS XML document in JSON: master data as EPCIS 2.0 JSON has it, everything else kept as extensions so that it comes back. */
import { isEpcisUri, sbdhUri, type PrefixTable } from './names.ts'
import { textOf, unwrapped } from './read-event.ts'
import { isMarkup, memberName, objectOf, readExtension, type Members } from './read-extension.ts'
import type { XmlElement } from './tree.ts'

export interface Header {
  readonly epcisHeader: Record<string, unknown>
  /** `sender`, `receiver` and `instanceIdentifier` of the document, from its Standard Business Document Header. */
  readonly parties: Record<string, string>
}

export function readHeader(element: XmlElement, prefixes: PrefixTable): Header {
  const members: Members = []
  let parties: Record<string, string> = {}
  for (const child of unwrapped(element)) {
    if (child.name === 'EPCISMasterData' && isEpcisUri(child.uri)) {
      const list = [...unwrapped(child)].find(({ name }) => name === 'VocabularyList')
      members.push(['epcisMasterData', list === undefined ? {} : { vocabularyList: readVocabularies(list, prefixes) }])
    } else {
      members.push([memberName(child, prefixes), readExtension(child, prefixes)])
      if (child.uri === sbdhUri) parties = partiesOf(child)
    }
  }
  return { epcisHeader: objectOf(members), parties }
}

function partiesOf(header: XmlElement): Record<string, string> {
  const found: Members = [
    ['sender', textAt(header, ['Sender', 'Identifier'])],
    ['receiver', textAt(header, ['Receiver', 'Identifier'])],
    ['instanceIdentifier', textAt(header, ['DocumentIdentification', 'InstanceIdentifier'])]
  ]
  const parties: Record<string, string> = {}
  for (const [name, text] of found) if (typeof text === 'string' && text !== '') parties[name] = text
  return parties
}

function textAt(element: XmlElement, path: readonly string[]): string | undefined {
  const at = path.reduce<XmlElement | undefined>((parent, name) => parent?.children.find((child) => child.name === name), element)
  return at === undefined ? undefined : textOf(at)
}

export function readVocabularies(list: XmlElement, prefixes: PrefixTable): unknown[] {
  return elements(list, 'Vocabulary').map((vocabulary) => {
    const entries = elements(vocabulary, 'VocabularyElementList').flatMap((inner) => elements(inner, 'VocabularyElement'))
    return objectOf([
      ...attributesOf(vocabulary),
      ['vocabularyElementList', entries.map((entry) => readVocabularyElement(entry, prefixes))]
    ])
  })
}

function readVocabularyElement(entry: XmlElement, prefixes: PrefixTable): Record<string, unknown> {
  const attributes = elements(entry, 'attribute').map((attribute) =>
    objectOf([...attributesOf(attribute), ['attribute', attributeValue(attribute, prefixes)]])
  )
  const children = elements(entry, 'children').flatMap((inner) => elements(inner, 'id').map(textOf))
  const members: Members = attributesOf(entry)
  if (attributes.length > 0) members.push(['attributes', attributes])
  if (children.length > 0) members.push(['children', children])
  return objectOf(members)
}

/** Text, or the parts of a structured value. */
function attributeValue(element: XmlElement, prefixes: PrefixTable): unknown {
  if (element.children.length === 0) return textOf(element)
  return objectOf(element.children.map((child) => [memberName(child, prefixes), readExtension(child, prefixes)]))
}

function elements(parent: XmlElement, name: string): XmlElement[] {
  return [...unwrapped(parent)].filter((child) => child.name === name && isEpcisUri(child.uri))
}

function attributesOf(element: XmlElement): Members {
  return element.attributes.filter((attribute) => !isMarkup(attribute)).map(({ name, value }) => [name, value.trim()])
}
