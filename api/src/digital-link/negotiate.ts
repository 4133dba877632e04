/** What a request asks a resolver for: a link type, a form, languages. It reads headers and query and knows no link. */
import { linkTypeUri } from '@tracegate/model/linkset'
import { linkError } from './errors.ts'

type Form = 'redirect' | 'json' | 'linksetJson' | 'linksetText'

export interface Asked {
  readonly form: Form
  readonly relation: string | undefined
  readonly languages: readonly string[]
  readonly accepts: (type: string) => number
}

export interface AskedOf {
  readonly accept: string | undefined
  readonly acceptLanguage: string | undefined
  readonly linkTypes: readonly string[]
}

const mediaTypesMax = 20

/** Ranges of an Accept header, best first (RFC 9110 §12.5.1). */
function ranges(header: string | undefined, fallback: string): { readonly name: string; readonly weight: number }[] {
  const parts = (header === undefined || header.trim() === '' ? fallback : header).split(',').slice(0, mediaTypesMax)
  return parts
    .map((part) => {
      const [name = '', ...parameters] = part
        .trim()
        .toLowerCase()
        .split(/\s*;\s*/)
      const weight = Number(parameters.find((one) => one.startsWith('q='))?.slice(2) ?? 1)
      return { name, weight: weight >= 0 && weight <= 1 ? weight : 0 }
    })
    .filter(({ name, weight }) => name !== '' && weight > 0)
    .sort((left, right) => right.weight - left.weight)
}

export function readAsked({ accept, acceptLanguage, linkTypes }: AskedOf): Asked {
  const wanted = ranges(accept, '*/*')
  const accepts = (type: string) =>
    Math.max(0, ...wanted.filter(({ name }) => fits(name, type)).map(({ weight, name }) => weight - (name.includes('*') ? 0.001 : 0)))
  const languages = ranges(acceptLanguage, 'en').map(({ name }) => name.split('-')[0] ?? name)
  const [linkType, ...others] = linkTypes
  if (others.length > 0) throw linkError('LINK_TYPE_INVALID', { linkType: linkTypes.join(', ').slice(0, 80) })
  // `all` is what the link set was called before version 1.2 of the resolver standard.
  if (linkType === 'all' || linkType === 'linkset')
    return { form: isText(wanted) ? 'linksetText' : 'linksetJson', relation: undefined, languages, accepts }
  const relation = linkType === undefined || linkType === '' ? undefined : linkTypeUri(linkType)
  if (relation === undefined && linkType !== undefined && linkType !== '')
    throw linkError('LINK_TYPE_INVALID', { linkType: linkType.slice(0, 80) })
  return { form: relation === undefined ? formOf(wanted) : 'redirect', relation, languages, accepts }
}

function fits(range: string, type: string): boolean {
  return range === '*/*' || type === '*/*' || range === type || (range.endsWith('/*') && type.startsWith(range.slice(0, -1)))
}

const isText = (wanted: readonly { readonly name: string }[]) =>
  wanted.some(({ name }) => name === 'application/linkset') && !wanted.some(({ name }) => name === 'application/linkset+json')

/** A browser names text/html and is redirected, whatever else it takes; of the other forms the first that is named counts. */
function formOf(wanted: readonly { readonly name: string }[]): Form {
  if (wanted.some(({ name }) => name === 'text/html')) return 'redirect'
  for (const { name } of wanted) {
    if (name === 'application/linkset+json') return 'linksetJson'
    if (name === 'application/linkset') return 'linksetText'
    if (name === 'application/json' || name === 'application/ld+json') return 'json'
  }
  return 'redirect'
}
