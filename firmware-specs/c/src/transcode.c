/* Items of one payload written into another, JSON or CBOR, members in their order: no struct and no schema between. */
#include <string.h>

#include "internal.h"

static size_t utf8_length(const tgi_source *source, const tgi_item *string) {
  tgi_characters characters;
  int32_t code = 0;
  uint8_t bytes[4];
  size_t length = 0;
  tgi_characters_open(&characters, source, string);
  while (tgi_characters_next(&characters, &code)) length += tgi_utf8_write(code, bytes);
  return length;
}

/* A lone surrogate, which UTF-8 cannot carry, stays an escape in JSON. */
static void put_surrogate(tgi_sink *sink, int32_t code) {
  static const char hex[] = "0123456789abcdef";
  tgi_put_terminated(sink, "\\u");
  for (int shift = 12; shift >= 0; shift -= 4) tgi_put_byte(sink, (uint8_t)hex[(code >> shift) & 15]);
}

static void write_string(tgi_sink *sink, enum tg_encoding encoding, const tgi_source *source, const tgi_item *string) {
  tgi_characters characters;
  int32_t code = 0;
  if (!tgi_has_escape(source, string)) {
    const tg_text text = {(const char *)source->bytes + string->body, string->length};
    tgi_write_text(sink, encoding, text);
    return;
  }
  if (encoding == TG_CBOR) {
    /* The head of a text and that of an array differ in their major type only. */
    const size_t head = sink->length;
    tgi_write_open(sink, encoding, false, utf8_length(source, string));
    if (head < sink->size) sink->bytes[head] = (uint8_t)((sink->bytes[head] & 31) | 0x60);
  } else {
    tgi_put_byte(sink, '"');
  }
  tgi_characters_open(&characters, source, string);
  while (tgi_characters_next(&characters, &code)) {
    uint8_t bytes[4];
    const tg_text one = {(const char *)bytes, tgi_utf8_write(code, bytes)};
    if (encoding == TG_CBOR) {
      tgi_put(sink, one.bytes, one.length);
    } else if (code >= 0xd800 && code <= 0xdfff) {
      put_surrogate(sink, code);
    } else {
      uint8_t quoted[10];
      tgi_sink character = {quoted, sizeof quoted, 0};
      tgi_write_text(&character, TG_JSON, one);
      tgi_put(sink, quoted + 1, character.length - 2);
    }
  }
  if (encoding == TG_JSON) tgi_put_byte(sink, '"');
}

static void write_array(tgi_sink *sink, enum tg_encoding encoding, const tgi_source *source, const tgi_item *item) {
  tgi_cursor cursor;
  tgi_item key;
  tgi_item value;
  size_t index = 0;
  tgi_write_open(sink, encoding, false, tgi_count(source, item));
  tgi_cursor_open(&cursor, source, item);
  while (tgi_cursor_next(&cursor, &key, &value)) {
    tgi_write_between(sink, encoding, index++);
    tgi_write_item(sink, encoding, source, &value);
  }
  tgi_write_close(sink, encoding, false);
}

/* JSON may name a member twice: it stands where it was named first, with its last value. */
static bool is_first(const tgi_source *source, const tgi_item *object, const tgi_item *key, tgi_item *value) {
  if (source->is_cbor) return true;
  tgi_cursor cursor;
  tgi_item other_key;
  tgi_item other_value;
  tgi_cursor_open(&cursor, source, object);
  while (tgi_cursor_next(&cursor, &other_key, &other_value)) {
    if (!tgi_strings_same(source, key, &other_key)) continue;
    if (other_key.body < key->body) return false;
    *value = other_value;
  }
  return true;
}

static void write_members(tgi_sink *sink, enum tg_encoding encoding, const tgi_source *source, const tgi_item *item) {
  tgi_cursor cursor;
  tgi_item key;
  tgi_item value;
  size_t count = 0;
  tgi_cursor_open(&cursor, source, item);
  while (tgi_cursor_next(&cursor, &key, &value)) count += is_first(source, item, &key, &value) ? 1 : 0;
  tgi_write_open(sink, encoding, true, count);
  size_t index = 0;
  tgi_cursor_open(&cursor, source, item);
  while (tgi_cursor_next(&cursor, &key, &value)) {
    if (!is_first(source, item, &key, &value)) continue;
    tgi_write_between(sink, encoding, index++);
    write_string(sink, encoding, source, &key);
    tgi_write_colon(sink, encoding);
    tgi_write_item(sink, encoding, source, &value);
  }
  tgi_write_close(sink, encoding, true);
}

/* Recursion ends at TG_DEPTH_MAX: what nests deeper was refused before. */
void tgi_write_item(tgi_sink *sink, enum tg_encoding encoding, const tgi_source *source, const tgi_item *item) {
  switch (item->kind) {
    case TGI_ITEM_OBJECT:
      write_members(sink, encoding, source, item);
      return;
    case TGI_ITEM_ARRAY:
      write_array(sink, encoding, source, item);
      return;
    case TGI_ITEM_STRING:
      write_string(sink, encoding, source, item);
      return;
    case TGI_ITEM_NUMBER:
      tgi_write_number(sink, encoding, item->number);
      return;
    default:
      tgi_write_literal(sink, encoding, item->kind);
  }
}

int32_t tg_transcode(const uint8_t *payload, size_t length, enum tg_encoding encoding, uint8_t *bytes, size_t size, tg_reason *reason) {
  tgi_source source;
  if ((payload == NULL && length > 0) || (bytes == NULL && size > 0)) return TG_MISUSE;
  if (tgi_open(&source, payload, length, reason) != TG_OK) return TG_REFUSED;
  const tgi_item root = tgi_item_at(&source, source.start);
  tgi_sink sink = {bytes, size, 0};
  tgi_write_item(&sink, encoding, &source, &root);
  return (int32_t)sink.length;
}
