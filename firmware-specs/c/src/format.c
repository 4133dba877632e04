/* Formats and patterns of EPCIS that sets of characters do not tell: URIs (RFC 3986), times (RFC 3339), terms, versions, offsets. */
#include <string.h>

#include "tables.h"

/* A text as characters, one ahead. `code` is -1 behind the end. */
typedef struct text_reader {
  tgi_characters characters;
  int32_t code;
} text_reader;

static void advance(text_reader *in) {
  if (!tgi_characters_next(&in->characters, &in->code)) in->code = -1;
}

static text_reader open_text(const tgi_source *source, const tgi_item *string) {
  text_reader in;
  tgi_characters_open(&in.characters, source, string);
  advance(&in);
  return in;
}

static bool is_digit(int32_t c) { return c >= '0' && c <= '9'; }
static bool is_letter(int32_t c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
static bool is_hex(int32_t c) { return c > 0 && c < 128 && tgi_hex_value((char)c) >= 0; }
static bool is_one_of(int32_t c, const char *list) { return c > 0 && c < 128 && strchr(list, (char)c) != NULL; }

/* What JavaScript's \s matches. */
static bool is_space(int32_t c) {
  return (c >= 9 && c <= 13) || c == ' ' || c == 0xa0 || c == 0x1680 || (c >= 0x2000 && c <= 0x200a) || c == 0x2028 || c == 0x2029 ||
         c == 0x202f || c == 0x205f || c == 0x3000 || c == 0xfeff;
}

/* ---- URI ---- */

static const char *const unreserved = "-._~!$&'()*+,;=";

static bool is_scheme_rest(int32_t c) { return is_letter(c) || is_digit(c) || c == '+' || c == '-' || c == '.'; }

/* Characters of a path, with `more` besides; a percent sign wants two digits. False for a broken one. */
static bool skip_characters(text_reader *in, const char *more) {
  for (;;) {
    if (in->code == '%') {
      advance(in);
      if (!is_hex(in->code)) return false;
      advance(in);
      if (!is_hex(in->code)) return false;
    } else if (!is_letter(in->code) && !is_digit(in->code) && !is_one_of(in->code, unreserved) && !is_one_of(in->code, more)) {
      return true;
    }
    advance(in);
  }
}

static bool is_ipv4(tg_text text) {
  size_t at = 0;
  size_t count = 0;
  tg_text part;
  while (tgi_next_part(text, '.', &at, &part)) {
    unsigned value = 0;
    if (part.length == 0 || part.length > 3 || !tgi_is_digits(part) || (part.length > 1 && part.bytes[0] == '0')) return false;
    for (size_t index = 0; index < part.length; index += 1) value = value * 10 + (unsigned)(part.bytes[index] - '0');
    if (value > 255) return false;
    count += 1;
  }
  return count == 4;
}

/* How many groups of 16 bits; -1 when there is something else. The last of an address may be IPv4, which is two. */
static int count_groups(tg_text text, bool is_last) {
  size_t at = 0;
  int count = 0;
  tg_text part;
  if (text.length == 0) return 0;
  while (tgi_next_part(text, ':', &at, &part)) {
    const bool is_tail = is_last && at > text.length;
    if (is_tail && is_ipv4(part)) return count + 2;
    if (part.length == 0 || part.length > 4) return -1;
    for (size_t index = 0; index < part.length; index += 1)
      if (tgi_hex_value(part.bytes[index]) < 0) return -1;
    count += 1;
  }
  return count;
}

static bool is_ipv6(tg_text text) {
  for (size_t index = 0; index + 1 < text.length; index += 1) {
    if (text.bytes[index] != ':' || text.bytes[index + 1] != ':') continue;
    const int before = count_groups(tgi_text_part(text, 0, index), false);
    const int behind = count_groups(tgi_text_part(text, index + 2, text.length), true);
    return before >= 0 && behind >= 0 && before + behind <= 7;
  }
  return count_groups(text, true) == 8;
}

/* `v1.fe80`: an address of a version to come. */
static bool is_future_address(tg_text text) {
  size_t at = 1;
  if (text.length < 4 || (text.bytes[0] != 'v' && text.bytes[0] != 'V')) return false;
  while (at < text.length && tgi_hex_value(text.bytes[at]) >= 0) at += 1;
  if (at == 1 || at + 1 >= text.length || text.bytes[at] != '.') return false;
  for (at += 1; at < text.length; at += 1)
    if (!is_letter(text.bytes[at]) && !is_digit(text.bytes[at]) && !is_one_of(text.bytes[at], unreserved) && text.bytes[at] != ':') return false;
  return true;
}

/* `[::1]`, behind the opening bracket. */
static bool skip_address(text_reader *in) {
  char bytes[80];
  tg_text text = {bytes, 0};
  for (; in->code != ']'; advance(in)) {
    if (in->code <= 0 || in->code > 126 || text.length == sizeof bytes) return false;
    bytes[text.length++] = (char)in->code;
  }
  advance(in);
  return is_ipv6(text) || is_future_address(text);
}

static bool skip_port(text_reader *in) {
  if (in->code != ':') return true;
  advance(in);
  while (is_digit(in->code)) advance(in);
  return true;
}

/* User, host and port, up to the path. What looks like host and port is the user when an @ follows it. */
static bool skip_authority(text_reader *in) {
  text_reader user = *in;
  if (skip_characters(&user, ":") && user.code == '@') {
    *in = user;
    advance(in);
  }
  if (in->code == '[') {
    advance(in);
    return skip_address(in) && skip_port(in);
  }
  return skip_characters(in, "") && skip_port(in);
}

static bool is_uri(text_reader in) {
  if (!is_letter(in.code)) return false;
  while (is_scheme_rest(in.code)) advance(&in);
  if (in.code != ':') return false;
  advance(&in);
  if (in.code == '/') {
    advance(&in);
    if (in.code == '/') {
      advance(&in);
      if (!skip_authority(&in)) return false;
      if (in.code != '/' && in.code != '?' && in.code != '#' && in.code != -1) return false;
    }
  }
  if (!skip_characters(&in, ":@/")) return false;
  if (in.code == '?') {
    advance(&in);
    if (!skip_characters(&in, ":@/?")) return false;
  }
  if (in.code == '#') {
    advance(&in);
    if (!skip_characters(&in, ":@/?")) return false;
  }
  return in.code == -1;
}

/* ---- Times ---- */

/* A leap second is 23:59:60 in UTC, which a time in milliseconds cannot say; it is checked as the second before. */
static bool is_leap_second(tg_text text, int64_t time_ms) {
  return text.length > 19 && text.bytes[17] == '6' && text.bytes[18] == '0' && time_ms / 1000 % 86400 == 86399;
}

static bool is_date_time(text_reader in) {
  char bytes[72];
  tg_text text = {bytes, 0};
  int64_t time_ms = 0;
  for (; in.code >= 0; advance(&in)) {
    if (in.code > 126 || text.length == sizeof bytes) return false;
    bytes[text.length++] = (char)in.code;
  }
  if (tg_parse_time(text, &time_ms) == TG_OK) return true;
  char copy[72];
  if (text.length < 20 || bytes[17] != '6') return false;
  memcpy(copy, bytes, text.length);
  copy[17] = '5';
  copy[18] = '9';
  const tg_text before = {copy, text.length};
  return bytes[18] == '0' && tg_parse_time(before, &time_ms) == TG_OK && is_leap_second(text, time_ms);
}

bool tgi_has_format(uint16_t format, const tgi_source *source, const tgi_item *string) {
  if (format == TGI_FORMAT_URI) return is_uri(open_text(source, string));
  return format != TGI_FORMAT_DATE_TIME || is_date_time(open_text(source, string));
}

/* ---- Patterns ---- */

/* Moves behind `word` when the text goes on with it. */
static bool take_word(text_reader *in, const char *word) {
  text_reader ahead = *in;
  for (; *word != 0; word += 1) {
    if (ahead.code != *word) return false;
    advance(&ahead);
  }
  *in = ahead;
  return true;
}

/* The CBV in its older forms must be written as a bare word. */
static bool is_older_form(text_reader in) {
  text_reader link = in;
  if (take_word(&in, "urn:epcglobal:cbv")) return true;
  return take_word(&link, "http") && (take_word(&link, "s") || true) && take_word(&link, "://ns.gs1.org/cbv/");
}

static bool is_other_term(text_reader in) {
  if (is_older_form(in) || !is_letter(in.code)) return false;
  while (is_scheme_rest(in.code)) advance(&in);
  if (in.code != ':') return false;
  advance(&in);
  if (in.code == -1) return false;
  for (; in.code != -1; advance(&in))
    if (is_space(in.code) || is_one_of(in.code, "<>\"{}|\\^`")) return false;
  return true;
}

static bool is_term(const tgi_pattern *pattern, const tgi_source *source, const tgi_item *string) {
  for (uint16_t index = 0; index < pattern->count; index += 1)
    if (tgi_string_is(source, string, tgi_words[pattern->first + index])) return true;
  return is_other_term(open_text(source, string));
}

static bool has_no_bracket(text_reader in) {
  for (; in.code != -1; advance(&in))
    if (in.code == '[') return false;
  return true;
}

static bool is_version(text_reader in) {
  for (;;) {
    if (!is_digit(in.code)) return false;
    while (is_digit(in.code)) advance(&in);
    if (in.code == -1) return true;
    if (in.code != '.') return false;
    advance(&in);
  }
}

static bool is_zone_offset(text_reader in) {
  int32_t codes[6] = {0};
  size_t count = 0;
  for (; in.code != -1; advance(&in)) {
    if (count == 6) return false;
    codes[count++] = in.code;
  }
  if (count != 6 || (codes[0] != '+' && codes[0] != '-') || codes[3] != ':') return false;
  if (!is_digit(codes[1]) || !is_digit(codes[2]) || !is_digit(codes[4]) || !is_digit(codes[5])) return false;
  const int32_t hours = (codes[1] - '0') * 10 + codes[2] - '0';
  const int32_t minutes = (codes[4] - '0') * 10 + codes[5] - '0';
  return hours * 60 + minutes <= 14 * 60 && minutes <= 59;
}

/* A word, or a URI whose scheme may hold an underscore. */
static bool is_measurement_type(text_reader in) {
  if (!is_letter(in.code)) return false;
  while (is_letter(in.code) || is_digit(in.code) || in.code == '_') advance(&in);
  if (in.code == -1) return true;
  while (is_scheme_rest(in.code)) advance(&in);
  if (in.code != ':') return false;
  advance(&in);
  if (in.code == -1) return false;
  for (; in.code != -1; advance(&in))
    if (is_space(in.code)) return false;
  return true;
}

bool tgi_matches_own(const tgi_pattern *pattern, const tgi_source *source, const tgi_item *string) {
  const text_reader in = open_text(source, string);
  switch ((enum tgi_pattern_kind)pattern->kind) {
    case TGI_PATTERN_STEPS:
      return false;
    case TGI_PATTERN_TERM:
      return is_term(pattern, source, string);
    case TGI_PATTERN_NO_BRACKET:
      return has_no_bracket(in);
    case TGI_PATTERN_VERSION:
      return is_version(in);
    case TGI_PATTERN_ZONE_OFFSET:
      return is_zone_offset(in);
    case TGI_PATTERN_MEASUREMENT_TYPE:
      return is_measurement_type(in);
  }
  return false;
}

bool tgi_is_extension(const tgi_source *source, const tgi_item *key) {
  text_reader in = open_text(source, key);
  if (in.code == -1 || in.code == ':') return false;
  for (; in.code != ':'; advance(&in))
    if (in.code == -1 || is_space(in.code)) return false;
  advance(&in);
  if (in.code == -1) return false;
  for (; in.code != -1; advance(&in))
    if (is_space(in.code)) return false;
  return true;
}
