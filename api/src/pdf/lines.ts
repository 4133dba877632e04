/** Breaks text into lines of a width: Latin between words, Chinese between characters but for marks that may not begin or end a line. Pure. */
import { glyphOf, type TextStyle } from './fonts.ts'

/** Marks that may not begin a line, and those that may not end one (GB/T 15834 §5.1.10 and its like for Latin). */
const notFirst: ReadonlySet<string> = new Set('，。、；：！？）》〉】〕」』”’％℃…—·,.;:!?)]}%')
const notLast: ReadonlySet<string> = new Set('（《〈【〔「『“‘([{')

/** What stays together on a line. */
interface Piece {
  text: string
  width: number
  /** Left out where a line begins or ends with it. */
  readonly isSpace: boolean
}

/** Line feeds of the text stay; an empty text is one empty line. */
export function breakLines(text: string, widthMax: number, style: TextStyle): string[] {
  return text.split(/\r?\n/).flatMap((paragraph) => breakParagraph(paragraph, widthMax, style))
}

function breakParagraph(text: string, widthMax: number, style: TextStyle): string[] {
  const lines: string[] = []
  let line = ''
  let width = 0
  const end = (): void => {
    lines.push(line)
    line = ''
    width = 0
  }
  for (const piece of piecesOf(text, style)) {
    if (piece.isSpace && line === '') continue
    if (width + piece.width > widthMax && line !== '' && !piece.isSpace) end()
    if (piece.width <= widthMax) {
      line += piece.text
      width += piece.width
      continue
    }
    // Longer than a line, as an address is: broken anywhere.
    for (const letter of piece.text) {
      const wide = (glyphOf(letter, style).width * style.size) / 1_000
      if (width + wide > widthMax && line !== '') end()
      line += letter
      width += wide
    }
  }
  end()
  return lines
}

function piecesOf(text: string, style: TextStyle): Piece[] {
  const pieces: Piece[] = []
  let glued = false
  let word = false
  for (const letter of text) {
    const { face, width: share } = glyphOf(letter, style)
    const width = (share * style.size) / 1_000
    const isSpace = letter === ' '
    const last = pieces.at(-1)
    const isWord = face === 'latin' && !isSpace
    const joins = last !== undefined && !isSpace && !last.isSpace && (glued || notFirst.has(letter) || (isWord && word))
    if (joins) {
      last.text += letter
      last.width += width
    } else pieces.push({ text: letter, width, isSpace })
    glued = notLast.has(letter)
    word = isWord
  }
  return pieces
}
