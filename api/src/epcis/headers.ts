/** The GS1 headers of EPCIS 2.0 (REST binding): what a caller wishes, what is said with every answer, and what cannot be met (406). */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { cbvFormats, epcFormats, type CbvFormat, type EpcFormat } from '@tracegate/model/epcis/format'
import { captureBehaviours, type CaptureBehaviour } from '@tracegate/model/http-epcis'
import { apiError } from '../errors.ts'
import { version } from '../version.ts'
import { chooseType } from './accept.ts'
import { eventsMax } from './capture-document.ts'

export const captureBytesMax = 8_388_608

export const jsonTypes = ['application/json', 'application/ld+json'] as const
export const xmlTypes = ['application/xml', 'text/xml'] as const
type EpcisMediaType = (typeof jsonTypes)[number] | (typeof xmlTypes)[number]
const jsonAndXmlTypes = [...jsonTypes, ...xmlTypes] as const
export const jsonType = 'application/json; charset=utf-8'

/** Newest first. EPCIS 1.2 is spoken in XML only. */
const epcisVersions = ['2.0', '1.2'] as const
type EpcisVersion = (typeof epcisVersions)[number]

/** What an operation answers with: EPCIS in JSON, in XML too, or nothing that is negotiated. */
type Produces = 'json' | 'jsonAndXml' | 'nothing'

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Of an operation of EPCIS; `json` where nothing is said. */
    produces?: Produces
  }
  interface FastifyRequest {
    /** What the caller of an EPCIS operation asked for in headers; set before its handler runs. */
    wishes: Wishes
  }
}

export interface Wishes {
  readonly mediaType: EpcisMediaType
  readonly version: EpcisVersion
  /** No_Preference also where the header is missing: events are served as they were captured. */
  readonly epcFormat: EpcFormat
  readonly cbvFormat: CbvFormat
  /** Prefix to URI, of GS1-Extensions. */
  readonly extensions: Readonly<Record<string, string>>
}

const plainWishes: Wishes = {
  mediaType: 'application/json',
  version: '2.0',
  epcFormat: 'No_Preference',
  cbvFormat: 'No_Preference',
  extensions: {}
}
/** Prefixes that are understood without being declared. */
const ownExtensions = 'gs1=https://gs1.org/voc/,cbvmda=urn:epcglobal:cbv:mda:'

const answerHeaders = {
  'GS1-EPCIS-Version': epcisVersions[0],
  'GS1-EPCIS-Min': epcisVersions[1],
  'GS1-EPCIS-Max': epcisVersions[0],
  'GS1-CBV-Version': epcisVersions[0],
  'GS1-CBV-Min': epcisVersions[1],
  'GS1-CBV-Max': epcisVersions[0],
  'GS1-EPC-Format': 'Never_Translates',
  'GS1-CBV-XML-Format': 'Never_Translates',
  'GS1-Vendor-Version': version,
  'GS1-EPCIS-Capture-Limit': String(eventsMax),
  'GS1-EPCIS-Capture-File-Size-Limit': String(captureBytesMax),
  'GS1-Extensions': ownExtensions,
  // An answer of data is no page: nothing of it may run, be framed or be guessed at.
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin'
}

/** Sets the headers of the answer and reads those of the request; throws 406 for what the caller insists on and cannot have. */
export function readEpcisHeaders(request: FastifyRequest, reply: FastifyReply): Wishes {
  reply.headers(answerHeaders)
  const produces = request.routeOptions.config?.produces ?? 'json'
  const mediaType = mediaTypeOf(request, produces)
  if (!hasGs1Headers(request)) return mediaType === plainWishes.mediaType ? plainWishes : { ...plainWishes, mediaType }
  const wishes = {
    mediaType,
    version: versionOf(request, versionsOf(mediaType, request)),
    epcFormat: wordOf(request, 'GS1-EPC-Format', epcFormats),
    cbvFormat: wordOf(request, 'GS1-CBV-XML-Format', cbvFormats),
    extensions: extensionsOf(request)
  }
  const written = Object.entries(wishes.extensions).map(([prefix, uri]) => `${prefix}=${uri}`)
  reply.headers({
    'GS1-EPCIS-Version': wishes.version,
    'GS1-CBV-Version': wishes.version,
    'GS1-EPC-Format': wishes.epcFormat === 'No_Preference' ? 'Never_Translates' : wishes.epcFormat,
    'GS1-CBV-XML-Format': wishes.cbvFormat === 'No_Preference' ? 'Never_Translates' : wishes.cbvFormat,
    ...(written.length === 0 ? {} : { 'GS1-Extensions': written.join(',') })
  })
  return wishes
}

export function isXml(mediaType: string): boolean {
  return mediaType === 'application/xml' || mediaType === 'text/xml'
}

function mediaTypeOf(request: FastifyRequest, produces: Produces): EpcisMediaType {
  const accept = request.headers.accept
  if (produces === 'nothing' || accept === undefined || accept === '*/*' || accept === jsonTypes[0]) return jsonTypes[0]
  const offered = produces === 'json' ? jsonTypes : jsonAndXmlTypes
  const chosen = chooseType(accept, offered)
  if (chosen === undefined) throw apiError('ACCEPT_UNSUPPORTED', { accept: accept.slice(0, 128), wanted: offered.join(', ') })
  return chosen
}

/** Node gives header names in lower case. */
function hasGs1Headers(request: FastifyRequest): boolean {
  for (const name in request.headers) if (name.startsWith('gs1-')) return true
  return false
}

/** Of what is read or written with this request. */
function versionsOf(mediaType: EpcisMediaType, request: FastifyRequest): readonly EpcisVersion[] {
  const sent = request.headers['content-type']
  const speaksXml = sent === undefined ? isXml(mediaType) : /^\s*(application|text)\/xml\b/i.test(sent)
  return speaksXml ? epcisVersions : [epcisVersions[0]]
}

/** The newest version that all version headers allow. CBV 2.0 goes with EPCIS 2.0, CBV 1.2 with EPCIS 1.2. */
function versionOf(request: FastifyRequest, spoken: readonly EpcisVersion[]): EpcisVersion {
  let left = spoken
  for (const standard of ['EPCIS', 'CBV'])
    for (const [name, fits] of versionRules) {
      const header = `GS1-${standard}-${name}`
      const value = headerOf(request, header)
      if (value === undefined) continue
      const asked = versionNumber(value)
      left = left.filter((candidate) => fits(versionNumber(candidate), asked))
      if (left.length === 0) throw apiError('EPCIS_VERSION_UNSUPPORTED', { header, value: value.slice(0, 64), wanted: spoken.join(' or ') })
    }
  return left[0] ?? epcisVersions[0]
}

const versionRules: readonly (readonly [string, (spoken: number, asked: number) => boolean])[] = [
  ['Version', (spoken, asked) => spoken === asked],
  ['Min', (spoken, asked) => spoken >= asked],
  ['Max', (spoken, asked) => spoken <= asked]
]

/** Major and minor number; the patch level of an artefact does not count. NaN fits nothing. */
function versionNumber(text: string): number {
  const match = /^(\d{1,3})(?:\.(\d{1,3}))?(?:\.\d{1,3})?$/.exec(text)
  return match === null ? Number.NaN : Number(match[1]) * 1_000 + Number(match[2] ?? 0)
}

function wordOf<Word extends string>(request: FastifyRequest, header: string, words: readonly [Word, ...Word[]]): Word {
  const value = headerOf(request, header)
  if (value === undefined) return words[0]
  const found = words.find((word) => word.toLowerCase() === value.toLowerCase())
  if (found === undefined) throw apiError('EPCIS_VERSION_UNSUPPORTED', { header, value: value.slice(0, 64), wanted: words.join(', ') })
  return found
}

const extensionsMax = 64
const extensionPattern = /^\s*([A-Za-z][\w.-]{0,63})\s*=\s*([A-Za-z][A-Za-z0-9+.-]*:[\x21-\x7e]{1,512})\s*$/

function extensionsOf(request: FastifyRequest): Readonly<Record<string, string>> {
  const value = headerOf(request, 'GS1-Extensions')
  if (value === undefined) return {}
  const pairs = value.split(',').filter((part) => part.trim() !== '')
  const read = pairs.map((part) => extensionPattern.exec(part))
  const wrong = read.indexOf(null)
  if (wrong !== -1 || pairs.length > extensionsMax)
    throw apiError('EPCIS_VERSION_UNSUPPORTED', {
      header: 'GS1-Extensions',
      value: (pairs[wrong] ?? value).slice(0, 64),
      wanted: `at most ${extensionsMax} pairs prefix=uri, separated by commas`
    })
  return Object.fromEntries(read.map((match) => [match?.[1] ?? '', match?.[2] ?? '']))
}

export function behaviourOf(request: FastifyRequest): CaptureBehaviour {
  const value = headerOf(request, 'GS1-Capture-Error-Behaviour') ?? 'rollback'
  const behaviour = captureBehaviours.find((known) => known === value.toLowerCase())
  if (behaviour === undefined) throw apiError('EPCIS_BEHAVIOUR_INVALID', { value: value.slice(0, 64) })
  return behaviour
}

function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name.toLowerCase()]
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined
}
