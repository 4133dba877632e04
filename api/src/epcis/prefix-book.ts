/**
 * The company prefixes that captured URNs showed, kept in the register `companyPrefixes`, and those that the parties' master data tell: by
 * them a Digital Link is written as a URN.
 */
import { createCompanyPrefixes, type CompanyPrefixBook } from '@tracegate/model/gs1/company-prefix'
import type { Party } from '@tracegate/model/registers'
import type { CaseStore } from '@tracegate/store/case-store'

export interface PrefixBook {
  readonly prefixes: CompanyPrefixBook
  /** Takes prefixes from the URNs in events as text; what is new is kept, in the background. */
  learn(json: readonly string[]): void
  /** Looks again at what the parties tell. */
  refresh(): Promise<void>
}

const urnPattern = /urn:epc:(?:id|class|idpat):[a-z0-9]+:[^"]{1,200}/g

export async function openPrefixBook(options: {
  readonly cases: CaseStore
  readonly parties: () => Promise<readonly Party[]>
  readonly onFailed: (error: unknown) => void
}): Promise<PrefixBook> {
  const { cases, parties, onFailed } = options
  const known = (await cases.list('companyPrefixes')).map(({ id }) => id)
  const prefixes = createCompanyPrefixes(known)
  let seen: readonly Party[] = []
  const refresh = async (): Promise<void> => {
    const all = await parties()
    if (all === seen) return
    seen = all
    for (const { gln, companyPrefixLength } of all) if (companyPrefixLength !== undefined) prefixes.learn(gln.slice(0, companyPrefixLength))
  }
  await refresh()
  return {
    prefixes,
    refresh,
    learn(json) {
      const added = new Set<string>()
      for (const text of json) {
        if (!text.includes('urn:epc:')) continue
        for (const [urn] of text.matchAll(urnPattern)) {
          const prefix = prefixes.learn(urn)
          if (prefix !== undefined) added.add(prefix)
        }
      }
      // A prefix that could not be kept is learned again from the next event that shows it after a restart.
      for (const prefix of added) cases.put('companyPrefixes', prefix, { prefix }).catch(onFailed)
    }
  }
}
