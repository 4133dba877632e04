/* An EPC URN (GS1 EPC Tag Data Standard §6, §7) to the canonical key that it names: every scheme of a GS1 key. */
#include <string.h>

#include "internal.h"

enum form { FORM_GTIN, FORM_SSCC, FORM_SGLN, FORM_JOINED, FORM_PLAIN, FORM_CPI, FORM_ITIP };

/* §6: `digits` of company prefix and reference together, 0 when the reference is text; `rest` parts follow the reference. */
static const struct scheme {
  const char *name;
  const char *primary;
  const char *qualifier;
  const char *lead;
  uint8_t form;
  uint8_t digits;
  uint8_t rest;
  bool is_class;
} schemes[] = {
  {"sgtin", "01", "21", "", FORM_GTIN, 13, 1, false},   {"lgtin", "01", "10", "", FORM_GTIN, 13, 1, true},
  {"upui", "01", "235", "", FORM_GTIN, 13, 1, false},   {"sscc", "00", "", "", FORM_SSCC, 17, 0, false},
  {"sgln", "414", "254", "", FORM_SGLN, 12, 1, false},  {"pgln", "417", "", "", FORM_JOINED, 12, 0, false},
  {"grai", "8003", "", "0", FORM_JOINED, 12, 1, false}, {"gdti", "253", "", "", FORM_JOINED, 12, 1, false},
  {"sgcn", "255", "", "", FORM_JOINED, 12, 1, false},   {"gcn", "255", "", "", FORM_JOINED, 12, 1, false},
  {"gsrn", "8018", "", "", FORM_JOINED, 17, 0, false},  {"gsrnp", "8017", "", "", FORM_JOINED, 17, 0, false},
  {"gsin", "402", "", "", FORM_JOINED, 16, 0, false},   {"giai", "8004", "", "", FORM_PLAIN, 0, 0, false},
  {"ginc", "401", "", "", FORM_PLAIN, 0, 0, false},     {"cpi", "8010", "8011", "", FORM_CPI, 0, 1, false},
  {"itip", "8006", "21", "", FORM_ITIP, 13, 3, false}};

#define PART_BYTES 96
#define PARTS_MAX 5

typedef struct urn_part {
  char bytes[PART_BYTES];
  size_t length;
} urn_part;

static tg_text part_text(const urn_part *part) {
  const tg_text text = {part->bytes, part->length};
  return text;
}

/* Unescapes; false for what is too long or no UTF-8. */
static bool read_part(tg_text escaped, urn_part *part) {
  part->length = 0;
  for (size_t index = 0; index < escaped.length; index += 1) {
    const char c = escaped.bytes[index];
    const int high = c == '%' && escaped.length - index > 2 ? tgi_hex_value(escaped.bytes[index + 1]) : -1;
    const int low = high >= 0 ? tgi_hex_value(escaped.bytes[index + 2]) : -1;
    if (part->length == PART_BYTES) return false;
    part->bytes[part->length++] = low >= 0 ? (char)(high * 16 + low) : c;
    index += low >= 0 ? 2 : 0;
  }
  return tgi_utf8_valid((const uint8_t *)part->bytes, part->length);
}

/* A serial may hold dots, and only the last part may: what is over belongs to it. */
static bool split_body(tg_text body, size_t wanted, urn_part *parts) {
  size_t at = 0;
  for (size_t index = 0; index + 1 < wanted; index += 1) {
    size_t end = at;
    while (end < body.length && body.bytes[end] != '.') end += 1;
    if (end == body.length || !read_part(tgi_text_part(body, at, end - at), &parts[index])) return false;
    if (end == at) parts[index].length = 0;
    at = end + 1;
  }
  if (at > body.length) return false;
  return read_part(tgi_text_part(body, at, body.length - at), &parts[wanted - 1]);
}

static bool is_star(const urn_part *part) { return part->length == 1 && part->bytes[0] == '*'; }

/* Company prefix and reference with the check digit; of a GTIN and an SSCC the first digit of the reference goes in front. */
static bool put_key(tgi_sink *sink, const urn_part *parts, bool is_indicated, const char *lead) {
  char digits[24];
  size_t length = 0;
  const tg_text prefix = part_text(&parts[0]);
  const tg_text reference = part_text(&parts[1]);
  if (prefix.length + reference.length > 18) return false;
  if (is_indicated) digits[length++] = reference.bytes[0];
  memcpy(digits + length, prefix.bytes, prefix.length);
  length += prefix.length;
  const size_t skip = is_indicated ? 1 : 0;
  memcpy(digits + length, reference.bytes + skip, reference.length - skip);
  length += reference.length - skip;
  const tg_text all = {digits, length};
  tgi_put_terminated(sink, lead);
  tgi_put(sink, digits, length);
  tgi_put_byte(sink, (uint8_t)('0' + tg_check_digit(all)));
  return true;
}

/* The tail of a key and its reference: characters between `!` and `z`, as the platform takes them. */
static bool is_key_text(tg_text text, size_t least, size_t most) {
  if (text.length < least || text.length > most) return false;
  for (size_t index = 0; index < text.length; index += 1)
    if (text.bytes[index] < '!' || text.bytes[index] > 'z') return false;
  return true;
}

static void put_qualifier(tgi_sink *sink, const struct scheme *scheme, const urn_part *value) {
  if (is_star(value)) return;
  tgi_put_byte(sink, '/');
  tgi_put_terminated(sink, scheme->qualifier);
  tgi_put_byte(sink, '/');
  tgi_put_escaped(sink, part_text(value));
}

/* Prefix and reference that are text, joined. */
static bool put_joined_text(tgi_sink *sink, const urn_part *parts, bool is_cpi) {
  const tg_text reference = part_text(&parts[1]);
  if (!is_key_text(reference, 1, 30 - parts[0].length)) return false;
  for (size_t index = 0; is_cpi && index < reference.length; index += 1) {
    const char c = reference.bytes[index];
    if (c != '#' && c != '-' && c != '/' && !(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z')) return false;
  }
  tgi_put_escaped(sink, part_text(&parts[0]));
  tgi_put_escaped(sink, reference);
  return true;
}

static bool put_parts(tgi_sink *sink, const struct scheme *scheme, const urn_part *parts) {
  const urn_part *last = &parts[1 + scheme->rest];
  switch (scheme->form) {
    case FORM_GTIN:
      if (!put_key(sink, parts, true, "")) return false;
      put_qualifier(sink, scheme, last);
      return true;
    case FORM_SSCC:
      return put_key(sink, parts, true, "");
    case FORM_SGLN:
      if (!put_key(sink, parts, false, "")) return false;
      /* Extension 0 is the place itself (§6.3.4). */
      if (last->length != 1 || last->bytes[0] != '0') put_qualifier(sink, scheme, last);
      return true;
    case FORM_JOINED:
      if (!put_key(sink, parts, false, scheme->lead)) return false;
      if (scheme->rest == 0 || is_star(last)) return true;
      if (!is_key_text(part_text(last), 1, scheme->lead[0] != 0 ? 16 : 17)) return false;
      if (strcmp(scheme->primary, "255") == 0 && (last->length > 12 || !tgi_is_digits(part_text(last)))) return false;
      tgi_put_escaped(sink, part_text(last));
      return true;
    case FORM_PLAIN:
      return put_joined_text(sink, parts, false);
    case FORM_CPI:
      if (!put_joined_text(sink, parts, true)) return false;
      put_qualifier(sink, scheme, last);
      return true;
    default:
      if (parts[2].length != 2 || parts[3].length != 2 || !tgi_is_digits(part_text(&parts[2])) || !tgi_is_digits(part_text(&parts[3])))
        return false;
      if (!put_key(sink, parts, true, "")) return false;
      tgi_put(sink, parts[2].bytes, 2);
      tgi_put(sink, parts[3].bytes, 2);
      put_qualifier(sink, scheme, last);
      return true;
  }
}

/* Prefix and reference have their digits, nothing is empty, and a star stands exactly in a pattern. */
static bool are_parts_right(const struct scheme *scheme, const urn_part *parts, bool is_pattern) {
  bool has_star = false;
  for (size_t index = 0; index < 2u + scheme->rest; index += 1) {
    has_star = has_star || is_star(&parts[index]);
    if (index >= 2 && parts[index].length == 0) return false;
  }
  if (has_star != is_pattern || (is_pattern && scheme->rest == 0)) return false;
  if (parts[0].length < 6 || parts[0].length > 12 || !tgi_is_digits(part_text(&parts[0]))) return false;
  if (scheme->digits == 0) return parts[1].length > 0 && !is_star(&parts[1]);
  return parts[0].length + parts[1].length == scheme->digits && tgi_is_digits(part_text(&parts[1]));
}

static char lower(char c) { return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c; }

/* Takes `name` and a colon from the front, whatever their case. */
static bool take_word(tg_text *text, const char *name) {
  const size_t length = strlen(name);
  if (text->length <= length || text->bytes[length] != ':') return false;
  for (size_t index = 0; index < length; index += 1)
    if (lower(text->bytes[index]) != name[index]) return false;
  *text = tgi_text_part(*text, length + 1, text->length);
  return true;
}

int32_t tg_key_of_urn(tg_text urn, char *text, size_t size) {
  urn_part parts[PARTS_MAX];
  tg_text rest = urn;
  if (urn.length > 2048 || !take_word(&rest, "urn") || !take_word(&rest, "epc")) return 0;
  const bool is_id = take_word(&rest, "id");
  const bool is_class = !is_id && take_word(&rest, "class");
  if (!is_id && !is_class && !take_word(&rest, "idpat")) return 0;
  for (size_t index = 0; index < sizeof schemes / sizeof schemes[0]; index += 1) {
    const struct scheme *scheme = &schemes[index];
    tg_text body = rest;
    if (!take_word(&body, scheme->name)) continue;
    const bool is_pattern = !is_id && !is_class;
    if (!is_pattern && is_class != scheme->is_class) return 0;
    if (!split_body(body, 2u + scheme->rest, parts) || !are_parts_right(scheme, parts, is_pattern)) return 0;
    tgi_sink sink = {(uint8_t *)text, size, 0};
    tgi_put_terminated(&sink, "https://id.gs1.org/");
    tgi_put_terminated(&sink, scheme->primary);
    tgi_put_byte(&sink, '/');
    return put_parts(&sink, scheme, parts) ? tgi_end_text(&sink) : 0;
  }
  return 0;
}
