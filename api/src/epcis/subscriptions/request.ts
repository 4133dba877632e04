/** Reads what a subscriber asks for, from a body or from the arguments of a WebSocket; every finding at once. It makes nothing. */
import { isTooDeep, jsonDepthMax } from '@tracegate/model/codec'
import { parseTimeMs } from '@tracegate/model/epcis/normalise'
import { readSchedule, scheduleFields, type QuerySchedule } from '@tracegate/model/epcis/query-schedule'
import type { Reason } from '@tracegate/model/errors'
import { FindingsError } from '../../problem.ts'
import { queryError } from '../query-errors.ts'
import { timetableOf } from './schedule.ts'
import { destinationFault, type AllowedDestination } from './sender.ts'
import { destLengthMax, signatureTokenLengthMax } from './settings.ts'

/** When results are wanted; without a schedule whenever something matches. */
export interface SubscriptionControls {
  readonly schedule?: QuerySchedule
  readonly reportIfEmpty: boolean
  readonly initialRecordMs?: number
}

export interface WebhookRequest extends SubscriptionControls {
  readonly dest: string
  readonly signatureToken?: string
}

const bodyMembers: ReadonlySet<string> = new Set(['dest', 'signatureToken', 'stream', 'schedule', 'reportIfEmpty', 'initialRecordTime'])
const dateTimePattern = /^\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(\.\d{1,12})?([Zz]|[+-]\d\d:\d\d)$/

export interface ReadOptions {
  readonly allowedDestination: AllowedDestination
  readonly nowMs: number
}

/** Throws a `FindingsError` (SubscriptionControlsException). */
export function readWebhookRequest(body: unknown, options: ReadOptions): WebhookRequest {
  const members = membersOf(body)
  const findings: Reason[] = []
  for (const name of Object.keys(members))
    if (!bodyMembers.has(name))
      findings.push(finding(`/${name.slice(0, 64)}`, `the body has "${name.slice(0, 64)}", expected ${[...bodyMembers].join(', ')}`))
  const dest = textOf(members['dest'])
  const fault = destFault(dest, options.allowedDestination)
  if (fault !== undefined) findings.push(finding('/dest', `dest is ${shown(members['dest'])}: ${fault}`))
  const token = members['signatureToken']
  const signatureToken = textOf(token)
  if (token !== undefined && (signatureToken === undefined || signatureToken === '' || signatureToken.length > signatureTokenLengthMax))
    findings.push(
      finding('/signatureToken', `signatureToken is not as wanted, expected a text of 1 to ${signatureTokenLengthMax} characters`)
    )
  const controls = readControls(members, { findings, nowMs: options.nowMs })
  if (findings.length > 0 || dest === undefined) throw invalid(findings)
  return { ...controls, dest, ...(signatureToken === undefined ? {} : { signatureToken }) }
}

/** The arguments of a WebSocket, in which every value is text. Throws a `FindingsError`. */
export function readSocketRequest(parameters: URLSearchParams, nowMs: number): SubscriptionControls {
  const findings: Reason[] = []
  const members: Record<string, unknown> = {}
  const schedule: Record<string, unknown> = {}
  for (const [name, value] of parameters) {
    const isField = scheduleFields.some((field) => field === name)
    if (Object.hasOwn(isField ? schedule : members, name)) findings.push(finding(`/${name}`, `${name} is given twice, expected once`))
    else if (isField) schedule[name] = value
    else if (name === 'stream' || name === 'reportIfEmpty') members[name] = value === 'true' ? true : value === 'false' ? false : value
    else if (name === 'initialRecordTime') members[name] = value.replace(/ (?=\d\d:\d\d$)/, '+')
    else findings.push(finding(`/${name.slice(0, 64)}`, `"${name.slice(0, 64)}" is given, expected ${socketArguments.join(', ')}`))
  }
  if (Object.keys(schedule).length > 0) members['schedule'] = schedule
  const controls = readControls(members, { findings, nowMs, schedulePointer: '' })
  if (findings.length > 0) throw invalid(findings)
  return controls
}

export const socketArguments = ['stream', 'reportIfEmpty', 'initialRecordTime', ...scheduleFields] as const

function readControls(
  members: Readonly<Record<string, unknown>>,
  {
    findings,
    nowMs,
    schedulePointer = '/schedule'
  }: { readonly findings: Reason[]; readonly nowMs: number; readonly schedulePointer?: string }
): SubscriptionControls {
  const { stream, schedule, reportIfEmpty, initialRecordTime } = members
  if (stream !== undefined && typeof stream !== 'boolean')
    findings.push(finding('/stream', `stream is ${shown(stream)}, expected true or false`))
  if (reportIfEmpty !== undefined && typeof reportIfEmpty !== 'boolean')
    findings.push(finding('/reportIfEmpty', `reportIfEmpty is ${shown(reportIfEmpty)}, expected true or false`))
  if ((stream === true) === (schedule !== undefined)) {
    const both = stream === true ? 'both stream and schedule are given' : 'neither stream: true nor schedule is given'
    findings.push(finding('/stream', `${both}, expected exactly one of them`))
  }
  const read = schedule === undefined ? undefined : readSchedule(schedule, schedulePointer)
  if (read?.ok === false) findings.push(...read.findings)
  if (read?.ok === true && timetableOf(read.values).nextMs(nowMs) === undefined)
    findings.push(finding(schedulePointer, 'schedule names a day that never comes, expected one that does'))
  const initialRecordMs = initialRecordTime === undefined ? undefined : timeOf(initialRecordTime)
  if (initialRecordMs !== undefined && !Number.isFinite(initialRecordMs))
    findings.push(finding('/initialRecordTime', `initialRecordTime is ${shown(initialRecordTime)}, expected a date and time with offset`))
  return {
    reportIfEmpty: reportIfEmpty === true,
    ...(read?.ok === true ? { schedule: read.schedule } : {}),
    ...(initialRecordMs === undefined ? {} : { initialRecordMs })
  }
}

function destFault(dest: string | undefined, allowed: AllowedDestination): string | undefined {
  if (dest === undefined || dest.length > destLengthMax || !URL.canParse(dest))
    return `expected an http or https address of at most ${destLengthMax} characters`
  return destinationFault(new URL(dest), allowed)
}

function timeOf(value: unknown): number {
  return typeof value === 'string' && dateTimePattern.test(value) ? Math.max(0, parseTimeMs(value)) : Number.NaN
}

function membersOf(body: unknown): Readonly<Record<string, unknown>> {
  if (isTooDeep(body)) throw invalid([finding('', `the body nests deeper than ${jsonDepthMax} levels, expected at most so many`)])
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return { ...body }
  throw invalid([finding('', `the body is ${shown(body)}, expected an object`)])
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function finding(pointer: string, message: string): Reason {
  return { code: 'EPCIS_SUBSCRIPTION_INVALID', pointer, message }
}

function invalid(findings: readonly Reason[]): FindingsError {
  return new FindingsError(queryError('EPCIS_SUBSCRIPTION_INVALID', { count: findings.length }), findings)
}

/** What is given back of a value; an address with credentials in it must not come back in full. */
function shown(value: unknown): string {
  return (JSON.stringify(value)?.slice(0, 64) ?? 'missing').replace(/\/\/[^/@]*@/, '//…@')
}
