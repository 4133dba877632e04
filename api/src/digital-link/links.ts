/** The links that operators keep, and the hosts these may lead to. A link to any other host is neither kept nor followed. */
import { compileValidator } from '@tracegate/model/codec'
import type { Reason } from '@tracegate/model/errors'
import { KeptLinks, LinkHosts, type KeptLink, type KeptLinksBody, type KeptLinksRow } from '@tracegate/model/linkset'
import type { CaseStore, RegisterRow } from '@tracegate/store/case-store'
import { isStoreError } from '@tracegate/store/errors'
import { createAuditTrail } from '../audit.ts'
import { FindingsError } from '../problem.ts'
import { linkError } from './errors.ts'

/** Keys that may have links. */
const linkKeysMax = 100_000
const hostsSetting = 'link-hosts'
/** Another process may change them. */
const hostsCacheMs = 1_000

const kept = compileValidator(KeptLinks)
const hostLists = compileValidator(LinkHosts)

export interface LinkBook {
  of(key: string): Promise<KeptLinksRow | undefined>
  all(): Promise<KeptLinksRow[]>
  put(
    key: string,
    body: KeptLinksBody,
    options: { readonly expected: number | 'new' | undefined; readonly by: string }
  ): Promise<KeptLinksRow>
  remove(key: string, options: { readonly expected: number | 'new' | undefined; readonly by: string }): Promise<void>
  hosts(): Promise<ReadonlySet<string>>
  /** Hosts that were entered here; those of the configuration are always allowed. */
  setHosts(hosts: readonly string[], by: string): Promise<void>
  /** Whether a link may be followed now. */
  isAllowed(href: string): Promise<boolean>
}

export interface LinkBookOptions {
  readonly cases: CaseStore
  readonly nowMs: () => number
  /** Of the configuration. */
  readonly hosts?: readonly string[]
}

export function createLinkBook(options: LinkBookOptions): LinkBook {
  const { cases, nowMs } = options
  const audit = createAuditTrail(cases, nowMs)
  let cached: { readonly atMs: number; readonly hosts: Promise<ReadonlySet<string>> } | undefined

  async function readHosts(): Promise<ReadonlySet<string>> {
    const read = hostLists.check((await cases.get('settings', hostsSetting))?.document)
    return new Set([...(options.hosts ?? []), ...(read.ok ? read.value.hosts : [])])
  }
  function hosts(): Promise<ReadonlySet<string>> {
    if (cached !== undefined && nowMs() - cached.atMs < hostsCacheMs) return cached.hosts
    const found = readHosts()
    found.catch(() => (cached = undefined))
    cached = { atMs: nowMs(), hosts: found }
    return found
  }
  const rowOf = (row: RegisterRow | undefined): KeptLinksRow | undefined => {
    const read = row === undefined ? undefined : kept.check(row.document)
    return read?.ok === true && row !== undefined ? { ...read.value, version: row.version } : undefined
  }
  async function requireVersion(key: string, expected: number | 'new' | undefined): Promise<number> {
    const current = (await cases.get('links', key))?.version ?? 0
    const wanted = expected === 'new' ? 0 : expected
    if (wanted === undefined && current !== 0) throw linkError('LINKS_PRECONDITION', { key, current })
    if (wanted !== undefined && wanted !== current) throw linkError('LINKS_CHANGED', { key, current, wanted })
    return current
  }

  return {
    of: async (key) => rowOf(await cases.get('links', key)),
    all: async () => (await cases.list('links')).flatMap((row) => rowOf(row) ?? []),
    async put(key, body, { expected, by }) {
      const current = await requireVersion(key, expected)
      const faults = faultsOf(body, await hosts())
      if (faults.length > 0) throw new FindingsError(linkError('LINKS_INVALID', { key, count: faults.length }), faults)
      if (current === 0) {
        const count = (await cases.list('links')).length
        if (count >= linkKeysMax) throw linkError('LINKS_FULL', { count, max: linkKeysMax })
      }
      const document: KeptLinks = { key, ...body, by, atMs: nowMs() }
      try {
        const row = await cases.put('links', key, document, current)
        await audit.append(`links:${key}`, { by, action: current === 0 ? 'added' : 'changed', state: body })
        return { ...document, version: row.version }
      } catch (error) {
        if (isStoreError(error, 'STORE_CONFLICT')) throw linkError('LINKS_CHANGED', { key, current: 'another one', wanted: current }, error)
        throw error
      }
    },
    async remove(key, { expected, by }) {
      if (expected !== undefined) await requireVersion(key, expected)
      if (!(await cases.remove('links', key))) throw linkError('LINKS_ABSENT', { key })
      await audit.append(`links:${key}`, { by, action: 'removed', state: null })
    },
    hosts,
    async setHosts(list, by) {
      await cases.put('settings', hostsSetting, { hosts: [...new Set(list)] })
      cached = undefined
      await audit.append('links:hosts', { by, action: 'changed', state: list })
    },
    isAllowed: async (href) => hrefFault(href, await hosts()) === undefined
  }
}

function faultsOf(body: KeptLinksBody, hosts: ReadonlySet<string>): Reason[] {
  const faults: Reason[] = []
  const seen = new Set<string>()
  let defaults = 0
  for (const [index, link] of body.links.entries()) {
    const fault = hrefFault(link.href, hosts)
    if (fault !== undefined) faults.push({ code: 'LINK_HREF', pointer: `/links/${index}/href`, message: `href ${fault}` })
    if (link.isDefault === true) defaults += 1
    const name = nameOf(link)
    if (seen.has(name))
      faults.push({
        code: 'LINK_REPEATED',
        pointer: `/links/${index}`,
        message: `the link to ${link.href.slice(0, 80)} stands twice, expected once`
      })
    seen.add(name)
  }
  if (defaults > 1)
    faults.push({ code: 'LINK_DEFAULTS', pointer: '/links', message: `${defaults} links are the default, expected at most 1` })
  return faults
}

function nameOf(link: KeptLink): string {
  return JSON.stringify([link.linkType, link.href, link.type, link.hreflang])
}

/**
 * What is wrong with a target; undefined when it may be followed. A path is judged as a browser reads it: `//host`, `/\host` and
 * control characters lead elsewhere.
 */
export function hrefFault(href: string, hosts: ReadonlySet<string>): string | undefined {
  if (/[\u0000-\u0020\u007f\\<>"^`{|}]/.test(href)) return `is ${JSON.stringify(href.slice(0, 80))} with a character that no address has`
  if (href.startsWith('/')) {
    const here = 'https://here.invalid'
    if (URL.canParse(href, here) && new URL(href, here).origin === here && !href.startsWith('//')) return undefined
    return `is "${href.slice(0, 80)}", expected a path of this server such as /t/`
  }
  if (!URL.canParse(href)) return `is "${href.slice(0, 80)}", expected a path or https://…`
  const url = new URL(href)
  if (url.protocol !== 'https:') return `is "${href.slice(0, 80)}", expected https`
  if (url.username !== '' || url.password !== '') return 'carries a name or password, expected none'
  if (!hosts.has(url.host)) {
    const known = [...hosts].slice(0, 10).join(', ')
    return `leads to "${url.host}", expected a path of this server${known === '' ? '' : ` or a host of ${known}`} (hosts are allowed under /api/v1/link-hosts)`
  }
  return undefined
}
