/** Judge `scan-data`: scanner messages and element strings (`testdata/gs1`). */
import { Type } from 'typebox'
import type { Decoded } from '@tracegate/model/codec'
import { checkAssociations, readBracketed, readElementString, writeElementString, type AiValue } from '@tracegate/model/gs1/element-string'
import { readScan } from '@tracegate/model/gs1/scan-data'
import { writeScan } from '@tracegate/model/gs1/scan-write'
import { Allow, asSet, caseFormat, Pair, runCases, unsupported } from './gs1-cases.ts'
import { createJudgeSheet, type Judge } from './result.ts'

const fnc1 = '\u001d'

const scanCase = caseFormat(
  Type.Object({
    scan: Type.String(),
    valid: Type.Boolean(),
    ais: Type.Optional(Type.Array(Pair)),
    primary: Type.Optional(Type.String()),
    text: Type.Optional(Type.String()),
    digitalLinkAIs: Type.Optional(Type.Union([Type.Array(Pair), Type.Null()]))
  }),
  (sheet, name, value) => {
    const read = readScan(value.scan.slice(0, 3), value.scan.slice(3))
    if (!value.valid || !read.ok) {
      sheet.check(name, read.ok === value.valid, () => (read.ok ? 'accepted, wanted a refusal' : read.reason.message))
      return
    }
    const found = read.value
    const wantedAis = value.ais ?? value.digitalLinkAIs ?? []
    const ok = asSet(found.ais) === asSet(wantedAis) && found.primary === value.primary && found.text === value.text
    sheet.check(name, ok, () => `found ${JSON.stringify(found)}, wanted ${JSON.stringify(value)}`)
  }
)

const writeCase = caseFormat(
  Type.Object({
    symbology: Type.String(),
    data: Type.String(),
    scan: Type.Union([Type.String(), Type.Null()]),
    addCheckDigit: Type.Optional(Type.Boolean())
  }),
  (sheet, name, value) => {
    const written = writeScan(value.symbology, value.data, { addCheckDigit: value.addCheckDigit === true })
    const found = written.ok ? written.value : null
    sheet.check(
      name,
      found === value.scan,
      () => `found ${written.ok ? JSON.stringify(found) : written.reason.message}, wanted ${JSON.stringify(value.scan)}`
    )
  }
)

const elementCase = caseFormat(
  Type.Object({
    kind: Type.Union([Type.Literal('bracketed'), Type.Literal('fnc1'), Type.Literal('association'), Type.Literal('content')]),
    elementString: Type.Optional(Type.String()),
    fnc1: Type.Optional(Type.String()),
    valid: Type.Boolean(),
    ais: Type.Optional(Type.Array(Pair)),
    error: Type.Optional(Type.String()),
    allow: Type.Optional(Allow)
  }),
  (sheet, name, value) => {
    const missing = unsupported(value.allow)
    if (missing.length > 0) return sheet.skip(name, `${missing.join(', ')} is not supported`)
    const unknownAIs = value.allow?.unknownAIs === true
    let read: Decoded<AiValue[]> =
      value.kind === 'fnc1'
        ? readElementString((value.fnc1 ?? '').replaceAll('^', fnc1), { unknownAIs, firstFnc1: true })
        : readBracketed(value.elementString ?? '', { unknownAIs })
    const wrong = value.kind === 'association' && read.ok ? checkAssociations(read.value) : undefined
    if (wrong !== undefined) read = { ok: false, reason: { ...wrong, pointer: '' } }
    const found = read
    if (!found.ok) {
      const ok = !value.valid && (value.error === undefined || found.reason.code === `GS1_${value.error}`)
      return sheet.check(
        name,
        ok,
        () => `found ${found.reason.code} ${found.reason.message}, wanted ${value.valid ? 'acceptance' : value.error}`
      )
    }
    const isSame = value.ais === undefined || JSON.stringify(found.value) === JSON.stringify(value.ais)
    const isWritten =
      value.kind !== 'bracketed' || value.fnc1 === undefined || `^${writeElementString(found.value).replaceAll(fnc1, '^')}` === value.fnc1
    sheet.check(name, value.valid && isSame && isWritten, () => `found ${JSON.stringify(found.value)}, wanted ${JSON.stringify(value)}`)
  }
)

const extractCase = caseFormat(
  Type.Object({
    elementString: Type.String(),
    valid: Type.Boolean(),
    contains: Type.Optional(Type.Array(Pair)),
    withoutValidation: Type.Optional(Type.Boolean()),
    digitalLink: Type.Optional(Type.Never()),
    stem: Type.Optional(Type.Never()),
    ais: Type.Optional(Type.Never())
  }),
  (sheet, name, value) => {
    const options = { withoutValidation: value.withoutValidation === true }
    const text = value.elementString
    const symbology = /^\][A-Za-z][0-9A-Za-z]/.exec(text)?.[0]
    const read: Decoded<AiValue[]> = text.startsWith('(')
      ? readBracketed(text, options)
      : readElementString(text.slice(symbology?.length ?? 0), options)
    const found = read.ok ? read.value.map(([ai, content]) => `(${ai})${content}`) : []
    const ok = read.ok === value.valid && (value.contains ?? []).every(([ai, content]) => found.includes(`(${ai})${content}`))
    sheet.check(
      name,
      ok,
      () => `found ${read.ok ? found.join('') : read.reason.message}, wanted ${JSON.stringify(value.contains ?? 'a refusal')}`
    )
  }
)

export const judge: Judge = {
  kind: 'scan-data',
  about: 'scanner messages with AIM symbology identifiers, and GS1 element strings',
  async run(path) {
    const sheet = createJudgeSheet()
    await runCases({ path, sheet, formats: [scanCase, writeCase, elementCase, extractCase] })
    return sheet.result()
  }
}
