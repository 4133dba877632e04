/* Orders of the platform: read, judged by deadline and id, remembered. What an order does is for the device. */
#include <string.h>

#include "tables.h"

void tg_order_log_init(tg_order_log *log, tg_order_record *records, uint16_t record_count) {
  log->records = records;
  log->record_count = record_count;
  log->next = 0;
  memset(records, 0, record_count * sizeof *records);
}

static const tg_order_record *find_record(const tg_order_log *log, const char *id) {
  for (uint16_t index = 0; index < log->record_count; index += 1)
    if (log->records[index].id[0] != 0 && strcmp(log->records[index].id, id) == 0) return &log->records[index];
  return NULL;
}

void tg_order_finish(tg_order_log *log, const char *id, uint8_t status) {
  for (uint16_t index = 0; index < log->record_count; index += 1) {
    if (strcmp(log->records[index].id, id) != 0) continue;
    log->records[index].status = status;
    return;
  }
  tg_order_record *record = &log->records[log->next];
  log->next = (uint16_t)((log->next + 1) % log->record_count);
  strncpy(record->id, id, sizeof record->id - 1);
  record->id[sizeof record->id - 1] = 0;
  record->status = status;
}

/* A member that is a name (an id has the form of one), copied with a NUL. */
static bool copy_id(const tgi_source *source, const tgi_item *root, char id[65]) {
  tgi_item item;
  tgi_characters characters;
  int32_t code = 0;
  tg_text text = {id, 0};
  if (!tgi_find(source, root, "id", &item) || item.kind != TGI_ITEM_STRING) return false;
  tgi_characters_open(&characters, source, &item);
  while (tgi_characters_next(&characters, &code)) {
    if (text.length == 64 || code < 0x20 || code > 0x7e) return false;
    id[text.length++] = (char)code;
  }
  id[text.length] = 0;
  return tgi_is_name(text);
}

/* Whether a payload that is no order of this version still tells who asks: version 1, an id, a name. */
static bool is_answerable(const tgi_source *source, const tgi_item *root, char id[65]) {
  tgi_item item;
  if (root->kind != TGI_ITEM_OBJECT || !copy_id(source, root, id)) return false;
  if (!tgi_find(source, root, "v", &item) || item.kind != TGI_ITEM_NUMBER || item.number != TG_WIRE_VERSION) return false;
  return tgi_find(source, root, "name", &item) && item.kind == TGI_ITEM_STRING;
}

static bool is_late(const tgi_source *source, const tgi_item *root, int64_t now_ms) {
  tgi_item item;
  return tgi_find(source, root, "deadlineMs", &item) && item.kind == TGI_ITEM_NUMBER && item.number < (double)now_ms;
}

void tg_order_read(const tg_order_log *log, const uint8_t *payload, size_t length, int64_t now_ms, tg_arena *arena, tg_order *order) {
  tgi_source source;
  memset(order, 0, sizeof *order);
  order->verdict = TG_ORDER_UNREADABLE;
  if (payload == NULL || tgi_open(&source, payload, length, NULL) != TG_OK) return;
  const tgi_item root = tgi_item_at(&source, source.start);
  const bool is_order = tgi_check_node(&source, &root, tgi_messages[TG_MESSAGE_COMMAND].node, NULL) == TG_OK;
  if (is_order ? !copy_id(&source, &root, order->id) : !is_answerable(&source, &root, order->id)) return;
  const tg_order_record *known = find_record(log, order->id);
  if (known != NULL) {
    order->verdict = TG_ORDER_AGAIN;
    order->status = known->status;
  } else if (is_late(&source, &root, now_ms)) {
    order->verdict = TG_ORDER_EXPIRED;
  } else if (is_order && tg_decode_command(payload, length, &order->command, arena, NULL) == TG_OK) {
    order->verdict = TG_ORDER_NEW;
  } else {
    order->verdict = TG_ORDER_UNKNOWN;
  }
}
