/** A notice as a CAP 1.2 alert, by the table of `regulation/rules.md` §6: one info block in each language. Pure. */
import {
  capTime,
  type CapAlert,
  type CapArea,
  type CapCategory,
  type CapInfo,
  type CapMessageType,
  type CapNamedValue,
  type CapReference,
  type CapResponseType,
  type CapScope,
  type CapSeverity,
  type CapUrgency
} from './cap.ts'
import type { ChannelsPolicy, NoticeKind } from './policy/channels.ts'
import type { Hazard } from './registers.ts'
import type { Language } from './text.ts'
import type { WarningLevel } from './warning.ts'
import {
  headlineOf,
  isEnded,
  levelColours,
  noticePath,
  noticeTexts,
  publicationId,
  type NoticeArea,
  type NoticeEvent,
  type PublicNotice
} from './notice.ts'

export interface CapOptions {
  readonly issuer: ChannelsPolicy['issuer']
  /** `+08:00` */
  readonly utcOffset: string
  /** Address of the server, without a slash at its end. */
  readonly base: string
  /** Every earlier message of the case, oldest first. */
  readonly earlier: readonly CapReference[]
}

const severities: Readonly<Record<WarningLevel, CapSeverity>> = { I: 'Extreme', II: 'Severe', III: 'Moderate', IV: 'Minor' }
const urgencies: Readonly<Record<number, CapUrgency>> = { 4: 'Immediate', 3: 'Expected', 2: 'Future', 1: 'Unknown' }
const categories: Readonly<Record<Hazard, readonly CapCategory[]>> = {
  health: ['Health'],
  physical: ['Safety'],
  chemical: ['CBRNE', 'Health'],
  biological: ['CBRNE', 'Health'],
  environmental: ['Env']
}
const scopes: Readonly<Record<NoticeKind, CapScope>> = {
  bulletin: 'Private',
  operatorNotice: 'Restricted',
  publicAnnouncement: 'Public',
  recallNotice: 'Public'
}
const responses: Readonly<Record<NoticeKind, CapResponseType>> = {
  bulletin: 'Execute',
  operatorNotice: 'Prepare',
  publicAnnouncement: 'Avoid',
  recallNotice: 'Avoid'
}
const restriction = '仅供有关进出口经营者 / For the import and export operators concerned only'
/** A bulletin that names no port is for all of them. */
const allPorts = 'all-ports'

export function messageTypeOf(event: NoticeEvent): CapMessageType {
  return event === 'published' ? 'Alert' : event === 'lifted' ? 'Cancel' : 'Update'
}

export function capOfNotice(notice: PublicNotice, options: CapOptions): CapAlert {
  const { kind, drill } = notice
  const scope = scopes[kind]
  return {
    version: '1.2',
    identifier: publicationId(notice),
    sender: options.issuer.sender,
    sent: capTime(notice.atMs, options.utcOffset),
    status: drill ? 'Exercise' : 'Actual',
    msgType: messageTypeOf(notice.event),
    source: `${options.issuer.name.zh} / ${options.issuer.name.en}`,
    scope,
    ...(scope === 'Restricted' ? { restriction } : {}),
    addresses: scope === 'Private' ? (notice.ports.length === 0 ? [allPorts] : notice.ports) : [],
    codes: [],
    ...(drill ? { note: `演练 / Exercise ${notice.case}` } : {}),
    references: options.earlier,
    incidents: [notice.case, ...notice.recalls],
    infos: [infoOf(notice, 'zh', options), infoOf(notice, 'en', options)],
    signed: false
  }
}

function infoOf(notice: PublicNotice, language: Language, { issuer, utcOffset, base }: CapOptions): CapInfo {
  const { kind, level, startMs, untilMs, atMs } = notice
  const time = (ms: number) => capTime(ms, utcOffset)
  const instruction = [notice.controlInstruction?.[language], notice.advice?.[language]].filter((text) => text !== undefined).join('\n')
  const over = isEnded(notice) || (untilMs !== undefined && untilMs <= atMs)
  return {
    language: language === 'zh' ? 'zh-CN' : 'en-GB',
    categories: categories[notice.hazard],
    event: noticeTexts.kind[kind][language],
    responseTypes: isEnded(notice) ? ['AllClear'] : [responses[kind]],
    urgency: over ? 'Past' : (urgencies[notice.urgency ?? 1] ?? 'Unknown'),
    severity: level === undefined ? 'Unknown' : severities[level],
    certainty: notice.certainty,
    audience: audienceOf(notice, language),
    eventCodes: [
      { valueName: 'tracegate:kind', value: kind },
      { valueName: 'tracegate:hazard', value: notice.hazard }
    ],
    effective: time(atMs),
    onset: time(startMs),
    ...(untilMs === undefined ? {} : { expires: time(untilMs) }),
    senderName: issuer.name[language],
    headline: headlineOf(notice, language),
    description: notice.matters[language],
    ...(instruction === '' ? {} : { instruction }),
    web: `${base}${noticePath(notice)}`,
    ...(issuer.contact === undefined ? {} : { contact: issuer.contact }),
    parameters: parametersOf(notice),
    resources: notice.recalls.map((id) => ({
      resourceDesc: language === 'zh' ? `召回 ${id}` : `Recall ${id}`,
      mimeType: 'text/html',
      uri: `${base}${noticePath({ subject: 'recall', number: id })}`
    })),
    areas: areasOf(notice, language)
  }
}

function audienceOf({ kind, ports, operators }: PublicNotice, language: Language): string {
  if (kind === 'bulletin') return ports.length === 0 ? (language === 'zh' ? '各口岸' : 'All ports') : ports.join(' ')
  if (kind === 'operatorNotice')
    return operators.length === 0
      ? language === 'zh'
        ? '有关经营者'
        : 'Operators concerned'
      : operators.map((gln) => `GLN ${gln}`).join(' ')
  return language === 'zh' ? '消费者' : 'Consumers'
}

/** Names are stable: `level colour kind number edition fromLevel hsCode brand gtin lot product measure recall goodsListed`. */
function parametersOf(notice: PublicNotice): CapNamedValue[] {
  const { level, fromLevel } = notice
  const one = (valueName: string, value: string): CapNamedValue => ({ valueName, value })
  return [
    ...(level === undefined ? [] : [one('level', level), one('colour', levelColours[level])]),
    one('kind', notice.kind),
    one('number', notice.number),
    one('edition', String(notice.edition)),
    ...(fromLevel === undefined ? [] : [one('fromLevel', fromLevel)]),
    ...notice.hsCodes.map((code) => one('hsCode', code)),
    ...notice.brands.map((brand) => one('brand', brand)),
    ...notice.products.map(({ gtin }) => one('gtin', gtin)),
    // The lot alone for people and systems that know the product, the key for all others.
    ...notice.lots.flatMap(({ gtin, lot }) => [
      one('lot', lot),
      one('lotKey', `https://id.gs1.org/01/${gtin}/10/${encodeURIComponent(lot)}`)
    ]),
    ...notice.measures.map((measure) => one('measure', measure)),
    ...notice.recalls.map((recall) => one('recall', recall)),
    ...(notice.truncated ? [one('goodsListed', 'partly')] : [])
  ]
}

function areasOf({ areas }: PublicNotice, language: Language): CapArea[] {
  const none = { polygons: [], circles: [] } as const
  if (areas.length === 0) return [{ areaDesc: language === 'zh' ? '不限地区' : 'Not limited to an area', ...none, geocodes: [] }]
  return areas.map((area) => ({ areaDesc: area.name[language], ...none, geocodes: geocodesOf(area) }))
}

function geocodesOf({ unlocode, division, country }: NoticeArea): CapNamedValue[] {
  return [
    ...(unlocode === undefined ? [] : [{ valueName: 'UN/LOCODE', value: unlocode }]),
    ...(division === undefined ? [] : [{ valueName: 'GB/T 2260', value: division }]),
    ...(country === undefined ? [] : [{ valueName: 'ISO 3166-1', value: country }])
  ]
}
