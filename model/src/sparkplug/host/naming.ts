/** What edge nodes, devices, metrics and units of Sparkplug are called here. Pure, and the same at every start. */
import { hash53 } from '../../hash53.ts'
import { metricPattern, unitPattern } from '../../names.ts'
import { ucumOf } from '../../unit-names.ts'

const idMax = 64
const hashLength = 6

export interface Subject {
  readonly group: string
  readonly node: string
  /** '' for the edge node itself. */
  readonly device: string
}

export function subjectKey({ group, node, device }: Subject): string {
  return device === '' ? `${group}/${node}` : `${group}/${node}/${device}`
}

/** The device id of a node or device by the rule of the configuration. */
export function deviceIdOf(subject: Subject, template: string): string {
  const name = template.replaceAll('{group}', subject.group).replaceAll('{node}', subject.node).replaceAll('{device}', subject.device)
  return bounded(name, name.replaceAll(/[^A-Za-z0-9_-]+/g, '-').replaceAll(/^-+|-+$/g, ''))
}

/** `Tank 1/Temp` is `Tank_1.Temp`. */
export function metricNameOf(name: string): string {
  const made = bounded(
    name,
    name
      .replaceAll('/', '.')
      .replaceAll(/[^A-Za-z0-9_.-]+/g, '_')
      .replaceAll(/^_+|_+$/g, '')
  )
  return metricPattern.test(made) ? made : `metric-${hashOf(name)}`
}

/** A name whose letters had to go, or that is too long, keeps apart from others by a hash of the whole. */
function bounded(name: string, made: string): string {
  const isWhole = /^[\u0020-\u007e]*$/.test(name) && made !== '' && made.length <= idMax
  return isWhole ? made : `${made.slice(0, idMax - hashLength - 1)}-${hashOf(name)}`.replace(/^-/, 'x-')
}

function hashOf(text: string): string {
  return hash53(text).toString(36).padStart(hashLength, '0').slice(-hashLength)
}

/** UCUM of `engUnit`. A name that nobody has explained is kept as an annotation (UCUM §6), which claims nothing: `{furlong}`. */
export function unitOf(engUnit: string | undefined, units: Readonly<Record<string, string>>): string {
  if (engUnit === undefined || engUnit.trim() === '') return '1'
  const known = ucumOf(engUnit, units)
  if (known !== undefined && unitPattern.test(known)) return known
  const annotation = engUnit.replaceAll(/[^\x21-\x7e]|[{}]/g, '').slice(0, 30)
  return annotation === '' ? '1' : `{${annotation}}`
}

/** Whether a name is one of those listed; a closing `*` stands for anything. */
export function isListed(name: string, list: readonly string[]): boolean {
  return list.some((entry) => (entry.endsWith('*') ? name.startsWith(entry.slice(0, -1)) : name === entry))
}
