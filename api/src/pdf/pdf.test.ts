/** Lines, structure and bytes of our PDF files. */
import { describe, test } from 'node:test'
import assert from 'node:assert/strict'
import fc from 'fast-check'
import { createPdf } from './document.ts'
import { widthOf } from './fonts.ts'
import { breakLines } from './lines.ts'
import { jpegSize } from './jpeg.ts'

const style = { size: 10, bold: false, language: 'zh' } as const

describe('breakLines()', () => {
  test('loses no letter and keeps to the width, whatever the text', () => {
    const text = fc.string({
      unit: fc.constantFrom('a', 'W', ' ', '磁', '铁', '，', '。', '（', '）', '“', '1', '-', '\n', '😀'),
      maxLength: 80
    })
    fc.assert(
      fc.property(text, fc.integer({ min: 30, max: 200 }), (value, width) => {
        const lines = breakLines(value, width, style)
        assert.equal(lines.join('').replaceAll(' ', ''), value.replaceAll(/[ \n]/g, ''))
        for (const line of lines) assert.ok(widthOf(line.trimEnd(), style) <= width + 0.001 || line.trim().length <= 3, line)
      })
    )
  })

  test('begins no line with a closing mark and ends none with an opening one', () => {
    for (const line of breakLines('磁铁可能脱落，儿童吞下后会造成肠穿孔（可致死）。'.repeat(4), 95, style)) {
      assert.doesNotMatch(line, /^[，。）]/)
      assert.doesNotMatch(line, /（$/)
    }
  })
})

describe('createPdf()', () => {
  const make = (rows = 130) => {
    const pdf = createPdf({
      title: '产品安全召回',
      subject: 'Toy',
      author: 'Maker',
      language: 'zh',
      createdMs: Date.UTC(2026, 10, 24),
      footer: 'R-2026-000001'
    })
    pdf.heading(1, '产品安全召回')
    pdf.paragraph('立即停止使用。Stop using it (now) \\ at once. ' + 'x'.repeat(300))
    pdf.table({ header: ['批号', 'Lot'], rows: Array.from({ length: rows }, (_, at) => [`L${at}`, '😀 磁铁']), widths: [1, 2] })
    return pdf.finish()
  }

  test('gives the same bytes for the same input', () => {
    assert.ok(make().equals(make()))
    assert.ok(!make().equals(make(131)))
  })

  test('writes a file whose cross-reference table finds every object, with language, title and structure', () => {
    const bytes = make()
    const text = bytes.toString('latin1')
    const start = Number(/startxref\n(\d+)\n%%EOF\n$/.exec(text)?.[1])
    assert.equal(text.slice(start, start + 4), 'xref')
    const offsets = [...text.slice(start).matchAll(/^(\d{10}) 00000 n /gm)].map(([, offset]) => Number(offset))
    assert.ok(offsets.length > 20)
    for (const [at, offset] of offsets.entries()) assert.ok(text.startsWith(`${at + 1} 0 obj\n`, offset))
    for (const [, reference] of text.matchAll(/\b(\d+) 0 R\b/g)) assert.ok(Number(reference) >= 1 && Number(reference) <= offsets.length)
    assert.match(text, /\/Lang \(zh-CN\)/)
    assert.match(text, /\/MarkInfo << \/Marked true >>/)
    assert.match(text, /\/S \/TH /)
    assert.match(text, /\/Encoding \/UniGB-UTF16-H/)
    for (const [, length = '', body = ''] of text.matchAll(/\/Length (\d+) >>\nstream\n([\s\S]*?)\nendstream/g))
      assert.equal(body.length, Number(length))
    assert.equal((text.match(/BDC|BMC/g) ?? []).length, (text.match(/\bEMC\b/g) ?? []).length)
  })

  test('repeats the head of a table on each page, and numbers the pages', () => {
    const text = make().toString('latin1')
    const pages = (text.match(/\/Type \/Page /g) ?? []).length
    assert.ok(pages >= 3)
    assert.equal((text.match(/\/S \/TH /g) ?? []).length, pages * 2)
  })
})

test('jpegSize() reads the frame header and refuses what is no JPEG', () => {
  const jpeg = new Uint8Array([0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0, 0xff, 0xc0, 0, 17, 8, 0, 20, 0, 30, 3, 1, 0, 0, 0, 0, 0])
  assert.deepEqual(jpegSize(jpeg), { width: 30, height: 20 })
  assert.equal(jpegSize(new Uint8Array([0x89, 0x50])), undefined)
  assert.equal(jpegSize(jpeg.slice(0, 12)), undefined)
})
