/* GS1 Digital Links read strictly: any domain, any path before the key, qualifiers in order, data attributes in the query. */
#include <string.h>

#include "internal.h"

#define LINK_BYTES_MAX 4096

static bool is_one_of(char c, const char *characters) { return c != 0 && strchr(characters, c) != NULL; }

static bool is_letter_or_digit(char c) { return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); }

void tgi_put_escaped(tgi_sink *sink, tg_text text) {
  static const char hex[] = "0123456789ABCDEF";
  for (size_t index = 0; index < text.length; index += 1) {
    const char c = text.bytes[index];
    if (is_letter_or_digit(c) || is_one_of(c, "-._~")) {
      tgi_put_byte(sink, (uint8_t)c);
    } else {
      tgi_put_byte(sink, '%');
      tgi_put_byte(sink, (uint8_t)hex[(uint8_t)c >> 4]);
      tgi_put_byte(sink, (uint8_t)hex[(uint8_t)c & 15]);
    }
  }
}

/* `%` without two hexadecimal digits stands for itself. Nothing grows, so that the text's own length is enough. */
static tg_text unescape(tg_text text, bool in_query, uint8_t *copy) {
  tg_text result = {(const char *)copy, 0};
  for (size_t index = 0; index < text.length; index += 1) {
    const char c = text.bytes[index];
    const bool has_two = text.length - index > 2;
    const int high = c == '%' && has_two ? tgi_hex_value(text.bytes[index + 1]) : -1;
    const int low = high >= 0 ? tgi_hex_value(text.bytes[index + 2]) : -1;
    copy[result.length++] = low >= 0 ? (uint8_t)(high * 16 + low) : c == '+' && in_query ? ' ' : (uint8_t)c;
    index += low >= 0 ? 2 : 0;
  }
  return result;
}

static tg_text padded(tg_text digits, size_t length, tg_arena *arena) {
  uint8_t *copy = tgi_take(arena, length);
  const tg_text none = {NULL, 0};
  if (copy == NULL || digits.length > length) return none;
  memset(copy, '0', length - digits.length);
  memcpy(copy + length - digits.length, digits.bytes, digits.length);
  const tg_text text = {(const char *)copy, length};
  return text;
}

/* One value, unescaped into the arena and checked. NULL or the fault; TG_NO_ROOM shows as a value without bytes. */
static const char *read_value(tg_text ai, tg_text escaped, bool in_query, tg_arena *arena, tg_text *value) {
  uint8_t *copy = tgi_take(arena, escaped.length + 1);
  value->bytes = NULL;
  value->length = 0;
  if (copy == NULL) return NULL;
  *value = unescape(escaped, in_query, copy);
  const bool is_text = value->length > 0 && tgi_utf8_valid(copy, value->length) && memchr(copy, 0, value->length) == NULL;
  if (!is_text) return "GS1_LINK_VALUE";
  const bool is_short = value->length == 8 || value->length == 12 || value->length == 13;
  if (tgi_text_is(ai, "01") && is_short && tgi_is_digits(*value)) {
    *value = padded(*value, 14, arena);
    if (value->bytes == NULL) return NULL;
  }
  const tgi_ai *row = tgi_find_ai(ai);
  return row == NULL ? NULL : tgi_check_ai_value(row, *value, true);
}

/* The segment that ends at `*end`, from behind; `*end` moves before its slash. False where there is none. */
static bool last_segment(tg_text path, size_t *end, tg_text *segment) {
  size_t slash = *end;
  while (slash > 0 && path.bytes[slash - 1] != '/') slash -= 1;
  if (slash == 0) return false;
  *segment = tgi_text_part(path, slash, *end - slash);
  segment->length = *end - slash;
  *end = slash - 1;
  return true;
}

static void reverse(tg_ai_value *ais, size_t count) {
  for (size_t index = 0; index < count / 2; index += 1) {
    const tg_ai_value first = ais[index];
    ais[index] = ais[count - 1 - index];
    ais[count - 1 - index] = first;
  }
}

typedef struct link_reading {
  tg_ai_value *ais;
  size_t ais_max;
  size_t count;
  tg_arena *arena;
  tg_reason *reason;
} link_reading;

static int add(link_reading *in, tg_text ai, tg_text escaped, bool in_query) {
  tg_ai_value found = {ai, {NULL, 0}};
  const char *wrong = read_value(ai, escaped, in_query, in->arena, &found.value);
  if (wrong != NULL) return tgi_refuse_whole(in->reason, wrong);
  if (found.value.bytes == NULL) return TG_NO_ROOM;
  if (in->count >= in->ais_max) return tgi_refuse_whole(in->reason, "GS1_TOO_MANY_AIS");
  in->ais[in->count++] = found;
  return TG_OK;
}

/* The pairs from the rightmost primary key on. */
static int read_path(link_reading *in, tg_text path) {
  size_t end = path.length;
  tg_text value;
  tg_text name;
  while (last_segment(path, &end, &value) && last_segment(path, &end, &name)) {
    const tgi_ai *row = tgi_find_ai(name);
    if (row == NULL) break;
    const int status = add(in, name, value, false);
    if (status != TG_OK) return status;
    if ((row->flags & TGI_AI_KEY) == 0) continue;
    reverse(in->ais, in->count);
    return TG_OK;
  }
  return tgi_refuse_whole(in->reason, "GS1_NO_PRIMARY_KEY");
}

static int read_query(link_reading *in, tg_text query) {
  size_t at = 0;
  tg_text parameter;
  while (tgi_next_part(query, '&', &at, &parameter)) {
    size_t equals = 0;
    while (equals < parameter.length && parameter.bytes[equals] != '=') equals += 1;
    const tg_text name = tgi_text_part(parameter, 0, equals);
    if (equals == parameter.length || name.length == 0 || !tgi_is_digits(name)) continue;
    if (tgi_find_ai(name) == NULL) return tgi_refuse_whole(in->reason, "GS1_UNKNOWN_AI");
    const int status = add(in, name, tgi_text_part(parameter, equals + 1, parameter.length), true);
    if (status != TG_OK) return status;
  }
  return TG_OK;
}

/* Whether the qualifiers, one of them taken from elsewhere, stand in the order of a row. */
static bool fits_row(tg_text row, const tg_ai_value *path, size_t count, size_t extra_behind, const tg_text *extra) {
  size_t at = 0;
  tg_text wanted = {NULL, 0};
  for (size_t index = 0; index < count; index += 1) {
    const bool is_last_extra = extra != NULL && index == extra_behind;
    for (int turn = index == 0 ? 1 : 0; turn < (is_last_extra ? 2 : 1); turn += 1) {
      const tg_text ai = turn == 0 ? path[index].ai : *extra;
      do
        if (!tgi_next_part(row, ',', &at, &wanted)) return false;
      while (!tgi_text_same(wanted, ai));
    }
  }
  return true;
}

/* Whether identifiers are a key and some of one row of its qualifiers, in order; `extra`, when given, stands behind one of them. */
static bool is_path(const tg_ai_value *path, size_t count, size_t extra_behind, const tg_text *extra) {
  const tgi_ai *key = count == 0 ? NULL : tgi_find_ai(path[0].ai);
  size_t at = 0;
  tg_text row;
  if (key == NULL || (key->flags & TGI_AI_KEY) == 0) return false;
  if (count == 1 && extra == NULL) return true;
  while (tgi_next_part(tg_text_of(key->qualifiers), '|', &at, &row))
    if (fits_row(row, path, count, extra_behind, extra)) return true;
  return false;
}

static const char *check_link(const tg_ai_value *ais, size_t count, size_t path_count) {
  if (!is_path(ais, path_count, 0, NULL)) return "GS1_PATH_ORDER";
  for (size_t index = path_count; index < count; index += 1) {
    const tgi_ai *row = tgi_find_ai(ais[index].ai);
    for (size_t before = 0; before < index; before += 1)
      if (tgi_text_same(ais[before].ai, ais[index].ai)) return "GS1_REPEATED_AI";
    if (row == NULL || (row->flags & TGI_AI_ATTRIBUTE) == 0) return "GS1_NO_ATTRIBUTE";
    for (size_t behind = 0; behind < path_count; behind += 1)
      if (is_path(ais, path_count, behind, &ais[index].ai)) return "GS1_BELONGS_IN_PATH";
  }
  return tgi_check_together(ais, count, true, path_count);
}

static size_t find_character(tg_text text, size_t from, char wanted) {
  while (from < text.length && text.bytes[from] != wanted) from += 1;
  return from;
}

/* Takes the link apart into path and query. */
static bool split_link(tg_text link, tg_text *path, tg_text *query) {
  const size_t colon = find_character(link, 0, ':');
  const tg_text scheme = tgi_text_part(link, 0, colon);
  const bool is_web = tgi_text_is(scheme, "http") || tgi_text_is(scheme, "https") || tgi_text_is(scheme, "HTTP") || tgi_text_is(scheme, "HTTPS");
  if (!is_web || link.length - colon < 3 || link.bytes[colon + 1] != '/' || link.bytes[colon + 2] != '/') return false;
  const size_t domain = colon + 3;
  const size_t slash = find_character(link, domain, '/');
  if (slash == domain || slash == link.length) return false;
  for (size_t index = domain; index < slash; index += 1)
    if (is_one_of(link.bytes[index], "_~?#@!$&'()*+,;=%")) return false;
  const size_t hash = find_character(link, slash, '#');
  const tg_text body = tgi_text_part(link, 0, hash);
  const size_t mark = find_character(body, slash, '?');
  *path = tgi_text_part(body, slash, mark - slash);
  *query = tgi_text_part(body, mark + 1, body.length);
  return true;
}

int tg_read_digital_link(tg_text link, tg_ai_value *ais, size_t ais_max, size_t *count, tg_arena *arena, tg_reason *reason) {
  link_reading in = {ais, ais_max, 0, arena, reason};
  tg_text path;
  tg_text query;
  *count = 0;
  tgi_reason_clear(reason);
  if (link.length > LINK_BYTES_MAX) return tgi_refuse_whole(reason, "GS1_LINK_TOO_LONG");
  for (size_t index = 0; index < link.length; index += 1)
    if (!is_letter_or_digit(link.bytes[index]) && !is_one_of(link.bytes[index], "-._~:/?#[]@!$&'()*+,;=%"))
      return tgi_refuse_whole(reason, "GS1_LINK_CHARACTERS");
  if (!split_link(link, &path, &query)) return tgi_refuse_whole(reason, "GS1_LINK_FORM");
  int status = read_path(&in, path);
  const size_t path_count = in.count;
  if (status == TG_OK) status = read_query(&in, query);
  if (status != TG_OK) return status;
  const char *wrong = check_link(ais, in.count, path_count);
  if (wrong != NULL) return tgi_refuse_whole(reason, wrong);
  *count = in.count;
  return TG_OK;
}
