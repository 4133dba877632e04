/** A record as a person or program writes it, made into our forms: check digits judged, words of both languages read. It reads no store. */
import type { Reason } from '@tracegate/model/errors'
import type { Draft, KindSpec } from './kinds.ts'

export interface ReadDraft {
  readonly draft: Draft
  readonly findings: readonly Reason[]
  /** What was taken in another form than it came in. */
  readonly notes: readonly Reason[]
}

/** Texts go through the reader of their field, empty ones count as not said; what is no text is left to the schema. */
export function readDraft(spec: KindSpec, body: Draft): ReadDraft {
  const draft: Record<string, unknown> = { ...body }
  const findings: Reason[] = []
  const notes: Reason[] = []
  for (const field of spec.fields) {
    const [member = '', inner] = field.path.split('.')
    const holder = inner === undefined ? draft : copyOf(draft, member)
    const name = inner ?? member
    const value = holder?.[name]
    if (holder === undefined || typeof value !== 'string') continue
    const text = value.trim()
    if (text === '') {
      delete holder[name]
      continue
    }
    const pointer = `/${field.path.replace('.', '/')}`
    const read = field.read(text)
    if (read.ok) holder[name] = read.value
    else findings.push({ code: read.reason.code, pointer, message: `${field.path} ${read.reason.message}` })
    if (read.note !== undefined) notes.push({ code: 'CELL_CHANGED', pointer, message: `${field.path}: ${read.note}` })
  }
  return { draft, findings, notes }
}

/** The object under a member, copied into the draft so that the body stays as it was; undefined when there is none. */
function copyOf(draft: Record<string, unknown>, member: string): Record<string, unknown> | undefined {
  const value = draft[member]
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return undefined
  const copy: Record<string, unknown> = { ...value }
  draft[member] = copy
  return copy
}
