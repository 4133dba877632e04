/** Judge `digital-link`: EPC URN and Digital Links read, written and normalised (`testdata/gs1`). */
import { Type } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import { elementStringToLink, readDigitalLink, type DigitalLinkOptions } from '@tracegate/model/gs1/digital-link'
import { prefixOfUrn } from '@tracegate/model/gs1/company-prefix'
import { canonicalKey, urnOf } from '@tracegate/model/gs1/key'
import { escapeUri, unescapeUriBytes } from '@tracegate/model/gs1/uri-escape'
import { Allow, asSet, caseFormat, Pair, runCases, unsupported } from './gs1-cases.ts'
import { createJudgeSheet, type Judge, type JudgeSheet } from './result.ts'
import { caseName } from './vectors.ts'

const UrnFile = Type.Object({
  urnToDigitalLink: Type.Array(Type.Object({ urn: Type.String(), digitalLink: Type.String() })),
  normalise: Type.Array(Type.Object({ input: Type.Unknown(), digitalLink: Type.Union([Type.String(), Type.Null()]) }))
})
const urnFile = compileValidator(UrnFile)

const escapeCase = caseFormat(
  Type.Object({
    op: Type.Union([Type.Literal('escape'), Type.Literal('unescape')]),
    input: Type.String(),
    path: Type.String(),
    query: Type.String(),
    bytes: Type.Optional(Type.Boolean())
  }),
  (sheet, name, value) => {
    for (const part of ['path', 'query'] as const) {
      const input = value.bytes === true ? Buffer.from(value.input, 'latin1') : value.input
      const found =
        value.op === 'escape'
          ? escapeUri(input, part)
          : Buffer.from(unescapeUriBytes(value.input, part)).toString(value.bytes === true ? 'latin1' : 'utf8')
      sheet.check(
        `${name} ${value.op} ${part}`,
        found === value[part],
        () => `found ${JSON.stringify(found)}, wanted ${JSON.stringify(value[part])}`
      )
    }
  }
)

const parseCase = caseFormat(
  Type.Object({ uri: Type.String(), valid: Type.Boolean(), ais: Type.Optional(Type.Array(Pair)), allow: Type.Optional(Allow) }),
  (sheet, name, value) => {
    if (skipped(sheet, name, value.allow)) return
    checkRead(sheet, name, { link: value.uri, allow: value.allow, wanted: value.valid ? (value.ais ?? []) : undefined })
  }
)

/** `digital-link-to-element-string` and `digital-link-extract`. */
const extractCase = caseFormat(
  Type.Object({ digitalLink: Type.String(), ais: Type.Array(Pair), valid: Type.Optional(Type.Never()), allow: Type.Optional(Allow) }),
  (sheet, name, value) => {
    if (skipped(sheet, name, value.allow)) return
    checkRead(sheet, name, { link: value.digitalLink, allow: value.allow, wanted: value.ais })
  }
)

/** `element-string-to-digital-link` and `digital-link-generate`. */
const writeCase = caseFormat(
  Type.Object({
    elementString: Type.String(),
    valid: Type.Boolean(),
    kind: Type.Optional(Type.Never()),
    contains: Type.Optional(Type.Never()),
    digitalLink: Type.Optional(Type.String()),
    stem: Type.Optional(Type.String()),
    ais: Type.Optional(Type.Array(Pair)),
    allow: Type.Optional(Allow)
  }),
  (sheet, name, value) => {
    if (skipped(sheet, name, value.allow)) return
    const options = { ...optionsOf(value.allow), ...(value.stem === undefined ? {} : { stem: value.stem }) }
    const written = elementStringToLink(value.elementString.replaceAll('^', '\u001d'), options)
    const wanted = value.valid ? value.digitalLink : undefined
    const isRead = value.ais === undefined || !written.ok || asSet(written.value.ais) === asSet(value.ais)
    sheet.check(
      name,
      isRead && (written.ok ? written.value.link : undefined) === wanted,
      () => `found ${written.ok ? written.value.link : written.reason.message}, wanted ${wanted ?? 'a refusal'}`
    )
  }
)

export const judge: Judge = {
  kind: 'digital-link',
  about: 'EPC URN and GS1 Digital Link, read, written and normalised',
  async run(path) {
    const sheet = createJudgeSheet()
    sheet.note('options: zeroSuppressedGtin, shortNames, legacyPrimaryKeys, unknownAIs, unknownAIsAsAttributes; not supported: compression')
    await runCases({
      path,
      sheet,
      formats: [escapeCase, parseCase, extractCase, writeCase],
      runFile: (file, value) => judgeUrnFile(sheet, file, value)
    })
    return sheet.result()
  }
}

function judgeUrnFile(sheet: JudgeSheet, file: string, value: unknown): boolean {
  const checked = urnFile.check(value)
  if (!checked.ok) return false
  for (const { urn, digitalLink } of checked.value.urnToDigitalLink) {
    const found = canonicalKey(urn)
    sheet.check(caseName(file, urn), found === digitalLink, () => `found ${found}, wanted ${digitalLink}`)
    // The way back needs the company prefix, which the URN shows. The class of a UPUI is a GTIN, whose pattern is that of SGTINs.
    const wanted = urn.replace(':idpat:upui:', ':idpat:sgtin:')
    const length = prefixOfUrn(urn)?.length
    const back = length === undefined ? undefined : urnOf(digitalLink, length)
    sheet.check(caseName(file, `${urn} and back`), back === wanted, () => `found ${back}, wanted ${wanted}`)
  }
  for (const { input, digitalLink } of checked.value.normalise) {
    const found = typeof input === 'string' ? (canonicalKey(input) ?? null) : null
    sheet.check(caseName(file, String(input)), found === digitalLink, () => `found ${found}, wanted ${digitalLink}`)
  }
  return true
}

function optionsOf(allow: Allow | undefined): DigitalLinkOptions {
  const { compression: _, ...options } = allow ?? {}
  return options
}

function skipped(sheet: JudgeSheet, name: string, allow: Allow | undefined): boolean {
  const missing = unsupported(allow)
  if (missing.length === 0) return false
  sheet.skip(name, `${missing.join(', ')} is not supported`)
  return true
}

/** A link that needs an option must be read with it and refused without. */
function checkRead(
  sheet: JudgeSheet,
  name: string,
  row: { readonly link: string; readonly allow: Allow | undefined; readonly wanted: readonly (readonly [string, string])[] | undefined }
): void {
  const { link, wanted } = row
  const read = readDigitalLink(link, optionsOf(row.allow))
  const found = read.ok ? asSet(read.value.ais) : undefined
  const isRefusedWithout = row.allow === undefined || wanted === undefined || !readDigitalLink(link).ok
  sheet.check(
    name,
    isRefusedWithout && found === (wanted === undefined ? undefined : asSet(wanted)),
    () =>
      `found ${read.ok ? asSet(read.value.ais) : read.reason.message}, wanted ${wanted === undefined ? 'a refusal' : asSet(wanted)}${isRefusedWithout ? '' : ', and a refusal without the option'}`
  )
}
