/* Items of a payload, JSON or CBOR: containers walked, texts read character by character, members found. Nothing is copied. */
#include <string.h>

#include "internal.h"

int tgi_open(tgi_source *source, const uint8_t *payload, size_t length, tg_reason *reason) {
  tgi_reason_clear(reason);
  source->bytes = payload;
  source->length = length;
  source->start = 0;
  source->is_cbor = tgi_is_cbor(payload, length);
  if (length > TG_PAYLOAD_BYTES_MAX) return tgi_refuse_whole(reason, "PAYLOAD_TOO_LARGE");
  const char *wrong =
    source->is_cbor ? tgi_cbor_check(payload, length, &source->start) : tgi_json_check(payload, length, &source->start);
  return wrong == NULL ? TG_OK : tgi_refuse_whole(reason, wrong);
}

tgi_item tgi_item_at(const tgi_source *source, size_t at) {
  return source->is_cbor ? tgi_cbor_item(source, at) : tgi_json_item(source, at);
}

/* JSON: the bracket that closes, strings left out. */
static size_t json_end(const tgi_source *source, const tgi_item *item) {
  unsigned depth = 1;
  size_t at = item->body;
  while (at < source->length && depth > 0) {
    const uint8_t byte = source->bytes[at];
    if (byte == '"') {
      at = tgi_json_item(source, at).end;
      continue;
    }
    if (byte == '{' || byte == '[') depth += 1;
    if (byte == '}' || byte == ']') depth -= 1;
    at += 1;
  }
  return at;
}

/* CBOR: as many items as are open, or the break of an endless one. */
static size_t cbor_end(const tgi_source *source, const tgi_item *item) {
  uint64_t left[TG_DEPTH_MAX + 1];
  unsigned depth = 1;
  size_t at = item->body;
  left[0] = item->endless ? UINT64_MAX : (uint64_t)item->length * (item->kind == TGI_ITEM_OBJECT ? 2 : 1);
  while (depth > 0 && at < source->length) {
    if (left[depth - 1] == 0) {
      depth -= 1;
      continue;
    }
    if (source->bytes[at] == 0xff) {
      at += 1;
      depth -= 1;
      continue;
    }
    if (left[depth - 1] != UINT64_MAX) left[depth - 1] -= 1;
    const tgi_item inner = tgi_cbor_item(source, at);
    at = inner.end;
    if (inner.kind != TGI_ITEM_OBJECT && inner.kind != TGI_ITEM_ARRAY) continue;
    if (depth > TG_DEPTH_MAX) return source->length;
    left[depth++] = inner.endless ? UINT64_MAX : (uint64_t)inner.length * (inner.kind == TGI_ITEM_OBJECT ? 2 : 1);
  }
  return at;
}

size_t tgi_item_end(const tgi_source *source, const tgi_item *item) {
  if (item->kind != TGI_ITEM_OBJECT && item->kind != TGI_ITEM_ARRAY) return item->end;
  return source->is_cbor ? cbor_end(source, item) : json_end(source, item);
}

void tgi_cursor_open(tgi_cursor *cursor, const tgi_source *source, const tgi_item *container) {
  cursor->source = source;
  cursor->at = container->body;
  cursor->left = container->length;
  cursor->is_object = container->kind == TGI_ITEM_OBJECT;
  cursor->endless = container->endless;
  cursor->is_done = false;
}

static bool json_next(tgi_cursor *cursor, tgi_item *key, tgi_item *value) {
  const uint8_t *bytes = cursor->source->bytes;
  const size_t length = cursor->source->length;
  size_t at = tgi_json_skip_space(bytes, length, cursor->at);
  if (at < length && bytes[at] == ',') at = tgi_json_skip_space(bytes, length, at + 1);
  if (at >= length || bytes[at] == '}' || bytes[at] == ']') {
    cursor->at = at;
    cursor->is_done = true;
    return false;
  }
  if (cursor->is_object) {
    *key = tgi_json_item(cursor->source, at);
    at = tgi_json_skip_space(bytes, length, key->end) + 1;
  }
  *value = tgi_json_item(cursor->source, at);
  cursor->at = tgi_item_end(cursor->source, value);
  return true;
}

static bool cbor_next(tgi_cursor *cursor, tgi_item *key, tgi_item *value) {
  const tgi_source *source = cursor->source;
  const bool ends = cursor->endless ? cursor->at >= source->length || source->bytes[cursor->at] == 0xff : cursor->left == 0;
  if (ends) {
    cursor->is_done = true;
    return false;
  }
  cursor->left -= cursor->endless ? 0 : 1;
  if (cursor->is_object) {
    *key = tgi_cbor_item(source, cursor->at);
    cursor->at = key->end;
  }
  *value = tgi_cbor_item(source, cursor->at);
  cursor->at = tgi_item_end(source, value);
  return true;
}

bool tgi_cursor_next(tgi_cursor *cursor, tgi_item *key, tgi_item *value) {
  if (cursor->is_done) return false;
  return cursor->source->is_cbor ? cbor_next(cursor, key, value) : json_next(cursor, key, value);
}

size_t tgi_count(const tgi_source *source, const tgi_item *container) {
  tgi_cursor cursor;
  tgi_item key;
  tgi_item value;
  size_t count = 0;
  tgi_cursor_open(&cursor, source, container);
  while (tgi_cursor_next(&cursor, &key, &value)) count += 1;
  return count;
}

void tgi_characters_open(tgi_characters *characters, const tgi_source *source, const tgi_item *string) {
  characters->source = source;
  characters->at = string->body;
  characters->end = string->body + string->length;
}

static int32_t hex4(const uint8_t *bytes) {
  int32_t code = 0;
  for (int digit = 0; digit < 4; digit += 1) code = code * 16 + tgi_hex_value((char)bytes[digit]);
  return code;
}

/* Behind the backslash. Two escapes may stand for one character beyond U+FFFF. */
static int32_t read_escape(tgi_characters *characters) {
  static const char names[] = "bfnrt";
  static const char codes[] = "\b\f\n\r\t";
  const uint8_t *bytes = characters->source->bytes;
  const uint8_t byte = bytes[characters->at++];
  if (byte != 'u') {
    const char *found = strchr(names, byte);
    return found == NULL ? byte : codes[found - names];
  }
  const int32_t high = hex4(bytes + characters->at);
  characters->at += 4;
  const size_t at = characters->at;
  const bool may_pair = high >= 0xd800 && high <= 0xdbff && characters->end - at >= 6 && bytes[at] == '\\' && bytes[at + 1] == 'u';
  if (!may_pair) return high;
  const int32_t low = hex4(bytes + at + 2);
  if (low < 0xdc00 || low > 0xdfff) return high;
  characters->at += 6;
  return 0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00);
}

bool tgi_characters_next(tgi_characters *characters, int32_t *code) {
  const tgi_source *source = characters->source;
  if (characters->at >= characters->end) return false;
  if (!source->is_cbor && source->bytes[characters->at] == '\\') {
    characters->at += 1;
    *code = read_escape(characters);
    return true;
  }
  *code = tgi_utf8_next(source->bytes, characters->end, &characters->at);
  return true;
}

bool tgi_has_escape(const tgi_source *source, const tgi_item *string) {
  return !source->is_cbor && string->length > 0 && memchr(source->bytes + string->body, '\\', string->length) != NULL;
}

bool tgi_string_is(const tgi_source *source, const tgi_item *string, const char *terminated) {
  tgi_characters characters;
  int32_t code = 0;
  if (string->kind != TGI_ITEM_STRING) return false;
  tgi_characters_open(&characters, source, string);
  const size_t length = strlen(terminated);
  for (size_t at = 0; at < length;) {
    const int32_t wanted = tgi_utf8_next((const uint8_t *)terminated, length, &at);
    if (!tgi_characters_next(&characters, &code) || code != wanted) return false;
  }
  return !tgi_characters_next(&characters, &code);
}

bool tgi_strings_same(const tgi_source *source, const tgi_item *left, const tgi_item *right) {
  tgi_characters one;
  tgi_characters other;
  int32_t here = 0;
  int32_t there = 0;
  tgi_characters_open(&one, source, left);
  tgi_characters_open(&other, source, right);
  while (tgi_characters_next(&one, &here))
    if (!tgi_characters_next(&other, &there) || here != there) return false;
  return !tgi_characters_next(&other, &there);
}

bool tgi_find(const tgi_source *source, const tgi_item *object, const char *name, tgi_item *value) {
  tgi_cursor cursor;
  tgi_item key;
  tgi_item member;
  bool found = false;
  tgi_cursor_open(&cursor, source, object);
  while (tgi_cursor_next(&cursor, &key, &member)) {
    if (!tgi_string_is(source, &key, name)) continue;
    *value = member;
    found = true;
  }
  return found;
}
