/** Bodies of EPCIS requests: octets into a JSON value, whether they came as JSON or as XML. UTF-8 always; XML may be UTF-16 with its mark. */
import type { FastifyRequest } from 'fastify'
import { plainDocument } from '@tracegate/model/epcis/json-ld'
import { readEpcisXml } from '@tracegate/model/epcis/xml/read'
import { readQueryXml } from '@tracegate/model/epcis/xml/read-query'
import { apiError } from '../errors.ts'
import { FindingsError } from '../problem.ts'
import type { HttpServer } from '../schema-types.ts'
import type { CaptureRequest } from './capture.ts'
import { captureBytesMax, jsonTypes, xmlTypes } from './headers.ts'
import { xmlPathOf } from './xml-path.ts'

/** Marks what came as XML; no JSON value is an instance of it. */
class XmlText {
  readonly text: string
  constructor(text: string) {
    this.text = text
  }
}

export function installBodies(app: HttpServer): void {
  app.removeAllContentTypeParsers()
  const options = { parseAs: 'buffer', bodyLimit: captureBytesMax } as const
  app.addContentTypeParser([...jsonTypes], options, async (_request: FastifyRequest, bytes: Buffer) =>
    parseJson(textOf(bytes, 'BODY_NOT_JSON'))
  )
  app.addContentTypeParser([...xmlTypes], options, async (_request: FastifyRequest, bytes: Buffer) =>
    bytes.length === 0 ? undefined : new XmlText(textOf(bytes, 'BODY_NOT_XML'))
  )
}

/** The body as capture wants it. Throws a `FindingsError` for XML that is no EPCIS. */
export function captureBodyOf(request: FastifyRequest): Pick<CaptureRequest, 'body' | 'pathOf'> {
  const { body } = request
  if (!(body instanceof XmlText)) return { body: plainDocument(body) }
  const read = readEpcisXml(body.text)
  if (!read.ok) {
    const [first] = read.findings
    throw new FindingsError(apiError('BODY_NOT_XML', { detail: first?.message ?? 'no reason is given' }), read.findings)
  }
  const { document } = read
  return { body: document, pathOf: (pointer) => xmlPathOf(document, pointer) }
}

/** The body of a query: JSON as it is, the parameters of a `<Poll>` in XML as a bare query. Throws a `FindingsError` for other XML. */
export function queryBodyOf({ body }: FastifyRequest): unknown {
  if (!(body instanceof XmlText)) return body
  const read = readQueryXml(body.text)
  if (read.ok) return read.query
  const [first] = read.findings
  throw new FindingsError(apiError('BODY_NOT_XML', { detail: first?.message ?? 'no reason is given' }), read.findings)
}

const utf8 = new TextDecoder('utf-8', { fatal: true })
const utf16 = { 'fe ff': new TextDecoder('utf-16be', { fatal: true }), 'ff fe': new TextDecoder('utf-16le', { fatal: true }) } as const

function textOf(bytes: Buffer, code: 'BODY_NOT_JSON' | 'BODY_NOT_XML'): string {
  const wide = bytes[0] === 0xfe && bytes[1] === 0xff ? utf16['fe ff'] : bytes[0] === 0xff && bytes[1] === 0xfe ? utf16['ff fe'] : undefined
  try {
    return (code === 'BODY_NOT_XML' ? (wide ?? utf8) : utf8).decode(bytes)
  } catch (error) {
    throw apiError(code, { detail: `its ${bytes.length} octets are not UTF-8` }, error)
  }
}

/** No octets are no body: OPTIONS and DELETE may come with a media type all the same. */
function parseJson(text: string): unknown {
  if (text === '') return undefined
  try {
    return JSON.parse(text)
  } catch (error) {
    throw apiError('BODY_NOT_JSON', { detail: error instanceof Error ? error.message.slice(0, 200) : '' }, error)
  }
}
