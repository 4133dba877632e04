/*
 * A message struct, written along the schema table as JSON or CBOR: members in the order of the schema, every value checked against its
 * row first, so that nothing leaves a device that the platform would refuse.
 */
#include <string.h>

#include "tables.h"

typedef struct writing {
  tgi_sink sink;
  enum tg_encoding encoding;
  tg_reason *reason;
} writing;

static int write_node(writing *out, uint16_t index, const uint8_t *field, size_t count, const tgi_path *path);

static int wrong_at(writing *out, const char *code, const tgi_path *path) {
  tgi_reason_at(out->reason, code, path);
  return TG_REFUSED;
}

static int write_checked_text(writing *out, const tgi_node *node, tg_text text, const tgi_path *path) {
  if ((text.bytes == NULL && text.length > 0) || !tgi_utf8_valid((const uint8_t *)text.bytes, text.length))
    return wrong_at(out, "PAYLOAD_NOT_UTF8", path);
  /* UTF-8 without escapes is what a text of CBOR is. */
  const tgi_source source = {(const uint8_t *)text.bytes, text.length, 0, true};
  const tgi_item item = {TGI_ITEM_STRING, false, 0, text.length, text.length, 0};
  const uint16_t index = (uint16_t)(node - tgi_nodes);
  tg_reason found;
  if (tgi_check_node(&source, &item, index, &found) != TG_OK) return wrong_at(out, found.code, path);
  tgi_write_text(&out->sink, out->encoding, text);
  return TG_OK;
}

static int write_checked_number(writing *out, const tgi_node *node, double value, const tgi_path *path) {
  const char *wrong = tgi_is_finite(value) ? tgi_check_number(node, value) : "SCHEMA_TYPE";
  if (wrong != NULL) return wrong_at(out, wrong, path);
  tgi_write_number(&out->sink, out->encoding, value);
  return TG_OK;
}

static int write_word(writing *out, const tgi_node *node, uint8_t value, const tgi_path *path) {
  if (value >= node->count) return wrong_at(out, node->type == TGI_ENUM ? "SCHEMA_ENUM" : "SCHEMA_ANYOF", path);
  const uint16_t word = node->type == TGI_ENUM ? node->first + value : tgi_nodes[tgi_variants[node->first + value]].first;
  tgi_write_text(&out->sink, out->encoding, tg_text_of(tgi_words[word]));
  return TG_OK;
}

static int write_numeral(writing *out, const tgi_node *node, uint8_t value, const tgi_path *path) {
  for (uint16_t index = 0; index < node->count; index += 1) {
    if (tgi_nodes[tgi_variants[node->first + index]].first != value) continue;
    tgi_write_integer(&out->sink, out->encoding, value);
    return TG_OK;
  }
  return wrong_at(out, "SCHEMA_ANYOF", path);
}

static int write_scalar(writing *out, const tg_scalar *scalar, const tgi_path *path) {
  switch (scalar->type) {
    case TG_SCALAR_NULL:
      tgi_write_literal(&out->sink, out->encoding, TGI_ITEM_NULL);
      return TG_OK;
    case TG_SCALAR_BOOLEAN:
      tgi_write_literal(&out->sink, out->encoding, scalar->boolean ? TGI_ITEM_TRUE : TGI_ITEM_FALSE);
      return TG_OK;
    case TG_SCALAR_NUMBER:
      if (!tgi_is_finite(scalar->number)) return wrong_at(out, "SCHEMA_ANYOF", path);
      tgi_write_number(&out->sink, out->encoding, scalar->number);
      return TG_OK;
    default:
      return wrong_at(out, "SCHEMA_ANYOF", path);
  }
}

/* A JSON object as text, an EPCIS event or document: checked, and written without blanks. */
static int write_raw(writing *out, tg_text text, const tgi_path *path) {
  tgi_source source = {(const uint8_t *)text.bytes, text.length, 0, false};
  const char *wrong = text.bytes == NULL ? "PAYLOAD_NOT_JSON" : tgi_json_check(source.bytes, source.length, &source.start);
  if (wrong != NULL) return wrong_at(out, wrong, path);
  const tgi_item item = tgi_json_item(&source, source.start);
  if (tgi_check_epcis(&source, &item, path, out->reason) != TG_OK) return TG_REFUSED;
  tgi_write_item(&out->sink, out->encoding, &source, &item);
  return TG_OK;
}

static int write_list(writing *out, const tgi_node *node, const uint8_t *field, size_t count, const tgi_path *path) {
  const void *items = NULL;
  memcpy(&items, field, sizeof items);
  if (items == NULL && count > 0) return wrong_at(out, "SCHEMA_TYPE", path);
  const char *wrong = tgi_check_count(node, count, false);
  if (wrong != NULL) return wrong_at(out, wrong, path);
  tgi_write_open(&out->sink, out->encoding, false, count);
  for (size_t index = 0; index < count; index += 1) {
    const tgi_path step = {path, NULL, index, {NULL, 0}, false};
    tgi_write_between(&out->sink, out->encoding, index);
    const int status = write_node(out, node->first, (const uint8_t *)items + index * node->size, 0, &step);
    if (status != TG_OK) return status;
  }
  tgi_write_close(&out->sink, out->encoding, false);
  return TG_OK;
}

static bool is_present(const tgi_member *member, const uint8_t *object) {
  bool present = true;
  if (member->presence_offset != TGI_NONE) memcpy(&present, object + member->presence_offset, sizeof present);
  return present;
}

static int write_object(writing *out, const tgi_node *node, const uint8_t *object, const tgi_path *path) {
  size_t count = 0;
  for (uint16_t index = 0; index < node->count; index += 1) count += is_present(&tgi_members[node->first + index], object) ? 1 : 0;
  tgi_write_open(&out->sink, out->encoding, true, count);
  size_t written = 0;
  for (uint16_t index = 0; index < node->count; index += 1) {
    const tgi_member *member = &tgi_members[node->first + index];
    if (!is_present(member, object)) continue;
    const tgi_path step = {path, member->name, 0, {NULL, 0}, false};
    size_t items = 0;
    if (member->count_offset != TGI_NONE) memcpy(&items, object + member->count_offset, sizeof items);
    tgi_write_between(&out->sink, out->encoding, written++);
    tgi_write_text(&out->sink, out->encoding, tg_text_of(member->name));
    tgi_write_colon(&out->sink, out->encoding);
    const int status = write_node(out, member->node, member->offset == TGI_NONE ? NULL : object + member->offset, items, &step);
    if (status != TG_OK) return status;
  }
  tgi_write_close(&out->sink, out->encoding, true);
  return TG_OK;
}

static int write_constant(writing *out, const tgi_node *node) {
  if (node->type == TGI_CONST_NUMBER) tgi_write_integer(&out->sink, out->encoding, node->first);
  if (node->type == TGI_CONST_STRING) tgi_write_text(&out->sink, out->encoding, tg_text_of(tgi_words[node->first]));
  if (node->type == TGI_CONST_BOOLEAN) tgi_write_literal(&out->sink, out->encoding, node->first ? TGI_ITEM_TRUE : TGI_ITEM_FALSE);
  return TG_OK;
}

/* `field` points to a member of the type that the row's store names: it is copied out, as its type is known to the generator only. */
static int write_node(writing *out, uint16_t index, const uint8_t *field, size_t count, const tgi_path *path) {
  const tgi_node *node = &tgi_nodes[index];
  tg_text text = {NULL, 0};
  tg_scalar scalar;
  double number = 0;
  int64_t integer = 0;
  bool boolean = false;
  switch (node->store) {
    case TGI_STORE_STRUCT:
      return write_object(out, node, field, path);
    case TGI_STORE_LIST:
      return write_list(out, node, field, count, path);
    case TGI_STORE_RAW:
      memcpy(&text, field, sizeof text);
      return write_raw(out, text, path);
    case TGI_STORE_TEXT:
      memcpy(&text, field, sizeof text);
      return write_checked_text(out, node, text, path);
    case TGI_STORE_NUMBER:
      memcpy(&number, field, sizeof number);
      return write_checked_number(out, node, number, path);
    case TGI_STORE_INTEGER:
      memcpy(&integer, field, sizeof integer);
      return write_checked_number(out, node, (double)integer, path);
    case TGI_STORE_BOOLEAN:
      memcpy(&boolean, field, sizeof boolean);
      tgi_write_literal(&out->sink, out->encoding, boolean ? TGI_ITEM_TRUE : TGI_ITEM_FALSE);
      return TG_OK;
    case TGI_STORE_WORD:
      return write_word(out, node, *field, path);
    case TGI_STORE_NUMERAL:
      return write_numeral(out, node, *field, path);
    case TGI_STORE_SCALAR:
      memcpy(&scalar, field, sizeof scalar);
      return write_scalar(out, &scalar, path);
    case TGI_STORE_VARIANT:
      if (*field >= node->count) return wrong_at(out, "SCHEMA_ANYOF", path);
      return write_node(out, tgi_variants[node->first + *field], field + node->size, 0, path);
    default:
      return write_constant(out, node);
  }
}

int32_t tg_encode(int message, const void *value, enum tg_encoding encoding, uint8_t *bytes, size_t size, tg_reason *reason) {
  if (message < 0 || message >= TG_MESSAGE_COUNT || value == NULL || (bytes == NULL && size > 0)) return TG_MISUSE;
  writing out = {{bytes, size, 0}, encoding, reason};
  tgi_reason_clear(reason);
  const int status = write_node(&out, tgi_messages[message].node, value, 0, NULL);
  if (status != TG_OK) return status;
  if (out.sink.length > TG_PAYLOAD_BYTES_MAX) return tgi_refuse_whole(reason, "PAYLOAD_TOO_LARGE");
  return (int32_t)out.sink.length;
}

tg_reading tg_reading_of(const char *metric, const char *unit, double value, uint8_t quality) {
  const bool is_there = tgi_is_finite(value) && quality != TG_QUALITY_MISSING;
  tg_reading reading;
  memset(&reading, 0, sizeof reading);
  reading.metric = tg_text_of(metric);
  reading.unit = tg_text_of(unit);
  reading.quality = is_there ? quality : TG_QUALITY_MISSING;
  reading.value.type = is_there ? TG_SCALAR_NUMBER : TG_SCALAR_NULL;
  reading.value.number = is_there ? value : 0;
  return reading;
}
