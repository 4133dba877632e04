/*
 * JSON (RFC 8259) as JavaScript's JSON.parse takes it: a byte order mark in front is allowed, names may stand twice (the last one counts),
 * lone surrogates may be escaped. One pass says whether it is well-formed; after that, reading cannot fail.
 */
#include <string.h>

#include "internal.h"

size_t tgi_json_skip_space(const uint8_t *bytes, size_t length, size_t at) {
  while (at < length && (bytes[at] == ' ' || bytes[at] == '\t' || bytes[at] == '\n' || bytes[at] == '\r')) at += 1;
  return at;
}

/* Whether it nests deeper than is taken, whatever else is wrong with it. */
static bool is_too_deep(const uint8_t *bytes, size_t length) {
  unsigned depth = 0;
  bool in_string = false;
  for (size_t at = 0; at < length; at += 1) {
    const uint8_t byte = bytes[at];
    if (in_string) {
      if (byte == '\\') at += 1;
      else if (byte == '"') in_string = false;
    } else if (byte == '"') {
      in_string = true;
    } else if (byte == '[' || byte == '{') {
      depth += 1;
      if (depth > TG_DEPTH_MAX) return true;
    } else if ((byte == ']' || byte == '}') && depth > 0) {
      depth -= 1;
    }
  }
  return false;
}

static bool scan_digits(const uint8_t *bytes, size_t length, size_t *at) {
  const size_t from = *at;
  while (*at < length && bytes[*at] >= '0' && bytes[*at] <= '9') *at += 1;
  return *at > from;
}

static bool scan_number(const uint8_t *bytes, size_t length, size_t *at) {
  if (*at < length && bytes[*at] == '-') *at += 1;
  if (*at < length && bytes[*at] == '0') *at += 1;
  else if (!scan_digits(bytes, length, at)) return false;
  if (*at < length && bytes[*at] == '.') {
    *at += 1;
    if (!scan_digits(bytes, length, at)) return false;
  }
  if (*at < length && (bytes[*at] == 'e' || bytes[*at] == 'E')) {
    *at += 1;
    if (*at < length && (bytes[*at] == '+' || bytes[*at] == '-')) *at += 1;
    if (!scan_digits(bytes, length, at)) return false;
  }
  return true;
}

static bool scan_escape(const uint8_t *bytes, size_t length, size_t *at) {
  if (*at >= length) return false;
  const uint8_t byte = bytes[(*at)++];
  if (byte != 'u') return byte != 0 && strchr("\"\\/bfnrt", byte) != NULL;
  if (length - *at < 4) return false;
  for (int digit = 0; digit < 4; digit += 1)
    if (tgi_hex_value((char)bytes[(*at)++]) < 0) return false;
  return true;
}

static bool scan_string(const uint8_t *bytes, size_t length, size_t *at) {
  if (*at >= length || bytes[*at] != '"') return false;
  *at += 1;
  while (*at < length) {
    const uint8_t byte = bytes[(*at)++];
    if (byte == '"') return true;
    if (byte < 0x20) return false;
    if (byte == '\\' && !scan_escape(bytes, length, at)) return false;
  }
  return false;
}

static bool scan_word(const uint8_t *bytes, size_t length, size_t *at, const char *word) {
  const size_t size = strlen(word);
  if (length - *at < size || memcmp(bytes + *at, word, size) != 0) return false;
  *at += size;
  return true;
}

static bool scan_scalar(const uint8_t *bytes, size_t length, size_t *at) {
  if (*at >= length) return false;
  switch (bytes[*at]) {
    case '"':
      return scan_string(bytes, length, at);
    case 't':
      return scan_word(bytes, length, at, "true");
    case 'f':
      return scan_word(bytes, length, at, "false");
    case 'n':
      return scan_word(bytes, length, at, "null");
    default:
      return scan_number(bytes, length, at);
  }
}

static bool scan_name(const uint8_t *bytes, size_t length, size_t *at) {
  *at = tgi_json_skip_space(bytes, length, *at);
  if (!scan_string(bytes, length, at)) return false;
  *at = tgi_json_skip_space(bytes, length, *at);
  if (*at >= length || bytes[*at] != ':') return false;
  *at += 1;
  return true;
}

/* After a value: commas and closing brackets. Leaves `at` where the next value starts; `depth` 0 means the end. */
static bool scan_behind(const uint8_t *bytes, size_t length, size_t *at, const uint8_t *closers, unsigned *depth) {
  while (*depth > 0) {
    *at = tgi_json_skip_space(bytes, length, *at);
    if (*at >= length) return false;
    const uint8_t byte = bytes[(*at)++];
    if (byte == ',') return closers[*depth - 1] == '}' ? scan_name(bytes, length, at) : true;
    if (byte != closers[*depth - 1]) return false;
    *depth -= 1;
  }
  return true;
}

static bool is_json(const uint8_t *bytes, size_t length, size_t at) {
  uint8_t closers[TG_DEPTH_MAX];
  unsigned depth = 0;
  do {
    at = tgi_json_skip_space(bytes, length, at);
    const uint8_t lead = at < length ? bytes[at] : 0;
    if (lead == '{' || lead == '[') {
      if (depth == TG_DEPTH_MAX) return false;
      closers[depth++] = lead == '{' ? '}' : ']';
      at = tgi_json_skip_space(bytes, length, at + 1);
      if (at < length && bytes[at] == closers[depth - 1]) {
        at += 1;
        depth -= 1;
        if (!scan_behind(bytes, length, &at, closers, &depth)) return false;
      } else if (lead == '{' && !scan_name(bytes, length, &at)) {
        return false;
      }
    } else {
      if (!scan_scalar(bytes, length, &at)) return false;
      if (!scan_behind(bytes, length, &at, closers, &depth)) return false;
    }
  } while (depth > 0);
  return tgi_json_skip_space(bytes, length, at) == length;
}

const char *tgi_json_check(const uint8_t *bytes, size_t length, size_t *start) {
  if (!tgi_utf8_valid(bytes, length)) return "PAYLOAD_NOT_UTF8";
  if (is_too_deep(bytes, length)) return "PAYLOAD_TOO_DEEP";
  const bool has_mark = length >= 3 && bytes[0] == 0xef && bytes[1] == 0xbb && bytes[2] == 0xbf;
  const size_t at = has_mark ? 3 : 0;
  if (!is_json(bytes, length, at)) return "PAYLOAD_NOT_JSON";
  *start = tgi_json_skip_space(bytes, length, at);
  return NULL;
}

tgi_item tgi_json_item(const tgi_source *source, size_t at) {
  const uint8_t *bytes = source->bytes;
  at = tgi_json_skip_space(bytes, source->length, at);
  tgi_item item = {TGI_ITEM_NULL, false, at, 0, at, 0};
  if (at >= source->length) return item;
  switch (bytes[at]) {
    case '{':
    case '[':
      item.kind = bytes[at] == '{' ? TGI_ITEM_OBJECT : TGI_ITEM_ARRAY;
      item.body = at + 1;
      break;
    case '"':
      item.kind = TGI_ITEM_STRING;
      item.body = at + 1;
      scan_string(bytes, source->length, &at);
      item.length = at - item.body - 1;
      break;
    case 't':
    case 'f':
      item.kind = bytes[at] == 't' ? TGI_ITEM_TRUE : TGI_ITEM_FALSE;
      at += bytes[at] == 't' ? 4 : 5;
      break;
    case 'n':
      at += 4;
      break;
    default:
      item.kind = TGI_ITEM_NUMBER;
      scan_number(bytes, source->length, &at);
      item.number = tgi_parse_number(bytes + item.body, at - item.body);
  }
  item.end = at;
  return item;
}
