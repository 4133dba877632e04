/* A payload that its schema accepts, copied into the struct of its message. Memory for arrays and unescaped texts comes from the arena. */
#include <string.h>

#include "tables.h"

typedef struct reading {
  const tgi_source *source;
  tg_arena *arena;
} reading;

static int read_node(reading *in, const tgi_item *item, uint16_t index, uint8_t *field, size_t *count);

uint8_t *tgi_take(tg_arena *arena, size_t size) {
  const size_t step = sizeof(int64_t);
  if (arena == NULL) return NULL;
  const size_t past = (size_t)((uintptr_t)(arena->bytes + arena->used) % step);
  const size_t from = arena->used + (past == 0 ? 0 : step - past);
  if (from > arena->size || size > arena->size - from) return NULL;
  arena->used = from + size;
  return arena->bytes + from;
}

static int read_text(reading *in, const tgi_item *item, uint8_t *field) {
  tg_text text = {(const char *)in->source->bytes + item->body, item->length};
  if (tgi_has_escape(in->source, item)) {
    /* What an escape stands for never takes more bytes than the escape. */
    uint8_t *copy = tgi_take(in->arena, item->length);
    if (copy == NULL) return TG_NO_ROOM;
    tgi_characters characters;
    int32_t code = 0;
    text.bytes = (const char *)copy;
    text.length = 0;
    tgi_characters_open(&characters, in->source, item);
    while (tgi_characters_next(&characters, &code)) text.length += tgi_utf8_write(code, copy + text.length);
  }
  memcpy(field, &text, sizeof text);
  return TG_OK;
}

static int read_raw(reading *in, const tgi_item *item, uint8_t *field) {
  tg_text text = {(const char *)in->source->bytes + item->body - 1, tgi_item_end(in->source, item) - item->body + 1};
  if (in->source->is_cbor) {
    tgi_sink measure = {NULL, 0, 0};
    tgi_write_item(&measure, TG_JSON, in->source, item);
    tgi_sink sink = {tgi_take(in->arena, measure.length), measure.length, 0};
    if (sink.bytes == NULL) return TG_NO_ROOM;
    tgi_write_item(&sink, TG_JSON, in->source, item);
    text.bytes = (const char *)sink.bytes;
    text.length = sink.length;
  }
  memcpy(field, &text, sizeof text);
  return TG_OK;
}

static int read_list(reading *in, const tgi_item *item, const tgi_node *node, uint8_t *field, size_t *count) {
  const size_t items = tgi_count(in->source, item);
  uint8_t *list = NULL;
  if (items > 0) {
    list = tgi_take(in->arena, items * node->size);
    if (list == NULL) return TG_NO_ROOM;
    memset(list, 0, items * node->size);
  }
  tgi_cursor cursor;
  tgi_item key;
  tgi_item value;
  tgi_cursor_open(&cursor, in->source, item);
  for (size_t index = 0; index < items && tgi_cursor_next(&cursor, &key, &value); index += 1) {
    const int status = read_node(in, &value, node->first, list + index * node->size, NULL);
    if (status != TG_OK) return status;
  }
  const void *pointer = list;
  memcpy(field, &pointer, sizeof pointer);
  if (count != NULL) *count = items;
  return TG_OK;
}

static int read_object(reading *in, const tgi_item *item, const tgi_node *node, uint8_t *object) {
  for (uint16_t index = 0; index < node->count; index += 1) {
    const tgi_member *member = &tgi_members[node->first + index];
    tgi_item value;
    const bool present = tgi_find(in->source, item, member->name, &value);
    if (member->presence_offset != TGI_NONE) memcpy(object + member->presence_offset, &present, sizeof present);
    if (!present || member->offset == TGI_NONE) continue;
    size_t count = 0;
    const int status = read_node(in, &value, member->node, object + member->offset, &count);
    if (status != TG_OK) return status;
    if (member->count_offset != TGI_NONE) memcpy(object + member->count_offset, &count, sizeof count);
  }
  return TG_OK;
}

static uint8_t word_of(const reading *in, const tgi_item *item, const tgi_node *node) {
  for (uint16_t index = 0; index < node->count; index += 1) {
    const uint16_t word = node->type == TGI_ENUM ? node->first + index : tgi_nodes[tgi_variants[node->first + index]].first;
    if (tgi_string_is(in->source, item, tgi_words[word])) return (uint8_t)index;
  }
  return 0;
}

static int read_variant(reading *in, const tgi_item *item, const tgi_node *node, uint8_t *field) {
  for (uint16_t index = 0; index < node->count; index += 1) {
    const uint16_t variant = tgi_variants[node->first + index];
    if (tgi_check_node(in->source, item, variant, NULL) != TG_OK) continue;
    *field = (uint8_t)index;
    return read_node(in, item, variant, field + node->size, NULL);
  }
  return TG_REFUSED;
}

static int read_node(reading *in, const tgi_item *item, uint16_t index, uint8_t *field, size_t *count) {
  const tgi_node *node = &tgi_nodes[index];
  const bool boolean = item->kind == TGI_ITEM_TRUE;
  const int64_t integer = node->store == TGI_STORE_INTEGER ? (int64_t)item->number : 0;
  tg_scalar scalar;
  switch (node->store) {
    case TGI_STORE_STRUCT:
      return read_object(in, item, node, field);
    case TGI_STORE_LIST:
      return read_list(in, item, node, field, count);
    case TGI_STORE_RAW:
      return read_raw(in, item, field);
    case TGI_STORE_TEXT:
      return read_text(in, item, field);
    case TGI_STORE_NUMBER:
      memcpy(field, &item->number, sizeof item->number);
      return TG_OK;
    case TGI_STORE_INTEGER:
      memcpy(field, &integer, sizeof integer);
      return TG_OK;
    case TGI_STORE_BOOLEAN:
      memcpy(field, &boolean, sizeof boolean);
      return TG_OK;
    case TGI_STORE_WORD:
      *field = word_of(in, item, node);
      return TG_OK;
    case TGI_STORE_NUMERAL:
      *field = (uint8_t)item->number;
      return TG_OK;
    case TGI_STORE_SCALAR:
      memset(&scalar, 0, sizeof scalar);
      scalar.type = item->kind == TGI_ITEM_NUMBER ? TG_SCALAR_NUMBER : item->kind == TGI_ITEM_NULL ? TG_SCALAR_NULL : TG_SCALAR_BOOLEAN;
      scalar.boolean = boolean;
      scalar.number = item->number;
      memcpy(field, &scalar, sizeof scalar);
      return TG_OK;
    case TGI_STORE_VARIANT:
      return read_variant(in, item, node, field);
    default:
      return TG_OK;
  }
}

int tg_decode(int message, const uint8_t *payload, size_t length, void *value, tg_arena *arena, tg_reason *reason) {
  tgi_source source;
  if (message < 0 || message >= TG_MESSAGE_COUNT || value == NULL || (payload == NULL && length > 0)) return TG_MISUSE;
  if (tgi_open(&source, payload, length, reason) != TG_OK) return TG_REFUSED;
  const tgi_item root = tgi_item_at(&source, source.start);
  const uint16_t node = tgi_messages[message].node;
  if (tgi_check_node(&source, &root, node, reason) != TG_OK) return TG_REFUSED;
  if (message == TG_MESSAGE_EVENT && tg_validate(message, payload, length, reason) != TG_OK) return TG_REFUSED;
  reading in = {&source, arena};
  memset(value, 0, tgi_messages[message].size);
  return read_node(&in, &root, node, value, NULL);
}
