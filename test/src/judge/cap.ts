/** Judges CAP messages and feeds in the format of `testdata/cap/expected.json`: what must be read and how, and what must be refused. */
import { readFile, stat } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { Type, type Static } from 'typebox'
import type { CapInfo } from '@tracegate/model/cap'
import { readCapFeed } from '@tracegate/model/cap-feed'
import { readCap } from '@tracegate/model/cap-read'
import { compileValidator } from '@tracegate/model/codec'
import type { Reason } from '@tracegate/model/errors'
import { readJson } from './vectors.ts'
import { createJudgeSheet, type Judge, type JudgeSheet } from './result.ts'

const Text = Type.Optional(Type.String())
const Count = Type.Optional(Type.Integer())
const Info = Type.Object({
  language: Text,
  event: Text,
  urgency: Text,
  severity: Text,
  certainty: Text,
  effective: Text,
  onset: Text,
  expires: Text,
  categories: Type.Optional(Type.Array(Type.String())),
  areas: Count,
  polygons: Count,
  circles: Count,
  geocodes: Count
})
const Valid = Type.Object({
  file: Type.String(),
  capVersion: Text,
  identifier: Text,
  sender: Text,
  sent: Text,
  status: Text,
  msgType: Text,
  scope: Text,
  references: Text,
  infos: Type.Optional(Type.Array(Info)),
  envelopedSignature: Type.Optional(Type.Boolean())
})
const Invalid = Type.Object({ file: Type.String(), reasons: Type.Optional(Type.Array(Type.String())) })
const Feed = Type.Object({
  file: Type.String(),
  expect: Type.Union([Type.Literal('accepted'), Type.Literal('rejected')]),
  entries: Count,
  embeddedAlerts: Count,
  reasons: Type.Optional(Type.Array(Type.String()))
})
type Valid = Static<typeof Valid>
type Feed = Static<typeof Feed>
const files = compileValidator(
  Type.Object({
    valid: Type.Optional(Type.Array(Valid)),
    invalid: Type.Optional(Type.Array(Invalid)),
    feeds: Type.Optional(Type.Array(Feed))
  })
)

export const judge: Judge = {
  kind: 'cap',
  about: 'CAP 1.1 and 1.2 messages and feeds: read to the fields given, refused with a reason',
  async run(path) {
    const sheet = createJudgeSheet()
    const file = (await stat(path)).isDirectory() ? join(path, 'expected.json') : path
    const checked = files.check(await readJson(file))
    if (!checked.ok) {
      sheet.check(file, false, () => `${checked.reason.pointer} ${checked.reason.message}`)
      return sheet.result()
    }
    const { valid = [], invalid = [], feeds = [] } = checked.value
    const bytesOf = (name: string) => readFile(join(dirname(file), name))
    for (const one of valid) judgeValid(one, await bytesOf(one.file), sheet)
    for (const one of invalid) {
      const read = readCap(await bytesOf(one.file))
      sheet.check(one.file, !read.ok, () => `was taken, expected to be refused: ${(one.reasons ?? []).join('; ')}`)
      if (!read.ok) noteReasons(one.file, [...read.findings, ...read.remarks], sheet)
    }
    for (const one of feeds) judgeFeed(one, await bytesOf(one.file), sheet)
    return sheet.result()
  }
}

function noteReasons(name: string, reasons: readonly Reason[], sheet: JudgeSheet): void {
  sheet.note(`${name} refused: ${reasons.map(({ message }) => message).join('; ')}`)
}

function judgeValid(one: Valid, bytes: Uint8Array, sheet: JudgeSheet): void {
  const read = readCap(bytes)
  if (!read.ok) return sheet.check(one.file, false, () => read.findings.map(({ pointer, message }) => `${pointer} ${message}`).join('; '))
  const { alert } = read
  const { file: _file, infos: wanted = [], ...head } = one
  const got: Readonly<Record<string, unknown>> = {
    ...alert,
    capVersion: alert.version,
    references: alert.references.map(({ sender, identifier, sent }) => `${sender},${identifier},${sent}`).join(' '),
    envelopedSignature: alert.signed
  }
  const different = Object.entries(head).filter(([name, value]) => got[name] !== value)
  const infos = alert.infos.map(summaryOf)
  const infosDiffer =
    infos.length !== wanted.length ||
    wanted.some((info, index) => JSON.stringify(sorted(info)) !== JSON.stringify(sorted(infos[index] ?? {})))
  sheet.check(one.file, different.length === 0 && !infosDiffer, () => {
    const members = different.map(([name, value]) => `${name} is ${JSON.stringify(got[name])}, expected ${JSON.stringify(value)}`)
    return [...members, ...(infosDiffer ? [`infos are ${JSON.stringify(infos)}, expected ${JSON.stringify(wanted)}`] : [])].join('; ')
  })
}

function summaryOf({ language, event, urgency, severity, certainty, effective, onset, expires, categories, areas }: CapInfo): object {
  const count = (part: 'polygons' | 'circles' | 'geocodes') => areas.reduce((sum, area) => sum + area[part].length, 0)
  const counts = { areas: areas.length, polygons: count('polygons'), circles: count('circles'), geocodes: count('geocodes') }
  return { language, event, urgency, severity, certainty, effective, onset, expires, categories, ...counts }
}

function sorted(value: object): [string, unknown][] {
  return Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .toSorted(([left], [right]) => (left < right ? -1 : 1))
}

function judgeFeed(one: Feed, bytes: Uint8Array, sheet: JudgeSheet): void {
  const read = readCapFeed(bytes)
  const wanted = `expected ${one.expect}${one.reasons === undefined ? '' : `: ${one.reasons.join('; ')}`}`
  if (!read.ok) {
    noteReasons(one.file, [...read.findings, ...read.remarks], sheet)
    return sheet.check(
      one.file,
      one.expect === 'rejected',
      () => `refused (${read.findings.map(({ message }) => message).join('; ')}), ${wanted}`
    )
  }
  const alerts = read.entries.reduce((sum, entry) => sum + entry.alerts.length, 0)
  const isRight =
    one.expect === 'accepted' && (one.entries ?? read.entries.length) === read.entries.length && (one.embeddedAlerts ?? alerts) === alerts
  sheet.check(one.file, isRight, () => `taken with ${read.entries.length} entries and ${alerts} embedded alerts, ${wanted}`)
}
