/* The messages of the reference device: a cold room with two probes, a door contact and a scanner, all of them made up. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "device.h"

static const char *const metric_names[METRIC_COUNT] = {"temperature", "humidity", "door.open"};
static const char *const metric_units[METRIC_COUNT] = {"Cel", "%", "1"};
static const double metric_low[METRIC_COUNT] = {-40, 0, 0};
static const double metric_high[METRIC_COUNT] = {60, 100, 1};

bool is_metric(tg_text name) {
  for (int index = 0; index < METRIC_COUNT; index += 1)
    if (strlen(metric_names[index]) == name.length && memcmp(metric_names[index], name.bytes, name.length) == 0) return true;
  return false;
}

int32_t message_birth(device_state *state, uint8_t *bytes, size_t size) {
  const uint8_t capabilities[] = {TG_CAPABILITY_TELEMETRY, TG_CAPABILITY_COMMAND, TG_CAPABILITY_SCAN, TG_CAPABILITY_EVENT};
  tg_metric_declaration metrics[METRIC_COUNT + 1];
  memset(metrics, 0, sizeof metrics);
  for (int index = 0; index < METRIC_COUNT; index += 1) {
    metrics[index].metric = tg_text_of(metric_names[index]);
    metrics[index].unit = tg_text_of(metric_units[index]);
    metrics[index].has_interval_ms = true;
    metrics[index].interval_ms = state->interval_ms;
    /* A contact gives true and false, which have no range. */
    metrics[index].has_min = metrics[index].has_max = index < 2;
    metrics[index].min = metric_low[index];
    metrics[index].max = metric_high[index];
  }
  metrics[METRIC_COUNT].metric = tg_text_of(TG_DROPPED_READINGS_METRIC);
  metrics[METRIC_COUNT].unit = tg_text_of("1");
  tg_state message;
  memset(&message, 0, sizeof message);
  message.variant = TG_STATE_BIRTH;
  tg_birth *birth = &message.as.birth;
  birth->boot = tg_text_of(state->boot);
  birth->time_ms = clock_wall_ms();
  birth->time_quality = clock_quality(&state->clock);
  birth->identity.manufacturer = tg_text_of("Tracegate");
  birth->identity.model = tg_text_of("C reference device");
  birth->identity.serial_number = tg_text_of(state->options->device);
  birth->identity.firmware = tg_text_of("1.0.0");
  birth->capabilities = capabilities;
  birth->capabilities_count = state->options->scan_interval_ms > 0 ? 4 : 2;
  birth->metrics = metrics;
  birth->metrics_count = METRIC_COUNT + 1;
  return tg_encode_state(&message, state->options->encoding, bytes, size, NULL);
}

int32_t message_death(const device_state *state, const char *reason, uint8_t *bytes, size_t size) {
  tg_state message;
  memset(&message, 0, sizeof message);
  message.variant = TG_STATE_DEATH;
  message.as.death.boot = tg_text_of(state->boot);
  if (reason != NULL) {
    message.as.death.has_time_ms = message.as.death.has_reason = true;
    message.as.death.time_ms = clock_wall_ms();
    message.as.death.reason = tg_text_of(reason);
  }
  return tg_encode_state(&message, state->options->encoding, bytes, size, NULL);
}

int32_t message_telemetry(device_state *state, int64_t seq, int64_t time_ms, uint32_t lost, uint16_t *readings, uint8_t *bytes,
                          size_t size) {
  const double phase = (double)state->samples++ / 50;
  tg_reading list[METRIC_COUNT + 1];
  list[0] = tg_reading_of(metric_names[0], metric_units[0], floor((-18 + 2 * sin(phase)) * 100) / 100, TG_QUALITY_NOT_EVALUATED);
  list[1] = tg_reading_of(metric_names[1], metric_units[1], floor((70 + 5 * cos(phase)) * 10) / 10, TG_QUALITY_NOT_EVALUATED);
  list[2] = tg_reading_of(metric_names[2], metric_units[2], 0, TG_QUALITY_NOT_EVALUATED);
  list[2].value.type = TG_SCALAR_BOOLEAN;
  list[2].value.boolean = state->samples % 40 == 0;
  list[3] = tg_reading_of(TG_DROPPED_READINGS_METRIC, "1", lost, TG_QUALITY_GOOD);
  tg_telemetry message;
  memset(&message, 0, sizeof message);
  message.boot = tg_text_of(state->boot);
  message.seq = seq;
  message.time_ms = time_ms;
  message.time_quality = clock_quality(&state->clock);
  message.readings = list;
  message.readings_count = lost > 0 ? METRIC_COUNT + 1 : METRIC_COUNT;
  *readings = (uint16_t)message.readings_count;
  return tg_encode_telemetry(&message, state->options->encoding, bytes, size, NULL);
}

int32_t message_scan(device_state *state, int64_t seq, int64_t time_ms, uint8_t *bytes, size_t size) {
  char data[64];
  const bool is_tag = state->scans++ % 2 == 1;
  /* An SGTIN-96 ends in the 38 bits of its serial number; this one has the last 32 of them. */
  if (is_tag) snprintf(data, sizeof data, "3036452148350C40%08X", (unsigned)seq);
  else snprintf(data, sizeof data, "010952123454321321C%08u", (unsigned)seq);
  tg_scan scan;
  memset(&scan, 0, sizeof scan);
  scan.symbology = tg_text_of(is_tag ? "epc" : "]d2");
  scan.data = tg_text_of(data);
  scan.has_antenna = scan.has_signal_dbm = is_tag;
  scan.antenna = 1;
  scan.signal_dbm = -58.5;
  scan.has_direction = true;
  scan.direction = TG_SCAN_DIRECTION_IN;
  tg_scan_message message;
  memset(&message, 0, sizeof message);
  message.boot = tg_text_of(state->boot);
  message.seq = seq;
  message.time_ms = time_ms;
  message.time_quality = clock_quality(&state->clock);
  message.scans = &scan;
  message.scans_count = 1;
  return tg_encode_scan(&message, state->options->encoding, bytes, size, NULL);
}

int32_t message_event(device_state *state, int64_t seq, int64_t time_ms, uint8_t *bytes, size_t size) {
  char time[25];
  char epcis[512];
  if (tg_format_time(time_ms, time) != TG_OK) return TG_REFUSED;
  snprintf(epcis, sizeof epcis,
           "{\"type\":\"ObjectEvent\",\"eventTime\":\"%s\",\"eventTimeZoneOffset\":\"+00:00\",\"action\":\"OBSERVE\","
           "\"epcList\":[\"urn:epc:id:sgtin:9521234.054321.E%u\"],\"bizStep\":\"inspecting\","
           "\"readPoint\":{\"id\":\"urn:epc:id:sgln:9521234.00001.0\"}}",
           time, (unsigned)seq);
  tg_event_message message;
  memset(&message, 0, sizeof message);
  message.boot = tg_text_of(state->boot);
  message.seq = seq;
  message.time_ms = time_ms;
  message.time_quality = clock_quality(&state->clock);
  message.epcis = tg_text_of(epcis);
  return tg_encode_event(&message, state->options->encoding, bytes, size, NULL);
}

int32_t message_reply(const device_state *state, const char *id, uint8_t status, const char *text, uint8_t *bytes, size_t size) {
  tg_command_reply reply;
  memset(&reply, 0, sizeof reply);
  reply.id = tg_text_of(id);
  reply.status = status;
  reply.time_ms = clock_wall_ms();
  reply.has_message = text != NULL;
  if (text != NULL) reply.message = tg_text_of(text);
  return tg_encode_command_reply(&reply, state->options->encoding, bytes, size, NULL);
}
