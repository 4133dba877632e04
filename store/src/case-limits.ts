/** Limits, cursors and checks that the adapters of the case store share, so that they answer alike. */
import { storeError } from './errors.ts'
import type { CodedError } from '@tracegate/model/errors'

/** Most bytes of one document, step data or head state as JSON. */
const documentBytesMax = 16 * 1_048_576
/** Most heads of a page; a larger `limit` is cut to it and `next` tells the rest. */
const headsPerPageMax = 1_000

/** A document as JSON text; `undefined` becomes null. */
export function documentText(document: unknown, what: string): string {
  const text = JSON.stringify(document) ?? 'null'
  if (text.length > documentBytesMax)
    throw storeError('STORE_TOO_MUCH', { action: 'store', what: `${what} in bytes`, current: text.length, wanted: documentBytesMax })
  return text
}

export function parseDocument(text: string): unknown {
  return JSON.parse(text)
}

export function pageLimit(limit: number): number {
  if (!Number.isInteger(limit) || limit < 1)
    throw storeError('STORE_QUERY', { member: 'limit', current: limit, wanted: 'an integer from 1' })
  return Math.min(limit, headsPerPageMax)
}

export function conflict(what: string, current: number, wanted: number): CodedError {
  return storeError('STORE_CONFLICT', { action: 'store', what, current, wanted })
}

/** Where a page of heads ended. */
export interface HeadPosition {
  readonly updatedAtMs: number
  readonly id: string
}

export function encodeCursor(position: HeadPosition): string {
  return Buffer.from(`${position.updatedAtMs} ${position.id}`).toString('base64url')
}

export function decodeCursor(cursor: string): HeadPosition {
  const match = /^(\d{1,16}) (.*)$/s.exec(Buffer.from(cursor, 'base64url').toString())
  if (match === null) throw storeError('STORE_QUERY', { member: 'cursor', current: cursor.slice(0, 64), wanted: 'the next of a page' })
  return { updatedAtMs: Number(match[1]), id: match[2] ?? '' }
}
