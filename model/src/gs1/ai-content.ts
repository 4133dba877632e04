/** The content rules of AI values, by their names in the GS1 Barcode Syntax Dictionary. Each takes one component and names its fault. */
import { checkMod10, checkPair, type CheckResult } from './check-digit.ts'
import { countryLetters, countryNumbers, currencyNumbers, packageTypes } from './code-lists.ts'
import { checkCouponCode, checkCouponOffer } from './coupon.ts'

/** Fault of a value, as the dictionary's reference rules name it; `EMPTY_VALUE` and `INCORRECT_LENGTH` are ours. */
export type ContentError = string
type ContentRule = (text: string) => ContentError | undefined

const errorOf = (result: CheckResult): ContentError | undefined => (result.ok ? undefined : result.error)
const within =
  (list: ReadonlySet<string>, error: ContentError): ContentRule =>
  (text) =>
    list.has(text) ? undefined : error
const matches =
  (pattern: RegExp, error: ContentError): ContentRule =>
  (text) =>
    pattern.test(text) ? undefined : error
const atMost =
  (max: number, error: ContentError): ContentRule =>
  (text) =>
    Number(text) <= max ? undefined : error

/** A company prefix has at least four digits; whether it is allocated is not known here. */
function companyPrefix(skip: number): ContentRule {
  return (text) => {
    const start = text.slice(skip, skip + 4)
    if (start.length < 4) return 'TOO_SHORT_FOR_GCP'
    return /^\d{4}$/.test(start) ? undefined : 'INVALID_GCP_PREFIX'
  }
}

/** Two digits of a year stand for the century nearest to now (General Specifications §7.12); only leap years need it. */
function checkDate(text: string, options: { readonly dayMin: 0 | 1 }): ContentError | undefined {
  const year = text.length === 8 ? Number(text.slice(0, 4)) : 2000 + Number(text.slice(0, 2))
  const month = Number(text.slice(-4, -2))
  const day = Number(text.slice(-2))
  if (month < 1 || month > 12) return 'ILLEGAL_MONTH'
  const days = new Date(Date.UTC(year, month, 0)).getUTCDate()
  return day < options.dayMin || day > days ? 'ILLEGAL_DAY' : undefined
}

function checkTime(text: string): ContentError | undefined {
  if (Number(text.slice(0, 2)) > 23) return 'ILLEGAL_HOUR'
  return Number(text.slice(2, 4)) > 59 ? 'ILLEGAL_MINUTE' : undefined
}

function checkPieces(text: string): ContentError | undefined {
  const half = text.length / 2
  const piece = text.slice(0, half)
  const total = text.slice(half)
  if (/^0*$/.test(piece)) return 'ZERO_PIECE_NUMBER'
  if (/^0*$/.test(total)) return 'ZERO_TOTAL_PIECES'
  return piece > total ? 'PIECE_NUMBER_EXCEEDS_TOTAL' : undefined
}

function checkSequence(text: string): ContentError | undefined {
  const match = /^([1-9]\d*)\/([1-9]\d*)$/.exec(text)
  if (match === null) return 'POSITION_IN_SEQUENCE_MALFORMED'
  return Number(match[1]) > Number(match[2]) ? 'POSITION_EXCEEDS_END' : undefined
}

/** ISO 13616-1: digits and letters from the fifth character on, wrapped, leave 1 modulo 97. */
function checkIban(text: string): ContentError | undefined {
  if (text.length <= 10) return 'IBAN_TOO_SHORT'
  if (!countryLetters.has(text.slice(0, 2))) return 'ILLEGAL_IBAN_COUNTRY_CODE'
  if (!/^[0-9A-Z]*$/.test(text)) return 'INVALID_IBAN_CHARACTER'
  let rest = 0
  for (const character of text.slice(4) + text.slice(0, 4)) {
    const weight = Number.parseInt(character, 36)
    rest = (rest * (weight < 10 ? 10 : 100) + weight) % 97
  }
  return rest === 1 ? undefined : 'INCORRECT_IBAN_CHECKSUM'
}

const nonZero: ContentRule = (text) => (/^0*$/.test(text) ? 'ILLEGAL_ZERO_VALUE' : undefined)
const mediaType = /^(0[1-9]|10|[89]\d)$/

export const contentRules: Readonly<Record<string, ContentRule>> = {
  csum: (text) => errorOf(checkMod10(text)),
  csumalpha: (text) => errorOf(checkPair(text)),
  gcppos1: companyPrefix(0),
  gcppos2: companyPrefix(1),
  yymmdd: (text) => checkDate(text, { dayMin: 1 }),
  yymmd0: (text) => checkDate(text, { dayMin: 0 }),
  yyyymmdd: (text) => checkDate(text, { dayMin: 1 }),
  hhmi: checkTime,
  hh: atMost(23, 'ILLEGAL_HOUR'),
  mi: atMost(59, 'ILLEGAL_MINUTE'),
  ss: atMost(59, 'ILLEGAL_SECOND'),
  iso3166: within(countryNumbers, 'NOT_ISO3166'),
  iso3166999: (text) => (text === '999' || countryNumbers.has(text) ? undefined : 'NOT_ISO3166_OR_999'),
  iso3166alpha2: within(countryLetters, 'NOT_ISO3166_ALPHA2'),
  iso4217: within(currencyNumbers, 'NOT_ISO4217'),
  iso5218: matches(/^[0129]$/, 'INVALID_BIOLOGICAL_SEX_CODE'),
  pcenc: matches(/^(?:[^%]|%[0-9A-Fa-f]{2})*$/, 'INVALID_PERCENT_SEQUENCE'),
  latitude: atMost(1_800_000_000, 'INVALID_LATITUDE'),
  longitude: atMost(3_600_000_000, 'INVALID_LONGITUDE'),
  yesno: matches(/^[01]$/, 'NOT_ZERO_OR_ONE'),
  hyphen: matches(/^-*$/, 'NOT_HYPHEN'),
  importeridx: matches(/^[0-9A-Za-z_-]$/, 'INVALID_IMPORT_IDX_CHARACTER'),
  packagetype: within(packageTypes, 'INVALID_PACKAGE_TYPE'),
  mediatype: matches(mediaType, 'INVALID_MEDIA_TYPE'),
  posinseqslash: checkSequence,
  nonzero: nonZero,
  zero: matches(/^0*$/, 'NOT_ZERO'),
  nozeroprefix: matches(/^(?:0|[^0].*)$/, 'ILLEGAL_ZERO_PREFIX'),
  winding: matches(/^[019]$/, 'INVALID_WINDING_DIRECTION'),
  pieceoftotal: checkPieces,
  iban: checkIban,
  hasnondigit: matches(/[^0-9]/, 'REQUIRES_NON_DIGIT_CHARACTER'),
  couponcode: checkCouponCode,
  couponposoffer: checkCouponOffer
}
