/** Notices as an RSS 2.0 feed, such as that of combined food safety information. HTML's names of characters are read although no DTD declares them. */
import { parseXml, type XmlElement } from '@tracegate/model/epcis/xml/tree'
import { intakeError } from '../errors.ts'
import { line, paragraphs, textOf, type Imported } from './imported.ts'

/** Names that feeds use; any other stays as it is written. */
const characters: Readonly<Record<string, string>> = {
  reg: '®',
  trade: '™',
  copy: '©',
  nbsp: '\u00a0',
  deg: '°',
  ndash: '–',
  mdash: '—',
  lsquo: '‘',
  rsquo: '’',
  ldquo: '“',
  rdquo: '”',
  hellip: '…',
  eacute: 'é',
  egrave: 'è',
  agrave: 'à',
  ccedil: 'ç',
  ntilde: 'ñ',
  ouml: 'ö',
  uuml: 'ü',
  auml: 'ä',
  szlig: 'ß',
  frac12: '½',
  micro: 'µ'
}
const ownOfXml: ReadonlySet<string> = new Set(['amp', 'lt', 'gt', 'quot', 'apos'])

/** Zones of RFC 822 that `Date.parse` does not take for what they are everywhere. */
const zones: Readonly<Record<string, string>> = {
  EST: '-0500',
  EDT: '-0400',
  CST: '-0600',
  CDT: '-0500',
  MST: '-0700',
  MDT: '-0600',
  PST: '-0800',
  PDT: '-0700'
}

export function readRss(bytes: Uint8Array): Imported[] {
  const text = textOf(bytes, 'rss').replaceAll(/&([A-Za-z]\w{0,15});/g, (whole, name: string) =>
    ownOfXml.has(name) ? whole : (characters[name] ?? `&amp;${name};`)
  )
  const parsed = parseXml(text)
  const channel = parsed.ok && parsed.tree.root.name === 'rss' ? childOf(parsed.tree.root, 'channel') : undefined
  if (channel === undefined) {
    const detail = parsed.ok ? 'it has no channel' : (parsed.findings[0]?.message ?? '')
    throw intakeError('REPORT_FORMAT', { format: 'rss', detail })
  }
  return channel.children.filter(({ name }) => name === 'item').map(reportOf)
}

function reportOf(item: XmlElement): Imported {
  const textIn = (name: string) => line(childOf(item, name)?.text)
  const title = textIn('title') ?? 'untitled'
  const date = textIn('pubDate')?.replace(/\b[ECMP][SD]T$/, (zone) => zones[zone] ?? zone)
  const occurredMs = date === undefined ? NaN : Date.parse(date)
  const webAddress = childOf(item, 'link')?.text.trim()
  const sourceId = textIn('guid') ?? textIn('link')
  return {
    ...(sourceId === undefined ? {} : { sourceId }),
    told: {
      title,
      text: paragraphs([
        ['Title', childOf(item, 'title')?.text],
        ['Description', childOf(item, 'description')?.text]
      ]),
      goods: {},
      ...(Number.isNaN(occurredMs) ? {} : { occurredMs }),
      ...(webAddress === undefined || webAddress === '' ? {} : { webAddress })
    },
    raw: { mediaType: 'application/json', text: JSON.stringify(Object.fromEntries(item.children.map(({ name, text }) => [name, text]))) }
  }
}

function childOf(element: XmlElement, name: string): XmlElement | undefined {
  return element.children.find((child) => child.name === name)
}
