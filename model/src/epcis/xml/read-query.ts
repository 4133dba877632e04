/** A query in EPCIS XML (`<epcisq:Poll>`, `<epcisq:Subscribe>`) as the JSON of a named query: its name, and its parameters, unchecked. */
import type { Reason } from '../../errors.ts'
import { xsiUri } from './names.ts'
import { textOf, unwrapped } from './read-event.ts'
import { objectOf, readNumber, type Members } from './read-extension.ts'
import { parseXml, type XmlElement } from './tree.ts'

export type QueryXml =
  | { readonly ok: true; readonly queryName: string; readonly query: Record<string, unknown> }
  | { readonly ok: false; readonly findings: readonly Reason[] }

/** Takes an EPCISQueryDocument that polls or subscribes, or one of those elements alone. */
export function readQueryXml(text: string): QueryXml {
  const parsed = parseXml(text)
  if (!parsed.ok) return parsed
  const poll = find(parsed.tree.root)
  if (poll === undefined) {
    const message = `the root element is "${parsed.tree.root.name.slice(0, 64)}" and holds no query, expected an EPCISQueryDocument with a Poll`
    return { ok: false, findings: [{ code: 'EPCIS_NO_QUERY', pointer: '', message }] }
  }
  const name = poll.children.find((child) => child.name === 'queryName')
  const params = poll.children.filter((child) => child.name === 'params').flatMap((list) => [...unwrapped(list)])
  const members: Members = []
  for (const param of params) {
    const key = param.children.find((child) => child.name === 'name')
    const value = param.children.find((child) => child.name === 'value')
    if (key !== undefined && value !== undefined) members.push([textOf(key), valueOf(value)])
  }
  return { ok: true, queryName: name === undefined ? '' : textOf(name), query: objectOf(members) }
}

function find(root: XmlElement): XmlElement | undefined {
  const isQuery = ({ name }: XmlElement) => name === 'Poll' || name === 'Subscribe'
  if (isQuery(root)) return root
  return root.children.find(({ name }) => name === 'EPCISBody')?.children.find(isQuery)
}

/** A list of strings, nothing at all (VoidHolder), a number by its declared type, or text. */
function valueOf(value: XmlElement): unknown {
  const type = value.attributes.find(({ name, uri }) => name === 'type' && uri === xsiUri)?.value ?? ''
  const kind = type.slice(type.indexOf(':') + 1)
  if (kind === 'ArrayOfString' || value.children.some(({ name }) => name === 'string')) return value.children.map(textOf)
  if (kind === 'VoidHolder') return true
  return /^(?:int|integer|long|decimal|float|double|nonNegativeInteger)$/.test(kind) ? readNumber(textOf(value)) : textOf(value)
}
