/* Numbers as text: the shortest decimal that reads back as the same double, and the way back. */
#include <float.h>
#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define SAFE_INTEGER_MAX 9007199254740991.0

bool tgi_is_finite(double value) { return value - value == 0; }

bool tgi_is_integer(double value) { return tgi_is_finite(value) && floor(value) == value; }

/* Takes digits and exponent out of what `%e` wrote; whatever stands for the decimal sign is passed over. */
static size_t take_digits(const char *text, char digits[20], int *exponent) {
  size_t count = 0;
  for (; *text != 0 && *text != 'e'; text += 1)
    if (*text >= '0' && *text <= '9') digits[count++] = *text;
  *exponent = *text == 'e' ? atoi(text + 1) : 0;
  return count;
}

/* The next decimal of as many digits. */
static void round_up(char *digits, size_t count, int *exponent) {
  size_t at = count;
  while (at > 0 && digits[at - 1] == '9') digits[--at] = '0';
  if (at > 0) {
    digits[at - 1] += 1;
    return;
  }
  digits[0] = '1';
  *exponent += 1;
}

static bool reads_back(const char *digits, size_t count, int exponent, double value) {
  char text[40];
  memcpy(text, digits, count);
  snprintf(text + count, sizeof text - count, "e%d", exponent - (int)count + 1);
  return strtod(text, NULL) == value;
}

/*
 * The significant digits of `value` (positive, finite) and the power of ten of the first one. The nearest decimal of some digits is tried,
 * and of a power of two the one above it, too: the gap below a power of two is half of that above, so that the nearest may read back as
 * another number while the one above does not.
 */
static size_t shortest_digits(double value, char digits[20], int *exponent) {
  size_t count = 0;
  int power = 0;
  const bool is_power_of_two = frexp(value, &power) == 0.5;
  for (int precision = 0; precision <= 16; precision += 1) {
    char text[40];
    snprintf(text, sizeof text, "%.*e", precision, value);
    count = take_digits(text, digits, exponent);
    if (reads_back(digits, count, *exponent, value)) break;
    if (!is_power_of_two) continue;
    round_up(digits, count, exponent);
    if (reads_back(digits, count, *exponent, value)) break;
  }
  while (count > 1 && digits[count - 1] == '0') count -= 1;
  return count;
}

static size_t put_zeros(char *text, size_t length, int count) {
  while (count-- > 0) text[length++] = '0';
  return length;
}

/* ECMA-262 §6.1.6.1.20, Number::toString with radix 10. */
size_t tg_format_number(double value, char text[32]) {
  size_t length = 0;
  if (!tgi_is_finite(value) || value == 0) {
    memcpy(text, value == 0 ? "0" : "null", value == 0 ? 2 : 5);
    return value == 0 ? 1 : 4;
  }
  if (value < 0) text[length++] = '-';
  char digits[20];
  int exponent = 0;
  const size_t count = shortest_digits(fabs(value), digits, &exponent);
  const int k = (int)count;
  const int n = exponent + 1;
  if (n > 0 && n <= 21) {
    const int whole = k < n ? k : n;
    memcpy(text + length, digits, (size_t)whole);
    length = put_zeros(text, length + (size_t)whole, n - k);
    if (k > n) {
      text[length++] = '.';
      memcpy(text + length, digits + n, (size_t)(k - n));
      length += (size_t)(k - n);
    }
  } else if (n > -6 && n <= 0) {
    text[length++] = '0';
    text[length++] = '.';
    length = put_zeros(text, length, -n);
    memcpy(text + length, digits, count);
    length += count;
  } else {
    text[length++] = digits[0];
    if (count > 1) {
      text[length++] = '.';
      memcpy(text + length, digits + 1, count - 1);
      length += count - 1;
    }
    length += (size_t)snprintf(text + length, 8, "e%+d", n - 1);
  }
  text[length] = 0;
  return length;
}

/* Digits beyond this many only tell whether the number is above the others: more cannot change how it is rounded but by design. */
#define DIGITS_KEPT 40

/*
 * strtod wants a terminated text in the locale of the program, and a payload is neither: significant digits and exponent are taken out
 * and written anew without a decimal sign.
 */
double tgi_parse_number(const uint8_t *bytes, size_t length) {
  char text[DIGITS_KEPT + 24];
  size_t used = 0;
  size_t kept = 0;
  long exponent = 0;
  bool after_point = false;
  bool more = false;
  size_t at = 0;
  if (at < length && bytes[at] == '-') text[used++] = '-', at += 1;
  for (; at < length && bytes[at] != 'e' && bytes[at] != 'E'; at += 1) {
    if (bytes[at] == '.') {
      after_point = true;
      continue;
    }
    if (kept == 0 && bytes[at] == '0') {
      exponent -= after_point ? 1 : 0;
    } else if (kept < DIGITS_KEPT) {
      text[used++] = (char)bytes[at];
      kept += 1;
      exponent -= after_point ? 1 : 0;
    } else {
      more = more || bytes[at] != '0';
      exponent += after_point ? 0 : 1;
    }
  }
  if (kept == 0) return used > 0 ? -0.0 : 0.0;
  if (more) text[used++] = '1', exponent -= 1;
  if (at < length) {
    at += 1;
    const bool negative = at < length && bytes[at] == '-';
    if (at < length && (bytes[at] == '-' || bytes[at] == '+')) at += 1;
    long given = 0;
    for (; at < length; at += 1)
      if (given < 1000000) given = given * 10 + (bytes[at] - '0');
    exponent += negative ? -given : given;
  }
  snprintf(text + used, sizeof text - used, "e%ld", exponent);
  return strtod(text, NULL);
}

static void write_cbor_head(tgi_sink *sink, uint8_t major, uint64_t argument) {
  const uint8_t lead = (uint8_t)(major << 5);
  const unsigned size = argument < 24 ? 0 : argument <= 0xff ? 1 : argument <= 0xffff ? 2 : argument <= 0xffffffffu ? 4 : 8;
  if (size == 0) {
    tgi_put_byte(sink, (uint8_t)(lead | argument));
    return;
  }
  tgi_put_byte(sink, (uint8_t)(lead | (size == 1 ? 24 : size == 2 ? 25 : size == 4 ? 26 : 27)));
  for (unsigned left = size; left > 0; left -= 1) tgi_put_byte(sink, (uint8_t)(argument >> (8 * (left - 1))));
}

/* Half precision (IEEE 754 binary16) when it holds the value exactly. */
static bool half_of(double value, uint16_t *half) {
  const uint16_t sign = value < 0 ? 0x8000 : 0;
  const double size = fabs(value);
  int exponent = 0;
  if (size == 0) return false; /* 0 is an integer and never comes here */
  const double fraction = frexp(size, &exponent);
  if (exponent > 16) return false;
  /* Below 2^-14 the steps are 2^-24 wide. */
  if (exponent < -13) {
    const double steps = ldexp(size, 24);
    if (steps != floor(steps) || steps < 1) return false;
    *half = (uint16_t)(sign | (uint16_t)steps);
    return true;
  }
  const double mantissa = ldexp(fraction, 11);
  if (mantissa != floor(mantissa)) return false;
  *half = (uint16_t)(sign | (uint16_t)((exponent + 14) << 10) | ((uint16_t)mantissa & 0x3ff));
  return true;
}

static void write_float(tgi_sink *sink, double value) {
  uint16_t half = 0;
  if (half_of(value, &half)) {
    tgi_put_byte(sink, 0xf9);
    tgi_put_byte(sink, (uint8_t)(half >> 8));
    tgi_put_byte(sink, (uint8_t)half);
    return;
  }
  const bool fits = fabs(value) <= FLT_MAX && (double)(float)value == value;
  tgi_put_byte(sink, fits ? 0xfa : 0xfb);
  uint64_t bits = 0;
  if (fits) {
    const float narrow = (float)value;
    uint32_t pattern = 0;
    memcpy(&pattern, &narrow, sizeof pattern);
    bits = pattern;
  } else {
    memcpy(&bits, &value, sizeof bits);
  }
  for (int shift = fits ? 24 : 56; shift >= 0; shift -= 8) tgi_put_byte(sink, (uint8_t)(bits >> shift));
}

void tgi_write_number(tgi_sink *sink, enum tg_encoding encoding, double value) {
  if (encoding == TG_JSON) {
    char text[32];
    tgi_put(sink, text, tg_format_number(value, text));
  } else if (tgi_is_integer(value) && fabs(value) <= SAFE_INTEGER_MAX) {
    tgi_write_integer(sink, encoding, (int64_t)value);
  } else {
    write_float(sink, value);
  }
}

void tgi_write_integer(tgi_sink *sink, enum tg_encoding encoding, int64_t value) {
  if (encoding == TG_CBOR) {
    write_cbor_head(sink, value < 0 ? 1 : 0, value < 0 ? (uint64_t)(-1 - value) : (uint64_t)value);
    return;
  }
  char digits[20];
  size_t at = sizeof digits;
  uint64_t size = value < 0 ? (uint64_t)(-(value + 1)) + 1 : (uint64_t)value;
  do {
    digits[--at] = (char)('0' + size % 10);
    size /= 10;
  } while (size > 0);
  if (value < 0) tgi_put_byte(sink, '-');
  tgi_put(sink, digits + at, sizeof digits - at);
}

void tgi_write_text(tgi_sink *sink, enum tg_encoding encoding, tg_text text) {
  if (encoding == TG_CBOR) {
    write_cbor_head(sink, 3, text.length);
    tgi_put(sink, text.bytes, text.length);
    return;
  }
  static const char hex[] = "0123456789abcdef";
  static const char names[] = "btnvfr"; /* U+0008 to U+000D; U+000B has no short form */
  tgi_put_byte(sink, '"');
  for (size_t index = 0; index < text.length; index += 1) {
    const uint8_t byte = (uint8_t)text.bytes[index];
    if (byte == '"' || byte == '\\') {
      tgi_put_byte(sink, '\\');
      tgi_put_byte(sink, byte);
    } else if (byte >= 0x20) {
      tgi_put_byte(sink, byte);
    } else if (byte >= 8 && byte <= 13 && byte != 11) {
      tgi_put_byte(sink, '\\');
      tgi_put_byte(sink, (uint8_t)names[byte - 8]);
    } else {
      tgi_put_terminated(sink, "\\u00");
      tgi_put_byte(sink, (uint8_t)hex[byte >> 4]);
      tgi_put_byte(sink, (uint8_t)hex[byte & 15]);
    }
  }
  tgi_put_byte(sink, '"');
}

void tgi_write_literal(tgi_sink *sink, enum tg_encoding encoding, enum tgi_kind kind) {
  if (encoding == TG_JSON)
    tgi_put_terminated(sink, kind == TGI_ITEM_TRUE ? "true" : kind == TGI_ITEM_FALSE ? "false" : "null");
  else
    tgi_put_byte(sink, kind == TGI_ITEM_TRUE ? 0xf5 : kind == TGI_ITEM_FALSE ? 0xf4 : 0xf6);
}

void tgi_write_open(tgi_sink *sink, enum tg_encoding encoding, bool is_object, size_t count) {
  if (encoding == TG_JSON)
    tgi_put_byte(sink, is_object ? '{' : '[');
  else
    write_cbor_head(sink, is_object ? 5 : 4, count);
}

void tgi_write_between(tgi_sink *sink, enum tg_encoding encoding, size_t index) {
  if (encoding == TG_JSON && index > 0) tgi_put_byte(sink, ',');
}

void tgi_write_colon(tgi_sink *sink, enum tg_encoding encoding) {
  if (encoding == TG_JSON) tgi_put_byte(sink, ':');
}

void tgi_write_close(tgi_sink *sink, enum tg_encoding encoding, bool is_object) {
  if (encoding == TG_JSON) tgi_put_byte(sink, is_object ? '}' : ']');
}
