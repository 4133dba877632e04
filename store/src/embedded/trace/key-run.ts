/**
 * The keys of an event's subjects, as stretches of one kind, role, lot and stem (all up to the last separator). Serial numbers are written
 * as differences. Pure.
 */
import { broken, readVarint, readZigzag, writeVarint, writeZigzag } from '../../varint.ts'
import { readInline, reserve, writeInline, type PackReader, type PackWriter } from './pack-bytes.ts'

/** text: as it is. number: digits without leading zeros. padded: so many digits. long: more than a number holds. */
const tailForms = ['text', 'number', 'padded', 'long'] as const
export type TailForm = (typeof tailForms)[number]

const exactDigits = 15
const longDigits = 30

/** Where the last part of a key begins. */
export function stemEnd(key: string): number {
  const slash = key.lastIndexOf('/')
  return slash >= 0 ? slash + 1 : key.lastIndexOf(':') + 1
}

export function formOf(tail: string): TailForm {
  if (tail.length === 0 || tail.length > longDigits) return 'text'
  for (let at = 0; at < tail.length; at += 1) {
    const unit = tail.charCodeAt(at)
    if (unit < 48 || unit > 57) return 'text'
  }
  if (tail.length > exactDigits) return 'long'
  return tail.charCodeAt(0) === 48 && tail.length > 1 ? 'padded' : 'number'
}

export function formNumber(form: TailForm): number {
  return tailForms.indexOf(form)
}

export function formByNumber(number: number): TailForm {
  const form = tailForms[number]
  if (form === undefined) throw broken(`it has a key of form ${number}`)
  return form
}

/** The tails of one stretch; all of a padded or long one have one length. */
export function writeTails(writer: PackWriter, form: TailForm, tails: readonly string[]): void {
  reserve(writer, 16 + tails.length * 20)
  const length = tails[0]?.length ?? 0
  if (form === 'padded' || form === 'long') writeVarint(writer, length)
  let last = 0
  for (const tail of tails) {
    if (form === 'text') {
      writeInline(writer, tail)
      continue
    }
    const value = Number(form === 'long' ? tail.slice(0, -exactDigits) : tail)
    writeZigzag(writer, value - last)
    last = value
    if (form === 'long') writeVarint(writer, Number(tail.slice(-exactDigits)))
  }
}

export function readTails(reader: PackReader, form: TailForm, count: number): string[] {
  if (count > reader.bytes.length) throw broken(`it has a stretch of ${count} keys`)
  const tails: string[] = []
  const length = form === 'padded' || form === 'long' ? readVarint(reader) : 0
  let last = 0
  for (let at = 0; at < count; at += 1) {
    if (form === 'text') {
      tails.push(readInline(reader))
      continue
    }
    last += readZigzag(reader)
    if (form === 'number') tails.push(String(last))
    else if (form === 'padded') tails.push(String(last).padStart(length, '0'))
    else tails.push(String(last).padStart(length - exactDigits, '0') + String(readVarint(reader)).padStart(exactDigits, '0'))
  }
  return tails
}
