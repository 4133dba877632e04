/**
 * Reads an Atom or RSS feed that carries or points to CAP alerts, strictly (RFC 4287, RSS 2.0): what is missing, what is foreign, and each
 * embedded alert. It follows no link.
 */
import { capNamespaces, type CapAlert } from './cap.ts'
import { decodeXmlBytes, readCapElement } from './cap-read.ts'
import type { Reason } from './errors.ts'
import { parseXml, type XmlElement } from './epcis/xml/tree.ts'

export const atomNamespace = 'http://www.w3.org/2005/Atom'

export interface CapFeedEntry {
  readonly id?: string
  readonly title?: string
  readonly links: readonly string[]
  readonly alerts: readonly CapAlert[]
}

export type CapFeedRead =
  | { readonly ok: true; readonly entries: readonly CapFeedEntry[]; readonly remarks: readonly Reason[] }
  | { readonly ok: false; readonly findings: readonly Reason[]; readonly remarks: readonly Reason[] }

const feedElements: ReadonlySet<string> = new Set([
  'author',
  'category',
  'contributor',
  'generator',
  'icon',
  'id',
  'link',
  'logo',
  'rights',
  'subtitle',
  'title',
  'updated',
  'entry'
])
const entryElements: ReadonlySet<string> = new Set([
  'author',
  'category',
  'content',
  'contributor',
  'id',
  'link',
  'published',
  'rights',
  'source',
  'summary',
  'title',
  'updated'
])
/** RFC 3339, as RFC 4287 §3.3 has it: T and Z in capitals. */
const atomTime = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)$/

interface Sheet {
  readonly findings: Reason[]
  readonly remarks: Reason[]
}

export function readCapFeed(input: Uint8Array | string): CapFeedRead {
  const decoded = typeof input === 'string' ? { ok: true as const, text: input } : decodeXmlBytes(input)
  if (!decoded.ok) return { ok: false, findings: [decoded.reason], remarks: [] }
  const parsed = parseXml(decoded.text)
  if (!parsed.ok) return { ok: false, findings: parsed.findings, remarks: [] }
  const { root } = parsed.tree
  const sheet: Sheet = { findings: [], remarks: [] }
  let entries: CapFeedEntry[] = []
  if (root.name === 'feed' && root.uri === atomNamespace) entries = readAtom(root, sheet)
  else if (root.name === 'rss' && root.uri === '') entries = readRss(root, sheet)
  else sheet.findings.push({ code: 'FEED_ROOT', pointer: '', message: `the root element is "${root.name}", expected an Atom feed or rss` })
  return sheet.findings.length === 0 ? { ok: true, entries, remarks: sheet.remarks } : { ok: false, ...sheet }
}

function childrenOf(element: XmlElement, name: string, uri: string): XmlElement[] {
  return element.children.filter((child) => child.name === name && child.uri === uri)
}

function textOf(element: XmlElement, name: string, uri: string): string | undefined {
  const text = childrenOf(element, name, uri)[0]?.text.trim()
  return text === '' ? undefined : text
}

function readAtom(feed: XmlElement, sheet: Sheet): CapFeedEntry[] {
  checkNames(feed, feedElements, { what: 'the feed', pointer: '', sheet })
  checkRequired(feed, { what: 'feed', pointer: '', sheet })
  const entries = childrenOf(feed, 'entry', atomNamespace)
  const hasAuthor = childrenOf(feed, 'author', atomNamespace).length > 0
  return entries.map((entry, index) => {
    const pointer = `/entry/${index}`
    const what = `entry ${index + 1}`
    checkNames(entry, entryElements, { what, pointer, sheet })
    checkRequired(entry, { what, pointer, sheet })
    if (!hasAuthor && childrenOf(entry, 'author', atomNamespace).length === 0)
      sheet.remarks.push({
        code: 'FEED_AUTHOR',
        pointer,
        message: `${what} has no author and the feed neither, expected one (RFC 4287 §4.1.2)`
      })
    const links = childrenOf(entry, 'link', atomNamespace).flatMap(
      (link) => link.attributes.find(({ name, uri }) => name === 'href' && uri === '')?.value ?? []
    )
    const alerts = alertsOf(childrenOf(entry, 'content', atomNamespace), pointer, sheet)
    if (links.length === 0 && alerts.length === 0)
      sheet.findings.push({ code: 'FEED_LINK', pointer, message: `${what} has no link to a CAP alert` })
    return entryOf(textOf(entry, 'id', atomNamespace), textOf(entry, 'title', atomNamespace), links, alerts.flat())
  })
}

function entryOf(id: string | undefined, title: string | undefined, links: readonly string[], alerts: readonly CapAlert[]): CapFeedEntry {
  return { ...(id === undefined ? {} : { id }), ...(title === undefined ? {} : { title }), links, alerts }
}

interface At {
  readonly what: string
  readonly pointer: string
  readonly sheet: Sheet
}

/** Elements of other namespaces are legitimate foreign markup (RFC 4287 §6); an unknown one of Atom's own is not. */
function checkNames(element: XmlElement, known: ReadonlySet<string>, { what, pointer, sheet }: At): void {
  for (const { name, uri } of element.children)
    if (uri === atomNamespace && !known.has(name))
      sheet.findings.push({ code: 'FEED_ELEMENT_UNKNOWN', pointer, message: `unknown element ${name.slice(0, 64)} in ${what}` })
}

function checkRequired(element: XmlElement, { what, pointer, sheet }: At): void {
  for (const name of ['id', 'title', 'updated']) {
    const found = childrenOf(element, name, atomNamespace)
    if (found.length !== 1 || (name !== 'title' && found[0]?.text.trim() === '')) {
      const message = found.length > 1 ? `${what} has ${found.length} elements ${name}, expected one` : `${what} has no ${name}`
      sheet.findings.push({ code: 'FEED_MISSING', pointer: `${pointer}/${name}`, message })
    }
  }
  const updated = textOf(element, 'updated', atomNamespace)
  if (updated !== undefined && !atomTime.test(updated))
    sheet.findings.push({
      code: 'FEED_TIME',
      pointer: `${pointer}/updated`,
      message: `${what} was updated at "${updated}", expected RFC 3339`
    })
}

/** One list per embedded alert: empty when it is invalid, so that it counts as there. */
function alertsOf(contents: readonly XmlElement[], pointer: string, sheet: Sheet): CapAlert[][] {
  const isCap = ({ name, uri }: XmlElement) => name === 'alert' && Object.values(capNamespaces).some((known) => known === uri)
  return contents.flatMap((content) =>
    content.children.filter(isCap).map((element) => {
      const read = readCapElement(element)
      if (read.ok) return [read.alert]
      for (const finding of read.findings) sheet.findings.push({ ...finding, pointer: `${pointer}/content/alert${finding.pointer}` })
      return []
    })
  )
}

function readRss(rss: XmlElement, sheet: Sheet): CapFeedEntry[] {
  const [channel] = childrenOf(rss, 'channel', '')
  if (channel === undefined) {
    sheet.findings.push({ code: 'FEED_MISSING', pointer: '/channel', message: 'rss has no channel' })
    return []
  }
  for (const name of ['title', 'link', 'description'])
    if (textOf(channel, name, '') === undefined)
      sheet.findings.push({ code: 'FEED_MISSING', pointer: `/channel/${name}`, message: `channel has no ${name}` })
  if (textOf(channel, 'pubDate', '') === undefined)
    sheet.remarks.push({ code: 'FEED_MISSING', pointer: '/channel/pubDate', message: 'channel has no pubDate (recommended)' })
  return childrenOf(channel, 'item', '').map((item, index) => {
    const pointer = `/channel/item/${index}`
    const [link, guid] = [textOf(item, 'link', ''), textOf(item, 'guid', '')]
    const title = textOf(item, 'title', '')
    if (link === undefined) sheet.findings.push({ code: 'FEED_LINK', pointer, message: 'item has no link to a CAP alert' })
    if (title === undefined && textOf(item, 'description', '') === undefined)
      sheet.findings.push({ code: 'FEED_MISSING', pointer, message: 'item has neither title nor description' })
    if (guid === undefined)
      sheet.remarks.push({ code: 'FEED_MISSING', pointer: `${pointer}/guid`, message: 'item has no guid (recommended)' })
    return entryOf(guid, title, link === undefined ? [] : [link], [])
  })
}
