/*
 * What no vector shows: the outbox under lost, late and repeated acknowledgements, old and false watermarks, and want of room; orders that
 * come late, again, or broken; buffers that are too small; values that no message may carry. Prints the failed checks.
 */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "../tracegate.h"

static unsigned failed = 0;
static unsigned passed = 0;

#define CHECK(condition)                                             \
  do {                                                               \
    if (condition) passed += 1;                                      \
    else failed += 1, printf("FAILED %s: %s\n", __func__, #condition); \
  } while (0)

#define SLOTS 8
#define BYTES 512

typedef struct bench {
  tg_outbox outbox;
  tg_slot slots[SLOTS];
  uint8_t bytes[BYTES];
} bench;

static void start(bench *self, bool keep_until_committed) {
  CHECK(tg_outbox_init(&self->outbox, tg_text_of("b1"), keep_until_committed, 3) == TG_OK);
  tg_outbox_lend(&self->outbox, self->slots, SLOTS, self->bytes, BYTES);
}

static int put(bench *self, int message, size_t length) {
  uint8_t payload[BYTES];
  memset(payload, (int)('A' + tg_outbox_next_seq(&self->outbox)), sizeof payload);
  return tg_outbox_put(&self->outbox, message, 1795458600000, message == TG_MESSAGE_TELEMETRY ? 2 : 0, payload, length);
}

/* Sends what waits; packet ids are 100 and the number. Returns how many went. */
static unsigned send(bench *self) {
  unsigned count = 0;
  for (tg_slot *slot = tg_outbox_next(&self->outbox); slot != NULL; slot = tg_outbox_next(&self->outbox)) {
    tg_outbox_sent(&self->outbox, slot, (int32_t)(100 + slot->seq));
    count += 1;
  }
  return count;
}

static bool watermark(bench *self, const char *text) {
  return tg_outbox_committed(&self->outbox, (const uint8_t *)text, strlen(text));
}

/* TG-402, TG-410, TG-111: numbers from 0, first sent in order, no more in flight than allowed. */
static void test_order(void) {
  static bench self;
  start(&self, false);
  for (int index = 0; index < 5; index += 1) CHECK(put(&self, TG_MESSAGE_TELEMETRY, 20) == TG_OK);
  CHECK(tg_outbox_next(&self.outbox) == NULL); /* no connection yet */
  tg_outbox_connected(&self.outbox);
  CHECK(send(&self) == 3);
  CHECK(self.slots[0].seq == 0 && self.slots[2].seq == 2 && self.slots[3].state == TG_SLOT_WAITING);
  tg_outbox_acknowledged(&self.outbox, 101);
  CHECK(self.outbox.slots_used == 4);
  CHECK(send(&self) == 1);
  CHECK(self.outbox.sent_up_to == 3);
}

/* TG-404, TG-407, TG-415: kept until PUBACK, sent again after a reconnect; strange acknowledgements harm nothing. */
static void test_acknowledgements(void) {
  static bench self;
  start(&self, false);
  for (int index = 0; index < 3; index += 1) put(&self, TG_MESSAGE_TELEMETRY, 20);
  tg_outbox_connected(&self.outbox);
  send(&self);
  tg_outbox_acknowledged(&self.outbox, 101);
  tg_outbox_acknowledged(&self.outbox, 101);
  tg_outbox_acknowledged(&self.outbox, 7);
  CHECK(self.outbox.ignored_acknowledges == 2 && self.outbox.slots_used == 2 && self.outbox.in_flight == 2);
  tg_outbox_disconnected(&self.outbox);
  CHECK(tg_outbox_next(&self.outbox) == NULL && self.outbox.in_flight == 0);
  tg_outbox_acknowledged(&self.outbox, 100); /* of the connection that is gone */
  CHECK(self.outbox.slots_used == 2);
  tg_outbox_connected(&self.outbox);
  tg_slot *first = tg_outbox_next(&self.outbox);
  uint8_t payload[64];
  CHECK(first != NULL && first->seq == 0);
  CHECK(first != NULL && tg_outbox_payload(&self.outbox, first, TG_JSON, payload, sizeof payload) == 20 && payload[0] == 'A');
  CHECK(send(&self) == 2 && self.slots[1].seq == 2);
}

/* TG-405, TG-409: what was acknowledged waits for the watermark; false ones free nothing. */
static void test_watermarks(void) {
  static bench self;
  start(&self, true);
  for (int index = 0; index < 3; index += 1) put(&self, TG_MESSAGE_SCAN, 20);
  tg_outbox_connected(&self.outbox);
  send(&self);
  tg_outbox_acknowledged(&self.outbox, 100);
  tg_outbox_acknowledged(&self.outbox, 101);
  CHECK(self.outbox.slots_used == 3);
  CHECK(!watermark(&self, "{\"v\":1,\"boot\":\"other\",\"upTo\":2}"));
  CHECK(!watermark(&self, "{\"v\":1,\"boot\":\"b1\",\"upTo\":3}")); /* beyond what was sent */
  CHECK(!watermark(&self, "{\"v\":1,\"boot\":\"b1\"}"));
  CHECK(!watermark(&self, "not json"));
  CHECK(!watermark(&self, ""));
  CHECK(self.outbox.slots_used == 3 && self.outbox.ignored_watermarks == 5);
  CHECK(watermark(&self, "{\"v\":1,\"boot\":\"b1\",\"upTo\":0}"));
  CHECK(!watermark(&self, "{\"v\":1,\"boot\":\"b1\",\"upTo\":0}"));
  CHECK(self.outbox.slots_used == 2 && self.slots[0].seq == 1);
  tg_outbox_disconnected(&self.outbox);
  tg_outbox_connected(&self.outbox);
  CHECK(send(&self) == 2); /* 1 was acknowledged, but not committed */
  CHECK(watermark(&self, "{\"v\":1,\"boot\":\"b1\",\"upTo\":2}"));
  CHECK(self.outbox.slots_used == 2); /* committed, but no PUBACK yet (TG-404) */
  tg_outbox_acknowledged(&self.outbox, 101);
  tg_outbox_acknowledged(&self.outbox, 102);
  CHECK(self.outbox.slots_used == 0 && self.outbox.bytes_used == 0);
}

/* TG-405: what was acknowledged and stays without a watermark goes again by itself, after waits that grow, in order and with new PUBACKs. */
static void test_silence(void) {
  static bench self;
  static const int64_t waits_ms[] = {10000, 20000, 40000, 40000};
  int64_t now_ms = 5000;
  start(&self, true);
  for (int index = 0; index < 3; index += 1) put(&self, TG_MESSAGE_SCAN, 20);
  CHECK(tg_outbox_tick(&self.outbox, now_ms) == 0);
  tg_outbox_connected(&self.outbox);
  send(&self);
  tg_outbox_acknowledged(&self.outbox, 101);
  CHECK(tg_outbox_tick(&self.outbox, now_ms + 60000) == 0); /* the oldest waits for its PUBACK */
  tg_outbox_acknowledged(&self.outbox, 100);
  for (int turn = 0; turn < 4; turn += 1) {
    CHECK(tg_outbox_tick(&self.outbox, now_ms) == 0);
    CHECK(tg_outbox_tick(&self.outbox, now_ms + waits_ms[turn] - 1) == 0);
    now_ms += waits_ms[turn];
    CHECK(tg_outbox_tick(&self.outbox, now_ms) == 2); /* 2 is still in flight */
    CHECK(tg_outbox_tick(&self.outbox, now_ms) == 0);
    CHECK(tg_outbox_next(&self.outbox) == &self.slots[0] && send(&self) == 2 && self.outbox.in_flight == 3);
    tg_outbox_acknowledged(&self.outbox, 100);
    tg_outbox_acknowledged(&self.outbox, 101);
  }
  CHECK(watermark(&self, "{\"v\":1,\"boot\":\"b1\",\"upTo\":0}"));
  CHECK(tg_outbox_tick(&self.outbox, now_ms) == 0);
  CHECK(tg_outbox_tick(&self.outbox, now_ms + 9999) == 0 && tg_outbox_tick(&self.outbox, now_ms + 10000) == 1); /* ten seconds again */
  send(&self);
  tg_outbox_disconnected(&self.outbox);
  CHECK(tg_outbox_tick(&self.outbox, now_ms + 90000) == 0);
  tg_outbox_connected(&self.outbox);
  CHECK(send(&self) == 2);
  tg_outbox_acknowledged(&self.outbox, 101);
  CHECK(tg_outbox_tick(&self.outbox, 50000) == 0);
  CHECK(tg_outbox_tick(&self.outbox, 1000) == 0); /* a clock that went back begins anew */
  CHECK(tg_outbox_tick(&self.outbox, 10999) == 0 && tg_outbox_tick(&self.outbox, 11000) == 1);
  static bench early;
  start(&early, false); /* PUBACK is enough: nothing is left to wait for */
  put(&early, TG_MESSAGE_SCAN, 20);
  tg_outbox_connected(&early.outbox);
  send(&early);
  tg_outbox_acknowledged(&early.outbox, 100);
  CHECK(tg_outbox_tick(&early.outbox, 0) == 0 && tg_outbox_tick(&early.outbox, 90000) == 0);
}

/* TG-403, TG-412: what an earlier start left goes out under its numbers, and its watermark frees it however far it reaches. */
static void test_restore(void) {
  static bench self;
  static const uint8_t payload[20] = {'x'};
  static const uint8_t large[BYTES] = {'y'};
  start(&self, true);
  CHECK(tg_outbox_restore(&self.outbox, TG_MESSAGE_TELEMETRY, 5, 1, 2, payload, sizeof payload) == TG_OK);
  CHECK(tg_outbox_restore(&self.outbox, TG_MESSAGE_SCAN, 9, 2, 0, payload, sizeof payload) == TG_OK);
  CHECK(tg_outbox_restore(&self.outbox, TG_MESSAGE_SCAN, 9, 2, 0, payload, sizeof payload) == TG_MISUSE);
  CHECK(tg_outbox_restore(&self.outbox, TG_MESSAGE_SCAN, 10, 2, 0, large, BYTES - 30) == TG_OK);
  CHECK(self.outbox.slots_used == 3 && self.slots[0].dropped_readings == 2); /* telemetry gave way, as it would have then */
  CHECK(tg_outbox_restore(&self.outbox, TG_MESSAGE_SCAN, 11, 2, 0, large, BYTES) == TG_NO_ROOM && tg_outbox_next_seq(&self.outbox) == 11);
  tg_outbox_connected(&self.outbox);
  CHECK(tg_outbox_next(&self.outbox)->seq == 5 && send(&self) == 3);
  tg_outbox_acknowledged(&self.outbox, 105);
  tg_outbox_acknowledged(&self.outbox, 109);
  CHECK(watermark(&self, "{\"v\":1,\"boot\":\"b1\",\"upTo\":4000}"));
  CHECK(self.outbox.slots_used == 1 && self.slots[0].seq == 10);
}

/* TG-413, TG-403: the oldest telemetry gives way, never a scan; a tombstone stands for it, the same each time. */
static void test_want_of_room(void) {
  static bench self;
  uint8_t first[256];
  uint8_t second[256];
  start(&self, false);
  CHECK(put(&self, TG_MESSAGE_SCAN, 150) == TG_OK);
  CHECK(put(&self, TG_MESSAGE_TELEMETRY, 150) == TG_OK);
  CHECK(put(&self, TG_MESSAGE_TELEMETRY, 150) == TG_OK);
  CHECK(put(&self, TG_MESSAGE_TELEMETRY, 150) == TG_OK);
  CHECK(self.outbox.dropped_messages == 1 && self.slots[1].dropped_readings == 2 && self.slots[0].dropped_readings == 0);
  CHECK(self.slots[2].length == 150 && self.bytes[self.slots[2].offset] == 'C' && self.bytes[self.slots[3].offset] == 'D');
  const int32_t length = tg_outbox_payload(&self.outbox, &self.slots[1], TG_JSON, first, sizeof first);
  const int32_t again = tg_outbox_payload(&self.outbox, &self.slots[1], TG_JSON, second, sizeof second);
  CHECK(length > 0 && length == again && memcmp(first, second, (size_t)length) == 0);
  tg_telemetry message;
  uint8_t memory[512];
  tg_arena arena = {memory, sizeof memory, 0};
  CHECK(tg_decode_telemetry(first, (size_t)(length > 0 ? length : 0), &message, &arena, NULL) == TG_OK);
  CHECK(message.seq == 1 && message.readings_count == 1 && message.readings[0].value.number == 2);
  CHECK(put(&self, TG_MESSAGE_TELEMETRY, BYTES + 1) == TG_NO_ROOM); /* pushes nothing out */
  CHECK(self.outbox.dropped_messages == 1 && self.outbox.refused_messages == 1 && tg_outbox_next_seq(&self.outbox) == 4);
}

/* Slots are the harder limit: when only scans and tombstones are left, nothing gives way. */
static void test_want_of_slots(void) {
  static bench self;
  start(&self, true);
  tg_outbox_connected(&self.outbox);
  for (int index = 0; index < SLOTS; index += 1) CHECK(put(&self, TG_MESSAGE_TELEMETRY, 10) == TG_OK);
  CHECK(put(&self, TG_MESSAGE_TELEMETRY, 10) == TG_NO_ROOM);
  send(&self);
  tg_outbox_acknowledged(&self.outbox, 100); /* the broker has it: it may go whole */
  CHECK(put(&self, TG_MESSAGE_TELEMETRY, 10) == TG_OK);
  CHECK(self.slots[0].seq == 1 && self.outbox.slots_used == SLOTS && self.outbox.dropped_messages == 0);
}

/* TG-803 to TG-806. */
static void test_orders(void) {
  static tg_order order;
  tg_order_record records[2];
  tg_order_log log;
  uint8_t memory[512];
  static const struct {
    const char *text;
    enum tg_order_verdict verdict;
  } cases[] = {
    {"{\"v\":1,\"id\":\"a\",\"issuedAtMs\":1,\"deadlineMs\":100,\"name\":\"rebirth\"}", TG_ORDER_NEW},
    {"{\"v\":1,\"id\":\"a\",\"issuedAtMs\":1,\"deadlineMs\":100,\"name\":\"rebirth\"}", TG_ORDER_AGAIN},
    {"{\"v\":1,\"id\":\"b\",\"issuedAtMs\":1,\"deadlineMs\":49,\"name\":\"rebirth\"}", TG_ORDER_EXPIRED},
    {"{\"v\":1,\"id\":\"c\",\"issuedAtMs\":1,\"deadlineMs\":100,\"name\":\"dance\"}", TG_ORDER_UNKNOWN},
    {"{\"v\":1,\"id\":\"d\",\"issuedAtMs\":1,\"deadlineMs\":100,\"name\":\"setInterval\",\"args\":{\"intervalMs\":1}}", TG_ORDER_UNKNOWN},
    {"{\"v\":2,\"id\":\"e\",\"issuedAtMs\":1,\"deadlineMs\":100,\"name\":\"rebirth\"}", TG_ORDER_UNREADABLE},
    {"{\"v\":1,\"issuedAtMs\":1,\"deadlineMs\":100,\"name\":\"rebirth\"}", TG_ORDER_UNREADABLE},
    {"{\"v\":1,\"id\":\"../..\",\"name\":\"rebirth\"}", TG_ORDER_UNREADABLE},
    {"[1]", TG_ORDER_UNREADABLE},
    {"\xff", TG_ORDER_UNREADABLE},
    {"", TG_ORDER_UNREADABLE}};
  tg_order_log_init(&log, records, 2);
  for (size_t index = 0; index < sizeof cases / sizeof cases[0]; index += 1) {
    tg_arena arena = {memory, sizeof memory, 0};
    tg_order_read(&log, (const uint8_t *)cases[index].text, strlen(cases[index].text), 50, &arena, &order);
    CHECK(order.verdict == cases[index].verdict);
    if (order.verdict == TG_ORDER_NEW) tg_order_finish(&log, order.id, TG_COMMAND_STATUS_DONE);
    if (order.verdict == TG_ORDER_AGAIN) CHECK(order.status == TG_COMMAND_STATUS_DONE);
  }
  tg_order_finish(&log, "x", TG_COMMAND_STATUS_FAILED);
  tg_order_finish(&log, "y", TG_COMMAND_STATUS_FAILED); /* pushes the oldest out */
  tg_arena arena = {memory, sizeof memory, 0};
  tg_order_read(&log, (const uint8_t *)cases[0].text, strlen(cases[0].text), 50, &arena, &order);
  CHECK(order.verdict == TG_ORDER_NEW);
}

/* TG-602, and what an encoder must not let out. */
static void test_wrong_values(void) {
  tg_reading readings[2] = {tg_reading_of("temperature", "Cel", NAN, TG_QUALITY_GOOD), tg_reading_of("temperature", "Cel", 1, TG_QUALITY_GOOD)};
  tg_telemetry message = {{"b", 1}, 0, 0, TG_TIME_QUALITY_UNKNOWN, readings, 2};
  tg_reason reason;
  uint8_t bytes[512];
  CHECK(readings[0].value.type == TG_SCALAR_NULL && readings[0].quality == TG_QUALITY_MISSING);
  CHECK(tg_reading_of("t", "1", HUGE_VAL, TG_QUALITY_GOOD).quality == TG_QUALITY_MISSING);
  const int32_t length = tg_encode_telemetry(&message, TG_CBOR, bytes, sizeof bytes, &reason);
  CHECK(length > 0);
  for (size_t size = 0; length > 0 && size < (size_t)length; size += 1) {
    memset(bytes, 0x55, sizeof bytes);
    CHECK(tg_encode_telemetry(&message, TG_CBOR, bytes, size, &reason) == length && bytes[size] == 0x55);
  }
  readings[1].value.number = NAN;
  CHECK(tg_encode_telemetry(&message, TG_JSON, bytes, sizeof bytes, &reason) == TG_REFUSED && strcmp(reason.pointer, "/readings/1/value") == 0);
  readings[1].value.number = 1;
  readings[1].unit = tg_text_of("de grees");
  CHECK(tg_encode_telemetry(&message, TG_JSON, bytes, sizeof bytes, &reason) == TG_REFUSED && strcmp(reason.code, "SCHEMA_PATTERN") == 0);
  readings[1].unit = tg_text_of("\xc3");
  CHECK(tg_encode_telemetry(&message, TG_JSON, bytes, sizeof bytes, &reason) == TG_REFUSED && strcmp(reason.code, "PAYLOAD_NOT_UTF8") == 0);
  readings[1].unit = tg_text_of("1");
  readings[1].quality = 5;
  CHECK(tg_encode_telemetry(&message, TG_JSON, bytes, sizeof bytes, &reason) == TG_REFUSED && strcmp(reason.pointer, "/readings/1/quality") == 0);
  message.readings_count = 0;
  CHECK(tg_encode_telemetry(&message, TG_JSON, bytes, sizeof bytes, &reason) == TG_REFUSED && strcmp(reason.code, "SCHEMA_MINITEMS") == 0);
  message.seq = -1;
  CHECK(tg_encode_telemetry(&message, TG_JSON, bytes, sizeof bytes, &reason) == TG_REFUSED && strcmp(reason.pointer, "/seq") == 0);
}

static void test_small_arena(void) {
  static const char text[] = "{\"v\":1,\"id\":\"a\",\"status\":\"done\",\"timeMs\":1,\"message\":\"a\\nb\"}";
  tg_command_reply reply;
  uint8_t memory[64];
  tg_arena none = {memory, 2, 0};
  tg_arena enough = {memory, sizeof memory, 0};
  CHECK(tg_decode_command_reply((const uint8_t *)text, strlen(text), &reply, &none, NULL) == TG_NO_ROOM);
  CHECK(tg_decode_command_reply((const uint8_t *)text, strlen(text), &reply, NULL, NULL) == TG_NO_ROOM);
  CHECK(tg_decode_command_reply((const uint8_t *)text, strlen(text), &reply, &enough, NULL) == TG_OK);
  CHECK(reply.message.length == 3 && memcmp(reply.message.bytes, "a\nb", 3) == 0);
  CHECK(tg_validate(99, (const uint8_t *)text, strlen(text), NULL) == TG_MISUSE);
}

int main(void) {
  test_order();
  test_acknowledgements();
  test_watermarks();
  test_silence();
  test_restore();
  test_want_of_room();
  test_want_of_slots();
  test_orders();
  test_wrong_values();
  test_small_arena();
  printf("%u passed, %u failed\n", passed, failed);
  return failed == 0 ? 0 : 1;
}
