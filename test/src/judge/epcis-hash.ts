/** Judge `epcis-hash`: the event hash id of CBV 2.0 (`testdata/epcis/hash`), of JSON-LD and XML inputs. */
import { existsSync } from 'node:fs'
import { readFile, stat } from 'node:fs/promises'
import { basename, dirname, extname, join } from 'node:path'
import { Type } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import { parseCapture, type Capture } from '@tracegate/model/epcis/document'
import { eventHashId, eventPreHash, hashIdOf, ignoredFields } from '@tracegate/model/epcis/event-hash'
import { readEpcisXml } from '@tracegate/model/epcis/xml/read'
import { createJudgeSheet, type Judge, type JudgeSheet } from './result.ts'
import { listFiles, readJson } from './vectors.ts'

const Index = Type.Object({
  expectedEqual: Type.Optional(Type.Array(Type.Object({ file: Type.String(), hash: Type.Optional(Type.String()) }))),
  expected_equal: Type.Optional(Type.Array(Type.Object({ file: Type.String(), hash: Type.Optional(Type.String()) })))
})
const index = compileValidator(Index)

export const judge: Judge = {
  kind: 'epcis-hash',
  about: 'EPCIS event hash ids (CBV 2.0), JSON-LD and XML',
  async run(path) {
    const sheet = createJudgeSheet()
    const isInput = (name: string) => /\.(jsonld|json|xml)$/.test(name) && name !== 'index.json'
    const isFile = (await stat(path)).isFile()
    for (const file of isFile ? [path] : await listFiles(path, isInput)) {
      const stem = file.slice(0, -extname(file).length)
      if (existsSync(`${stem}.hashes`)) await judgeVector(sheet, file, stem)
      else if (basename(dirname(file)) === 'expected_equal') await judgeEqual(sheet, file)
    }
    return sheet.result()
  }
}

async function judgeVector(sheet: JudgeSheet, file: string, stem: string): Promise<void> {
  const { capture, ignore } = await readInput(file)
  if (!capture.ok) return sheet.check(basename(file), false, () => capture.findings[0]?.message ?? 'refused')
  const hashes = await readLines(`${stem}.hashes`)
  const preHashes = existsSync(`${stem}.prehashes`) ? await readLines(`${stem}.prehashes`) : undefined
  sheet.check(
    `${basename(file)} events`,
    capture.events.length === hashes.length,
    () => `found ${capture.events.length}, wanted ${hashes.length}`
  )
  for (const [at, event] of capture.events.entries()) {
    const name = `${basename(file)} event ${at}`
    const text = eventPreHash(event, capture.context, ignore)
    const found = ignore.length === 0 ? eventHashId(event, capture.context) : hashIdOf(text)
    sheet.check(`${name} hash`, found === hashes[at], () => `found ${found}, wanted ${hashes[at]}`)
    if (preHashes === undefined) continue
    sheet.check(`${name} pre-hash`, text === preHashes[at], () => `found ${text}, wanted ${preHashes[at]}`)
  }
}

async function judgeEqual(sheet: JudgeSheet, file: string): Promise<void> {
  const { capture } = await readInput(file)
  if (!capture.ok) return sheet.check(basename(file), false, () => capture.findings[0]?.message ?? 'refused')
  const hashes = new Set(capture.events.map((event) => eventHashId(event, capture.context)))
  const wanted = await wantedHash(file)
  const ok = hashes.size === 1 && (wanted === undefined || hashes.has(wanted))
  sheet.check(basename(file), ok, () => `found ${[...hashes].join(', ')}, wanted ${wanted ?? 'one hash'}`)
}

/** The events of a file, and the extensions that it asks to leave out of their hashes. */
async function readInput(file: string): Promise<{ capture: Capture; ignore: readonly string[] }> {
  if (extname(file) !== '.xml') {
    const document = await readJson(file)
    const ignore = typeof document === 'object' && document !== null ? ignoredFields(document) : []
    return { capture: parseCapture(document), ignore }
  }
  const read = readEpcisXml(await readFile(file, 'utf8'))
  if (!read.ok) return { capture: read, ignore: [] }
  return { capture: parseCapture(read.document, 'xml'), ignore: ignoredFields(read.document) }
}

async function wantedHash(file: string): Promise<string | undefined> {
  const path = join(dirname(dirname(file)), 'index.json')
  if (!existsSync(path)) return undefined
  const checked = index.check(await readJson(path))
  const rows = checked.ok ? (checked.value.expectedEqual ?? checked.value.expected_equal ?? []) : []
  return rows.find((row) => basename(row.file) === basename(file))?.hash
}

async function readLines(path: string): Promise<string[]> {
  return (await readFile(path, 'utf8')).trimEnd().split(/\r?\n/)
}
