/** A text in sections, as HTML, plain text and PDF alike: what notices and reports are made of. It knows nothing of recalls. */
import type { Language } from '@tracegate/model/text'
import { createPdf } from '../pdf/document.ts'
import { escapeHtml } from '../publication/html.ts'

export interface Table {
  readonly header: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** Shares of the width. */
  readonly widths: readonly number[]
}

export interface Section {
  readonly heading: string
  readonly lines?: readonly string[]
  /** Said loudly. */
  readonly strong?: boolean
  readonly table?: Table
}

export interface Picture {
  readonly jpeg: Uint8Array
  readonly width: number
  readonly height: number
}

export interface Paper {
  readonly language: Language
  readonly title: string
  readonly subject: string
  readonly author: string
  readonly atMs: number
  readonly footer: string
  /** Above everything, such as that it is an exercise. */
  readonly banner?: string
  readonly lead: readonly string[]
  readonly sections: readonly Section[]
  readonly picture?: Picture & { readonly alternative: string }
}

export function paperHtml(paper: Paper): string {
  const banner = paper.banner === undefined ? '' : `<p class="say IV">${escapeHtml(paper.banner)}</p>`
  const lead = paper.lead.map((line) => `<p>${escapeHtml(line)}</p>`).join('\n')
  return `${banner}<h1 class="I">${escapeHtml(paper.title)}</h1>\n${lead}\n${paper.sections.map(sectionHtml).join('\n')}`
}

function sectionHtml({ heading, lines = [], strong = false, table }: Section): string {
  const text = lines.map((line) => `<p>${escapeHtml(line)}</p>`).join('')
  const body = strong ? `<div class="say I">${text}</div>` : text
  return `<section><h2>${escapeHtml(heading)}</h2>${body}${table === undefined ? '' : tableHtml(table)}</section>`
}

function tableHtml({ header, rows }: Table): string {
  const head = header.map((cell) => `<th scope="col">${escapeHtml(cell)}</th>`).join('')
  const lines = rows.map((row) => `<tr>${row.map((cell) => `<td>${escapeHtml(cell)}</td>`).join('')}</tr>`).join('\n')
  return `<div class="scroll" tabindex="0"><table><thead><tr>${head}</tr></thead><tbody>${lines}</tbody></table></div>`
}

export function paperText(paper: Paper): string {
  const sections = paper.sections.map(({ heading, lines = [], table }) => {
    const rows = table === undefined ? [] : table.rows.map((row) => row.map((cell, at) => `${table.header[at] ?? ''}: ${cell}`).join(' | '))
    return [`== ${heading} ==`, ...lines, ...rows].join('\n')
  })
  return [...(paper.banner === undefined ? [] : [paper.banner]), paper.title, ...paper.lead, ...sections, paper.footer].join('\n\n')
}

export function paperPdf(paper: Paper): Buffer {
  const { title, subject, author, language, atMs, footer } = paper
  const pdf = createPdf({ title, subject, author, language, createdMs: atMs, footer })
  if (paper.banner !== undefined) pdf.paragraph(paper.banner, { bold: true, size: 14, color: [0.04, 0.34, 0.82] })
  pdf.heading(1, title, { color: [0.7, 0.15, 0.12] })
  for (const line of paper.lead) pdf.paragraph(line)
  if (paper.picture !== undefined) pdf.image(paper.picture)
  for (const { heading, lines = [], strong = false, table } of paper.sections) {
    pdf.heading(2, heading)
    for (const line of lines) pdf.paragraph(line, strong ? { bold: true, size: 12, color: [0.7, 0.15, 0.12] } : {})
    if (table !== undefined) pdf.table(table)
  }
  return pdf.finish()
}
