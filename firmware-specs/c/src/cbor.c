/*
 * CBOR (RFC 8949) as the contract allows it: one map with names of text, no byte strings, no tags but 55799 in front, integers within
 * 53 bits, neither NaN nor infinity, no name twice, texts in UTF-8. One pass says whether it is; after that, reading cannot fail.
 */
#include <math.h>
#include <string.h>

#include "internal.h"

#define SAFE_INTEGER_MAX 9007199254740991u
/* Names are compared with each other, which takes the square of their number: more than this in one map are refused. */
#define MAP_MEMBERS_MAX 4096u

static const char *const not_cbor = "PAYLOAD_NOT_CBOR";
static const char *const too_deep = "PAYLOAD_TOO_DEEP";

bool tgi_is_cbor(const uint8_t *payload, size_t length) {
  return length > 0 && ((payload[0] >= 0xa0 && payload[0] <= 0xbf) || payload[0] == 0xd9);
}

bool tgi_cbor_head(const uint8_t *bytes, size_t length, size_t at, uint8_t *major, uint64_t *argument, size_t *size) {
  if (at >= length) return false;
  const uint8_t minor = bytes[at] & 31;
  *major = bytes[at] >> 5;
  *argument = minor;
  *size = 1;
  if (minor < 24 || minor == 31) return true;
  if (minor > 27) return false;
  const size_t more = (size_t)1 << (minor - 24);
  if (length - at - 1 < more) return false;
  *argument = 0;
  for (size_t index = 1; index <= more; index += 1) *argument = (*argument << 8) | bytes[at + index];
  *size = 1 + more;
  return true;
}

static double half_value(uint16_t half) {
  const int exponent = (half >> 10) & 31;
  const double mantissa = half & 0x3ff;
  const double size = exponent == 0 ? ldexp(mantissa, -24) : exponent == 31 ? HUGE_VAL : ldexp(mantissa + 1024, exponent - 25);
  return half & 0x8000 ? -size : size;
}

/* The float behind a lead byte 0xf9, 0xfa or 0xfb. */
static double float_value(uint8_t lead, uint64_t bits) {
  if (lead == 0xf9) return half_value((uint16_t)bits);
  if (lead == 0xfa) {
    const uint32_t pattern = (uint32_t)bits;
    float narrow = 0;
    memcpy(&narrow, &pattern, sizeof narrow);
    return narrow;
  }
  double value = 0;
  memcpy(&value, &bits, sizeof value);
  return value;
}

/* A container that is still open while the payload is checked. */
typedef struct frame {
  uint64_t left;
  size_t body;
  size_t members;
  bool is_map;
  bool endless;
  bool wants_value;
} frame;

/* Whether the name at `at` stands earlier in its map. */
static bool is_repeated(const tgi_source *source, const frame *map, size_t at) {
  const tgi_item name = tgi_cbor_item(source, at);
  size_t earlier = map->body;
  for (size_t index = 0; index < map->members; index += 1) {
    const tgi_item key = tgi_cbor_item(source, earlier);
    if (key.length == name.length && memcmp(source->bytes + key.body, source->bytes + name.body, key.length) == 0) return true;
    const tgi_item value = tgi_cbor_item(source, key.end);
    earlier = tgi_item_end(source, &value);
  }
  return false;
}

static const char *check_scalar(const tgi_source *source, size_t at, uint8_t major, uint64_t argument, size_t *size) {
  const uint8_t lead = source->bytes[at];
  if (major <= 1) return (lead & 31) == 31 || argument > SAFE_INTEGER_MAX - major ? not_cbor : NULL;
  if (major == 3) {
    if ((lead & 31) == 31 || argument > source->length - at - *size) return not_cbor;
    if (!tgi_utf8_valid(source->bytes + at + *size, (size_t)argument)) return not_cbor;
    *size += (size_t)argument;
    return NULL;
  }
  if (lead >= 0xf4 && lead <= 0xf6) return NULL;
  if (lead >= 0xf9 && lead <= 0xfb) return tgi_is_finite(float_value(lead, argument)) ? NULL : not_cbor;
  return not_cbor;
}

/* Notes that an item of the innermost container has ended, and closes those that are full. */
static void count_item(frame *frames, unsigned *depth) {
  while (*depth > 0) {
    frame *top = &frames[*depth - 1];
    if (top->is_map && !top->wants_value) {
      top->wants_value = true;
      return;
    }
    top->wants_value = false;
    top->members += top->is_map ? 1 : 0;
    if (!top->endless) top->left -= 1;
    if (top->endless || top->left > 0) return;
    *depth -= 1;
  }
}

static const char *check_key(const tgi_source *source, const frame *map, size_t at, uint8_t major) {
  if (major != 3 || map->members >= MAP_MEMBERS_MAX) return not_cbor;
  return is_repeated(source, map, at) ? not_cbor : NULL;
}

static const char *check_items(const tgi_source *source, size_t at, size_t *end) {
  frame frames[TG_DEPTH_MAX];
  unsigned depth = 0;
  do {
    uint8_t major = 0;
    uint64_t argument = 0;
    size_t size = 0;
    if (!tgi_cbor_head(source->bytes, source->length, at, &major, &argument, &size)) return not_cbor;
    frame *top = depth > 0 ? &frames[depth - 1] : NULL;
    if (source->bytes[at] == 0xff) {
      if (top == NULL || !top->endless || top->wants_value) return not_cbor;
      at += 1;
      depth -= 1;
      count_item(frames, &depth);
      continue;
    }
    const bool is_container = major == 4 || major == 5;
    const char *wrong = is_container ? NULL : check_scalar(source, at, major, argument, &size);
    if (wrong == NULL && top != NULL && top->is_map && !top->wants_value) wrong = check_key(source, top, at, major);
    if (wrong != NULL) return wrong;
    if (is_container) {
      const bool endless = (source->bytes[at] & 31) == 31;
      if (depth == TG_DEPTH_MAX) return too_deep;
      /* Every item takes a byte at least: a count beyond what is left can never be met. */
      if (!endless && argument > source->length - at) return not_cbor;
      at += size;
      if (endless || argument > 0) {
        const frame opened = {argument, at, 0, major == 5, endless, false};
        frames[depth++] = opened;
        continue;
      }
    } else {
      at += size;
    }
    count_item(frames, &depth);
  } while (depth > 0);
  *end = at;
  return NULL;
}

const char *tgi_cbor_check(const uint8_t *bytes, size_t length, size_t *start) {
  const bool tagged = length >= 3 && bytes[0] == 0xd9 && bytes[1] == 0xd9 && bytes[2] == 0xf7;
  const tgi_source source = {bytes, length, 0, true};
  size_t end = 0;
  *start = tagged ? 3 : 0;
  const char *wrong = check_items(&source, *start, &end);
  if (wrong != NULL) return wrong;
  return end == length ? NULL : not_cbor;
}

tgi_item tgi_cbor_item(const tgi_source *source, size_t at) {
  tgi_item item = {TGI_ITEM_NULL, false, at, 0, at, 0};
  uint8_t major = 0;
  uint64_t argument = 0;
  size_t size = 0;
  if (!tgi_cbor_head(source->bytes, source->length, at, &major, &argument, &size)) return item;
  const uint8_t lead = source->bytes[at];
  item.body = at + size;
  item.end = item.body;
  switch (major) {
    case 0:
    case 1:
      item.kind = TGI_ITEM_NUMBER;
      item.number = major == 0 ? (double)argument : -1.0 - (double)argument;
      break;
    case 3:
      item.kind = TGI_ITEM_STRING;
      item.length = (size_t)argument;
      item.end = item.body + item.length;
      break;
    case 4:
    case 5:
      item.kind = major == 5 ? TGI_ITEM_OBJECT : TGI_ITEM_ARRAY;
      item.endless = (lead & 31) == 31;
      item.length = (size_t)argument;
      break;
    default:
      item.kind = lead == 0xf5 ? TGI_ITEM_TRUE : lead == 0xf4 ? TGI_ITEM_FALSE : lead == 0xf6 ? TGI_ITEM_NULL : TGI_ITEM_NUMBER;
      if (item.kind == TGI_ITEM_NUMBER) item.number = float_value(lead, argument);
  }
  return item;
}
