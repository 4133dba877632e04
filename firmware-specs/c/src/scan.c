/* What a scanner sends under its symbology identifier, taken apart into application identifiers and the key that it names. */
#include <string.h>

#include "internal.h"

static bool is_listed(tg_text symbology, const char *const *list, size_t count) {
  for (size_t index = 0; index < count; index += 1)
    if (tgi_text_is(symbology, list[index])) return true;
  return false;
}

#define IS_LISTED(symbology, list) is_listed(symbology, list, sizeof(list) / sizeof((list)[0]))

/* Symbology identifiers (ISO/IEC 15424) whose data are element strings, and those of plain text. */
static const char *const gs1_symbologies[] = {"]C1", "]e0", "]e1", "]e2", "]d2", "]Q3", "]J1"};
static const char *const text_symbologies[] = {"]Q0", "]Q1", "]Q2", "]d0", "]d1", "]J0", "]C0", "]A0", "]L0", "]z0"};

/* Primary keys by their rank in a code that carries several, with the qualifiers that make an instance of them, first one first. */
static const struct {
  const char *primary;
  const char *qualifiers;
} key_order[] = {{"8006", "21,10"}, {"01", "21,235,10"}, {"00", ""},   {"8003", ""}, {"8004", ""},
                 {"253", ""},       {"255", ""},         {"8010", "8011"}, {"8018", ""}, {"8017", ""},
                 {"8013", ""},      {"402", ""},         {"401", ""},  {"414", "254"}, {"417", ""}};

/* The last value of an identifier, as it is when it stands twice with one value. */
static const tg_text *find_value(const tg_ai_value *ais, size_t count, tg_text ai) {
  for (size_t index = 0; index < count; index += 1)
    if (tgi_text_same(ais[index].ai, ai)) return &ais[index].value;
  return NULL;
}

static void put_qualifier(tgi_sink *sink, const tg_ai_value *ais, size_t count, const char *qualifiers) {
  size_t at = 0;
  tg_text ai;
  while (tgi_next_part(tg_text_of(qualifiers), ',', &at, &ai)) {
    const tg_text *value = find_value(ais, count, ai);
    if (value == NULL) continue;
    /* An extension 0 is the place itself (EPC Tag Data Standard §6.3.4). */
    if (tgi_text_is(ai, "254") && tgi_text_is(*value, "0")) return;
    tgi_put_byte(sink, '/');
    tgi_put(sink, ai.bytes, ai.length);
    tgi_put_byte(sink, '/');
    tgi_put_escaped(sink, *value);
    return;
  }
}

int32_t tg_key_of_ais(const tg_ai_value *ais, size_t count, char *text, size_t size) {
  for (size_t index = 0; index < sizeof key_order / sizeof key_order[0]; index += 1) {
    const tg_text *value = find_value(ais, count, tg_text_of(key_order[index].primary));
    if (value == NULL) continue;
    tgi_sink sink = {(uint8_t *)text, size, 0};
    tgi_put_terminated(&sink, "https://id.gs1.org/");
    tgi_put_terminated(&sink, key_order[index].primary);
    tgi_put_byte(&sink, '/');
    tgi_put_escaped(&sink, *value);
    put_qualifier(&sink, ais, count, key_order[index].qualifiers);
    return tgi_end_text(&sink);
  }
  return 0;
}

/* The longest key: a primary key of 30 and a serial of 28 characters, all of them escaped, and what is between. */
#define KEY_BYTES 256

/* Takes what a function wrote into room of the arena. */
static int keep_key(tg_scan_content *content, char *room, int32_t length) {
  if (length < 0) return length;
  content->key.bytes = room;
  content->key.length = (size_t)length;
  return TG_OK;
}

static int add_key(tg_scan_content *content, const tg_ai_value *ais, size_t count, tg_arena *arena) {
  char *room = (char *)tgi_take(arena, KEY_BYTES);
  return room == NULL ? TG_NO_ROOM : keep_key(content, room, tg_key_of_ais(ais, count, room, KEY_BYTES));
}

static int read_elements(tg_text data, tg_scan_content *content, tg_arena *arena, tg_reason *reason) {
  int status = tg_read_element_string(data, content->ais, TG_AIS_MAX, &content->ai_count, reason);
  if (status != TG_OK) return status;
  /* What an identifier needs beside it may stand in another code of the same label (General Specifications §4.14). */
  status = tg_check_associations(content->ais, content->ai_count, reason);
  return status == TG_OK ? add_key(content, content->ais, content->ai_count, arena) : status;
}

static int read_urn(tg_text text, tg_scan_content *content, tg_arena *arena) {
  char *room = (char *)tgi_take(arena, KEY_BYTES);
  content->text = text;
  if (room == NULL) return TG_NO_ROOM;
  const int32_t length = tg_key_of_urn(text, room, KEY_BYTES);
  return keep_key(content, room, length);
}

static int read_tag(tg_text hex, tg_scan_content *content, tg_arena *arena, tg_reason *reason) {
  char *urn = (char *)tgi_take(arena, TG_EPC_URN_BYTES);
  if (urn == NULL) return TG_NO_ROOM;
  const int32_t length = tg_read_epc(hex, urn, reason);
  if (length < 0) return length;
  const tg_text text = {urn, (size_t)length};
  return read_urn(text, content, arena);
}

static bool starts_with(tg_text text, const char *start) { return tgi_text_is(tgi_text_part(text, 0, strlen(start)), start); }

/* Plain data: a Digital Link or a URN names a key, anything else is text. A web address that is no Digital Link is refused. */
static int read_text(tg_text text, tg_scan_content *content, tg_arena *arena, tg_reason *reason) {
  const bool is_web = starts_with(text, "http://") || starts_with(text, "https://") || starts_with(text, "HTTP://") || starts_with(text, "HTTPS://");
  if (!is_web) return read_urn(text, content, arena);
  content->text = text;
  const int status = tg_read_digital_link(text, content->ais, TG_AIS_MAX, &content->ai_count, arena, reason);
  return status == TG_OK ? add_key(content, content->ais, content->ai_count, arena) : status;
}

/* An EAN or UPC symbol, with the composite component that may follow as a message of its own. */
static int read_primary(tg_text data, size_t digits, tg_scan_content *content, tg_arena *arena, tg_reason *reason) {
  const char *bar = memchr(data.bytes, '|', data.length);
  const size_t length = bar == NULL ? data.length : (size_t)(bar - data.bytes);
  const tg_text composite = tgi_text_part(data, length + 1, data.length);
  const bool is_right = length == digits && (bar == NULL || (starts_with(composite, "]e0") && memchr(composite.bytes, '|', composite.length) == NULL));
  if (!is_right) return tgi_refuse_whole(reason, "GS1_SCAN_LENGTH");
  content->primary = tgi_text_part(data, 0, length);
  const char *wrong = tg_check_mod10(content->primary);
  if (wrong != NULL) return tgi_refuse_whole(reason, wrong);
  char *gtin = (char *)tgi_take(arena, 14);
  if (gtin == NULL) return TG_NO_ROOM;
  memset(gtin, '0', 14);
  memcpy(gtin + 14 - length, data.bytes, length);
  content->ais[0].ai = tg_text_of("01");
  content->ais[0].value.bytes = gtin;
  content->ais[0].value.length = 14;
  content->ai_count = 1;
  if (bar != NULL) {
    size_t more = 0;
    const int status = tg_read_element_string(tgi_text_part(composite, 3, composite.length), content->ais + 1, TG_AIS_MAX - 1, &more, reason);
    if (status != TG_OK) return status;
    content->ai_count += more;
  }
  return add_key(content, content->ais, content->ai_count, arena);
}

static size_t utf16_length(tg_text text) {
  size_t count = 0;
  for (size_t at = 0; at < text.length;) count += tgi_utf8_next((const uint8_t *)text.bytes, text.length, &at) > 0xffff ? 2 : 1;
  return count;
}

int tg_read_scan(tg_text symbology, tg_text data, tg_scan_content *content, tg_arena *arena, tg_reason *reason) {
  memset(content, 0, sizeof *content);
  tgi_reason_clear(reason);
  if (data.length == 0 || utf16_length(data) > TG_SCAN_CHARACTERS_MAX) return tgi_refuse_whole(reason, "GS1_SCAN_LENGTH");
  if (tgi_text_is(symbology, "epc")) return read_tag(data, content, arena, reason);
  if (tgi_text_is(symbology, "]E0")) return read_primary(data, 13, content, arena, reason);
  if (tgi_text_is(symbology, "]E4")) return read_primary(data, 8, content, arena, reason);
  if (IS_LISTED(symbology, gs1_symbologies)) return read_elements(data, content, arena, reason);
  if (!IS_LISTED(symbology, text_symbologies)) return tgi_refuse_whole(reason, "GS1_SYMBOLOGY");
  return read_text(data, content, arena, reason);
}
