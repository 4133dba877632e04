/** Part of the judge `epcis`: EPCIS XML, accepted with every event, equal to its JSON counterpart, and the same after being written again. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { Type, type Static } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import { parseCapture } from '@tracegate/model/epcis/document'
import { eventHashId } from '@tracegate/model/epcis/event-hash'
import { readEpcisXml } from '@tracegate/model/epcis/xml/read'
import { writeEpcisXml } from '@tracegate/model/epcis/xml/write'
import { readQueryXml } from '@tracegate/model/epcis/xml/read-query'
import type { JudgeSheet } from './result.ts'
import { readJson } from './vectors.ts'

const XmlIndex = Type.Object({
  documents: Type.Array(
    Type.Object({
      file: Type.String({ pattern: '\\.xml$' }),
      events: Type.Optional(Type.Integer()),
      eventTypes: Type.Optional(Type.Array(Type.String())),
      jsonCounterpart: Type.Optional(Type.String())
    })
  )
})
export const xmlIndex = compileValidator(XmlIndex)
type Row = Static<typeof XmlIndex>['documents'][number]

export async function judgeXml(sheet: JudgeSheet, folder: string, row: Row): Promise<void> {
  const text = await readFile(join(folder, row.file), 'utf8')
  if ((row.events ?? 0) === 0) {
    const query = readQueryXml(text)
    if (query.ok) return sheet.check(row.file, Object.keys(query.query).length > 0, () => 'a query without parameters')
  }
  const read = readEpcisXml(text)
  if (!read.ok) return sheet.check(row.file, false, () => show(read.findings))
  const capture = parseCapture(read.document, 'xml')
  if (!capture.ok) return sheet.check(row.file, false, () => show(capture.findings))
  const types = capture.events.map(({ type }) => type)
  const isComplete =
    (row.events === undefined || types.length === row.events) && (row.eventTypes === undefined || isDeepStrictEqual(types, row.eventTypes))
  sheet.check(row.file, isComplete, () => `found ${types.join(', ')}, wanted ${row.events} events ${row.eventTypes?.join(', ') ?? ''}`)
  const again = readEpcisXml(writeEpcisXml(read.document))
  const rewritten = again.ok ? parseCapture(again.document, 'xml') : again
  const isKept =
    rewritten.ok &&
    capture.events.every((event, index) => {
      const twin = rewritten.events[index]
      return twin !== undefined && eventHashId(twin, rewritten.context) === eventHashId(event, capture.context)
    })
  sheet.check(`${row.file} written again`, isKept, () => (rewritten.ok ? 'other events' : show(rewritten.findings)))
  if (row.jsonCounterpart === undefined) return
  const other = parseCapture(await readJson(join(folder, row.jsonCounterpart)))
  if (!other.ok) return sheet.check(`${row.file} counterpart`, false, () => show(other.findings))
  for (const [index, event] of other.events.entries()) {
    const wanted = eventHashId(event, other.context)
    const twin = capture.events[index]
    const found = twin === undefined ? 'no event' : eventHashId(twin, capture.context)
    sheet.check(`${row.file} event ${index} hash`, found === wanted, () => `found ${found}, wanted ${wanted} of the JSON`)
  }
}

function show(findings: readonly { code: string; message: string }[]): string {
  return findings.map(({ code, message }) => `${code} ${message}`).join('; ')
}
