/** The closing report of a recall to read and print: every figure, holder, check and step with its hash. It computes nothing. */
import type { RecallClosingReport } from '@tracegate/model/recall-report'
import type { HolderProgress } from '@tracegate/model/recall-progress'
import type { Language } from '@tracegate/model/text'
import { timeOf, quantityText } from './notice-paper.ts'
import { outcomeWords, statusWords } from './notice-words.ts'
import type { Paper, Section } from './paper.ts'
import { reportWords as words } from './report-words.ts'

const percent = (share: number): string => `${(share * 100).toFixed(1)} %`

export function reportPaper(report: RecallClosingReport, language: Language, sha256: string | undefined): Paper {
  const word = words[language]
  return {
    language,
    title: `${word.title} ${report.id}`,
    subject: report.title[language],
    author: report.madeBy,
    atMs: report.madeAtMs,
    footer: `${report.id} · ${word.made} ${timeOf(report.madeAtMs)}${sha256 === undefined ? '' : ` · SHA-256 ${sha256.slice(0, 16)}…`}`,
    lead: [report.title[language], ...(sha256 === undefined ? [] : [`SHA-256 ${sha256}`])],
    sections: [
      facts(report, language),
      scope(report, language),
      figures(report, language),
      outcomes(report, language),
      months(report, language),
      holders(report, language),
      effectiveness(report, language),
      timeline(report, language)
    ]
  }
}

function facts(report: RecallClosingReport, language: Language): Section {
  const word = words[language]
  const { concealment, kind, startedAtMs, completeByMs, plan, notice } = report
  return {
    heading: word.facts,
    lines: [
      `${word.company}: ${report.company.name[language]} (${report.company.key})`,
      ...(kind === undefined ? [] : [`${word.kind}: ${word[kind]}`]),
      `${word.status}: ${statusWords[language][report.status]}`,
      `${word.reported}: ${timeOf(report.reported.atMs)}`,
      ...(startedAtMs === undefined ? [] : [`${word.started}: ${timeOf(startedAtMs)}`]),
      ...(completeByMs === undefined ? [] : [`${word.until}: ${timeOf(completeByMs)}`]),
      ...(plan === undefined ? [] : [`${word.level}: ${plan.level}`]),
      ...(concealment === undefined
        ? []
        : [
            `${word.concealed}: ${timeOf(concealment.knewAtMs)} (${concealment.first.ref}); ${word.late}: ${(concealment.lateByMs / 3_600_000).toFixed(1)}`
          ]),
      ...(notice === undefined ? [] : [notice.content.hazard[language], notice.content.instruction[language]])
    ]
  }
}

function scope({ scopeVersions }: RecallClosingReport, language: Language): Section {
  const word = words[language]
  return {
    heading: word.scope,
    table: {
      header: [word.version, word.at, word.goods, word.why, word.hash],
      widths: [0.7, 1.6, 0.8, 2.5, 3],
      rows: scopeVersions.map(({ version, frozenAtMs, goods, reason, sha256 }) => [
        String(version),
        timeOf(frozenAtMs),
        String(goods),
        reason,
        sha256
      ])
    }
  }
}

function figures({ progress }: RecallClosingReport, language: Language): Section {
  const word = words[language]
  const { figures: own, correctionRate } = progress
  const row = (name: string, value: string | number): string[] => [name, String(value)]
  return {
    heading: word.figures,
    table: {
      header: [word.figure, word.value],
      widths: [3, 2],
      rows: [
        row(word.holders, own.holders),
        row(word.notified, own.notified),
        row(word.responding, own.responding),
        row(word.notResponding, own.notResponding),
        row(word.onHand, own.onHand),
        row(word.corrected, own.returnedOrCorrected),
        row(word.accounted, own.accountedFor),
        row(word.checks, `${own.checksDone} / ${own.checksDrawn} / ${own.checksEffective}`),
        row(word.rate, percent(correctionRate))
      ]
    }
  }
}

function outcomes({ progress }: RecallClosingReport, language: Language): Section {
  const word = words[language]
  return {
    heading: word.outcomes,
    table: {
      header: [word.outcome, word.count, word.quantities],
      widths: [2, 1, 3],
      rows: progress.totals.map(({ outcome, count, quantities }) => [
        outcomeWords[language][outcome],
        String(count),
        quantities.length === 0 ? '' : quantityText(quantities, language)
      ])
    }
  }
}

function months({ progress }: RecallClosingReport, language: Language): Section {
  const word = words[language]
  return {
    heading: word.months,
    table: {
      header: [word.month, word.removed, word.rate],
      widths: [1, 1, 1],
      rows: progress.months.map(({ month, removed, rate }) => [month, String(removed), percent(rate)])
    }
  }
}

function holders({ progress }: RecallClosingReport, language: Language): Section {
  const word = words[language]
  return {
    heading: word.perHolder,
    table: {
      header: [word.holder, word.held, word.now, word.notice, word.replied, word.contradictions],
      widths: [3, 0.8, 2.5, 1.2, 1.6, 1.6],
      rows: progress.holders.map((holder) => holderRow(holder, language))
    }
  }
}

function holderRow({ name, key, goods, outcomes: own, status, repliedAtMs, contradictions }: HolderProgress, language: Language): string[] {
  return [
    name?.[language] ?? key,
    String(goods),
    own.map(({ outcome, count }) => `${outcomeWords[language][outcome]} ${count}`).join(', '),
    status ?? '',
    repliedAtMs === undefined ? '' : timeOf(repliedAtMs),
    contradictions.map(({ of, said, seen }) => `${of} ${said} / ${seen}`).join(', ')
  ]
}

function effectiveness({ outcomes: own, sample }: RecallClosingReport, language: Language): Section {
  const word = words[language]
  return {
    heading: word.effectiveness,
    lines: sample === undefined ? [] : [`${word.seed}: ${sample.seed}`, `${word.population}: ${sample.populationSha256}`],
    table: {
      header: [word.round, word.at, word.share, word.wanted, word.passed],
      widths: [1, 2, 1.5, 1, 1],
      rows: own.map(({ round, atMs, effective, checked, share, wanted, passed }) => [
        String(round),
        timeOf(atMs),
        `${effective} / ${checked} (${percent(share)})`,
        percent(wanted),
        passed ? word.yes : word.no
      ])
    }
  }
}

function timeline({ journal }: RecallClosingReport, language: Language): Section {
  const word = words[language]
  return {
    heading: word.timeline,
    table: {
      header: ['', word.at, word.who, word.step, word.hash],
      widths: [0.5, 1.7, 1.5, 1.6, 4],
      rows: journal.map(({ index, atMs, by, action, hash }) => [String(index), timeOf(atMs), by, action, hash])
    }
  }
}
