/** An element tree that fits the content model of CAP as a value. It checks nothing: `cap-read.ts` has done so before. */
import type { XmlElement } from './epcis/xml/tree.ts'
import { splitQuoted } from './cap-rules.ts'
import {
  capCategories,
  capCertainties,
  capMessageTypes,
  capResponseTypes,
  capScopes,
  capSeverities,
  capStatuses,
  capUrgencies,
  type CapAlert,
  type CapArea,
  type CapInfo,
  type CapNamedValue,
  type CapResource,
  type CapVersion
} from './cap.ts'

const signatureUri = 'http://www.w3.org/2000/09/xmldsig#'

export function alertOf(root: XmlElement, version: CapVersion): CapAlert {
  const read = readerOf(root)
  return {
    version,
    identifier: read.text('identifier') ?? '',
    sender: read.text('sender') ?? '',
    sent: read.text('sent') ?? '',
    status: pick(capStatuses, read.text('status')),
    msgType: pick(capMessageTypes, read.text('msgType')),
    ...read.optional('source'),
    scope: pick(capScopes, read.text('scope')),
    ...read.optional('restriction'),
    addresses: splitQuoted(read.text('addresses') ?? ''),
    codes: read.texts('code'),
    ...read.optional('note'),
    references: (read.text('references') ?? '')
      .split(/\s+/)
      .filter((one) => one !== '')
      .map((one) => {
        const [sender = '', identifier = '', sent = ''] = one.split(',')
        return { sender, identifier, sent }
      }),
    incidents: splitQuoted(read.text('incidents') ?? ''),
    infos: read.all('info').map(infoOf),
    signed: root.children.some(({ uri }) => uri === signatureUri)
  }
}

function infoOf(element: XmlElement): CapInfo {
  const read = readerOf(element)
  return {
    ...read.optional('language'),
    categories: read.texts('category').map((text) => pick(capCategories, text)),
    event: read.text('event') ?? '',
    responseTypes: read.texts('responseType').map((text) => pick(capResponseTypes, text)),
    urgency: pick(capUrgencies, read.text('urgency')),
    severity: pick(capSeverities, read.text('severity')),
    certainty: pick(capCertainties, read.text('certainty')),
    ...read.optional('audience'),
    eventCodes: read.named('eventCode'),
    ...read.optional('effective', 'onset', 'expires', 'senderName', 'headline', 'description', 'instruction', 'web', 'contact'),
    parameters: read.named('parameter'),
    resources: read.all('resource').map(resourceOf),
    areas: read.all('area').map(areaOf)
  }
}

function resourceOf(element: XmlElement): CapResource {
  const read = readerOf(element)
  return { resourceDesc: read.text('resourceDesc') ?? '', ...read.optional('mimeType', 'size', 'uri', 'derefUri', 'digest') }
}

function areaOf(element: XmlElement): CapArea {
  const read = readerOf(element)
  return {
    areaDesc: read.text('areaDesc') ?? '',
    polygons: read.texts('polygon'),
    circles: read.texts('circle'),
    geocodes: read.named('geocode'),
    ...read.optional('altitude', 'ceiling')
  }
}

function readerOf(element: XmlElement) {
  const all = (name: string) => element.children.filter((child) => child.name === name && child.uri === element.uri)
  const texts = (name: string) =>
    all(name)
      .map((child) => child.text.trim())
      .filter((text) => text !== '')
  return {
    all,
    texts,
    text: (name: string): string | undefined => texts(name)[0],
    named: (name: string): CapNamedValue[] =>
      all(name).map((one) => {
        const value = (part: string) => one.children.find((child) => child.name === part)?.text.trim() ?? ''
        return { valueName: value('valueName'), value: value('value') }
      }),
    /** Those of the texts that are there. */
    optional<Name extends string>(...names: Name[]): { [Key in Name]?: string } {
      const found: { [Key in Name]?: string } = {}
      for (const name of names) {
        const [text] = texts(name)
        if (text !== undefined) found[name] = text
      }
      return found
    }
  }
}

/** The model has checked the name; the first one stands for none. */
function pick<const Names extends readonly [string, ...string[]]>(names: Names, text: string | undefined): Names[number] {
  return names.find((name) => name === text) ?? names[0]
}
