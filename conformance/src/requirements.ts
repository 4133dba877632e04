/** The numbered requirements of the contract, as `firmware-specs/requirements.json` has them, and which of them are asked for. */
import { readFileSync } from 'node:fs'
import { Type, type Static } from 'typebox'
import { compileValidator } from '@tracegate/model/codec'
import { kitError } from './errors.ts'

export const requirementLevels = ['MUST', 'SHOULD', 'MAY'] as const

export const Requirement = Type.Object({
  id: Type.String({ pattern: '^TG-\\d{3,4}$' }),
  section: Type.String(),
  level: Type.Enum(requirementLevels),
  en: Type.String({ minLength: 1 }),
  zh: Type.String(),
  proof: Type.Enum(['kit', 'edge', 'platform'])
})
export type Requirement = Static<typeof Requirement>

const list = compileValidator(Type.Array(Requirement))

/** Every requirement, in the order of the contract. */
export function loadRequirements(): readonly Requirement[] {
  const file = new URL('../../firmware-specs/requirements.json', import.meta.url)
  const parsed: unknown = JSON.parse(readFileSync(file, 'utf8'))
  const checked = list.check(parsed)
  if (!checked.ok) throw new TypeError(`Cannot read requirements: ${checked.reason.message}`)
  return checked.value
}

/** Those that this kit decides. */
export function kitRequirements(): readonly Requirement[] {
  return loadRequirements().filter(({ proof }) => proof === 'kit')
}

/** `TG-4xx,TG-107`: an `x` stands for any digit. Throws for a pattern that fits nothing. */
export function selectRequirements(
  requirements: readonly Requirement[],
  selection: { only: string; skip: string }
): readonly Requirement[] {
  const only = patternsOf(selection.only, requirements)
  const skip = patternsOf(selection.skip, requirements)
  return requirements.filter(
    ({ id }) => (only.length === 0 || only.some((pattern) => pattern.test(id))) && !skip.some((pattern) => pattern.test(id))
  )
}

function patternsOf(text: string, requirements: readonly Requirement[]): RegExp[] {
  const parts = text.split(',').map((part) => part.trim())
  return parts
    .filter((part) => part !== '')
    .map((part) => {
      const pattern = new RegExp(`^${part.replaceAll(/[^A-Za-z0-9-]/g, String.raw`\$&`).replaceAll('x', String.raw`\d`)}$`)
      if (!requirements.some(({ id }) => pattern.test(id))) throw kitError('KIT_UNKNOWN_REQUIREMENT', { pattern: part })
      return pattern
    })
}

export const languages = ['en', 'zh'] as const
export type Language = (typeof languages)[number]

/** The sentence of a requirement; the English one where the Chinese is missing. */
export function textOf(requirement: Requirement, language: Language): string {
  return language === 'zh' && requirement.zh !== '' ? requirement.zh : requirement.en
}
