/**
 * The two typefaces of our PDF files and how wide their letters are: Helvetica in WinAnsi for Latin, and for everything else the predefined
 * CID font STSong-Light with UniGB-UTF16-H (ISO 32000-1 §9.7.5.2), which every viewer brings, so that no font of 10 MB is embedded. Pure.
 */

/** Advance widths of the characters 32 to 126 in thousandths of the size, of Adobe's metrics of the 14 standard fonts. */
const regular = [
  278, 278, 355, 556, 556, 889, 667, 191, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 278,
  278, 584, 584, 584, 556, 1015, 667, 667, 722, 722, 667, 611, 778, 722, 278, 500, 667, 556, 833, 722, 778, 667, 778, 722, 667, 611, 722,
  667, 944, 667, 667, 611, 278, 278, 278, 469, 556, 333, 556, 556, 500, 556, 556, 278, 556, 556, 222, 222, 500, 222, 833, 556, 556, 556,
  556, 333, 500, 278, 556, 500, 722, 500, 500, 500, 334, 260, 334, 584
]
const bold = [
  278, 333, 474, 556, 556, 889, 722, 238, 333, 333, 389, 584, 278, 333, 278, 278, 556, 556, 556, 556, 556, 556, 556, 556, 556, 556, 333,
  333, 584, 584, 584, 611, 975, 722, 722, 722, 722, 667, 611, 778, 722, 278, 556, 722, 611, 833, 722, 778, 667, 778, 722, 667, 611, 722,
  667, 944, 667, 667, 611, 333, 278, 333, 584, 556, 333, 556, 611, 556, 611, 556, 333, 611, 611, 278, 278, 556, 278, 889, 611, 611, 611,
  611, 389, 556, 333, 611, 556, 778, 556, 556, 500, 389, 280, 389, 584
]

/** WinAnsi beyond ASCII that our texts use, with code and width; accented letters are as wide as their base. */
const beyond: Readonly<Record<string, readonly [code: number, width: number]>> = {
  '€': [0x80, 556],
  '…': [0x85, 1000],
  '‘': [0x91, 222],
  '’': [0x92, 222],
  '“': [0x93, 333],
  '”': [0x94, 333],
  '•': [0x95, 350],
  '–': [0x96, 556],
  '—': [0x97, 1000],
  ' ': [0xa0, 278],
  '£': [0xa3, 556],
  '§': [0xa7, 556],
  '©': [0xa9, 737],
  '®': [0xae, 737],
  '°': [0xb0, 400],
  '±': [0xb1, 584],
  µ: [0xb5, 556],
  '·': [0xb7, 278],
  '×': [0xd7, 584],
  Æ: [0xc6, 1000],
  Ø: [0xd8, 778],
  ß: [0xdf, 611],
  æ: [0xe6, 889],
  ø: [0xf8, 611],
  '÷': [0xf7, 584]
}
/** In Chinese these stand in a square of their own. */
const fullWidthInChinese: ReadonlySet<string> = new Set('“”‘’…—·')

type Face = 'latin' | 'song'
export interface TextStyle {
  readonly size: number
  readonly bold: boolean
  readonly language: 'zh' | 'en'
}

/** What is drawn with one face: its bytes, in hexadecimal, and how wide it is in points. */
export interface Run {
  readonly face: Face
  readonly hex: string
  readonly text: string
  readonly width: number
}

interface Glyph {
  readonly face: Face
  readonly hex: string
  /** Thousandths of the size. */
  readonly width: number
}

/** No control character is ever drawn. */
export function glyphOf(letter: string, { bold: isBold, language }: TextStyle): Glyph {
  const code = letter.codePointAt(0) ?? 32
  const widths = isBold ? bold : regular
  if (code < 32 || code === 127) return { face: 'latin', hex: '20', width: 278 }
  if (code < 127) return { face: 'latin', hex: hexOf(code), width: widths[code - 32] ?? 556 }
  const known = language === 'zh' && fullWidthInChinese.has(letter) ? undefined : beyond[letter]
  if (known !== undefined) return { face: 'latin', hex: hexOf(known[0]), width: known[1] }
  if (code >= 0xc0 && code <= 0xff) {
    const base = letter.normalize('NFD').charCodeAt(0)
    return { face: 'latin', hex: hexOf(code), width: widths[base - 32] ?? 556 }
  }
  let hex = ''
  for (let at = 0; at < letter.length; at += 1) hex += letter.charCodeAt(at).toString(16).toUpperCase().padStart(4, '0')
  return { face: 'song', hex, width: 1_000 }
}

function hexOf(code: number): string {
  return code.toString(16).toUpperCase().padStart(2, '0')
}

export function widthOf(text: string, style: TextStyle): number {
  let width = 0
  for (const letter of text) width += glyphOf(letter, style).width
  return (width * style.size) / 1_000
}

/** The text as runs of one face each. */
export function runsOf(text: string, style: TextStyle): Run[] {
  const runs: { face: Face; hex: string; text: string; width: number }[] = []
  for (const letter of text) {
    const { face, hex, width } = glyphOf(letter, style)
    const wide = (width * style.size) / 1_000
    const last = runs.at(-1)
    if (last?.face === face) {
      last.hex += hex
      last.text += letter
      last.width += wide
    } else runs.push({ face, hex, text: letter, width: wide })
  }
  return runs
}

/** Widths for the codes 32 to 255, as a font dictionary wants them. */
export function winAnsiWidths(isBold: boolean): number[] {
  const widths = isBold ? bold : regular
  const byCode = new Map(Object.values(beyond))
  return Array.from({ length: 224 }, (_, at) => {
    const code = at + 32
    if (code < 127) return widths[at] ?? 0
    const letter = code >= 0xc0 ? String.fromCharCode(code).normalize('NFD').charCodeAt(0) : 0
    return byCode.get(code) ?? widths[letter - 32] ?? 0
  })
}
