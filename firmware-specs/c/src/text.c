/* Texts, reasons and buffers: nothing here knows JSON, CBOR or a message. */
#include <string.h>

#include "internal.h"

void tgi_put(tgi_sink *sink, const void *bytes, size_t length) {
  if (length > 0 && sink->length <= sink->size && length <= sink->size - sink->length) memcpy(sink->bytes + sink->length, bytes, length);
  sink->length += length;
}

void tgi_put_byte(tgi_sink *sink, uint8_t byte) { tgi_put(sink, &byte, 1); }

void tgi_put_terminated(tgi_sink *sink, const char *text) { tgi_put(sink, text, strlen(text)); }

int32_t tgi_end_text(tgi_sink *sink) {
  if (sink->length >= sink->size) return TG_NO_ROOM;
  sink->bytes[sink->length] = 0;
  return (int32_t)sink->length;
}

tg_text tg_text_of(const char *terminated) {
  tg_text text = {terminated, strlen(terminated)};
  return text;
}

/* RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. */
int32_t tgi_utf8_next(const uint8_t *bytes, size_t length, size_t *at) {
  const uint8_t lead = bytes[*at];
  size_t more = 0;
  int32_t code = 0;
  int32_t least = 0;
  if (lead < 0x80) {
    *at += 1;
    return lead;
  }
  if (lead >= 0xc2 && lead <= 0xdf) {
    more = 1, code = lead & 0x1f, least = 0x80;
  } else if (lead >= 0xe0 && lead <= 0xef) {
    more = 2, code = lead & 0x0f, least = 0x800;
  } else if (lead >= 0xf0 && lead <= 0xf4) {
    more = 3, code = lead & 0x07, least = 0x10000;
  }
  *at += 1;
  if (more == 0 || length - *at < more) return -1;
  for (size_t index = 0; index < more; index += 1) {
    const uint8_t byte = bytes[*at + index];
    if ((byte & 0xc0) != 0x80) return -1;
    code = (code << 6) | (byte & 0x3f);
  }
  if (code < least || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) return -1;
  *at += more;
  return code;
}

bool tgi_utf8_valid(const uint8_t *bytes, size_t length) {
  for (size_t at = 0; at < length;)
    if (tgi_utf8_next(bytes, length, &at) < 0) return false;
  return true;
}

size_t tgi_utf8_write(int32_t code, uint8_t bytes[4]) {
  if (code < 0x80) {
    bytes[0] = (uint8_t)code;
    return 1;
  }
  if (code < 0x800) {
    bytes[0] = (uint8_t)(0xc0 | (code >> 6));
    bytes[1] = (uint8_t)(0x80 | (code & 0x3f));
    return 2;
  }
  if (code < 0x10000) {
    /* A lone surrogate has no UTF-8: the replacement character stands for it. */
    if (code >= 0xd800 && code <= 0xdfff) code = 0xfffd;
    bytes[0] = (uint8_t)(0xe0 | (code >> 12));
    bytes[1] = (uint8_t)(0x80 | ((code >> 6) & 0x3f));
    bytes[2] = (uint8_t)(0x80 | (code & 0x3f));
    return 3;
  }
  bytes[0] = (uint8_t)(0xf0 | (code >> 18));
  bytes[1] = (uint8_t)(0x80 | ((code >> 12) & 0x3f));
  bytes[2] = (uint8_t)(0x80 | ((code >> 6) & 0x3f));
  bytes[3] = (uint8_t)(0x80 | (code & 0x3f));
  return 4;
}

bool tgi_text_is(tg_text text, const char *terminated) { return tgi_text_same(text, tg_text_of(terminated)); }

bool tgi_text_same(tg_text left, tg_text right) {
  return left.length == right.length && (left.length == 0 || memcmp(left.bytes, right.bytes, left.length) == 0);
}

tg_text tgi_text_part(tg_text text, size_t from, size_t length) {
  tg_text part = {text.bytes, 0};
  if (from >= text.length) return part;
  part.bytes = text.bytes + from;
  part.length = length < text.length - from ? length : text.length - from;
  return part;
}

bool tgi_is_digits(tg_text text) {
  for (size_t index = 0; index < text.length; index += 1)
    if (text.bytes[index] < '0' || text.bytes[index] > '9') return false;
  return true;
}

int tgi_hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

bool tgi_is_name(tg_text text) {
  if (text.length == 0 || text.length > 64) return false;
  for (size_t index = 0; index < text.length; index += 1) {
    const char c = text.bytes[index];
    const bool is_letter = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
    if (!is_letter && !(c >= '0' && c <= '9') && c != '_' && c != '-') return false;
  }
  return true;
}

void tgi_reason_clear(tg_reason *reason) {
  if (reason == NULL) return;
  reason->code = NULL;
  reason->pointer[0] = 0;
}

int tgi_refuse(tg_reason *reason, const char *code) {
  if (reason != NULL) reason->code = code;
  return TG_REFUSED;
}

int tgi_refuse_whole(tg_reason *reason, const char *code) {
  tgi_reason_clear(reason);
  return tgi_refuse(reason, code);
}

/* Appends `/name`, escaped after RFC 6901, as far as it fits. */
static size_t append_step(char *pointer, size_t length, tg_text name) {
  if (length + 1 < TG_POINTER_BYTES) pointer[length++] = '/';
  for (size_t index = 0; index < name.length; index += 1) {
    const char c = name.bytes[index];
    const size_t needed = c == '~' || c == '/' ? 2 : 1;
    if (length + needed >= TG_POINTER_BYTES) break;
    pointer[length++] = needed == 2 ? '~' : c;
    if (needed == 2) pointer[length++] = c == '~' ? '0' : '1';
  }
  return length;
}

static tg_text index_text(size_t index, char digits[20]) {
  size_t at = 20;
  do {
    digits[--at] = (char)('0' + index % 10);
    index /= 10;
  } while (index > 0);
  tg_text text = {digits + at, 20 - at};
  return text;
}

void tgi_reason_at(tg_reason *reason, const char *code, const tgi_path *path) {
  if (reason == NULL) return;
  const tgi_path *steps[TG_DEPTH_MAX + 2];
  size_t count = 0;
  for (const tgi_path *step = path; step != NULL && count < TG_DEPTH_MAX + 2; step = step->parent) steps[count++] = step;
  size_t length = 0;
  while (count > 0) {
    const tgi_path *step = steps[--count];
    char digits[20];
    const tg_text name = step->name != NULL ? tg_text_of(step->name) : step->is_key ? step->key : index_text(step->index, digits);
    length = append_step(reason->pointer, length, name);
  }
  reason->pointer[length] = 0;
  reason->code = code;
}
