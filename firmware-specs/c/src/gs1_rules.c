/* Content rules of AI values, by their names in the GS1 Barcode Syntax Dictionary, and check digits. Each names its fault. */
#include <string.h>

#include "tables.h"

static const char set82[] = "!\"%&'()*+,-./0123456789:;<=>?ABCDEFGHIJKLMNOPQRSTUVWXYZ_abcdefghijklmnopqrstuvwxyz";
static const char set32[] = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ";

static unsigned number_at(tg_text text, size_t from, size_t length) {
  unsigned value = 0;
  for (size_t index = from; index < from + length && index < text.length; index += 1) value = value * 10 + (unsigned)(text.bytes[index] - '0');
  return value;
}

int tg_check_digit(tg_text digits) {
  unsigned sum = 0;
  if (!tgi_is_digits(digits)) return -1;
  for (size_t index = 0; index < digits.length; index += 1) {
    const unsigned digit = (unsigned)(digits.bytes[digits.length - 1 - index] - '0');
    sum += index % 2 == 0 ? digit * 3 : digit;
  }
  return (int)((10 - sum % 10) % 10);
}

const char *tg_check_mod10(tg_text digits) {
  if (digits.length == 0) return "GS1_TOO_SHORT_FOR_CHECK_DIGIT";
  if (!tgi_is_digits(digits)) return "GS1_NON_DIGIT_CHARACTER";
  const int wanted = tg_check_digit(tgi_text_part(digits, 0, digits.length - 1));
  return digits.bytes[digits.length - 1] - '0' == wanted ? NULL : "GS1_INCORRECT_CHECK_DIGIT";
}

static unsigned next_prime(unsigned after) {
  for (unsigned candidate = after + 1;; candidate += 1) {
    unsigned divisor = 2;
    while (divisor * divisor <= candidate && candidate % divisor != 0) divisor += 1;
    if (divisor * divisor > candidate) return candidate;
  }
}

/* GS1 General Specifications §7.9.5: a sum weighted with the first primes, aligned to the right, modulo 1021, in base 32. */
const char *tg_check_pair(tg_text text) {
  if (text.length < 2) return "GS1_TOO_SHORT_FOR_CHECK_PAIR";
  if (text.length - 2 > 97) return "GS1_TOO_LONG_FOR_CHECK_PAIR_IMPLEMENTATION";
  const size_t length = text.length - 2;
  unsigned sum = 0;
  unsigned prime = 1;
  for (size_t index = length; index > 0; index -= 1) {
    const char c = text.bytes[index - 1];
    const char *found = c == 0 ? NULL : strchr(set82, c);
    if (found == NULL) return "GS1_INVALID_CSET82_CHARACTER";
    prime = next_prime(prime);
    sum = (sum + (unsigned)(found - set82) * prime) % 1021;
  }
  const bool is_right = text.bytes[length] == set32[sum >> 5] && text.bytes[length + 1] == set32[sum & 31];
  return is_right ? NULL : "GS1_INCORRECT_CHECK_PAIR";
}

/* A company prefix has at least four digits; whether it is allocated is not known here. */
static const char *check_prefix(tg_text text, size_t skip) {
  const tg_text start = tgi_text_part(text, skip, 4);
  if (start.length < 4) return "GS1_TOO_SHORT_FOR_GCP";
  return tgi_is_digits(start) ? NULL : "GS1_INVALID_GCP_PREFIX";
}

/* Two digits of a year stand for the century nearest to now (General Specifications §7.12); only leap years need it. */
const char *tgi_check_date(tg_text text, unsigned day_min) {
  static const uint8_t month_days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  const unsigned year = text.length == 8 ? number_at(text, 0, 4) : 2000 + number_at(text, 0, 2);
  const unsigned month = number_at(text, text.length - 4, 2);
  const unsigned day = number_at(text, text.length - 2, 2);
  if (month < 1 || month > 12) return "GS1_ILLEGAL_MONTH";
  const bool is_leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
  const unsigned days = month_days[month - 1] + (month == 2 && is_leap ? 1u : 0u);
  return day < day_min || day > days ? "GS1_ILLEGAL_DAY" : NULL;
}

static const char *check_time(tg_text text) {
  if (number_at(text, 0, 2) > 23) return "GS1_ILLEGAL_HOUR";
  return number_at(text, 2, 2) > 59 ? "GS1_ILLEGAL_MINUTE" : NULL;
}

static bool is_all(tg_text text, char c) {
  for (size_t index = 0; index < text.length; index += 1)
    if (text.bytes[index] != c) return false;
  return true;
}

static const char *check_pieces(tg_text text) {
  const size_t half = text.length / 2;
  const tg_text piece = tgi_text_part(text, 0, half);
  const tg_text total = tgi_text_part(text, half, half);
  if (is_all(piece, '0')) return "GS1_ZERO_PIECE_NUMBER";
  if (is_all(total, '0')) return "GS1_ZERO_TOTAL_PIECES";
  return memcmp(piece.bytes, total.bytes, half) > 0 ? "GS1_PIECE_NUMBER_EXCEEDS_TOTAL" : NULL;
}

/* `2/3`: both without a leading zero, the first not above the second. */
static const char *check_sequence(tg_text text) {
  size_t slash = 0;
  while (slash < text.length && text.bytes[slash] != '/') slash += 1;
  const tg_text first = tgi_text_part(text, 0, slash);
  const tg_text last = tgi_text_part(text, slash + 1, text.length);
  const bool is_formed = first.length > 0 && last.length > 0 && tgi_is_digits(first) && tgi_is_digits(last) && first.bytes[0] != '0' &&
                         last.bytes[0] != '0';
  if (!is_formed) return "GS1_POSITION_IN_SEQUENCE_MALFORMED";
  return number_at(first, 0, first.length) > number_at(last, 0, last.length) ? "GS1_POSITION_EXCEEDS_END" : NULL;
}

/* Whether a word stands in a list of words between blanks. */
static bool is_listed(const char *list, tg_text word) {
  for (const char *at = list; *at != 0; at += 1) {
    if (*at != ' ' || strncmp(at + 1, word.bytes, word.length) != 0) continue;
    if (at[1 + word.length] == ' ' && word.length > 0) return true;
  }
  return false;
}

/* ISO 13616-1: digits and letters from the fifth character on, wrapped, leave 1 modulo 97. */
static const char *check_iban(tg_text text) {
  unsigned rest = 0;
  if (text.length <= 10) return "GS1_IBAN_TOO_SHORT";
  if (!is_listed(tgi_country_letters, tgi_text_part(text, 0, 2))) return "GS1_ILLEGAL_IBAN_COUNTRY_CODE";
  for (size_t index = 0; index < text.length; index += 1) {
    const char c = text.bytes[(index + 4) % text.length];
    const bool is_digit = c >= '0' && c <= '9';
    if (!is_digit && !(c >= 'A' && c <= 'Z')) return "GS1_INVALID_IBAN_CHARACTER";
    const unsigned weight = is_digit ? (unsigned)(c - '0') : (unsigned)(c - 'A') + 10;
    rest = (rest * (weight < 10 ? 10 : 100) + weight) % 97;
  }
  return rest == 1 ? NULL : "GS1_INCORRECT_IBAN_CHECKSUM";
}

static const char *check_percent(tg_text text) {
  for (size_t index = 0; index < text.length; index += 1) {
    if (text.bytes[index] != '%') continue;
    const bool is_right = text.length - index > 2 && tgi_hex_value(text.bytes[index + 1]) >= 0 && tgi_hex_value(text.bytes[index + 2]) >= 0;
    if (!is_right) return "GS1_INVALID_PERCENT_SEQUENCE";
    index += 2;
  }
  return NULL;
}

static const char *at_most(tg_text text, const char *limit, const char *fault) {
  return strncmp(text.bytes, limit, text.length) > 0 ? fault : NULL;
}

static const char *one_of(tg_text text, const char *characters, const char *fault) {
  return text.length == 1 && text.bytes[0] != 0 && strchr(characters, text.bytes[0]) != NULL ? NULL : fault;
}

static bool is_media_type(tg_text text) {
  const unsigned number = number_at(text, 0, 2);
  return text.length == 2 && ((number >= 1 && number <= 10) || number >= 80);
}

const char *tgi_check_rule(uint8_t rule, tg_text part) {
  switch ((enum tgi_rule)rule) {
    case TGI_RULE_NONE:
      return NULL;
    case TGI_RULE_COUPONCODE:
      return tgi_check_coupon_code(part);
    case TGI_RULE_COUPONPOSOFFER:
      return tgi_check_coupon_offer(part);
    case TGI_RULE_CSUM:
      return tg_check_mod10(part);
    case TGI_RULE_CSUMALPHA:
      return tg_check_pair(part);
    case TGI_RULE_GCPPOS1:
      return check_prefix(part, 0);
    case TGI_RULE_GCPPOS2:
      return check_prefix(part, 1);
    case TGI_RULE_HASNONDIGIT:
      return tgi_is_digits(part) ? "GS1_REQUIRES_NON_DIGIT_CHARACTER" : NULL;
    case TGI_RULE_HH:
      return number_at(part, 0, 2) > 23 ? "GS1_ILLEGAL_HOUR" : NULL;
    case TGI_RULE_HHMI:
      return check_time(part);
    case TGI_RULE_HYPHEN:
      return is_all(part, '-') ? NULL : "GS1_NOT_HYPHEN";
    case TGI_RULE_IBAN:
      return check_iban(part);
    case TGI_RULE_IMPORTERIDX:
      return part.length == 1 && tgi_is_name(part) ? NULL : "GS1_INVALID_IMPORT_IDX_CHARACTER";
    case TGI_RULE_ISO3166:
      return is_listed(tgi_country_numbers, part) ? NULL : "GS1_NOT_ISO3166";
    case TGI_RULE_ISO3166999:
      return tgi_text_is(part, "999") || is_listed(tgi_country_numbers, part) ? NULL : "GS1_NOT_ISO3166_OR_999";
    case TGI_RULE_ISO3166ALPHA2:
      return is_listed(tgi_country_letters, part) ? NULL : "GS1_NOT_ISO3166_ALPHA2";
    case TGI_RULE_ISO4217:
      return is_listed(tgi_currency_numbers, part) ? NULL : "GS1_NOT_ISO4217";
    case TGI_RULE_ISO5218:
      return one_of(part, "0129", "GS1_INVALID_BIOLOGICAL_SEX_CODE");
    case TGI_RULE_LATITUDE:
      return at_most(part, "1800000000", "GS1_INVALID_LATITUDE");
    case TGI_RULE_LONGITUDE:
      return at_most(part, "3600000000", "GS1_INVALID_LONGITUDE");
    case TGI_RULE_MEDIATYPE:
      return is_media_type(part) ? NULL : "GS1_INVALID_MEDIA_TYPE";
    case TGI_RULE_MI:
      return number_at(part, 0, 2) > 59 ? "GS1_ILLEGAL_MINUTE" : NULL;
    case TGI_RULE_NONZERO:
      return is_all(part, '0') ? "GS1_ILLEGAL_ZERO_VALUE" : NULL;
    case TGI_RULE_NOZEROPREFIX:
      return part.length > 1 && part.bytes[0] == '0' ? "GS1_ILLEGAL_ZERO_PREFIX" : NULL;
    case TGI_RULE_PACKAGETYPE:
      return is_listed(tgi_package_types, part) ? NULL : "GS1_INVALID_PACKAGE_TYPE";
    case TGI_RULE_PCENC:
      return check_percent(part);
    case TGI_RULE_PIECEOFTOTAL:
      return check_pieces(part);
    case TGI_RULE_POSINSEQSLASH:
      return check_sequence(part);
    case TGI_RULE_SS:
      return number_at(part, 0, 2) > 59 ? "GS1_ILLEGAL_SECOND" : NULL;
    case TGI_RULE_WINDING:
      return one_of(part, "019", "GS1_INVALID_WINDING_DIRECTION");
    case TGI_RULE_YESNO:
      return one_of(part, "01", "GS1_NOT_ZERO_OR_ONE");
    case TGI_RULE_YYMMD0:
      return tgi_check_date(part, 0);
    case TGI_RULE_YYMMDD:
    case TGI_RULE_YYYYMMDD:
      return tgi_check_date(part, 1);
    case TGI_RULE_ZERO:
      return is_all(part, '0') ? NULL : "GS1_NOT_ZERO";
  }
  return NULL;
}
