/**
 * The supervision proposed for a consignment (task 20), with the reasons: from the harm of its products, the credit of its company, what
 * was found before, warnings in force and the certificates it brings. It proposes; a person decides. Pure.
 */
import type { CreditGrade, SupervisionMode, SupervisionPolicy } from '../policy/supervision.ts'
import { sha256Hex } from '../sha256.ts'
import type { BilingualText } from '../text.ts'
import type { ModeProposal } from './consignment.ts'

export interface ConsignmentFacts {
  readonly consignment: string
  /** The graver of what the registers say of its products; undefined where none is known. */
  readonly harm: number | undefined
  readonly productsUnknown: number
  readonly company: { readonly gln: string; readonly grade: CreditGrade; readonly blacklisted: boolean } | undefined
  /** Found not to conform within the time that the policy looks back, of the same products or the same company. */
  readonly nonConformities: number
  /** Warnings in force that name its goods, by number. */
  readonly warnings: readonly string[]
  /** Recalls running of its goods. */
  readonly recalls: readonly string[]
  /** Headings of the inspection catalogue that it falls under. */
  readonly catalogue: readonly string[]
  /** Certificates that are valid, of an accredited laboratory, and cover all of its goods. */
  readonly certificates: readonly string[]
  /** Certificates that it names and that do not hold, with why. */
  readonly certificatesFailed: readonly { readonly id: string; readonly why: BilingualText }[]
  readonly guaranteeAsked: boolean
}

interface Ground {
  readonly mode: SupervisionMode
  readonly reason: BilingualText
}

export function proposeMode(
  facts: ConsignmentFacts,
  policy: SupervisionPolicy,
  { policyVersion, atMs }: { readonly policyVersion: number; readonly atMs: number }
): ModeProposal {
  const strict = strictGrounds(facts, policy)
  const chosen = strict.length > 0 ? strict : lightGrounds(facts, policy)
  const mode = chosen[0]?.mode ?? 'sampling'
  const rate = policy.modes.rates[mode]
  return {
    mode,
    rate,
    open: rate >= 1 || isDrawn(facts.consignment, policyVersion, rate),
    reasons: [...chosen, ...failedGrounds(facts, mode)].map(({ reason }) => reason),
    restsOn: mode === 'acceptance' ? [...facts.certificates] : [],
    blacklisted: facts.company?.blacklisted === true,
    policyVersion,
    atMs
  }
}

/** Any of them asks for inspection. */
function strictGrounds(facts: ConsignmentFacts, { modes }: SupervisionPolicy): Ground[] {
  const { company, harm, nonConformities, warnings, recalls } = facts
  const found: BilingualText[] = []
  if (company?.blacklisted === true) found.push({ zh: `企业 ${company.gln} 在黑名单中`, en: `Company ${company.gln} is on the blacklist` })
  if (company !== undefined && modes.inspectGrades.includes(company.grade))
    found.push({ zh: `企业信用等级为 ${company.grade}`, en: `The company's credit grade is ${company.grade}` })
  if (harm !== undefined && harm >= modes.inspectFromHarm)
    found.push({ zh: `产品登记危害为 ${harm}`, en: `A product is registered with harm ${harm}` })
  if (nonConformities >= modes.inspectFromNonConformities)
    found.push({ zh: `近期发现 ${nonConformities} 次不合格`, en: `Found not to conform lately: ${nonConformities} times` })
  if (warnings.length > 0) found.push({ zh: `有生效的预警：${warnings.join('、')}`, en: `Warnings in force: ${warnings.join(', ')}` })
  if (recalls.length > 0) found.push({ zh: `正在召回：${recalls.join('、')}`, en: `Recalls running: ${recalls.join(', ')}` })
  return found.map((reason) => ({ mode: 'inspection', reason }))
}

/** The first that holds decides; sampling where none does. */
function lightGrounds(facts: ConsignmentFacts, { modes }: SupervisionPolicy): Ground[] {
  const { company, harm, certificates, catalogue, productsUnknown, guaranteeAsked } = facts
  const grade = company?.grade
  const isTrusted = grade !== undefined && modes.acceptGrades.includes(grade)
  if (productsUnknown > 0 || harm === undefined)
    return [
      {
        mode: 'sampling',
        reason: { zh: `${productsUnknown} 种产品未登记`, en: `In no register: ${productsUnknown} of the products` }
      }
    ]
  if (certificates.length > 0 && isTrusted && harm <= modes.acceptUpToHarm)
    return [
      {
        mode: 'acceptance',
        reason: {
          zh: `信用等级 ${grade}，证书有效：${certificates.join('、')}`,
          en: `Credit grade ${grade} and valid certificates: ${certificates.join(', ')}`
        }
      }
    ]
  if (guaranteeAsked && grade !== undefined && modes.guaranteeGrades.includes(grade))
    return [
      {
        mode: 'guarantee',
        reason: { zh: `企业申请合格保证，信用等级 ${grade}`, en: `A guarantee is asked for and the credit grade is ${grade}` }
      }
    ]
  if (catalogue.length > 0)
    return [
      {
        mode: 'sampling',
        reason: { zh: `列入检验目录：${catalogue.join('、')}`, en: `In the inspection catalogue: ${catalogue.join(', ')}` }
      }
    ]
  if (isTrusted)
    return [
      { mode: 'verification', reason: { zh: `信用等级 ${grade}，无不良记录`, en: `Credit grade ${grade} and nothing speaks against it` } }
    ]
  return [{ mode: 'sampling', reason: { zh: '无更严或更宽的理由', en: 'Nothing asks for more or allows less' } }]
}

function failedGrounds({ certificatesFailed }: ConsignmentFacts, mode: SupervisionMode): Ground[] {
  return certificatesFailed.map(({ id, why }) => ({
    mode,
    reason: { zh: `证书 ${id} 不予采信：${why.zh}`, en: `Certificate ${id} is not accepted: ${why.en}` }
  }))
}

/** By its own lot: nobody can choose a number that goes past, as the ticket is a hash of it; the same consignment is always judged alike. */
function isDrawn(consignment: string, policyVersion: number, rate: number): boolean {
  const ticket = Number.parseInt(sha256Hex(`${policyVersion}\n${consignment}`).slice(0, 12), 16)
  return ticket / 2 ** 48 < rate
}
