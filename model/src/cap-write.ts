/** A CAP alert as XML in the order of the schema. It writes what it is given; `cap-read.ts` says whether that is valid. */
import { capNamespaces, type CapAlert, type CapArea, type CapInfo, type CapNamedValue, type CapResource } from './cap.ts'
import { joinQuoted } from './cap-rules.ts'
import { escapeText } from './epcis/xml/write-text.ts'

export function writeCap(alert: CapAlert): string {
  const references = alert.references.map(({ sender, identifier, sent }) => `${sender},${identifier},${sent}`).join(' ')
  const lines = [
    ...leaf('identifier', alert.identifier),
    ...leaf('sender', alert.sender),
    ...leaf('sent', alert.sent),
    ...leaf('status', alert.status),
    ...leaf('msgType', alert.msgType),
    ...leaf('source', alert.source),
    ...leaf('scope', alert.scope),
    ...leaf('restriction', alert.restriction),
    ...leaf('addresses', joinQuoted(alert.addresses)),
    ...alert.codes.flatMap((code) => leaf('code', code)),
    ...leaf('note', alert.note),
    ...leaf('references', references),
    ...leaf('incidents', joinQuoted(alert.incidents)),
    ...alert.infos.flatMap((info) => branch('info', infoLines(info)))
  ]
  return `<?xml version="1.0" encoding="UTF-8"?>\n<alert xmlns="${capNamespaces[alert.version]}">\n${indent(lines).join('\n')}\n</alert>\n`
}

function infoLines(info: CapInfo): string[] {
  return [
    ...leaf('language', info.language),
    ...info.categories.flatMap((category) => leaf('category', category)),
    ...leaf('event', info.event),
    ...info.responseTypes.flatMap((type) => leaf('responseType', type)),
    ...leaf('urgency', info.urgency),
    ...leaf('severity', info.severity),
    ...leaf('certainty', info.certainty),
    ...leaf('audience', info.audience),
    ...info.eventCodes.flatMap((one) => namedLines('eventCode', one)),
    ...leaf('effective', info.effective),
    ...leaf('onset', info.onset),
    ...leaf('expires', info.expires),
    ...leaf('senderName', info.senderName),
    ...leaf('headline', info.headline),
    ...leaf('description', info.description),
    ...leaf('instruction', info.instruction),
    ...leaf('web', info.web),
    ...leaf('contact', info.contact),
    ...info.parameters.flatMap((one) => namedLines('parameter', one)),
    ...info.resources.flatMap((one) => branch('resource', resourceLines(one))),
    ...info.areas.flatMap((one) => branch('area', areaLines(one)))
  ]
}

function resourceLines(one: CapResource): string[] {
  return [
    ...leaf('resourceDesc', one.resourceDesc),
    ...leaf('mimeType', one.mimeType),
    ...leaf('size', one.size),
    ...leaf('uri', one.uri),
    ...leaf('derefUri', one.derefUri),
    ...leaf('digest', one.digest)
  ]
}

function areaLines(one: CapArea): string[] {
  return [
    ...leaf('areaDesc', one.areaDesc),
    ...one.polygons.flatMap((polygon) => leaf('polygon', polygon)),
    ...one.circles.flatMap((circle) => leaf('circle', circle)),
    ...one.geocodes.flatMap((geocode) => namedLines('geocode', geocode)),
    ...leaf('altitude', one.altitude),
    ...leaf('ceiling', one.ceiling)
  ]
}

function namedLines(name: string, { valueName, value }: CapNamedValue): string[] {
  return branch(name, [`<valueName>${escapeText(valueName)}</valueName>`, `<value>${escapeText(value)}</value>`])
}

/** Nothing for a text that is absent or empty: CAP has no meaning for an empty element. */
function leaf(name: string, text: string | undefined): string[] {
  return text === undefined || text === '' ? [] : [`<${name}>${escapeText(text)}</${name}>`]
}

function branch(name: string, lines: readonly string[]): string[] {
  return [`<${name}>`, ...indent(lines), `</${name}>`]
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`)
}
