/**
 * How much more the log may hold: messages, bytes, and pages of its file. A part of each is kept for alarms and trace events, which
 * telemetry may not use. Counts only.
 */
import type { DatabaseSync } from 'node:sqlite'
import type { CodedError } from '@tracegate/model/errors'
import { numberOf } from '@tracegate/store/embedded-sqlite'
import { collectorError } from './errors.ts'
import type { CollectorLimits } from './limits.ts'

export interface LogRoom {
  add(growth: { readonly messages: number; readonly bytes: number }): void
  /** What a group may add at most, for telemetry and for the others. */
  left(): { readonly telemetry: Room; readonly urgent: Room }
  /** Telemetry waits: what can be released should be. */
  isTight(): boolean
  messages(): number
  bytes(): number
  trouble(): string | undefined
  /** What a sender is told whose message waited in vain. */
  fullError(): CodedError
}

interface Room {
  messages: number
  bytes: number
}

export interface LogRoomOptions {
  readonly database: DatabaseSync
  readonly limits: CollectorLimits
  readonly messages: number
  readonly bytes: number
}

const pageBytes = 4_096

export function createLogRoom(options: LogRoomOptions): LogRoom {
  const { limits } = options
  const { filePagesMax } = limits
  const pages = options.database.prepare('SELECT page_count AS used FROM pragma_page_count')
  const free = options.database.prepare('SELECT freelist_count AS free FROM pragma_freelist_count')
  let { messages, bytes } = options
  let fileBytes = fileBytesLeft()

  /** Roughly, and nothing below zero; without a bound of pages the disk is the bound. */
  function fileBytesLeft(): number {
    if (filePagesMax === undefined) return Infinity
    return Math.max(0, filePagesMax - numberOf(pages.get(), 'used') + numberOf(free.get(), 'free')) * pageBytes
  }

  function left() {
    const share = limits.reservedShare
    const fileReserve = filePagesMax === undefined ? 0 : filePagesMax * share * pageBytes
    // Others free pages too: dead letters expire.
    if (fileBytes <= fileReserve) fileBytes = fileBytesLeft()
    return {
      telemetry: {
        messages: limits.logMessagesMax * (1 - share) - messages,
        bytes: Math.min(limits.logBytesMax * (1 - share) - bytes, fileBytes - fileReserve)
      },
      urgent: { messages: limits.logMessagesMax - messages, bytes: Math.min(limits.logBytesMax - bytes, fileBytes) }
    }
  }

  function isTight(): boolean {
    const { telemetry } = left()
    return telemetry.messages <= 0 || telemetry.bytes <= 0
  }

  function fullError(): CodedError {
    return collectorError('COLLECTOR_LOG_FULL', { messages, bytes, messagesMax: limits.logMessagesMax, bytesMax: limits.logBytesMax })
  }

  return {
    add(growth) {
      messages += growth.messages
      bytes += growth.bytes
      fileBytes = fileBytesLeft()
    },
    left,
    isTight,
    messages: () => messages,
    bytes: () => bytes,
    trouble() {
      if (!isTight()) return undefined
      const { urgent } = left()
      const what = urgent.messages <= 0 || urgent.bytes <= 0 ? 'nothing is acknowledged' : 'only alarms and events are acknowledged'
      const file = filePagesMax === undefined ? '' : ` (collector.db may have ${filePagesMax} pages)`
      return `the log is full with ${messages} messages of ${bytes} bytes${file}: ${what} until the stores take some`
    },
    fullError
  }
}
