/** The verdicts as a table for people, as JSON, and as JUnit XML. Pure text; writes no file. */
import { type Language, textOf } from './requirements.ts'
import { type Outcome, outcomes, type Verdict } from './judge.ts'
import type { Fault } from './rules/finding.ts'

export interface ReportHead {
  readonly point: string
  readonly device: string
  /** `complete`, or what cut the run short. */
  readonly ended: string
  /** Longest time that the computer of the kit stood still; undefined for a capture. */
  readonly stalledMs?: number
}

/** From here on a stall is told of. */
const stallToldMs = 500

/** Exit code of the program: a MUST that failed is 1. */
export function exitCodeOf(verdicts: readonly Verdict[]): 0 | 1 {
  return verdicts.some(({ outcome }) => outcome === 'failed') ? 1 : 0
}

function countsOf(verdicts: readonly Verdict[]): Record<Outcome, number> {
  const counts = { passed: 0, failed: 0, warning: 0, 'not tested': 0 }
  for (const { outcome } of verdicts) counts[outcome] += 1
  return counts
}

const outcomeZh: Readonly<Record<Outcome, string>> = { passed: '通过', failed: '未通过', warning: '警告', 'not tested': '未测试' }

export function verdictTable(verdicts: readonly Verdict[], head: ReportHead, language: Language): string {
  const wordOf = (outcome: Outcome) => (language === 'zh' ? outcomeZh[outcome] : outcome)
  const lines = [`${head.point}/${head.device}`, '']
  for (const verdict of verdicts) {
    const { requirement, outcome, detail } = verdict
    lines.push(`${requirement.id.padEnd(8)} ${requirement.level.padEnd(6)} ${padded(wordOf(outcome))} ${detail}`.trimEnd())
    if (outcome !== 'failed' && outcome !== 'warning') continue
    lines.push(`         ${textOf(requirement, language)}`)
    for (const fault of verdict.faults) lines.push(...faultLines(fault).map((line) => `         ${line}`))
    const more = verdict.faultCount - verdict.faults.length
    if (more > 0) lines.push(`         … and ${more} more`)
  }
  const counts = countsOf(verdicts)
  lines.push('', outcomes.map((outcome) => `${counts[outcome]} ${wordOf(outcome)}`).join(', '))
  if (head.ended !== 'complete') lines.push(`The run was cut short: ${head.ended}.`)
  if ((head.stalledMs ?? 0) >= stallToldMs)
    lines.push(`This computer stood still for ${head.stalledMs} ms: repeat the run on one with less to do before you trust it.`)
  return `${lines.join('\n')}\n`
}

/** A Chinese character takes two columns. */
function padded(word: string): string {
  const width = word.length + word.replaceAll(/[^\u3000-\u9fff]/g, '').length
  return word + ' '.repeat(Math.max(0, 10 - width))
}

function faultLines(fault: Fault): string[] {
  const lines = [`- seen: ${fault.seen}`, `  expected: ${fault.expected}`]
  if (fault.topic !== undefined) lines.push(`  topic: ${fault.topic}`)
  if (fault.hex !== undefined && fault.hex !== '') lines.push(`  bytes: ${shownBytes(fault.hex)}`)
  if (fault.entry !== undefined) lines.push(`  line ${lineOf(fault.entry)} of the capture`)
  return lines
}

/** Text where the bytes are text, else hexadecimal. */
function shownBytes(hex: string): string {
  const text = Buffer.from(hex, 'hex').toString()
  return /^[\u0020-\u007e]*$/.test(text) ? text : hex
}

/** The scene is line 1, entry 0 is line 2. */
function lineOf(entry: number): number {
  return entry + 2
}

export function verdictJson(verdicts: readonly Verdict[], head: ReportHead): string {
  const value = {
    ...head,
    counts: countsOf(verdicts),
    verdicts: verdicts.map(({ requirement, outcome, detail, faults, faultCount }) => ({
      id: requirement.id,
      section: requirement.section,
      level: requirement.level,
      outcome,
      detail,
      faultCount,
      faults: faults.map(({ entry, ...fault }) => ({ ...fault, ...(entry === undefined ? {} : { captureLine: lineOf(entry) }) })),
      text: { en: requirement.en, zh: requirement.zh }
    }))
  }
  return `${JSON.stringify(value, undefined, 2)}\n`
}

/** One test case a requirement, one suite a section; a warning is a pass with its words in `system-out`. */
export function verdictJunit(verdicts: readonly Verdict[], head: ReportHead): string {
  const sections = [...new Set(verdicts.map(({ requirement }) => requirement.section))]
  const suites = sections.map((section) => {
    const own = verdicts.filter(({ requirement }) => requirement.section === section)
    const counts = countsOf(own)
    const open = `  <testsuite name="${escapeXml(section)}" tests="${own.length}" failures="${counts.failed}" errors="0" skipped="${counts['not tested']}">`
    return [open, ...own.map((verdict) => caseXml(verdict, head)), '  </testsuite>'].join('\n')
  })
  const counts = countsOf(verdicts)
  const open = `<testsuites name="Tracegate device conformance" tests="${verdicts.length}" failures="${counts.failed}" errors="0">`
  return ['<?xml version="1.0" encoding="UTF-8"?>', open, ...suites, '</testsuites>', ''].join('\n')
}

function caseXml({ requirement, outcome, detail, faults }: Verdict, head: ReportHead): string {
  const name = `${requirement.id}: ${requirement.en}`
  const open = `    <testcase classname="${escapeXml(`${head.point}.${head.device}`)}" name="${escapeXml(name)}"`
  const text = escapeXml(faults.flatMap(faultLines).join('\n'))
  switch (outcome) {
    case 'passed':
      return `${open}/>`
    case 'not tested':
      return `${open}><skipped message="${escapeXml(detail)}"/></testcase>`
    case 'failed':
      return `${open}><failure message="${escapeXml(faults[0]?.seen ?? detail)}">${text}</failure></testcase>`
    case 'warning':
      return `${open}><system-out>${text}</system-out></testcase>`
    default:
      return outcome satisfies never
  }
}

/** Characters that XML 1.0 does not allow become U+FFFD. */
function escapeXml(text: string): string {
  return text
    .replaceAll(/[^\u0009\u000a\u000d\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
