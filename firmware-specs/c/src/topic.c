/* The topic grammar of the contract: `tg/v1/{point}/{device}/{channel}` and the topics of the platform. */
#include <string.h>

#include "tables.h"

int32_t tg_topic_build(tg_text point, tg_text device, int message, char *text, size_t size) {
  tgi_sink sink = {(uint8_t *)text, size, 0};
  if (message < 0 || message >= TG_MESSAGE_COUNT) return TG_MISUSE;
  if (!tgi_is_name(point) || tgi_text_is(point, "-") || !tgi_is_name(device) || tgi_text_is(device, "-")) return TG_REFUSED;
  tgi_put_terminated(&sink, TG_TOPIC_ROOT "/");
  tgi_put(&sink, point.bytes, point.length);
  tgi_put_byte(&sink, '/');
  tgi_put(&sink, device.bytes, device.length);
  tgi_put_byte(&sink, '/');
  tgi_put_terminated(&sink, tgi_messages[message].channel);
  return tgi_end_text(&sink);
}

/* The level up to the next slash; `rest` is what follows it. `more` tells whether there was a slash. */
static tg_text take_level(tg_text *rest, bool *more) {
  size_t length = 0;
  while (length < rest->length && rest->bytes[length] != '/') length += 1;
  const tg_text level = tgi_text_part(*rest, 0, length);
  *more = length < rest->length;
  *rest = tgi_text_part(*rest, length + (*more ? 1 : 0), rest->length);
  return level;
}

/* In the units of JavaScript's strings, in which the limit is counted. */
static size_t utf16_length(tg_text text) {
  size_t count = 0;
  for (size_t at = 0; at < text.length;) count += tgi_utf8_next((const uint8_t *)text.bytes, text.length, &at) > 0xffff ? 2 : 1;
  return count;
}

static int parse_platform(tg_text rest, tg_topic *topic, tg_reason *reason) {
  static const char *const levels[] = {"warning/I", "warning/II", "warning/III", "warning/IV"};
  if (tgi_text_is(rest, "anomaly")) topic->type = TG_TOPIC_ANOMALY;
  else if (tgi_text_is(rest, "recall")) topic->type = TG_TOPIC_RECALL;
  else topic->type = TG_TOPIC_WARNING;
  if (topic->type != TG_TOPIC_WARNING) return TG_OK;
  for (uint8_t level = 0; level < 4; level += 1) {
    topic->level = (uint8_t)(level + 1);
    if (tgi_text_is(rest, levels[level])) return TG_OK;
  }
  return tgi_refuse_whole(reason, "TOPIC_CHANNEL");
}

static int parse_channel(tg_text channel, tg_topic *topic, tg_reason *reason) {
  topic->type = TG_TOPIC_DEVICE;
  for (int message = 0; message < TG_MESSAGE_COUNT; message += 1) {
    topic->message = message;
    if (tgi_text_is(channel, tgi_messages[message].channel)) return TG_OK;
  }
  return tgi_refuse_whole(reason, "TOPIC_CHANNEL");
}

/* `control`, and `control/1` to `control/15` for the parts of a list that one message cannot hold. */
static bool is_control(tg_text channel) {
  static const char *const parts[] = {"control",    "control/1",  "control/2",  "control/3",  "control/4",  "control/5",  "control/6",  "control/7",
                                      "control/8",  "control/9",  "control/10", "control/11", "control/12", "control/13", "control/14", "control/15"};
  for (size_t part = 0; part < sizeof parts / sizeof *parts; part += 1)
    if (tgi_text_is(channel, parts[part])) return true;
  return false;
}

int tg_topic_parse(tg_text text, tg_topic *topic, tg_reason *reason) {
  bool more = false;
  tg_text rest = text;
  memset(topic, 0, sizeof *topic);
  tgi_reason_clear(reason);
  if (utf16_length(text) > TG_TOPIC_BYTES_MAX) return tgi_refuse_whole(reason, "TOPIC_TOO_LONG");
  for (size_t index = 0; index < text.length; index += 1)
    if (text.bytes[index] == '#' || text.bytes[index] == '+' || text.bytes[index] == 0) return tgi_refuse_whole(reason, "TOPIC_WILDCARD");
  const tg_text first = take_level(&rest, &more);
  const tg_text version = take_level(&rest, &more);
  const size_t root = first.length + 1 + version.length;
  if (root > text.length || !tgi_text_is(tgi_text_part(text, 0, root), TG_TOPIC_ROOT)) return tgi_refuse_whole(reason, "TOPIC_ROOT");
  topic->point = take_level(&rest, &more);
  if (tgi_text_is(topic->point, "-")) return parse_platform(rest, topic, reason);
  if (!tgi_is_name(topic->point)) return tgi_refuse_whole(reason, "TOPIC_POINT");
  topic->device = take_level(&rest, &more);
  if (tgi_text_is(topic->device, "-")) {
    topic->type = TG_TOPIC_CONTROL;
    return is_control(rest) ? TG_OK : tgi_refuse_whole(reason, "TOPIC_CHANNEL");
  }
  if (!tgi_is_name(topic->device)) return tgi_refuse_whole(reason, "TOPIC_DEVICE");
  return parse_channel(rest, topic, reason);
}
