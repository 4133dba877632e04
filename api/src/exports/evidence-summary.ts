/** What is in a bundle, said to people in Chinese and English, with how to check it by hand. Figures come from the files; it judges nothing. */
import { manifestName, publicKeyName, signatureName, type EvidenceFile } from '@tracegate/model/evidence'
import type { BundleOrder } from './evidence-bundle.ts'
import type { EvidenceScope } from './evidence-scope.ts'

export interface SummaryParts {
  readonly order: BundleOrder
  readonly scope: EvidenceScope
  readonly files: readonly EvidenceFile[]
  readonly cuts: readonly string[]
}

const shownMax = 100

/** Markdown. */
export function summaryOf(parts: SummaryParts): string {
  return `${chinese(parts)}\n---\n\n${english(parts)}`
}

function chinese({ order, scope, files, cuts }: SummaryParts): string {
  const { askedBy, createdAtMs, ask, question } = order
  return [
    '# 证据包摘要',
    '',
    `- 编号：${order.id}`,
    `- 提问：${questionText(question)}`,
    `- 提问人：${askedBy.name}；时间：${iso(createdAtMs)}`,
    `- 以此刻所知为准：${iso(ask.knownAtMs)}`,
    `- 封签密钥：${order.seal.keyId}`,
    '',
    '| 文件 | 内容条数 | SHA-256 |',
    '|---|---|---|',
    ...fileLines(files),
    '',
    '## 异常',
    '',
    ...anomalyLines(scope, 'zh', '无'),
    '',
    '## 未收入的部分',
    '',
    ...(cuts.length === 0 ? ['没有因限制而略去的内容。'] : cuts.map((cut) => `- ${cut}`)),
    '',
    '## 如何核验',
    '',
    `用 \`npm run verify-evidence -- <证据包> --key <公钥>\`；或手工：解压后用 OpenSSL 以 \`${publicKeyName}\` 核对 \`${manifestName}\` 的签名 \`${signatureName}\`（见下面英文部分的命令），再逐个比对清单中的 SHA-256。公钥须另从发布方取得并与包内的比对：包内的公钥只能证明内容自封签后未变，不能证明是谁封签的。`,
    ''
  ].join('\n')
}

function english({ order, scope, files, cuts }: SummaryParts): string {
  const { askedBy, createdAtMs, ask, question } = order
  return [
    '# Evidence bundle: summary',
    '',
    `- Id: ${order.id}`,
    `- Question: ${questionText(question)}`,
    `- Asked by: ${askedBy.name}, at ${iso(createdAtMs)}`,
    `- As known at: ${iso(ask.knownAtMs)}`,
    `- Sealed with key: ${order.seal.keyId}`,
    '',
    '| file | holds | SHA-256 |',
    '|---|---|---|',
    ...fileLines(files),
    '',
    '## Anomalies',
    '',
    ...anomalyLines(scope, 'en', 'none'),
    '',
    '## What was left out',
    '',
    ...(cuts.length === 0 ? ['Nothing was left out by a limit.'] : cuts.map((cut) => `- ${cut}`)),
    '',
    '## How to check it',
    '',
    'With Tracegate: `npm run verify-evidence -- <bundle> --key <public key>`. By hand, after unpacking:',
    '',
    '```sh',
    `openssl pkeyutl -verify -rawin -pubin -inkey ${publicKeyName} -in ${manifestName} -sigfile ${signatureName}`,
    'sha256sum events.jsonl readings.csv   # and so on: compare with the manifest',
    '```',
    '',
    'Get the public key from the publisher as well and compare: the key inside of the bundle shows only that nothing changed since it was sealed, not who sealed it.',
    ''
  ].join('\n')
}

function fileLines(files: readonly EvidenceFile[]): string[] {
  return files.map(({ name, count, sha256 }) => `| ${name} | ${count} | \`${sha256}\` |`)
}

function anomalyLines({ anomalies }: EvidenceScope, language: 'zh' | 'en', none: string): string[] {
  if (anomalies.length === 0) return [none]
  const more = anomalies.length > shownMax ? [`- … ${anomalies.length}`] : []
  return [
    ...anomalies
      .slice(0, shownMax)
      .map(
        ({ id, type, onsetMs, closedMs, place, proof }) =>
          `- ${id} (${type}) ${iso(onsetMs)} – ${closedMs === undefined ? '…' : iso(closedMs)} ${place ?? ''}: ${oneLine(proof[language])}`
      ),
    ...more
  ]
}

function questionText(question: object): string {
  return Object.entries(question)
    .map(([name, value]) => `${name} = ${oneLine(String(value))}`)
    .join(', ')
}

/** What others wrote must not become Markdown of ours. */
function oneLine(text: string): string {
  return text.replaceAll(/[\r\n]+/g, ' ').replaceAll(/[`<>|[\]*]/g, (sign) => `\\${sign}`)
}

function iso(timeMs: number): string {
  return new Date(timeMs).toISOString()
}
