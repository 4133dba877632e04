/** The GS1 headers of EPCIS 2.0: what is said with every answer, and which wishes of a client can be met. */
import type { FastifyReply, FastifyRequest } from 'fastify'
import { apiError } from '../errors.ts'
import { version } from '../version.ts'
import { captureBehaviours, eventsMax, type CaptureBehaviour } from './capture.ts'

const epcisVersion = '2.0'
export const captureBytesMax = 8_388_608
/** Stored events are served as they came; nothing is translated between URN and Digital Link. */
const epcFormat = 'Never_Translates'
const mediaTypes: ReadonlySet<string> = new Set(['application/json', 'application/ld+json', 'application/*', '*/*'])

export function setEpcisHeaders(request: FastifyRequest, reply: FastifyReply): void {
  const extensions = request.headers['gs1-extensions']
  reply.headers({
    'GS1-EPCIS-Version': epcisVersion,
    'GS1-EPCIS-Min': epcisVersion,
    'GS1-EPCIS-Max': epcisVersion,
    'GS1-CBV-Version': epcisVersion,
    'GS1-CBV-Min': epcisVersion,
    'GS1-CBV-Max': epcisVersion,
    'GS1-EPC-Format': epcFormat,
    'GS1-CBV-XML-Format': epcFormat,
    'GS1-Vendor-Version': version,
    'GS1-EPCIS-Capture-Limit': String(eventsMax),
    'GS1-EPCIS-Capture-File-Size-Limit': String(captureBytesMax),
    'GS1-Extensions': typeof extensions === 'string' ? extensions : ''
  })
}

/** Refuses with 406 what the client insists on and cannot have. */
export function checkEpcisHeaders(request: FastifyRequest): void {
  for (const standard of ['EPCIS', 'CBV']) {
    checkVersion(request, `GS1-${standard}-Version`, (asked) => asked === 0)
    checkVersion(request, `GS1-${standard}-Min`, (asked) => asked <= 0)
    checkVersion(request, `GS1-${standard}-Max`, (asked) => asked >= 0)
  }
  const format = headerOf(request, 'GS1-EPC-Format')
  if (format !== undefined && format !== epcFormat && format !== 'No_Preference')
    throw apiError('EPCIS_VERSION_UNSUPPORTED', { header: 'GS1-EPC-Format', value: format, wanted: `${epcFormat} or No_Preference` })
  const accept = request.headers.accept
  const types = accept?.split(',').map((part) => part.split(';')[0]?.trim().toLowerCase() ?? '')
  if (accept !== undefined && types?.some((type) => mediaTypes.has(type)) !== true)
    throw apiError('ACCEPT_UNSUPPORTED', { accept, wanted: 'application/json or application/ld+json' })
}

/** Compares major and minor number with ours: negative is older. */
function checkVersion(request: FastifyRequest, header: string, fits: (asked: number) => boolean): void {
  const value = headerOf(request, header)
  if (value === undefined) return
  const match = /^(\d{1,3})(?:\.(\d{1,3}))?(?:\.\d{1,3})?$/.exec(value)
  const asked = match === null ? Number.NaN : (Number(match[1]) - 2) * 1_000 + Number(match[2] ?? 0)
  if (!fits(asked)) throw apiError('EPCIS_VERSION_UNSUPPORTED', { header, value, wanted: epcisVersion })
}

export function behaviourOf(request: FastifyRequest): CaptureBehaviour {
  const value = headerOf(request, 'GS1-Capture-Error-Behaviour') ?? 'rollback'
  const behaviour = captureBehaviours.find((known) => known === value.toLowerCase())
  if (behaviour === undefined) throw apiError('EPCIS_BEHAVIOUR_INVALID', { value })
  return behaviour
}

function headerOf(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name.toLowerCase()]
  return typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined
}
