/** What a recall notice says, and the lint against words that play the hazard down. The words are policy; pure. */
import { Type, type Static } from 'typebox'
import { remedies, type NoticeWord } from './policy/recalls.ts'
import { languages } from './text.ts'

const strict = { additionalProperties: false }
const text = (maxLength: number) =>
  Type.Object({ zh: Type.String({ minLength: 1, maxLength }), en: Type.String({ minLength: 1, maxLength }) }, strict)

/** The elements of a recall notice: headline, product with picture and identifiers, hazard, what to do, remedies, contact. */
export const NoticeContent = Type.Object(
  {
    headline: text(200),
    product: Type.Object(
      {
        name: text(256),
        brand: Type.Optional(Type.String({ maxLength: 256 })),
        model: Type.Optional(Type.String({ maxLength: 256 })),
        /** Where people find the number on the goods. */
        whereToLook: Type.Optional(text(512)),
        identifiers: Type.Array(Type.String({ minLength: 1, maxLength: 512 }), {
          minItems: 1,
          maxItems: 200,
          description: 'GTIN, lot, serial range or model as printed on the goods'
        }),
        soldFrom: Type.Optional(Type.String({ format: 'date' })),
        soldTo: Type.Optional(Type.String({ format: 'date' })),
        /** Id of an attachment, or a path of this server. */
        photo: Type.Optional(Type.String({ maxLength: 256 }))
      },
      strict
    ),
    hazard: text(2_000),
    instruction: text(2_000),
    remedies: Type.Array(Type.Object({ remedy: Type.Enum(remedies), how: text(1_000) }, strict), { minItems: 1, maxItems: 3 }),
    contact: text(1_000)
  },
  strict
)
export type NoticeContent = Static<typeof NoticeContent>

export const NoticeFinding = Type.Object({
  pointer: Type.String({ description: 'JSON pointer into the content' }),
  language: Type.Enum(languages),
  /** In UTF-16 code units of the text. */
  from: Type.Integer({ minimum: 0 }),
  to: Type.Integer({ minimum: 0 }),
  found: Type.String(),
  why: Type.Object({ zh: Type.String(), en: Type.String() })
})
export type NoticeFinding = Static<typeof NoticeFinding>

export const findingsMax = 200

/** Every place where a text of the notice uses one of the words; sorted by place. */
export function lintNotice(content: NoticeContent, words: readonly NoticeWord[]): NoticeFinding[] {
  const findings: NoticeFinding[] = []
  for (const { pointer, value } of textsOf(content, '')) {
    for (const word of words) {
      for (const { from, to } of occurrences(value, word)) {
        if (findings.length >= findingsMax) return findings
        findings.push({ pointer, language: word.language, from, to, found: value.slice(from, to), why: word.why })
      }
    }
  }
  return findings.filter((one) => !findings.some((other) => other !== one && covers(other, one)))
}

/** The longer finding tells more: `voluntary` inside of `voluntary measure` is told once. */
function covers(other: NoticeFinding, one: NoticeFinding): boolean {
  if (other.pointer !== one.pointer || other.from > one.from || other.to < one.to) return false
  return other.to - other.from > one.to - one.from
}

function textsOf(value: unknown, pointer: string): { readonly pointer: string; readonly value: string }[] {
  if (typeof value === 'string') return [{ pointer, value }]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, member]) =>
    // Numbers on the goods and addresses are as they are.
    name === 'identifiers' || name === 'photo' || name === 'remedy' ? [] : textsOf(member, `${pointer}/${name}`)
  )
}

/**
 * Latin words are found as whole words in any case, full-width letters and any white space or hyphen included. Chinese words are found
 * anywhere, also with spaces or invisible characters put between their characters.
 */
function occurrences(value: string, { language, text: wanted }: NoticeWord): { readonly from: number; readonly to: number }[] {
  const found: { from: number; to: number }[] = []
  const { plain, at } = flatten(value, language)
  const needle = flatten(wanted, language).plain
  if (needle === '') return found
  for (let index = plain.indexOf(needle); index >= 0; index = plain.indexOf(needle, index + needle.length)) {
    const end = index + needle.length
    if (language === 'en' && (isLetter(plain[index - 1]) || isLetter(plain[end]))) continue
    const from = at[index] ?? 0
    found.push({ from, to: (at[end - 1] ?? from) + 1 })
  }
  return found
}

const isLetter = (letter: string | undefined): boolean => letter !== undefined && /[a-z]/.test(letter)
/** Shown as nothing: zero width spaces and joiners, soft hyphen, byte order mark. */
const invisible = /[\u00ad\u200b-\u200d\u2060\ufeff]/

/** The text with one form for each way of writing it, and where each of its characters stood. */
function flatten(value: string, language: NoticeWord['language']): { readonly plain: string; readonly at: readonly number[] } {
  let plain = ''
  const at: number[] = []
  for (let index = 0; index < value.length; index += 1) {
    const letter = value.charAt(index)
    if (invisible.test(letter)) continue
    const isGap = /[\s\-\u2010-\u2015\u3000]/.test(letter)
    if (isGap && (language === 'zh' || plain.endsWith(' '))) continue
    const one = isGap ? ' ' : letter.normalize('NFKC').toLowerCase()
    plain += one
    for (let unit = 0; unit < one.length; unit += 1) at.push(index)
  }
  return { plain, at }
}
