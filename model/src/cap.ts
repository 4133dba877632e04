/** A CAP message (OASIS Common Alerting Protocol 1.2) as a value, with the names that the schema enumerates. It reads and writes nothing. */

export const capNamespaces = { '1.2': 'urn:oasis:names:tc:emergency:cap:1.2', '1.1': 'urn:oasis:names:tc:emergency:cap:1.1' } as const
export type CapVersion = keyof typeof capNamespaces

export const capStatuses = ['Actual', 'Exercise', 'System', 'Test', 'Draft'] as const
export const capMessageTypes = ['Alert', 'Update', 'Cancel', 'Ack', 'Error'] as const
export const capScopes = ['Public', 'Restricted', 'Private'] as const
export const capCategories = [
  'Geo',
  'Met',
  'Safety',
  'Security',
  'Rescue',
  'Fire',
  'Health',
  'Env',
  'Transport',
  'Infra',
  'CBRNE',
  'Other'
] as const
export const capResponseTypes = ['Shelter', 'Evacuate', 'Prepare', 'Execute', 'Avoid', 'Monitor', 'Assess', 'AllClear', 'None'] as const
export const capUrgencies = ['Immediate', 'Expected', 'Future', 'Past', 'Unknown'] as const
export const capSeverities = ['Extreme', 'Severe', 'Moderate', 'Minor', 'Unknown'] as const
export const capCertainties = ['Observed', 'Likely', 'Possible', 'Unlikely', 'Unknown'] as const

export type CapStatus = (typeof capStatuses)[number]
export type CapMessageType = (typeof capMessageTypes)[number]
export type CapScope = (typeof capScopes)[number]
export type CapCategory = (typeof capCategories)[number]
export type CapResponseType = (typeof capResponseTypes)[number]
export type CapUrgency = (typeof capUrgencies)[number]
export type CapSeverity = (typeof capSeverities)[number]
export type CapCertainty = (typeof capCertainties)[number]

export interface CapNamedValue {
  readonly valueName: string
  readonly value: string
}

/** `sender,identifier,sent` of an earlier message (CAP 1.2 §3.2.1). */
export interface CapReference {
  readonly sender: string
  readonly identifier: string
  readonly sent: string
}

export interface CapArea {
  readonly areaDesc: string
  /** `lat,lon` pairs in WGS 84, white space between; the last is the first. */
  readonly polygons: readonly string[]
  /** `lat,lon radius`, the radius in kilometres. */
  readonly circles: readonly string[]
  readonly geocodes: readonly CapNamedValue[]
  /** Feet above mean sea level. */
  readonly altitude?: string
  readonly ceiling?: string
}

export interface CapResource {
  readonly resourceDesc: string
  readonly mimeType?: string
  readonly size?: string
  readonly uri?: string
  readonly derefUri?: string
  readonly digest?: string
}

export interface CapInfo {
  /** Without it `en-US` holds. */
  readonly language?: string
  readonly categories: readonly CapCategory[]
  readonly event: string
  readonly responseTypes: readonly CapResponseType[]
  readonly urgency: CapUrgency
  readonly severity: CapSeverity
  readonly certainty: CapCertainty
  readonly audience?: string
  readonly eventCodes: readonly CapNamedValue[]
  readonly effective?: string
  readonly onset?: string
  readonly expires?: string
  readonly senderName?: string
  readonly headline?: string
  readonly description?: string
  readonly instruction?: string
  readonly web?: string
  readonly contact?: string
  readonly parameters: readonly CapNamedValue[]
  readonly resources: readonly CapResource[]
  readonly areas: readonly CapArea[]
}

export interface CapAlert {
  readonly version: CapVersion
  readonly identifier: string
  readonly sender: string
  /** `2026-11-24T08:00:00+08:00`: the offset is a number, `Z` is invalid. */
  readonly sent: string
  readonly status: CapStatus
  readonly msgType: CapMessageType
  readonly source?: string
  readonly scope: CapScope
  readonly restriction?: string
  readonly addresses: readonly string[]
  readonly codes: readonly string[]
  readonly note?: string
  readonly references: readonly CapReference[]
  readonly incidents: readonly string[]
  readonly infos: readonly CapInfo[]
  /** An enveloped XML signature is there. It is not verified. */
  readonly signed: boolean
}

/** The time with a numeric offset, to the second. `offset` is `+08:00` or `-05:30`. */
export function capTime(atMs: number, offset: string): string {
  const [, sign = '+', hours = '0', minutes = '0'] = /^([+-])(\d\d):(\d\d)$/.exec(offset) ?? []
  const shift = (Number(hours) * 60 + Number(minutes)) * 60_000 * (sign === '-' ? -1 : 1)
  return `${new Date(atMs + shift).toISOString().slice(0, 19)}${sign}${hours}:${minutes}`
}
