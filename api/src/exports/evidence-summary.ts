/** What is in a bundle, said to people in Chinese and English, with how to check it by hand. Figures come from the stores; it judges nothing. */
import { manifestName, publicKeyName, signatureName, type EvidenceFile } from '@tracegate/model/evidence'
import type { BundleOrder } from './evidence-bundle.ts'
import { shownMax, type Names, type SeriesFigures, type TimelineEntry } from './evidence-figures.ts'
import type { EvidenceScope } from './evidence-scope.ts'

export interface SummaryParts {
  readonly order: BundleOrder
  readonly scope: EvidenceScope
  readonly files: readonly EvidenceFile[]
  readonly cuts: readonly string[]
  readonly timeline: readonly TimelineEntry[]
  readonly figures: readonly SeriesFigures[]
  readonly names: Names
}

type Language = 'zh' | 'en'

const words = {
  zh: {
    title: '证据包摘要',
    id: '编号',
    question: '提问',
    asked: '提问人',
    at: '时间',
    known: '以此刻所知为准',
    key: '封签密钥',
    files: '文件',
    fileHead: '| 文件 | 条数 | SHA-256 |',
    events: '事件（按发生时间）',
    eventHead: '| 时间 | 业务步骤 | 件数 | 地点 | 事件 |',
    wrong: '（声明有误）',
    series: '读数',
    seriesHead: '| 序列 | 起 | 止 | 读数 | 最低 | 最高 | 单位 |',
    readings: '读数没有入库时间：它们是制作本包时库中的内容。质量标志 4（不合格）和 9（缺失）不计入本表。',
    anomalies: '异常',
    cuts: '未收入的部分',
    none: '无',
    noCut: '没有因限制而略去的内容。',
    more: '其余见文件，共',
    check: '如何核验',
    byCommand: '用 Tracegate：',
    byHand: '或手工，解压之后：',
    trust: '公钥须另从发布方取得并与包内的比对：包内的公钥只能证明内容自封签后未变，不能证明是谁封签的。'
  },
  en: {
    title: 'Evidence bundle: summary',
    id: 'Id',
    question: 'Question',
    asked: 'Asked by',
    at: 'at',
    known: 'As known at',
    key: 'Sealed with key',
    files: 'Files',
    fileHead: '| file | count | SHA-256 |',
    events: 'Events, in the order in which they happened',
    eventHead: '| time | business step | things | place | event |',
    wrong: ' (declared wrong)',
    series: 'Readings',
    seriesHead: '| series | from | to | readings | least | most | unit |',
    readings:
      'Readings carry no time of recording: they are what the store held when the bundle was made. Quality 4 (fail) and 9 (missing) do not count in this table.',
    anomalies: 'Anomalies',
    cuts: 'What was left out',
    none: 'none',
    noCut: 'Nothing was left out by a limit.',
    more: 'the others are in the files, in all',
    check: 'How to check it',
    byCommand: 'With Tracegate:',
    byHand: 'By hand, after unpacking:',
    trust:
      'Get the public key from the publisher as well and compare: the key inside of the bundle shows only that nothing changed since it was sealed, not who sealed it.'
  }
} as const

/** Markdown. */
export function summaryOf(parts: SummaryParts): string {
  return `${partOf(parts, 'zh')}\n---\n\n${partOf(parts, 'en')}`
}

function partOf(parts: SummaryParts, language: Language): string {
  const { order, scope, files, cuts, names } = parts
  const word = words[language]
  const named = (key: string) => oneLine(names(key)?.[language] ?? key)
  const timeline = parts.timeline
    .slice(0, shownMax)
    .map(({ timeMs, what, things, place, eventID, declaresWrong }) =>
      row(iso(timeMs), oneLine(what) + (declaresWrong ? word.wrong : ''), things, place === undefined ? '' : named(place), oneLine(eventID))
    )
  const figures = parts.figures.map(({ series, fromMs, toMs, count, min, max, unit }) =>
    row(oneLine(series), iso(fromMs), iso(toMs), count, min, max, oneLine(unit))
  )
  return [
    `# ${word.title}`,
    '',
    `- ${word.id}: ${order.id}`,
    `- ${word.question}: ${questionText(order.question, named)}`,
    `- ${word.asked}: ${oneLine(order.askedBy.name)}, ${word.at} ${iso(order.createdAtMs)}`,
    `- ${word.known}: ${iso(order.ask.knownAtMs)}`,
    `- ${word.key}: ${order.seal.keyId}`,
    ...section(word.files, [word.fileHead, row('---', '---', '---'), ...files.map(({ name, count, sha256 }) => row(name, count, sha256))]),
    ...section(
      word.events,
      timeline.length === 0
        ? [word.none]
        : [word.eventHead, row('---', '---', '---', '---', '---'), ...timeline, ...moreOf(parts.timeline.length, word.more)]
    ),
    ...section(
      word.series,
      figures.length === 0
        ? [word.none]
        : [
            word.readings,
            '',
            word.seriesHead,
            row('---', '---', '---', '---', '---', '---', '---'),
            ...figures,
            ...moreOf(scope.windows.length, word.more)
          ]
    ),
    ...section(word.anomalies, anomalyLines(scope, language, named)),
    ...section(word.cuts, cuts.length === 0 ? [word.noCut] : cuts.map((cut) => `- ${oneLine(cut)}`)),
    ...section(word.check, howToCheck(word)),
    ''
  ].join('\n')
}

function section(title: string, lines: readonly string[]): string[] {
  return ['', `## ${title}`, '', ...lines]
}

function row(...cells: readonly (string | number)[]): string {
  return `| ${cells.join(' | ')} |`
}

function moreOf(count: number, text: string): string[] {
  return count > shownMax ? ['', `… ${text} ${count}`] : []
}

function howToCheck({
  byCommand,
  byHand,
  trust
}: {
  readonly byCommand: string
  readonly byHand: string
  readonly trust: string
}): string[] {
  return [
    byCommand,
    '',
    '```sh',
    'npm run verify-evidence -- bundle.zip --key publisher.pem',
    '```',
    '',
    byHand,
    '',
    '```sh',
    `openssl pkeyutl -verify -rawin -pubin -inkey ${publicKeyName} -in ${manifestName} -sigfile ${signatureName}`,
    'sha256sum events.jsonl readings.csv anomalies.jsonl',
    '```',
    '',
    trust
  ]
}

function anomalyLines({ anomalies }: EvidenceScope, language: Language, named: (key: string) => string): string[] {
  if (anomalies.length === 0) return [words[language].none]
  return [
    ...anomalies.slice(0, shownMax).map(({ id, type, onsetMs, closedMs, place, proof }) => {
      const where = place === undefined ? '' : ` ${named(place)}`
      return `- ${oneLine(id)} (${type}) ${iso(onsetMs)} – ${closedMs === undefined ? '…' : iso(closedMs)}${where}: ${oneLine(proof[language])}`
    }),
    ...moreOf(anomalies.length, words[language].more)
  ]
}

function questionText(question: object, named: (key: string) => string): string {
  return Object.entries(question)
    .map(([name, value]) => `${name} = ${named(String(value))}`)
    .join(', ')
}

/** What others wrote must not become Markdown of ours. */
function oneLine(text: string): string {
  return text.replaceAll(/[\r\n]+/g, ' ').replaceAll(/[\\`<>|[\]*]/g, (sign) => `\\${sign}`)
}

function iso(timeMs: number): string {
  return new Date(timeMs).toISOString()
}
