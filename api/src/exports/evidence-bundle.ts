/**
 * Writes a sealed evidence bundle: every file in a fixed order with its hash, then the manifest that names them, then the signature over
 * the manifest's bytes. What is in the bundle is what the stores gave; nothing is judged here.
 */
import { createHash } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { checkEvent } from '@tracegate/model/epcis/event'
import { eventHashId } from '@tracegate/model/epcis/event-hash'
import {
  evidenceFormat,
  manifestName,
  publicKeyName,
  signatureName,
  type EvidenceFile,
  type EvidenceJournal,
  type EvidenceManifest,
  type EvidenceQuestion
} from '@tracegate/model/evidence'
import { exportReadings } from '@tracegate/store/export'
import { canonicalJson } from '@tracegate/store/journal'
import type { ApiContext } from '../context.ts'
import { version } from '../version.ts'
import { jsonPiece, linesPiece, openBundleFile, type BundleFile, type Piece } from './bundle-file.ts'
import type { Seal } from './evidence-keys.ts'
import { scopeOf, type EvidenceAsk, type EvidenceScope, type EvidenceSources } from './evidence-scope.ts'
import { figuresOf, namesByKey, timelineEntry, type TimelineEntry } from './evidence-figures.ts'
import { summaryOf } from './evidence-summary.ts'
import { eventsById } from './event-selection.ts'

export interface BundleOrder {
  readonly id: string
  readonly path: string
  readonly ask: EvidenceAsk
  readonly question: EvidenceQuestion
  readonly askedBy: { readonly name: string; readonly kind: string }
  readonly createdAtMs: number
  readonly seal: Seal
  /** Told after each file; throws to end early. */
  readonly progress: (step: string, counts: Readonly<Record<string, number>>) => void
}

export interface Bundle {
  readonly bytes: number
  readonly sha256: string
  readonly manifest: EvidenceManifest
  readonly manifestSha256: string
}

/** Unpacked octets of one bundle, and its readings. */
const bundleBytesMax = 512 * 1_048_576
const readingsMax = 1_000_000

export async function writeBundle(context: EvidenceSources, order: BundleOrder): Promise<Bundle> {
  order.progress('collecting', {})
  const scope = await scopeOf(context, order.ask)
  const file = await openBundleFile(order.path, { timeMs: order.createdAtMs })
  try {
    const cuts = [...scope.cuts]
    const files: EvidenceFile[] = []
    const timeline: TimelineEntry[] = []
    const add = async (name: string, holds: string, pieces: Parameters<BundleFile['add']>[0]['pieces']) => {
      order.progress(name, counted(files))
      const added = await file.add({ name, holds, pieces })
      files.push(added)
      return added
    }
    await add('question.json', 'the question', [jsonPiece(questionFile(order))])
    await add(
      'events.jsonl',
      'EPCIS events as captured, each with its event hash id (CBV 2.0)',
      eventLines(context, { scope, order, cuts, timeline })
    )
    await add('readings.csv', 'readings of the places concerned, with unit and quality flag', readingLines(context, { scope, file, cuts }))
    await add('anomalies.jsonl', 'anomalies as known then', [linesPiece(scope.anomalies.map((anomaly) => JSON.stringify(anomaly)))])
    const journals: EvidenceJournal[] = []
    for (const [index, { kind, id, steps }] of scope.journals.entries()) {
      const name = `journals/${String(index + 1).padStart(4, '0')}-${kind.toLowerCase()}.jsonl`
      await add(name, `journal of ${kind} ${id}`.slice(0, 256), [linesPiece(steps.map((step) => JSON.stringify(step)))])
      journals.push({ file: name, kind, id, steps: steps.length, lastHash: steps.at(-1)?.hash ?? '' })
    }
    await add('trace.json', 'answers of the trace', [jsonPiece(withoutClock(scope.trace), Object.keys(scope.trace).length)])
    const rows = await rowsOf(context, scope)
    const rowCount = Object.values(rows).reduce((sum, list) => sum + list.length, 0)
    await add('names.json', 'register rows of the parties, places and products concerned', [jsonPiece(rows, rowCount)])
    const figures = await figuresOf(context, scope.windows)
    const names = await namesByKey(context)
    const summary = summaryOf({ order, scope, files, cuts, timeline, figures, names })
    await add('summary.md', 'summary for people, in Chinese and English', [{ bytes: Buffer.from(summary), count: 1 }])
    await add(publicKeyName, 'public key of the seal', [{ bytes: Buffer.from(order.seal.publicKeyPem), count: 1 }])
    const manifest = manifestOf(order, { files, journals, cuts })
    const bytes = Buffer.from(canonicalJson(manifest))
    order.progress('sealing', counted(files))
    await file.add({ name: manifestName, holds: '', pieces: [{ bytes, count: 1 }] })
    await file.add({ name: signatureName, holds: '', pieces: [{ bytes: order.seal.sign(bytes), count: 1 }] })
    return { ...(await file.end()), manifest, manifestSha256: createHash('sha256').update(bytes).digest('hex') }
  } catch (error) {
    await file.abandon()
    await rm(order.path, { force: true })
    throw error
  }
}

function counted(files: readonly EvidenceFile[]): Record<string, number> {
  return Object.fromEntries(files.filter(({ name }) => /\.(?:jsonl|csv)$/.test(name)).map(({ name, count }) => [name, count]))
}

function manifestOf(
  order: BundleOrder,
  { files, journals, cuts }: { files: readonly EvidenceFile[]; journals: readonly EvidenceJournal[]; cuts: readonly string[] }
): EvidenceManifest {
  return {
    format: evidenceFormat,
    id: order.id,
    createdAt: new Date(order.createdAtMs).toISOString(),
    createdAtMs: order.createdAtMs,
    knownAt: new Date(order.ask.knownAtMs).toISOString(),
    askedBy: order.askedBy,
    software: { name: 'Tracegate', version },
    question: order.question,
    keyId: order.seal.keyId,
    algorithm: 'Ed25519',
    files: [...files],
    journals: [...journals],
    cut: [...cuts]
  }
}

function questionFile({ question, ask, askedBy, createdAtMs }: BundleOrder): unknown {
  const { knownAtMs, ...asked } = ask
  return { question, asked, knownAt: new Date(knownAtMs).toISOString(), askedBy, askedAt: new Date(createdAtMs).toISOString() }
}

/** `{"n":1,"hashId":"ni:///…","event":{…}}`: the event's text is the stored one, byte for byte. */
async function* eventLines(
  { trace }: Pick<ApiContext, 'trace'>,
  { scope, order, cuts, timeline }: { scope: EvidenceScope; order: BundleOrder; cuts: string[]; timeline: TimelineEntry[] }
): AsyncGenerator<Piece> {
  let number = 0
  let bytes = 0
  for await (const page of eventsById(trace, scope.eventIDs)) {
    const known = page.filter(({ fact }) => fact.recordTimeMs <= order.ask.knownAtMs)
    timeline.push(...known.map(timelineEntry))
    const lines = known.map(({ json, source }) => {
      number += 1
      return `{"n":${number},"hashId":${JSON.stringify(hashOf(source))},"event":${json}}`
    })
    const piece = linesPiece(lines)
    bytes += piece.bytes.length
    yield piece
    if (bytes > bundleBytesMax / 2) {
      cuts.push(`events: cut after ${number}, at ${bundleBytesMax / 2} octets`)
      return
    }
  }
}

function hashOf(source: Readonly<Record<string, unknown>>): string | null {
  const checked = checkEvent(source)
  return checked.ok ? eventHashId(checked.event, checked.event['@context']) : null
}

const header = 'time,point,device,metric,unit,value,quality\r\n'

async function* readingLines(
  { telemetry }: Pick<ApiContext, 'telemetry'>,
  { scope, file, cuts }: { scope: EvidenceScope; file: BundleFile; cuts: string[] }
): AsyncGenerator<Piece> {
  yield { bytes: Buffer.from(header), count: 0 }
  let readings = 0
  let bytes = file.bytes()
  for (const { series, fromMs, toMs } of scope.windows) {
    for await (const chunk of exportReadings(telemetry, { series: [series], fromMs, toMs }, 'csv')) {
      const lines = Buffer.from(chunk).toString().replace(header, '')
      const count = lines.split('\n').length - 1
      readings += count
      bytes += lines.length
      if (readings > readingsMax || bytes > bundleBytesMax) {
        cuts.push(`readings: cut in ${series} at ${new Date(fromMs).toISOString()}, after ${readings - count} readings`)
        return
      }
      if (count > 0) yield { bytes: Buffer.from(lines), count }
    }
  }
}

/** How long an answer took says nothing of the goods, and would make two bundles of one question differ. */
function withoutClock(trace: Readonly<Record<string, unknown>>): unknown {
  return JSON.parse(JSON.stringify(trace, (name, value: unknown) => (name === 'tookMs' ? undefined : value)))
}

/** The register rows that somebody who reads the bundle needs to know who and what is meant. */
async function rowsOf({ registers }: Pick<ApiContext, 'registers'>, scope: EvidenceScope): Promise<Record<string, readonly unknown[]>> {
  const book = await registers.names()
  const wanted = JSON.stringify([scope.trace, scope.anomalies, [...scope.keys]])
  const products = book.products.filter(({ key }) => wanted.includes(key))
  const places = book.places.filter(({ key }) => wanted.includes(key))
  const points = book.points.filter(({ id, key }) => wanted.includes(key) || places.some(({ point }) => point === id))
  const glns = new Set([...products.map(({ manufacturer }) => manufacturer), ...points.map(({ operator }) => operator)])
  const parties = book.parties.filter(({ key, gln }) => glns.has(gln) || wanted.includes(key))
  return { parties, points, places, products }
}
