/* Counting, reading of cases, comparing of values. */
#include "harness.h"

#include <stdio.h>
#include <string.h>

bool check(harness *run, bool is_right, const char *what, const char *found) {
  if (is_right) {
    run->passed += 1;
    return true;
  }
  run->failed += 1;
  printf("FAILED %s: %.*s: %s%s%s\n", run->file, (int)run->name.length, run->name.bytes, what, found[0] == 0 ? "" : ", found ", found);
  return false;
}

bool check_text(harness *run, const char *what, tg_text found, tg_text wanted) {
  char text[256];
  snprintf(text, sizeof text, "\"%.*s\", expected \"%.*s\"", (int)(found.length < 100 ? found.length : 100),
           found.bytes == NULL ? "" : found.bytes, (int)(wanted.length < 100 ? wanted.length : 100), wanted.bytes == NULL ? "" : wanted.bytes);
  return check(run, tgi_text_same(found, wanted), what, text);
}

bool case_member(const test_case *test, const char *name, tgi_item *value) { return tgi_find(test->source, test->item, name, value); }

tg_arena case_arena(const test_case *test) {
  const tg_arena arena = {test->run->memory, sizeof test->run->memory, 0};
  return arena;
}

/* Names and texts of the files are short: the end of `memory` takes those with escapes, and decoding never gets there. */
tg_text case_text(const test_case *test, const char *name) {
  tgi_item item;
  tg_text text = {NULL, 0};
  if (!case_member(test, name, &item) || item.kind != TGI_ITEM_STRING) return text;
  text.bytes = (const char *)test->source->bytes + item.body;
  text.length = item.length;
  if (!tgi_has_escape(test->source, &item)) return text;
  static char copies[8][8200];
  static unsigned next = 0;
  char *copy = copies[next++ % 8];
  tgi_characters characters;
  int32_t code = 0;
  text.bytes = copy;
  text.length = 0;
  tgi_characters_open(&characters, test->source, &item);
  while (text.length < 8190 && tgi_characters_next(&characters, &code)) text.length += tgi_utf8_write(code, (uint8_t *)copy + text.length);
  return text;
}

int64_t case_number(const test_case *test, const char *name, int64_t missing) {
  tgi_item item;
  return case_member(test, name, &item) && item.kind == TGI_ITEM_NUMBER ? (int64_t)item.number : missing;
}

size_t case_bytes(const test_case *test) {
  const tg_text hex = case_text(test, "hex");
  uint8_t *bytes = test->run->payload;
  size_t length = hex.length / 2;
  if (length > BUFFER_BYTES) return 0;
  for (size_t index = 0; index < length; index += 1)
    bytes[index] = (uint8_t)(tgi_hex_value(hex.bytes[2 * index]) * 16 + tgi_hex_value(hex.bytes[2 * index + 1]));
  const int64_t padded = case_number(test, "padTo", 0);
  while ((int64_t)length < padded && length < BUFFER_BYTES) bytes[length++] = ' ';
  return length;
}

int case_message(const test_case *test) {
  char text[TG_TOPIC_BYTES_MAX];
  tg_topic topic;
  const tg_text channel = case_text(test, "channel");
  const int length = snprintf(text, sizeof text, TG_TOPIC_ROOT "/p/d/%.*s", (int)channel.length, channel.bytes);
  const tg_text name = {text, (size_t)length};
  return tg_topic_parse(name, &topic, NULL) == TG_OK ? topic.message : -1;
}

static bool same_text(const tgi_source *left, const tgi_item *one, const tgi_source *right, const tgi_item *other) {
  tgi_characters here;
  tgi_characters there;
  int32_t first = 0;
  int32_t second = 0;
  tgi_characters_open(&here, left, one);
  tgi_characters_open(&there, right, other);
  while (tgi_characters_next(&here, &first))
    if (!tgi_characters_next(&there, &second) || first != second) return false;
  return !tgi_characters_next(&there, &second);
}

static bool find_same(const tgi_source *left, const tgi_item *key, const tgi_source *right, const tgi_item *object, tgi_item *value) {
  tgi_cursor cursor;
  tgi_item other_key;
  tgi_cursor_open(&cursor, right, object);
  while (tgi_cursor_next(&cursor, &other_key, value))
    if (same_text(left, key, right, &other_key)) return true;
  return false;
}

static bool same_container(const tgi_source *left, const tgi_item *one, const tgi_source *right, const tgi_item *other) {
  tgi_cursor here;
  tgi_cursor there;
  tgi_item key;
  tgi_item other_key;
  tgi_item value;
  tgi_item other_value;
  if (tgi_count(left, one) != tgi_count(right, other)) return false;
  tgi_cursor_open(&here, left, one);
  tgi_cursor_open(&there, right, other);
  while (tgi_cursor_next(&here, &key, &value)) {
    const bool found = one->kind == TGI_ITEM_ARRAY ? tgi_cursor_next(&there, &other_key, &other_value)
                                                    : find_same(left, &key, right, other, &other_value);
    if (!found || !same_value(left, &value, right, &other_value)) return false;
  }
  return true;
}

bool same_value(const tgi_source *left, const tgi_item *one, const tgi_source *right, const tgi_item *other) {
  if (one->kind != other->kind) return false;
  if (one->kind == TGI_ITEM_NUMBER) return one->number == other->number;
  if (one->kind == TGI_ITEM_STRING) return same_text(left, one, right, other);
  if (one->kind == TGI_ITEM_OBJECT || one->kind == TGI_ITEM_ARRAY) return same_container(left, one, right, other);
  return true;
}

bool same_payload(const test_case *test, const tgi_item *value, const uint8_t *payload, size_t length) {
  tgi_source source;
  if (tgi_open(&source, payload, length, NULL) != TG_OK) return false;
  const tgi_item root = tgi_item_at(&source, source.start);
  return same_value(test->source, value, &source, &root);
}
