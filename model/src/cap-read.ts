/**
 * CAP 1.2 and 1.1 from XML, strictly: the content model of the schema, then the rules that stand in its prose. Findings refuse a message;
 * remarks do not. DTDs and entities are refused, nothing is ever fetched, and signatures are told, not verified.
 */
import { alertOf } from './cap-alert.ts'
import { capNamespaces, type CapAlert, type CapVersion } from './cap.ts'
import { capModels, type ElementModel } from './cap-schema.ts'
import type { Reason } from './errors.ts'
import { parseXml, type XmlElement } from './epcis/xml/tree.ts'

/** Most findings, and most remarks, of one message. */
const findingsMax = 100
/** Longest message that is read, in bytes. */
export const capBytesMax = 4_194_304

const signatureUri = 'http://www.w3.org/2000/09/xmldsig#'
const schemaInstanceUri = 'http://www.w3.org/2001/XMLSchema-instance'

export type CapRead =
  | { readonly ok: true; readonly alert: CapAlert; readonly remarks: readonly Reason[] }
  | { readonly ok: false; readonly findings: readonly Reason[]; readonly remarks: readonly Reason[] }

/** Bytes in the encoding that their XML declaration names, or text. */
export function readCap(input: Uint8Array | string): CapRead {
  const decoded = typeof input === 'string' ? { ok: true as const, text: input } : decodeXmlBytes(input)
  if (!decoded.ok) return { ok: false, findings: [decoded.reason], remarks: [] }
  const parsed = parseXml(decoded.text)
  return parsed.ok ? readCapElement(parsed.tree.root) : { ok: false, findings: parsed.findings, remarks: [] }
}

const encodings: ReadonlySet<string> = new Set([
  'utf-8',
  'utf8',
  'us-ascii',
  'iso-8859-1',
  'windows-1252',
  'utf-16',
  'gb2312',
  'gbk',
  'gb18030'
])

/** The text of an XML document, its declaration of the encoding taken off. */
export function decodeXmlBytes(
  bytes: Uint8Array
): { readonly ok: true; readonly text: string } | { readonly ok: false; readonly reason: Reason } {
  const refuse = (code: string, message: string) => ({ ok: false as const, reason: { code, pointer: '', message } })
  if (bytes.length > capBytesMax) return refuse('CAP_TOO_LONG', `the document has ${bytes.length} bytes, expected at most ${capBytesMax}`)
  const head = String.fromCharCode(...bytes.subarray(0, 200))
  const is16 = (bytes[0] === 0xfe && bytes[1] === 0xff) || (bytes[0] === 0xff && bytes[1] === 0xfe)
  const declared = is16
    ? bytes[0] === 0xfe
      ? 'utf-16be'
      : 'utf-16'
    : (/^[^>]*\sencoding\s*=\s*["']([\w.-]+)["']/.exec(head)?.[1]?.toLowerCase() ?? 'utf-8')
  if (!is16 && !encodings.has(declared)) return refuse('XML_ENCODING', `the encoding is "${declared}", expected UTF-8`)
  try {
    const text = new TextDecoder(declared, { fatal: true }).decode(bytes)
    return { ok: true, text: text.replace(/^(\s*<\?xml[^>]*?)\s+encoding\s*=\s*(?:"[^"]*"|'[^']*')/, '$1') }
  } catch {
    return refuse('XML_ENCODING', `the document is not ${declared}, as it says it is`)
  }
}

/** An `alert` element, as it stands alone or inside a feed. */
export function readCapElement(root: XmlElement): CapRead {
  const sheet = createSheet()
  const version = versionOf(root)
  if (version === undefined || root.name !== 'alert') {
    sheet.find(
      'CAP_ROOT',
      '',
      `the root element is "${root.name.slice(0, 64)}" of "${root.uri.slice(0, 128)}", expected alert of CAP 1.2 or 1.1`
    )
    return { ok: false, findings: sheet.findings, remarks: [] }
  }
  const place: Place = { uri: root.uri, pointer: '', sheet }
  checkContent(root, capModels[version], place, true)
  if (sheet.findings.length > 0) return { ok: false, findings: sheet.findings, remarks: sheet.remarks }
  const alert = alertOf(root, version)
  checkProse(alert, sheet)
  return sheet.findings.length === 0
    ? { ok: true, alert, remarks: sheet.remarks }
    : { ok: false, findings: sheet.findings, remarks: sheet.remarks }
}

function versionOf({ uri }: XmlElement): CapVersion | undefined {
  return uri === capNamespaces['1.2'] ? '1.2' : uri === capNamespaces['1.1'] ? '1.1' : undefined
}

interface Sheet {
  readonly findings: Reason[]
  readonly remarks: Reason[]
  find(code: string, pointer: string, message: string): void
  remark(code: string, pointer: string, message: string): void
}

function createSheet(): Sheet {
  const findings: Reason[] = []
  const remarks: Reason[] = []
  const add = (list: Reason[]) => (code: string, pointer: string, message: string) => {
    if (list.length < findingsMax) list.push({ code, pointer, message })
  }
  return { findings, remarks, find: add(findings), remark: add(remarks) }
}

interface Place {
  readonly uri: string
  readonly pointer: string
  readonly sheet: Sheet
}

function checkContent(element: XmlElement, models: readonly ElementModel[], place: Place, isAlert = false): void {
  const { uri, pointer, sheet } = place
  checkShell(element, place)
  const counts = new Map<string, number>()
  let at = 0
  for (const child of element.children) {
    if (isAlert && child.uri === signatureUri) continue
    const index = child.uri === uri ? models.findIndex(({ name }) => name === child.name) : -1
    const model = models[index]
    if (model === undefined) {
      sheet.find(
        'CAP_ELEMENT_UNKNOWN',
        pointer,
        `${element.name} holds "${child.name.slice(0, 64)}", expected ${models.map(({ name }) => name).join(', ')}`
      )
      continue
    }
    if (index < at) sheet.find('CAP_ORDER', pointer, `${child.name} stands after ${models[at]?.name ?? ''}, expected before it`)
    at = Math.max(at, index)
    const count = (counts.get(child.name) ?? 0) + 1
    counts.set(child.name, count)
    if (count > model.max) sheet.find('CAP_REPEATED', `${pointer}/${child.name}`, `${child.name} stands ${count} times, expected once`)
    const own = `${pointer}/${child.name}${model.max === 1 ? '' : `/${count - 1}`}`
    if (model.children === undefined) checkLeaf(child, model, { ...place, pointer: own })
    else checkContent(child, model.children, { ...place, pointer: own })
  }
  for (const { name, min } of models)
    if (min > (counts.get(name) ?? 0))
      sheet.find('CAP_MISSING', `${pointer}/${name}`, `required element ${name} is missing in ${element.name}`)
}

/** What no element with elements inside may have: text of its own, attributes. */
function checkShell(element: XmlElement, { pointer, sheet }: Place): void {
  if (element.text.trim() !== '') sheet.find('CAP_TEXT', pointer, `${element.name} holds text between its elements, expected none`)
  checkAttributes(element, { pointer, sheet })
}

function checkAttributes(element: XmlElement, { pointer, sheet }: Pick<Place, 'pointer' | 'sheet'>): void {
  const foreign = element.attributes.find(({ uri, prefix }) => uri !== schemaInstanceUri && prefix !== 'xml')
  if (foreign !== undefined)
    sheet.find('CAP_ATTRIBUTE', pointer, `${element.name} has the attribute "${foreign.name.slice(0, 64)}", expected none`)
}

function checkLeaf(element: XmlElement, model: ElementModel, place: Place): void {
  const { pointer, sheet } = place
  const text = element.text.trim()
  checkAttributes(element, place)
  if (element.children.length > 0) return sheet.find('CAP_ELEMENT_UNKNOWN', pointer, `${element.name} holds elements, expected text`)
  if (text === '' && model.mayBeEmpty === true)
    return sheet.remark('CAP_EMPTY', pointer, `${element.name} is empty, expected it to be left out`)
  const fault = model.rule?.(text)
  if (fault !== undefined)
    return sheet.find('CAP_VALUE', pointer, `${element.name} is ${text === '' ? 'empty' : `"${text.slice(0, 64)}"`}, ${fault}`)
  const advice = model.advice?.(text)
  if (advice !== undefined) sheet.remark('CAP_VALUE', pointer, `${element.name} is "${text.slice(0, 64)}", ${advice}`)
}

/** The rules between elements (CAP 1.2 §3.2.1, §3.2.2, §3.2.4). */
function checkProse(alert: CapAlert, sheet: Sheet): void {
  const { scope, msgType, restriction, addresses, references } = alert
  if (scope === 'Private' && addresses.length === 0)
    sheet.find('CAP_ADDRESSES', '/addresses', 'scope is Private and there are no addresses, expected at least one')
  if (scope === 'Restricted' && restriction === undefined)
    sheet.find('CAP_RESTRICTION', '/restriction', 'scope is Restricted and there is no restriction, expected one')
  if (scope !== 'Restricted' && restriction !== undefined)
    sheet.remark('CAP_RESTRICTION', '/restriction', `scope is ${scope} and there is a restriction, expected none`)
  if (msgType !== 'Alert' && references.length === 0)
    sheet.remark('CAP_REFERENCES', '/references', `msgType is ${msgType} and nothing is referred to, expected the earlier messages`)
  if (msgType === 'Error' && alert.note === undefined)
    sheet.remark('CAP_NOTE', '/note', 'msgType is Error without a note, expected the reason')
  if (alert.status === 'Exercise' && alert.note === undefined)
    sheet.remark('CAP_NOTE', '/note', 'status is Exercise without a note, expected the name of the exercise')
  alert.infos.forEach((info, index) => {
    const pointer = `/info/${index}`
    const begins = Date.parse(info.onset ?? info.effective ?? alert.sent)
    if (info.expires !== undefined && Date.parse(info.expires) < begins)
      sheet.remark('CAP_EXPIRES', `${pointer}/expires`, `expires is ${info.expires}, expected not to be before the beginning`)
    info.areas.forEach((area, areaIndex) => {
      if (area.ceiling !== undefined && area.altitude === undefined)
        sheet.find('CAP_CEILING', `${pointer}/area/${areaIndex}/ceiling`, 'ceiling stands without altitude, expected both or none')
    })
  })
}
