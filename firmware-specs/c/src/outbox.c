/*
 * What a device keeps until it is safe, and in which order it sends it: TG-401 to TG-415 as bookkeeping. It sends nothing itself and
 * knows no client library; two of them make an alarm lane (TG-414).
 */
#include <string.h>

#include "internal.h"

#define SILENCE_FIRST_MS 10000
/* The platform gives up what is missing in front of the first message of a boot after a minute. */
#define SILENCE_LONGEST_MS 40000
#define SEQ_MAX INT64_C(9007199254740991)

static void end_silence(tg_outbox *outbox) {
  outbox->silent_seq = -1;
  outbox->silence_max_ms = SILENCE_FIRST_MS;
}

int tg_outbox_init(tg_outbox *outbox, tg_text boot, bool keep_until_committed, uint16_t in_flight_max) {
  memset(outbox, 0, sizeof *outbox);
  if (!tgi_is_name(boot) || in_flight_max == 0 || in_flight_max > 1000) return TG_MISUSE;
  memcpy(outbox->boot, boot.bytes, boot.length);
  outbox->sent_up_to = -1;
  outbox->committed_up_to = -1;
  outbox->keep_until_committed = keep_until_committed;
  outbox->in_flight_max = in_flight_max;
  end_silence(outbox);
  return TG_OK;
}

void tg_outbox_lend(tg_outbox *outbox, tg_slot *slots, uint32_t slot_count, uint8_t *bytes, uint32_t byte_count) {
  outbox->slots = slots;
  outbox->slot_count = slot_count;
  outbox->bytes = bytes;
  outbox->byte_count = byte_count;
}

int64_t tg_outbox_next_seq(const tg_outbox *outbox) { return outbox->next_seq; }

/* Closes the hole that a payload leaves, so that free bytes are always in one piece. */
static void free_bytes(tg_outbox *outbox, tg_slot *slot) {
  const uint32_t end = slot->offset + slot->length;
  memmove(outbox->bytes + slot->offset, outbox->bytes + end, outbox->bytes_used - end);
  outbox->bytes_used -= slot->length;
  for (uint32_t index = 0; index < outbox->slots_used; index += 1)
    if (outbox->slots[index].offset >= end) outbox->slots[index].offset -= slot->length;
  slot->length = 0;
}

static void remove_slot(tg_outbox *outbox, uint32_t index) {
  free_bytes(outbox, &outbox->slots[index]);
  outbox->slots_used -= 1;
  memmove(&outbox->slots[index], &outbox->slots[index + 1], (outbox->slots_used - index) * sizeof(tg_slot));
}

static bool is_safe(const tg_outbox *outbox, const tg_slot *slot) {
  if (slot->state != TG_SLOT_ACKNOWLEDGED) return false;
  return !outbox->keep_until_committed || slot->seq <= outbox->committed_up_to;
}

static void remove_safe(tg_outbox *outbox) {
  for (uint32_t index = outbox->slots_used; index > 0; index -= 1)
    if (is_safe(outbox, &outbox->slots[index - 1])) remove_slot(outbox, index - 1);
}

/*
 * The oldest telemetry gives way. What was acknowledged is the broker's care and goes as a whole; of what was not, the number stays and a
 * tombstone takes its place, for a number that never comes would be a gap that never closes.
 */
static bool drop_oldest(tg_outbox *outbox, bool needs_slot) {
  for (uint32_t index = 0; index < outbox->slots_used; index += 1) {
    tg_slot *slot = &outbox->slots[index];
    if (slot->message != TG_MESSAGE_TELEMETRY || slot->state == TG_SLOT_IN_FLIGHT) continue;
    if (slot->state == TG_SLOT_ACKNOWLEDGED) {
      remove_slot(outbox, index);
      return true;
    }
    if (needs_slot || slot->dropped_readings > 0) continue;
    free_bytes(outbox, slot);
    slot->dropped_readings = slot->readings > 0 ? slot->readings : 1;
    outbox->dropped_messages += 1;
    return true;
  }
  return false;
}

static bool make_room(tg_outbox *outbox, size_t length) {
  while (outbox->slots_used == outbox->slot_count)
    if (!drop_oldest(outbox, true)) return false;
  while (outbox->byte_count - outbox->bytes_used < length)
    if (!drop_oldest(outbox, false)) return false;
  return true;
}

int tg_outbox_put(tg_outbox *outbox, int message, int64_t time_ms, uint16_t readings, const uint8_t *payload, size_t length) {
  if (message != TG_MESSAGE_TELEMETRY && message != TG_MESSAGE_SCAN && message != TG_MESSAGE_EVENT) return TG_MISUSE;
  /* Before the first drop: what can never fit must not push others out. */
  if (length > outbox->byte_count || !make_room(outbox, length)) {
    outbox->refused_messages += 1;
    return TG_NO_ROOM;
  }
  tg_slot *slot = &outbox->slots[outbox->slots_used];
  memset(slot, 0, sizeof *slot);
  slot->seq = outbox->next_seq;
  slot->time_ms = time_ms;
  slot->offset = outbox->bytes_used;
  slot->length = (uint32_t)length;
  slot->readings = readings;
  slot->message = (uint8_t)message;
  slot->packet = -1;
  memcpy(outbox->bytes + slot->offset, payload, length);
  outbox->bytes_used += slot->length;
  outbox->slots_used += 1;
  outbox->next_seq += 1;
  return TG_OK;
}

int tg_outbox_restore(tg_outbox *outbox, int message, int64_t seq, int64_t time_ms, uint16_t readings, const uint8_t *payload, size_t length) {
  const int64_t before = outbox->next_seq;
  if (seq < before || seq > SEQ_MAX) return TG_MISUSE;
  outbox->next_seq = seq;
  const int status = tg_outbox_put(outbox, message, time_ms, readings, payload, length);
  if (status == TG_OK) outbox->sent_up_to = SEQ_MAX;
  else outbox->next_seq = before;
  return status;
}

static void send_again(tg_outbox *outbox) {
  for (uint32_t index = 0; index < outbox->slots_used; index += 1) {
    outbox->slots[index].state = TG_SLOT_WAITING;
    outbox->slots[index].packet = -1;
  }
  outbox->in_flight = 0;
}

void tg_outbox_connected(tg_outbox *outbox) {
  send_again(outbox);
  end_silence(outbox);
  outbox->connected = true;
}

/* What was acknowledged stays so until the next connection: it may still give way whole. */
void tg_outbox_disconnected(tg_outbox *outbox) {
  for (uint32_t index = 0; index < outbox->slots_used; index += 1) {
    tg_slot *slot = &outbox->slots[index];
    if (slot->state == TG_SLOT_IN_FLIGHT) slot->state = TG_SLOT_WAITING;
    slot->packet = -1;
  }
  outbox->in_flight = 0;
  outbox->connected = false;
}

uint32_t tg_outbox_tick(tg_outbox *outbox, int64_t now_ms) {
  uint32_t count = 0;
  const tg_slot *oldest = outbox->slots_used > 0 ? &outbox->slots[0] : NULL;
  /* Sent again, the oldest has no PUBACK for a while: the silence goes on. */
  if (!outbox->connected || !outbox->keep_until_committed || oldest == NULL || oldest->state != TG_SLOT_ACKNOWLEDGED) return 0;
  if (oldest->seq != outbox->silent_seq || now_ms < outbox->silent_since_ms) {
    outbox->silent_seq = oldest->seq;
    outbox->silent_since_ms = now_ms;
  }
  if (now_ms - outbox->silent_since_ms < outbox->silence_max_ms) return 0;
  outbox->silent_since_ms = now_ms;
  outbox->silence_max_ms = outbox->silence_max_ms * 2 > SILENCE_LONGEST_MS ? SILENCE_LONGEST_MS : outbox->silence_max_ms * 2;
  for (uint32_t index = 0; index < outbox->slots_used; index += 1) {
    if (outbox->slots[index].state != TG_SLOT_ACKNOWLEDGED) continue;
    outbox->slots[index].state = TG_SLOT_WAITING;
    count += 1;
  }
  return count;
}

tg_slot *tg_outbox_next(tg_outbox *outbox) {
  if (!outbox->connected || outbox->in_flight >= outbox->in_flight_max) return NULL;
  for (uint32_t index = 0; index < outbox->slots_used; index += 1)
    if (outbox->slots[index].state == TG_SLOT_WAITING) return &outbox->slots[index];
  return NULL;
}

/* The same each time it is made: a number stands for one content (TG-403). */
static int32_t write_tombstone(const tg_outbox *outbox, const tg_slot *slot, enum tg_encoding encoding, uint8_t *bytes, size_t size) {
  const tg_reading dropped = tg_reading_of(TG_DROPPED_READINGS_METRIC, "1", slot->dropped_readings, TG_QUALITY_GOOD);
  tg_telemetry message;
  memset(&message, 0, sizeof message);
  message.boot = tg_text_of(outbox->boot);
  message.seq = slot->seq;
  message.time_ms = slot->time_ms;
  message.time_quality = TG_TIME_QUALITY_UNKNOWN;
  message.readings = &dropped;
  message.readings_count = 1;
  return tg_encode_telemetry(&message, encoding, bytes, size, NULL);
}

int32_t tg_outbox_payload(const tg_outbox *outbox, const tg_slot *slot, enum tg_encoding encoding, uint8_t *bytes, size_t size) {
  if (slot->dropped_readings > 0) {
    const int32_t length = write_tombstone(outbox, slot, encoding, bytes, size);
    return length >= 0 && (size_t)length > size ? TG_NO_ROOM : length;
  }
  if (slot->length > size) return TG_NO_ROOM;
  memcpy(bytes, outbox->bytes + slot->offset, slot->length);
  return (int32_t)slot->length;
}

void tg_outbox_sent(tg_outbox *outbox, tg_slot *slot, int32_t packet) {
  if (slot->state != TG_SLOT_IN_FLIGHT) outbox->in_flight += 1;
  slot->state = TG_SLOT_IN_FLIGHT;
  slot->packet = packet;
  if (slot->seq > outbox->sent_up_to) outbox->sent_up_to = slot->seq;
}

void tg_outbox_acknowledged(tg_outbox *outbox, int32_t packet) {
  for (uint32_t index = 0; index < outbox->slots_used; index += 1) {
    tg_slot *slot = &outbox->slots[index];
    if (slot->state != TG_SLOT_IN_FLIGHT || slot->packet != packet) continue;
    slot->state = TG_SLOT_ACKNOWLEDGED;
    slot->packet = -1;
    outbox->in_flight -= 1;
    if (is_safe(outbox, slot)) remove_slot(outbox, index);
    return;
  }
  outbox->ignored_acknowledges += 1;
}

bool tg_outbox_committed(tg_outbox *outbox, const uint8_t *payload, size_t length) {
  tg_committed watermark;
  uint8_t memory[128];
  tg_arena arena = {memory, sizeof memory, 0};
  const bool readable = tg_decode_committed(payload, length, &watermark, &arena, NULL) == TG_OK;
  const bool moves = readable && tgi_text_is(watermark.boot, outbox->boot) && watermark.up_to > outbox->committed_up_to &&
                     watermark.up_to <= outbox->sent_up_to;
  if (!moves) {
    outbox->ignored_watermarks += 1;
    return false;
  }
  outbox->committed_up_to = watermark.up_to;
  end_silence(outbox);
  remove_safe(outbox);
  return true;
}
