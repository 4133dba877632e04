/**
 * Master data of EPCIS headers (EPCIS 2.0 §9.4) taken into the register `masterData`: each element whole, the newest word of a vocabulary
 * on an identifier replacing the one before. It writes no other register, so that a partner cannot change what an operator entered.
 */
import { compileValidator } from '@tracegate/model/codec'
import type { Reason } from '@tracegate/model/errors'
import { canonicalKey } from '@tracegate/model/gs1/key'
import { HeaderElement, MasterDataElement, type Said } from '@tracegate/model/master-data-record'
import type { CaseStore } from '@tracegate/store/case-store'

export interface HeaderSource {
  /** Account or key that captured; `capture` where nobody is named. */
  readonly by?: string
  /** The capture job. */
  readonly capture?: string
}

interface HeaderTaken {
  readonly stored: number
  /** Said before in the same words. */
  readonly unchanged: number
  /** What was not taken, and why; at most `findingsMax`, `refused` counts all. */
  readonly refused: number
  readonly findings: readonly Reason[]
}

/** Elements of one header; further ones are refused. */
const headerElementsMax = 10_000
/** Elements that are kept at all; new ones past it are refused, known ones may still change. */
const elementsMax = 20_000
const elementBytesMax = 65_536
const findingsMax = 10
/** Rows that are written in one go; the store takes their commits together. */
const writesAtOnce = 500

const headerElement = compileValidator(HeaderElement)
const storedElement = compileValidator(MasterDataElement)

export interface HeaderTakerOptions {
  readonly cases: CaseStore
  readonly nowMs: () => number
  readonly elementsMax?: number
}

export type HeaderTaker = (vocabularyList: unknown, source?: HeaderSource) => Promise<HeaderTaken>

/** The row of an element: one for each vocabulary and identifier. */
function elementRowId(type: string, key: string): string {
  return `${vocabularyName(type).toLowerCase()} ${key}`
}

/** `Location` for `urn:epcglobal:epcis:vtype:Location`; any other vocabulary is its own name. */
export function vocabularyName(type: string): string {
  return /^urn:epcglobal:epcis:vtype:(\w+)$/i.exec(type)?.[1] ?? type
}

export function createHeaderTaker(options: HeaderTakerOptions): HeaderTaker {
  const { cases, nowMs } = options
  const keptMax = options.elementsMax ?? elementsMax
  return async (vocabularyList, source = {}) => {
    const said: Said = {
      via: 'epcisHeader',
      by: source.by ?? 'capture',
      atMs: nowMs(),
      ...(source.capture === undefined ? {} : { capture: source.capture })
    }
    const { elements, faults } = readHeader(vocabularyList, said)
    let refused = faults.length
    let unchanged = 0
    const wanted: [string, MasterDataElement][] = []
    const known = elements.size === 0 ? new Map<string, unknown>() : await rowsOf(cases)
    let count = known.size
    for (const [id, element] of elements) {
      if (saysTheSame(known.get(id), element)) unchanged += 1
      else if (!known.has(id) && count >= keptMax) {
        refused += 1
        faults.push({
          code: 'MASTER_DATA_FULL',
          pointer: '',
          message: `${element.id.slice(0, 80)} is not kept: ${count} elements are, expected at most ${keptMax}`
        })
      } else {
        if (!known.has(id)) count += 1
        wanted.push([id, element])
      }
    }
    for (let at = 0; at < wanted.length; at += writesAtOnce)
      await Promise.all(wanted.slice(at, at + writesAtOnce).map(([id, element]) => cases.put('masterData', id, element)))
    return { stored: wanted.length, unchanged, refused, findings: faults.slice(0, findingsMax) }
  }
}

async function rowsOf(cases: CaseStore): Promise<Map<string, unknown>> {
  return new Map((await cases.list('masterData')).map((row) => [row.id, row.document]))
}

/** Later elements of one document replace earlier ones of the same vocabulary and identifier. */
function readHeader(vocabularyList: unknown, said: Said): { elements: Map<string, MasterDataElement>; faults: Reason[] } {
  const elements = new Map<string, MasterDataElement>()
  const faults: Reason[] = []
  let seen = 0
  for (const [at, vocabulary] of listOf(vocabularyList).entries()) {
    const type = memberOf(vocabulary, 'type')
    if (typeof type !== 'string' || type === '') {
      faults.push({ code: 'VOCABULARY_TYPE', pointer: `/${at}/type`, message: `/${at}/type is missing, expected the URI of a vocabulary` })
      continue
    }
    for (const [index, raw] of listOf(memberOf(vocabulary, 'vocabularyElementList')).entries()) {
      const pointer = `/${at}/vocabularyElementList/${index}`
      seen += 1
      const read = seen > headerElementsMax ? tooMany(pointer) : readElement(raw, { type, said, pointer })
      if (read.ok) elements.set(elementRowId(type, read.element.key), read.element)
      else faults.push(read.fault)
    }
  }
  return { elements, faults }
}

type ReadElement = { readonly ok: true; readonly element: MasterDataElement } | { readonly ok: false; readonly fault: Reason }

function tooMany(pointer: string): ReadElement {
  const message = `${pointer} is past the first ${headerElementsMax} elements of the header, expected no more`
  return { ok: false, fault: { code: 'HEADER_TOO_LONG', pointer, message } }
}

function readElement(raw: unknown, options: { readonly type: string; readonly said: Said; readonly pointer: string }): ReadElement {
  const { type, said, pointer } = options
  const read = headerElement.check(raw)
  if (!read.ok) return { ok: false, fault: { ...read.reason, pointer: pointer + read.reason.pointer } }
  const { id, attributes = [], children = [] } = read.value
  const bytes = JSON.stringify(read.value).length
  if (bytes > elementBytesMax) {
    const message = `${pointer} has ${bytes} bytes, expected at most ${elementBytesMax}`
    return { ok: false, fault: { code: 'ELEMENT_TOO_LARGE', pointer, message } }
  }
  const keyOf = (text: string) => canonicalKey(text) ?? text
  return { ok: true, element: { type, id, key: keyOf(id), attributes: [...attributes], children: children.map(keyOf), said } }
}

function saysTheSame(document: unknown, element: MasterDataElement): boolean {
  const read = storedElement.check(document)
  if (!read.ok) return false
  const words = ({ type, id, attributes, children }: MasterDataElement) => JSON.stringify([type, id, attributes, children])
  return words(read.value) === words(element)
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : []
}

function memberOf(value: unknown, member: string): unknown {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.entries(value).find(([name]) => name === member)?.[1]
    : undefined
}
