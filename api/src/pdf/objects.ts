/** A PDF 1.7 file out of numbered objects: cross-reference table, trailer, an id that follows from the content. The same input gives the same bytes. */
import { createHash } from 'node:crypto'

export interface PdfObjects {
  /** Takes the next number without content yet. */
  reserve(): number
  set(number: number, body: string | Uint8Array): void
  add(body: string): number
  stream(dictionary: string, data: string | Uint8Array): number
  finish(options: { readonly root: number; readonly info: number }): Buffer
}

export function createObjects(): PdfObjects {
  const bodies: (Buffer | undefined)[] = []
  const objects: PdfObjects = {
    reserve: () => bodies.push(undefined),
    set(number, body) {
      bodies[number - 1] = typeof body === 'string' ? Buffer.from(body, 'latin1') : Buffer.from(body)
    },
    add(body) {
      const number = objects.reserve()
      objects.set(number, body)
      return number
    },
    stream(dictionary, data) {
      const bytes = typeof data === 'string' ? Buffer.from(data, 'latin1') : Buffer.from(data)
      const number = objects.reserve()
      const head = `<< ${dictionary} /Length ${bytes.length} >>\nstream\n`
      objects.set(number, Buffer.concat([Buffer.from(head, 'latin1'), bytes, Buffer.from('\nendstream', 'latin1')]))
      return number
    },
    finish({ root, info }) {
      // The bytes after the version tell transport programs that the file is binary (ISO 32000-1 §7.5.2).
      const parts: Buffer[] = [Buffer.from('%PDF-1.7\n%\u00e2\u00e3\u00cf\u00d3\n', 'latin1')]
      let offset = parts[0]?.length ?? 0
      const offsets: number[] = []
      for (const [at, body] of bodies.entries()) {
        if (body === undefined) throw new TypeError(`Cannot write a PDF: object ${at + 1} was reserved and never set`)
        const whole = Buffer.concat([Buffer.from(`${at + 1} 0 obj\n`, 'latin1'), body, Buffer.from('\nendobj\n', 'latin1')])
        offsets.push(offset)
        offset += whole.length
        parts.push(whole)
      }
      const id = createHash('sha256').update(Buffer.concat(parts)).digest('hex').slice(0, 32).toUpperCase()
      const rows = offsets.map((one) => `${String(one).padStart(10, '0')} 00000 n \n`).join('')
      const table = `xref\n0 ${bodies.length + 1}\n0000000000 65535 f \n${rows}`
      const trailer = `trailer\n<< /Size ${bodies.length + 1} /Root ${root} 0 R /Info ${info} 0 R /ID [<${id}> <${id}>] >>\nstartxref\n${offset}\n%%EOF\n`
      return Buffer.concat([...parts, Buffer.from(table + trailer, 'latin1')])
    }
  }
  return objects
}

/** A text string: UTF-16 with its mark, in hexadecimal (ISO 32000-1 §7.9.2.2). */
export function textString(text: string): string {
  let hex = 'FEFF'
  for (let at = 0; at < text.length; at += 1) hex += text.charCodeAt(at).toString(16).toUpperCase().padStart(4, '0')
  return `<${hex}>`
}

/** Hundredths of a point are enough. */
export function number(value: number): string {
  return String(Math.round(value * 100) / 100)
}

/** `D:20261124080000Z` (ISO 32000-1 §7.9.4). */
export function dateString(atMs: number): string {
  return `(D:${new Date(atMs).toISOString().slice(0, 19).replaceAll(/[-T:]/g, '')}Z)`
}
