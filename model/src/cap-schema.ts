/** The content models of CAP 1.2 and 1.1 as tables: which element holds which, in which order, how often, and what its text must be. */
import {
  capCategories,
  capCertainties,
  capMessageTypes,
  capResponseTypes,
  capScopes,
  capSeverities,
  capStatuses,
  capUrgencies,
  type CapVersion
} from './cap.ts'
import {
  absoluteRule,
  addressesRule,
  circleRule,
  decimalRule,
  filledRule,
  integerRule,
  languageRule,
  mimeTypeRule,
  oneOf,
  polygonRule,
  referencesRule,
  timeRule,
  tokenRule,
  type TextRule
} from './cap-rules.ts'

export interface ElementModel {
  readonly name: string
  readonly min: 0 | 1
  readonly max: number
  /** Of a leaf. */
  readonly rule?: TextRule
  /** Checked, too, but said as a remark: others write it and readers live with it. */
  readonly advice?: TextRule
  /** An empty element is taken as absent, with a remark. */
  readonly mayBeEmpty?: boolean
  readonly children?: readonly ElementModel[]
}

const many = Number.POSITIVE_INFINITY

const must = (name: string, rule: TextRule): ElementModel => ({ name, min: 1, max: 1, rule })
const may = (name: string, rule?: TextRule): ElementModel => ({
  name,
  min: 0,
  max: 1,
  mayBeEmpty: true,
  ...(rule === undefined ? {} : { rule })
})
const any = (name: string, rule?: TextRule): ElementModel => ({
  name,
  min: 0,
  max: many,
  mayBeEmpty: true,
  ...(rule === undefined ? {} : { rule })
})

const named = (name: string): ElementModel => ({
  name,
  min: 0,
  max: many,
  children: [must('valueName', filledRule), { name: 'value', min: 1, max: 1 }]
})

function modelOf(version: CapVersion): readonly ElementModel[] {
  const isNew = version === '1.2'
  const responseTypes = isNew ? capResponseTypes : capResponseTypes.filter((name) => name !== 'Avoid' && name !== 'AllClear')
  const resource: ElementModel[] = [
    must('resourceDesc', filledRule),
    isNew ? must('mimeType', mimeTypeRule) : may('mimeType', mimeTypeRule),
    may('size', integerRule),
    { ...may('uri'), advice: absoluteRule },
    may('derefUri'),
    may('digest')
  ]
  const area: ElementModel[] = [
    must('areaDesc', filledRule),
    any('polygon', polygonRule),
    any('circle', circleRule),
    named('geocode'),
    may('altitude', decimalRule),
    may('ceiling', decimalRule)
  ]
  const info: ElementModel[] = [
    may('language', languageRule),
    { name: 'category', min: 1, max: many, rule: oneOf(capCategories) },
    must('event', filledRule),
    { name: 'responseType', min: 0, max: many, rule: oneOf(responseTypes) },
    must('urgency', oneOf(capUrgencies)),
    must('severity', oneOf(capSeverities)),
    must('certainty', oneOf(capCertainties)),
    may('audience'),
    named('eventCode'),
    may('effective', timeRule),
    may('onset', timeRule),
    may('expires', timeRule),
    may('senderName'),
    may('headline'),
    may('description'),
    may('instruction'),
    { ...may('web'), advice: absoluteRule },
    may('contact'),
    named('parameter'),
    { name: 'resource', min: 0, max: many, children: resource },
    { name: 'area', min: 0, max: many, children: area }
  ]
  return [
    must('identifier', tokenRule),
    must('sender', tokenRule),
    must('sent', timeRule),
    must('status', oneOf(capStatuses)),
    must('msgType', oneOf(capMessageTypes)),
    may('source'),
    must('scope', oneOf(capScopes)),
    may('restriction'),
    may('addresses', addressesRule),
    any('code'),
    may('note'),
    { name: 'references', min: 0, max: 1, rule: referencesRule },
    may('incidents', addressesRule),
    { name: 'info', min: 0, max: many, children: info }
  ]
}

export const capModels: Readonly<Record<CapVersion, readonly ElementModel[]>> = { '1.2': modelOf('1.2'), '1.1': modelOf('1.1') }
