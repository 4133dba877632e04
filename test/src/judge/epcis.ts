/** Judge `epcis`: documents accepted with every event kept, or refused with every finding (`testdata/epcis/openepcis`, `openepcis-xml`, `pedigrees`). */
import { isDeepStrictEqual } from 'node:util'
import { existsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { Type, type Static } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import { parseCapture, type Capture } from '@tracegate/model/epcis/document'
import { eventHashId } from '@tracegate/model/epcis/event-hash'
import { toTraceEvent } from '@tracegate/model/epcis/normalise'
import { readQuery } from '@tracegate/model/epcis/query/query'
import { readEpcisXml } from '@tracegate/model/epcis/xml/read'
import { writeEpcisXml } from '@tracegate/model/epcis/xml/write'
import { judgeXml, xmlIndex } from './epcis-xml.ts'
import { createJudgeSheet, type Judge, type JudgeSheet } from './result.ts'
import { listFiles, readJson } from './vectors.ts'

const Accepted = Type.Object({ file: Type.String(), events: Type.Integer(), eventTypes: Type.Optional(Type.Array(Type.String())) })
const Refused = Type.Object({ file: Type.String(), violations: Type.Array(Type.Object({ pointer: Type.String() })) })
const Bodies = Type.Array(
  Type.Object({ file: Type.String(), violations: Type.Optional(Type.Array(Type.Object({ pointer: Type.String() }))) })
)
const DocumentIndex = Type.Object({
  valid: Type.Array(Accepted),
  events: Type.Optional(Type.Array(Accepted)),
  queryDocuments: Type.Optional(Type.Array(Accepted)),
  invalid: Type.Optional(Type.Array(Refused)),
  queryDocumentsInvalid: Type.Optional(Type.Array(Refused)),
  queryBodies: Type.Optional(Bodies),
  queryBodiesInvalid: Type.Optional(Bodies)
})
const PedigreeIndex = Type.Object({
  documents: Type.Array(
    Type.Object({
      file: Type.String(),
      events: Type.Integer(),
      publishedSchemaValid: Type.Boolean(),
      normalisedSchemaValid: Type.Boolean(),
      normalisedSchemaFindings: Type.Optional(Type.Array(Type.Object({ pointer: Type.String() })))
    })
  )
})
const documentIndex = compileValidator(DocumentIndex)
const pedigreeIndex = compileValidator(PedigreeIndex)

/** A folder with its index, and the one file that is asked for, if any. */
interface Scene {
  readonly sheet: JudgeSheet
  readonly folder: string
  readonly only: string | undefined
}

export const judge: Judge = {
  kind: 'epcis',
  about: 'EPCIS documents, JSON and XML: validation and normalisation',
  async run(path) {
    const sheet = createJudgeSheet()
    sheet.note(
      'accepted although the JSON Schema of GS1 refuses them: persistentDisposition on any event, measurement types that GS1 does not list, sensor reports without type'
    )
    for (const { index, only } of await indexesAt(path)) {
      const scene: Scene = { sheet, folder: dirname(index), only }
      const value = await readJson(index)
      const documents = documentIndex.check(value)
      const pedigrees = pedigreeIndex.check(value)
      const xml = xmlIndex.check(value)
      if (documents.ok) await judgeDocuments(scene, documents.value)
      else if (xml.ok) {
        for (const row of xml.value.documents) if (isAsked(scene, row.file)) await judgeXml(sheet, scene.folder, row)
      } else if (pedigrees.ok) await judgePedigrees(scene, pedigrees.value)
    }
    return sheet.result()
  }
}

/** The indexes under a folder; for a single document the index above that lists it. */
async function indexesAt(path: string): Promise<{ index: string; only: string | undefined }[]> {
  const isFile = (await stat(path)).isFile()
  if (!isFile || basename(path) === 'index.json') {
    const files = isFile ? [path] : await listFiles(path, (name) => name === 'index.json')
    if (files.length > 0) return files.filter((file) => !file.includes('/hash/')).map((index) => ({ index, only: undefined }))
  }
  let folder = isFile ? dirname(resolve(path)) : resolve(path)
  for (let depth = 0; depth < 8; depth += 1) {
    if (existsSync(join(folder, 'index.json'))) return [{ index: join(folder, 'index.json'), only: relative(folder, resolve(path)) }]
    folder = dirname(folder)
  }
  return []
}

const isAsked = (scene: Scene, file: string): boolean =>
  scene.only === undefined || file === scene.only || file.startsWith(`${scene.only}/`)

async function judgeDocuments(scene: Scene, index: Static<typeof DocumentIndex>): Promise<void> {
  for (const row of [...index.valid, ...(index.events ?? []), ...(index.queryDocuments ?? [])]) {
    if (isAsked(scene, row.file)) checkAccepted(scene.sheet, row, await readJson(join(scene.folder, row.file)))
  }
  for (const row of [...(index.invalid ?? []), ...(index.queryDocumentsInvalid ?? [])]) {
    if (isAsked(scene, row.file))
      checkRefused(scene.sheet, row.file, {
        value: await readJson(join(scene.folder, row.file)),
        pointers: row.violations.map(({ pointer }) => pointer)
      })
  }
  for (const row of [...(index.queryBodies ?? []), ...(index.queryBodiesInvalid ?? [])]) {
    if (isAsked(scene, row.file)) checkQuery(scene.sheet, row, await readJson(join(scene.folder, row.file)))
  }
}

/** The body of a named query, read as POST /queries reads it. */
function checkQuery(sheet: JudgeSheet, row: { file: string; violations?: { pointer: string }[] }, value: unknown): void {
  const read =
    typeof value === 'object' && value !== null ? readQuery(Object.fromEntries(Object.entries(value)), { form: 'body' }) : undefined
  if (read === undefined || row.violations === undefined) {
    sheet.check(row.file, read?.ok === true, () => (read?.ok === false ? show(read.findings) : 'no object'))
    return
  }
  const found = read.ok ? [] : read.findings.map(({ pointer }) => pointer)
  const missing = row.violations.filter(({ pointer }) => !found.some((at) => at === pointer || at.startsWith(`${pointer}/`)))
  const detail = () => (read.ok ? 'accepted, wanted a refusal' : `no finding at ${missing.map(({ pointer }) => pointer).join(', ')}`)
  sheet.check(row.file, !read.ok && missing.length === 0, detail)
}

async function judgePedigrees(scene: Scene, index: Static<typeof PedigreeIndex>): Promise<void> {
  for (const row of index.documents) {
    const normalised = `normalised/${row.file}`
    if (isAsked(scene, normalised)) {
      const value = await readJson(join(scene.folder, normalised))
      if (row.normalisedSchemaValid) checkAccepted(scene.sheet, { file: normalised, events: row.events }, value)
      else checkRefused(scene.sheet, normalised, { value, pointers: (row.normalisedSchemaFindings ?? []).map(({ pointer }) => pointer) })
    }
    const published = `published/${row.file}`
    if (!isAsked(scene, published)) continue
    const capture = parseCapture(await readJson(join(scene.folder, published)))
    if (!capture.ok) scene.sheet.check(published, !row.publishedSchemaValid, () => show(capture.findings))
    else {
      // What is taken although GS1's schema refuses it must be the same events.
      const twin = parseCapture(await readJson(join(scene.folder, normalised)))
      const isSame = twin.ok && isDeepStrictEqual(hashesOf(capture), hashesOf(twin))
      scene.sheet.check(published, isSame, () => 'accepted, but as other events than the normalised document')
    }
  }
}

function hashesOf(capture: Capture): string[] {
  return capture.ok ? capture.events.map((event) => eventHashId(event, capture.context)) : []
}

/** Written as XML and read again, the events are the same. */
function checkXml(sheet: JudgeSheet, file: string, value: unknown): void {
  const read = readEpcisXml(writeEpcisXml(value))
  const back: Capture = read.ok ? parseCapture(read.document, 'xml') : read
  const isSame = back.ok && isDeepStrictEqual(hashesOf(back), hashesOf(parseCapture(value)))
  sheet.check(`${file} in XML and back`, isSame, () => (back.ok ? 'other events' : show(back.findings)))
}

/** Accepted, every event there, and stored with the content it came with. */
function checkAccepted(sheet: JudgeSheet, row: { file: string; events: number; eventTypes?: string[] }, value: unknown): void {
  const capture = parseCapture(value)
  if (!capture.ok) {
    sheet.check(row.file, false, () => show(capture.findings))
    return
  }
  const types = capture.events.map(({ type }) => type)
  const isComplete = capture.events.length === row.events && (row.eventTypes === undefined || isDeepStrictEqual(types, row.eventTypes))
  sheet.check(row.file, isComplete, () => `found ${types.join(', ')}, wanted ${row.events} events ${row.eventTypes?.join(', ') ?? ''}`)
  checkXml(sheet, row.file, value)
  for (const [index, event] of capture.events.entries()) {
    const stored: unknown = JSON.parse(toTraceEvent(event, { recordTimeMs: 0, context: capture.context }).json)
    sheet.check(`${row.file} event ${index}`, isDeepStrictEqual(contentOf(stored), contentOf(event)), () => 'the stored event differs')
  }
}

/** Without the members that the capturer fills in. */
function contentOf(event: unknown): unknown {
  if (typeof event !== 'object' || event === null) return event
  return Object.fromEntries(Object.entries(event).filter(([name]) => !['@context', 'eventID', 'recordTime'].includes(name)))
}

function checkRefused(sheet: JudgeSheet, name: string, row: { value: unknown; pointers: readonly string[] }): void {
  const capture = parseCapture(row.value)
  if (capture.ok) {
    sheet.check(name, false, () => 'accepted, wanted a refusal')
    return
  }
  const found = capture.findings.map(({ pointer }) => pointer)
  const missing = row.pointers.filter((pointer) => !found.some((at) => at === pointer || at.startsWith(`${pointer}/`)))
  sheet.check(name, missing.length === 0, () => `no finding at ${missing.join(', ')}; found ${show(capture.findings)}`)
}

function show(findings: readonly { code: string; message: string }[]): string {
  return findings.map(({ code, message }) => `${code} ${message}`).join('; ')
}
