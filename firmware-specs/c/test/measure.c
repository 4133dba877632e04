/* How much stack the main functions take: each runs in a thread whose stack was painted before (POSIX threads). `make measure`. */
#define _DEFAULT_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../tracegate.h"

#define STACK_BYTES (256u * 1024u)
#define PAINT 0xa5

static uint8_t output[8192];
static uint8_t memory[8192];
static tg_scan_content content;
static char deep[256];

static void idle(void) {}

static void encode(enum tg_encoding encoding) {
  const tg_reading reading = tg_reading_of("temperature", "Cel", -18.4, TG_QUALITY_GOOD);
  const tg_telemetry message = {{"b1", 2}, 42, 1795458600000, TG_TIME_QUALITY_SYNCHRONIZED, &reading, 1};
  tg_encode_telemetry(&message, encoding, output, sizeof output, NULL);
}

static void encode_json(void) { encode(TG_JSON); }
static void encode_cbor(void) { encode(TG_CBOR); }

static void validate(const char *text) {
  const int32_t length = tg_transcode((const uint8_t *)text, strlen(text), TG_CBOR, output, sizeof output, NULL);
  if (length > 0) tg_validate(TG_MESSAGE_TELEMETRY, output, (size_t)length, NULL);
}

static const char telemetry[] = "{\"v\":1,\"boot\":\"b1\",\"seq\":42,\"timeMs\":1795458600000,\"timeQuality\":\"synchronized\",\"readings\":"
                                "[{\"metric\":\"temperature\",\"value\":-18.4,\"unit\":\"Cel\",\"quality\":1}]}";
static const char order_text[] =
  "{\"v\":1,\"id\":\"a\",\"issuedAtMs\":1,\"deadlineMs\":100,\"name\":\"setInterval\",\"args\":{\"intervalMs\":1000}}";
static const char event_text[] =
  "{\"v\":1,\"boot\":\"b1\",\"seq\":1,\"timeMs\":1,\"timeQuality\":\"unknown\",\"epcis\":{\"type\":\"ObjectEvent\",\"eventTime\":"
  "\"2026-11-23T18:30:00Z\",\"eventTimeZoneOffset\":\"+00:00\",\"action\":\"OBSERVE\",\"epcList\":[\"urn:epc:id:sgtin:9521234.054321.1\"]}}";

static void validate_json(void) { tg_validate(TG_MESSAGE_TELEMETRY, (const uint8_t *)telemetry, strlen(telemetry), NULL); }
static void validate_cbor(void) { validate(telemetry); }
static void validate_event(void) { tg_validate(TG_MESSAGE_EVENT, (const uint8_t *)event_text, strlen(event_text), NULL); }
static void write_deep(void) { tg_transcode((const uint8_t *)deep, strlen(deep), TG_JSON, output, sizeof output, NULL); }

static void read_order(void) {
  static tg_order order;
  static tg_order_record records[1];
  tg_order_log log;
  tg_arena arena = {memory, sizeof memory, 0};
  tg_order_log_init(&log, records, 1);
  tg_order_read(&log, (const uint8_t *)order_text, strlen(order_text), 50, &arena, &order);
}

static void read_scan(void) {
  tg_arena arena = {memory, sizeof memory, 0};
  tg_read_scan(tg_text_of("]d2"), tg_text_of("010952123454321321A1"), &content, &arena, NULL);
}

static void read_tag(void) {
  tg_arena arena = {memory, sizeof memory, 0};
  tg_read_scan(tg_text_of("epc"), tg_text_of("3074257BF7194E4000001A85"), &content, &arena, NULL);
}

static void *run(void *work) {
  void (*function)(void) = *(void (**)(void))work;
  function();
  return NULL;
}

static size_t measure(void (*function)(void)) {
  static uint8_t *stack = NULL;
  pthread_attr_t attributes;
  pthread_t thread;
  if (stack == NULL && posix_memalign((void **)&stack, 4096, STACK_BYTES) != 0) exit(2);
  memset(stack, PAINT, STACK_BYTES);
  pthread_attr_init(&attributes);
  if (pthread_attr_setstack(&attributes, stack, STACK_BYTES) != 0) exit(2);
  if (pthread_create(&thread, &attributes, run, &function) != 0) exit(2);
  pthread_join(thread, NULL);
  pthread_attr_destroy(&attributes);
  size_t untouched = 0;
  while (untouched < STACK_BYTES && stack[untouched] == PAINT) untouched += 1;
  return STACK_BYTES - untouched;
}

int main(void) {
  static const struct {
    const char *name;
    void (*function)(void);
  } works[] = {{"encode telemetry, JSON", encode_json},
               {"encode telemetry, CBOR", encode_cbor},
               {"validate telemetry, JSON", validate_json},
               {"validate telemetry, CBOR", validate_cbor},
               {"validate an event with its EPCIS", validate_event},
               {"read an order", read_order},
               {"read a GS1 DataMatrix", read_scan},
               {"read an RFID tag", read_tag},
               {"write 64 levels again", write_deep}};
  for (int level = 0; level < TG_DEPTH_MAX; level += 1) deep[level] = '[', deep[2 * TG_DEPTH_MAX - 1 - level] = ']';
  const size_t thread_itself = measure(idle);
  for (size_t index = 0; index < sizeof works / sizeof works[0]; index += 1)
    printf("%-34s %6lu bytes of stack\n", works[index].name, (unsigned long)(measure(works[index].function) - thread_itself));
  printf("%-34s %6lu bytes\n", "tg_outbox", (unsigned long)sizeof(tg_outbox));
  printf("%-34s %6lu bytes\n", "tg_slot, one a message kept", (unsigned long)sizeof(tg_slot));
  printf("%-34s %6lu bytes\n", "tg_scan_content", (unsigned long)sizeof(tg_scan_content));
  return 0;
}
