/** Writes drawn pages, their structure tree and metadata as the objects of a PDF file (ISO 32000-1 §7.7, §14.7). It lays nothing out. */
import { winAnsiWidths } from './fonts.ts'
import { createObjects, dateString, number, textString, type PdfObjects } from './objects.ts'

export interface PageDrawn {
  readonly operators: string[]
  /** Marked contents so far. */
  marks: number
  readonly images: string[]
}

export interface StructureNode {
  readonly type: 'Document' | 'H1' | 'H2' | 'P' | 'Table' | 'TR' | 'TH' | 'TD' | 'Figure'
  readonly kids: StructureNode[]
  readonly content: { readonly page: number; readonly mark: number }[]
  readonly alternative?: string
}

interface FileInput {
  readonly options: {
    readonly title: string
    readonly subject: string
    readonly author: string
    readonly language: 'zh' | 'en'
    readonly createdMs: number
  }
  readonly pages: readonly PageDrawn[]
  readonly root: StructureNode
  readonly images: readonly { readonly jpeg: Uint8Array; readonly name: string; readonly width: number; readonly height: number }[]
  readonly size: { readonly width: number; readonly height: number }
}

const producer = 'Tracegate'

export function writeFile(input: FileInput): Buffer {
  const { options, pages, size } = input
  const objects = createObjects()
  const tree = objects.reserve()
  const structure = objects.reserve()
  const fonts = writeFonts(objects, pages)
  const images = new Map(input.images.map(({ jpeg, name, width, height }) => [name, writeImage(objects, { jpeg, width, height })]))
  const numbers = pages.map((drawn, at) => {
    const content = objects.stream('', drawn.operators.join('\n'))
    const pictures = drawn.images.map((name) => `/${name} ${images.get(name) ?? 0} 0 R`).join(' ')
    const resources = `<< /Font << ${fonts} >>${pictures === '' ? '' : ` /XObject << ${pictures} >>`} >>`
    const box = `[0 0 ${number(size.width)} ${number(size.height)}]`
    return objects.add(
      `<< /Type /Page /Parent ${tree} 0 R /MediaBox ${box} /Resources ${resources} /Contents ${content} 0 R /StructParents ${at} /Tabs /S >>`
    )
  })
  objects.set(tree, `<< /Type /Pages /Count ${numbers.length} /Kids [${numbers.map((one) => `${one} 0 R`).join(' ')}] >>`)
  writeStructure(objects, { structure, root: input.root, pages: numbers })
  const metadata = objects.stream('/Type /Metadata /Subtype /XML', Buffer.from(xmpOf(options)))
  const language = options.language === 'zh' ? 'zh-CN' : 'en'
  const root = objects.add(
    `<< /Type /Catalog /Version /1.7 /Pages ${tree} 0 R /Lang (${language}) /MarkInfo << /Marked true >> /StructTreeRoot ${structure} 0 R ` +
      `/Metadata ${metadata} 0 R /ViewerPreferences << /DisplayDocTitle true >> >>`
  )
  const info = objects.add(
    `<< /Title ${textString(options.title)} /Subject ${textString(options.subject)} /Author ${textString(options.author)} ` +
      `/Producer ${textString(producer)} /CreationDate ${dateString(options.createdMs)} /ModDate ${dateString(options.createdMs)} >>`
  )
  return objects.finish({ root, info })
}

function writeFonts(objects: PdfObjects, pages: readonly PageDrawn[]): string {
  const latin = (name: string, isBold: boolean): number => {
    const descriptor = objects.add(
      `<< /Type /FontDescriptor /FontName /${name} /Flags 32 /FontBBox [-170 -228 1003 962] /ItalicAngle 0 /Ascent 718 /Descent -207 /CapHeight 718 /StemV ${isBold ? 140 : 88} >>`
    )
    return objects.add(
      `<< /Type /Font /Subtype /Type1 /BaseFont /${name} /Encoding /WinAnsiEncoding /FirstChar 32 /LastChar 255 /Widths [${winAnsiWidths(isBold).join(' ')}] /FontDescriptor ${descriptor} 0 R >>`
    )
  }
  const descriptor = objects.add(
    '<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880] /ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>'
  )
  const descendant = objects.add(
    `<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 5 >> /DW 1000 /FontDescriptor ${descriptor} 0 R >>`
  )
  const unicode = objects.stream('', toUnicode(pages))
  const song = objects.add(
    `<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light-UniGB-UTF16-H /Encoding /UniGB-UTF16-H /DescendantFonts [${descendant} 0 R] /ToUnicode ${unicode} 0 R >>`
  )
  return `/F1 ${latin('Helvetica', false)} 0 R /F2 ${latin('Helvetica-Bold', true)} 0 R /F3 ${song} 0 R`
}

const bfCharsMax = 100

/** The codes of the Chinese font are UTF-16 already; said once more for programs that copy text and have no table of their own. */
function toUnicode(pages: readonly PageDrawn[]): string {
  const codes = new Set<string>()
  for (const { operators } of pages)
    for (const operator of operators)
      for (const [, hex = ''] of operator.matchAll(/\/F3 [^<]*<([0-9A-F]+)> Tj/g))
        for (const [code] of hex.matchAll(/D[89AB][0-9A-F]{2}D[C-F][0-9A-F]{2}|[0-9A-F]{4}/g)) codes.add(code)
  const sorted = [...codes].sort()
  const blocks: string[] = []
  for (let at = 0; at < sorted.length; at += bfCharsMax) {
    const some = sorted.slice(at, at + bfCharsMax)
    blocks.push(`${some.length} beginbfchar\n${some.map((code) => `<${code}> <${code}>`).join('\n')}\nendbfchar`)
  }
  return [
    '/CIDInit /ProcSet findresource begin 12 dict begin begincmap',
    '/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def',
    '/CMapName /Tracegate-UTF16 def /CMapType 2 def',
    '3 begincodespacerange\n<0000> <D7FF>\n<D800DC00> <DBFFDFFF>\n<E000> <FFFF>\nendcodespacerange',
    ...blocks,
    'endcmap CMapName currentdict /CMap defineresource pop end end'
  ].join('\n')
}

function writeImage(
  objects: PdfObjects,
  { jpeg, width, height }: { readonly jpeg: Uint8Array; readonly width: number; readonly height: number }
): number {
  return objects.stream(
    `/Type /XObject /Subtype /Image /Width ${width} /Height ${height} /ColorSpace /DeviceRGB /BitsPerComponent 8 /Filter /DCTDecode`,
    jpeg
  )
}

interface Tree {
  readonly structure: number
  readonly root: StructureNode
  /** Object numbers of the pages. */
  readonly pages: readonly number[]
}

function writeStructure(objects: PdfObjects, { structure, root, pages }: Tree): void {
  const parents: number[][] = pages.map(() => [])
  const write = (node: StructureNode, parent: number): number => {
    const own = objects.reserve()
    const kids = [
      ...node.content.map(({ page, mark }) => {
        const marks = parents[page]
        if (marks !== undefined) marks[mark] = own
        return `<< /Type /MCR /Pg ${pages[page] ?? 0} 0 R /MCID ${mark} >>`
      }),
      ...node.kids.map((kid) => `${write(kid, own)} 0 R`)
    ]
    const scope = node.type === 'TH' ? ' /A << /O /Table /Scope /Column >>' : ''
    const alternative = node.alternative === undefined ? '' : ` /Alt ${textString(node.alternative)}`
    objects.set(own, `<< /Type /StructElem /S /${node.type} /P ${parent} 0 R${scope}${alternative} /K [${kids.join(' ')}] >>`)
    return own
  }
  const top = write(root, structure)
  const rows = parents.map((marks, at) => `${at} [${marks.map((own) => `${own} 0 R`).join(' ')}]`).join(' ')
  objects.set(structure, `<< /Type /StructTreeRoot /K [${top} 0 R] /ParentTree << /Nums [${rows}] >> /ParentTreeNextKey ${pages.length} >>`)
}

function xmpOf({ title, subject, author, language, createdMs }: FileInput['options']): string {
  const at = new Date(createdMs).toISOString()
  const text = (value: string): string => value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
  return [
    '<?xpacket begin="\ufeff" id="W5M0MpCehiHzreSzNTczkc9d"?>',
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">',
    '<rdf:Description rdf:about="" xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmlns:pdf="http://ns.adobe.com/pdf/1.3/">',
    `<dc:title><rdf:Alt><rdf:li xml:lang="x-default">${text(title)}</rdf:li></rdf:Alt></dc:title>`,
    `<dc:description><rdf:Alt><rdf:li xml:lang="x-default">${text(subject)}</rdf:li></rdf:Alt></dc:description>`,
    `<dc:creator><rdf:Seq><rdf:li>${text(author)}</rdf:li></rdf:Seq></dc:creator>`,
    `<dc:language><rdf:Bag><rdf:li>${language === 'zh' ? 'zh-CN' : 'en'}</rdf:li></rdf:Bag></dc:language>`,
    `<xmp:CreateDate>${at}</xmp:CreateDate><xmp:ModifyDate>${at}</xmp:ModifyDate><pdf:Producer>${producer}</pdf:Producer>`,
    '</rdf:Description></rdf:RDF></x:xmpmeta>',
    '<?xpacket end="r"?>'
  ].join('\n')
}
