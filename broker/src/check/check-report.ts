/** The findings about a broker as a table for people, and what they mean for a collector. */
import type { BrokerReport } from '@tracegate/service/broker-probe/probe-broker'
import type { Finding } from '@tracegate/service/broker-probe/probe'

export type CheckResult = 'works' | 'not for a collector' | 'not reached'

export function resultOf({ findings }: BrokerReport): CheckResult {
  if (findings.some(({ probe, verdict }) => probe === 'reachable' && verdict !== 'works')) return 'not reached'
  return failedOf(findings).length === 0 ? 'works' : 'not for a collector'
}

const failedOf = (findings: readonly Finding[]) => findings.filter(({ needed, verdict }) => needed && verdict !== 'works')

const findingWidthMin = 40

export function checkTable(report: BrokerReport, columns: number): string {
  const { findings, url, name, version, tookMs, topicPrefix } = report
  const probeWidth = Math.max(...findings.map(({ probe }) => probe.length)) + 2
  const verdictWidth = Math.max(...findings.map(({ verdict }) => verdict.length)) + 2
  const indent = 2 + probeWidth + verdictWidth
  const lines = findings.flatMap(({ probe, needed, verdict, finding }) => {
    const [first = '', ...rest] = wrap(oneLine(finding), Math.max(findingWidthMin, columns - indent))
    const head = `${needed ? '* ' : '  '}${probe.padEnd(probeWidth)}${verdict.padEnd(verdictWidth)}${first}`
    return [head.trimEnd(), ...rest.map((line) => ' '.repeat(indent) + line)]
  })
  const title = `${url}${name === undefined ? '' : `, ${oneLine(name)}`}${version === undefined ? '' : `, probed with MQTT ${version}`}`
  const head = `  ${'probe'.padEnd(probeWidth)}${'verdict'.padEnd(verdictWidth)}finding`
  const rule = `  ${'-'.repeat(probeWidth - 2)}  ${'-'.repeat(verdictWidth - 2)}  ${'-'.repeat(findingWidthMin)}`
  const took = `${(tookMs / 1_000).toFixed(1)} s under ${topicPrefix}-…`
  return [title, '', head, rule, ...lines, '', `* a collector depends on it. ${summary(report)} (${took})`, ''].join('\n')
}

function summary(report: BrokerReport): string {
  const result = resultOf(report)
  switch (result) {
    case 'works':
      return 'All of it works.'
    case 'not reached':
      return 'The broker cannot be reached.'
    case 'not for a collector':
      return `Does not work: ${failedOf(report.findings)
        .map(({ probe }) => probe)
        .join(', ')}.`
    default:
      return result satisfies never
  }
}

export function checkJson(report: BrokerReport): string {
  return `${JSON.stringify({ result: resultOf(report), ...report }, undefined, 2)}\n`
}

/** What a broker says of itself may hold anything. */
function oneLine(text: string): string {
  return text.replaceAll(/[\u0000-\u001f\u007f-\u009f]+/g, ' ')
}

function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else line = line === '' ? word : `${line} ${word}`
  }
  return [...lines, line]
}
