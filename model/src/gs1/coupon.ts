/** North American coupon codes, AI (8110) and (8112): fields that announce their own length. Names the first fault. */

/** Walks the digits of a coupon; every step names its fault and throws it as `Fault`. */
class Fault extends Error {
  readonly code: string
  constructor(code: string) {
    super(code)
    this.code = code
  }
}

interface Cursor {
  readonly rest: () => number
  readonly peek: () => string
  /** Takes one digit of the allowed ones. */
  readonly digit: (missing: string, allowed: string, invalid: string) => string
  readonly take: (count: number, truncated: string) => string
}

function cursorOf(text: string): Cursor {
  let at = 0
  const take = (count: number, truncated: string): string => {
    if (text.length - at < count) throw new Fault(truncated)
    at += count
    return text.slice(at - count, at)
  }
  return {
    rest: () => text.length - at,
    peek: () => text.charAt(at),
    digit(missing, allowed, invalid) {
      const digit = take(1, missing)
      if (!allowed.includes(digit)) throw new Fault(invalid)
      return digit
    },
    take
  }
}

function check(text: string, walk: (cursor: Cursor) => void): string | undefined {
  if (!/^\d*$/.test(text)) return 'NON_DIGIT_CHARACTER'
  const cursor = cursorOf(text)
  try {
    walk(cursor)
  } catch (error) {
    if (error instanceof Fault) return error.code
    throw error
  }
  return cursor.rest() === 0 ? undefined : 'COUPON_EXCESS_DATA'
}

/** AI (8112): format, funder, offer, serial number. */
export function checkCouponOffer(text: string): string | undefined {
  return check(text, (cursor) => {
    cursor.digit('COUPON_MISSING_FORMAT_CODE', '01', 'COUPON_INVALID_FORMAT_CODE')
    prefixed(cursor, { name: 'FUNDER', missing: 'FUNDER_VLI', allowed: '0123456', plus: 6, invalid: 'FUNDER_LENGTH' })
    cursor.take(6, 'COUPON_TRUNCATED_OFFER_CODE')
    serial(cursor)
  })
}

/** AI (8110): funder, offer, save value, up to three purchases, dates, serial number, retailer and flags. */
export function checkCouponCode(text: string): string | undefined {
  return check(text, (cursor) => {
    prefix(cursor, 'GCP', '0123456')
    cursor.take(6, 'COUPON_TRUNCATED_OFFER_CODE')
    prefixed(cursor, { name: 'SAVE_VALUE', missing: 'SAVE_VALUE_VLI', allowed: '12345', plus: 0, invalid: 'SAVE_VALUE_LENGTH' })
    purchase(cursor, '1ST')
    if (cursor.peek() === '1') {
      cursor.take(1, '')
      cursor.digit('COUPON_MISSING_ADDITIONAL_PURCHASE_RULES_CODE', '0123', 'COUPON_INVALID_ADDITIONAL_PURCHASE_RULES_CODE')
      purchase(cursor, '2ND')
      prefix(cursor, '2ND_PURCHASE_GCP', '01234569')
    }
    if (cursor.peek() === '2') {
      cursor.take(1, '')
      purchase(cursor, '3RD')
      prefix(cursor, '3RD_PURCHASE_GCP', '01234569')
    }
    dates(cursor)
    if (cursor.peek() === '5') {
      cursor.take(1, '')
      serial(cursor)
    }
    if (cursor.peek() === '6') {
      cursor.take(1, '')
      prefix(cursor, 'RETAILER_GCP_OR_GLN', '1234567')
    }
    flags(cursor)
  })
}

interface Prefixed {
  readonly name: string
  readonly missing: string
  readonly allowed: string
  readonly plus: number
  readonly invalid: string
}

/** A digit that tells the length, and that many digits (plus a constant). */
function prefixed(cursor: Cursor, { name, missing, allowed, plus, invalid }: Prefixed): string {
  const length = Number(cursor.digit(`COUPON_MISSING_${missing}`, allowed, `COUPON_INVALID_${invalid}`))
  return cursor.take(length + plus, `COUPON_TRUNCATED_${name}`)
}

/** A company prefix; length 9 stands for none. */
function prefix(cursor: Cursor, name: string, allowed: string): void {
  const digit = cursor.digit(`COUPON_MISSING_${name}_VLI`, allowed, `COUPON_INVALID_${name}_LENGTH`)
  cursor.take(digit === '9' ? 0 : Number(digit) + 6, `COUPON_TRUNCATED_${name}`)
}

function purchase(cursor: Cursor, ordinal: '1ST' | '2ND' | '3RD'): void {
  const name = `${ordinal}_PURCHASE_REQUIREMENT`
  prefixed(cursor, { name, missing: `${name}_VLI`, allowed: '12345', plus: 0, invalid: `${name}_LENGTH` })
  cursor.digit(`COUPON_MISSING_${name}_CODE`, '012349', `COUPON_INVALID_${name}_CODE`)
  cursor.take(3, `COUPON_TRUNCATED_${ordinal}_PURCHASE_FAMILY_CODE`)
}

function serial(cursor: Cursor): void {
  prefixed(cursor, { name: 'SERIAL_NUMBER', missing: 'SERIAL_NUMBER_VLI', allowed: '0123456789', plus: 6, invalid: '' })
}

function dates(cursor: Cursor): void {
  let expiry = ''
  if (cursor.peek() === '3') {
    cursor.take(1, '')
    expiry = cursor.take(6, 'COUPON_TOO_SHORT_FOR_EXPIRATION_DATE')
    // The dictionary spells this name so.
    if (!isDate(expiry)) throw new Fault('COUPON_INVALID_EXIPIRATION_DATE')
  }
  if (cursor.peek() !== '4') return
  cursor.take(1, '')
  const start = cursor.take(6, 'COUPON_TOO_SHORT_FOR_START_DATE')
  if (!isDate(start)) throw new Fault('COUPON_INVALID_START_DATE')
  if (expiry !== '' && start > expiry) throw new Fault('COUPON_EXPIRATION_BEFORE_START')
}

function isDate(text: string): boolean {
  const month = Number(text.slice(2, 4))
  const day = Number(text.slice(4))
  return month >= 1 && month <= 12 && day >= 1 && day <= new Date(Date.UTC(2000 + Number(text.slice(0, 2)), month, 0)).getUTCDate()
}

function flags(cursor: Cursor): void {
  if (cursor.peek() !== '9') return
  cursor.take(1, '')
  cursor.digit('COUPON_MISSING_SAVE_VALUE_CODE', '01256', 'COUPON_INVALID_SAVE_VALUE_CODE')
  cursor.digit('COUPON_MISSING_SAVE_VALUE_APPLIES_TO_ITEM', '012', 'COUPON_INVALID_SAVE_VALUE_APPLIES_TO_ITEM')
  cursor.take(1, 'COUPON_MISSING_STORE_COUPON_FLAG')
  cursor.digit('COUPON_MISSING_DONT_MULTIPLY_FLAG', '01', 'COUPON_INVALID_DONT_MULTIPLY_FLAG')
}
