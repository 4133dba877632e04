/**
 * Headings, paragraphs and tables flowing over pages as a tagged PDF: reading order and structure for screen readers, title and language
 * set, page numbers as artifacts. It knows nothing of what is written.
 */
import { runsOf, widthOf, type TextStyle } from './fonts.ts'
import { breakLines } from './lines.ts'
import { number } from './objects.ts'
import { writeFile, type PageDrawn, type StructureNode } from './write.ts'

export interface PdfOptions {
  readonly title: string
  readonly subject: string
  readonly author: string
  readonly language: 'zh' | 'en'
  readonly createdMs: number
  /** Shown at the foot of each page beside its number. */
  readonly footer: string
}

interface ParagraphOptions {
  readonly size?: number
  readonly bold?: boolean
  /** Red, green, blue from 0 to 1. */
  readonly color?: readonly [number, number, number]
  readonly after?: number
}

interface TableOptions {
  readonly header: readonly string[]
  readonly rows: readonly (readonly string[])[]
  /** Shares of the width. */
  readonly widths: readonly number[]
  readonly size?: number
}

export interface PdfDocument {
  heading(level: 1 | 2, text: string, options?: ParagraphOptions): void
  paragraph(text: string, options?: ParagraphOptions): void
  table(options: TableOptions): void
  image(image: { readonly jpeg: Uint8Array; readonly alternative: string; readonly width: number; readonly height: number }): void
  finish(): Buffer
}

/** A4 in points, and how much of it is left free. */
const page = { width: 595.28, height: 841.89, margin: 56 }
const lineShare = 1.4
const cellPad = 4
const black = [0, 0, 0] as const
/** Size of bold letters from which Chinese ones are outlined. */
const outlineFrom = 16

export function createPdf(options: PdfOptions): PdfDocument {
  const pages: PageDrawn[] = []
  const root: StructureNode = { type: 'Document', kids: [], content: [] }
  const images: { readonly jpeg: Uint8Array; readonly name: string; readonly width: number; readonly height: number }[] = []
  let y = 0
  const width = page.width - 2 * page.margin

  const newPage = (): PageDrawn => {
    const drawn = { operators: [], marks: 0, images: [] }
    pages.push(drawn)
    y = page.height - page.margin
    return drawn
  }
  const current = (): PageDrawn => pages.at(-1) ?? newPage()
  const room = (height: number): PageDrawn => (y - height < page.margin + 20 ? newPage() : current())

  /** Everything drawn until the end of `draw` belongs to the element. */
  const marked = (node: StructureNode, drawn: PageDrawn, draw: () => void): void => {
    const mark = drawn.marks
    drawn.marks += 1
    drawn.operators.push(`/${node.type} << /MCID ${mark} >> BDC`)
    draw()
    drawn.operators.push('EMC')
    node.content.push({ page: pages.indexOf(drawn), mark })
  }
  const child = (parent: StructureNode, type: StructureNode['type']): StructureNode => {
    const node: StructureNode = { type, kids: [], content: [] }
    parent.kids.push(node)
    return node
  }
  const block = (type: StructureNode['type'], text: string, style: TextStyle, { color = black, after = 4 }: ParagraphOptions): void => {
    const node = child(root, type)
    const height = style.size * lineShare
    const lines = breakLines(text, width, style)
    for (let at = 0; at < lines.length;) {
      // A heading is not left alone at the foot of a page.
      const drawn = room(type === 'P' ? height : height * 3)
      const fitting = Math.max(1, Math.floor((y - page.margin - 20) / height))
      marked(node, drawn, () => {
        for (const line of lines.slice(at, at + fitting)) {
          y -= height
          drawLine(drawn, line, { x: page.margin, y }, style, color)
        }
      })
      at += fitting
    }
    y -= after
  }
  const { language } = options

  return {
    heading(level, text, change = {}) {
      if (pages.length > 0) y -= level === 1 ? 0 : 8
      block(
        level === 1 ? 'H1' : 'H2',
        text,
        { size: change.size ?? (level === 1 ? 22 : 14), bold: true, language },
        { after: 6, ...change }
      )
    },
    paragraph(text, change = {}) {
      block('P', text, { size: change.size ?? 10.5, bold: change.bold ?? false, language }, change)
    },
    table({ header, rows, widths, size = 9 }) {
      const table = child(root, 'Table')
      const sum = widths.reduce((one, two) => one + two, 0)
      const columns = widths.map((share) => (share / sum) * width)
      const drawRow = (cells: readonly string[], type: 'TH' | 'TD'): void => {
        const style = { size, bold: type === 'TH', language }
        const row = child(table, 'TR')
        const wrapped = columns.map((column, at) => breakLines(cells[at] ?? '', column - 2 * cellPad, style))
        const height = Math.min(
          Math.max(...wrapped.map((lines) => lines.length)) * size * lineShare + 2 * cellPad,
          page.height - 3 * page.margin
        )
        const before = pages.length
        const drawn = room(height)
        if (type === 'TD' && pages.length > before) drawRow(header, 'TH')
        let x = page.margin
        const top = y
        if (type === 'TH')
          drawn.operators.push(
            '/Artifact BMC',
            `0.92 g ${page.margin} ${number(top - height)} ${number(width)} ${number(height)} re f`,
            'EMC'
          )
        for (const [at, lines] of wrapped.entries()) {
          const column = columns[at] ?? 0
          marked(child(row, type), drawn, () => {
            for (const [line, text] of lines.entries())
              if (top - cellPad - (line + 1) * size * lineShare > page.margin)
                drawLine(drawn, text, { x: x + cellPad, y: top - cellPad - (line + 0.8) * size * lineShare }, style, black)
          })
          drawn.operators.push(
            '/Artifact BMC',
            `0.6 G 0.5 w ${number(x)} ${number(top - height)} ${number(column)} ${number(height)} re S`,
            'EMC'
          )
          x += column
        }
        y = top - height
      }
      drawRow(header, 'TH')
      for (const row of rows) drawRow(row, 'TD')
      y -= 8
    },
    image({ jpeg, alternative, width: wide, height: high }) {
      const scale = Math.min(1, 200 / wide, 150 / high)
      const drawn = room(high * scale + 8)
      const name = `I${images.length}`
      images.push({ jpeg, name, width: wide, height: high })
      drawn.images.push(name)
      const node: StructureNode = { type: 'Figure', kids: [], content: [], alternative }
      root.kids.push(node)
      y -= high * scale
      marked(node, drawn, () =>
        drawn.operators.push(`q ${number(wide * scale)} 0 0 ${number(high * scale)} ${page.margin} ${number(y)} cm /${name} Do Q`)
      )
      y -= 8
    },
    finish() {
      if (pages.length === 0) newPage()
      for (const [at, drawn] of pages.entries()) drawFooter(drawn, options, `${at + 1} / ${pages.length}`)
      return writeFile({ options, pages, root, images, size: page })
    }
  }
}

function drawLine(
  drawn: PageDrawn,
  text: string,
  at: { readonly x: number; readonly y: number },
  style: TextStyle,
  color: readonly [number, number, number]
): void {
  if (text === '') return
  const [red, green, blue] = color
  const parts = [`BT ${red} ${green} ${blue} rg ${red} ${green} ${blue} RG`]
  let x = at.x
  for (const { face, hex, width } of runsOf(text, style)) {
    const font = face === 'song' ? 'F3' : style.bold ? 'F2' : 'F1'
    // The Chinese font comes in one weight: large bold letters are drawn with their outline, small ones would run together.
    const mode = face === 'song' && style.bold && style.size >= outlineFrom ? `2 Tr ${number(style.size / 50)} w` : '0 Tr'
    parts.push(`/${font} ${number(style.size)} Tf ${mode} 1 0 0 1 ${number(x)} ${number(at.y)} Tm <${hex}> Tj`)
    x += width
  }
  parts.push('ET')
  drawn.operators.push(parts.join(' '))
}

function drawFooter(drawn: PageDrawn, { footer, language }: PdfOptions, count: string): void {
  const style = { size: 8, bold: false, language }
  const grey = [0.35, 0.35, 0.35] as const
  drawn.operators.push('/Artifact << /Type /Pagination >> BDC')
  const [line = ''] = breakLines(footer, page.width - 2 * page.margin - 60, style)
  drawLine(drawn, line, { x: page.margin, y: page.margin - 16 }, style, grey)
  drawLine(drawn, count, { x: page.width - page.margin - widthOf(count, style), y: page.margin - 16 }, style, grey)
  drawn.operators.push('EMC')
}
