/* Payloads: taken or refused as the vector says; decoded into a struct and encoded again, both ways, without loss. */
#include "harness.h"

#include <stdio.h>
#include <string.h>

/* The struct of any message. */
typedef union any_message {
  tg_telemetry telemetry;
  tg_scan_message scan;
  tg_event_message event;
  tg_state state;
  tg_command command;
  tg_command_reply reply;
  tg_committed committed;
} any_message;

static void describe(const tg_reason *reason, char *text, size_t size) {
  snprintf(text, size, "%s at \"%s\"", reason->code == NULL ? "taken" : reason->code, reason->code == NULL ? "" : reason->pointer);
}

static void run_invalid(const test_case *test, int message, size_t length) {
  tg_reason reason = {NULL, ""};
  char found[TG_POINTER_BYTES + 64];
  const int status = tg_validate(message, test->run->payload, length, &reason);
  describe(&reason, found, sizeof found);
  if (!check(test->run, status == TG_REFUSED, "must be refused", found)) return;
  check_text(test->run, "code", tg_text_of(reason.code), case_text(test, "code"));
  check_text(test->run, "pointer", tg_text_of(reason.pointer), case_text(test, "pointer"));
}

/* Bare EPCIS has no envelope, and so no struct. */
static bool has_struct(const test_case *test, const tgi_item *value, int message) {
  tgi_item member;
  return message != TG_MESSAGE_EVENT || tgi_find(test->source, value, "epcis", &member);
}

static void run_struct(const test_case *test, const tgi_item *value, int message, size_t length) {
  static any_message decoded;
  harness *run = test->run;
  tg_reason reason = {NULL, ""};
  tg_arena arena = case_arena(test);
  const int status = tg_decode(message, run->payload, length, &decoded, &arena, &reason);
  if (!check(run, status == TG_OK, "decodes into its struct", reason.code == NULL ? "no room" : reason.code)) return;
  for (int encoding = TG_JSON; encoding <= TG_CBOR; encoding += 1) {
    const int32_t needed = tg_encode(message, &decoded, encoding, run->output, BUFFER_BYTES, &reason);
    if (!check(run, needed > 0, "its struct encodes", reason.code == NULL ? "" : reason.code)) continue;
    check(run, same_payload(test, value, run->output, (size_t)needed), "its struct encodes to the same value", "");
    check(run, tg_validate(message, run->output, (size_t)needed, NULL) == TG_OK, "what was encoded is valid", "");
    check(run, tg_encode(message, &decoded, encoding, NULL, 0, NULL) == needed, "the length is told without a buffer", "");
  }
}

/* Whether the members of the payload stand in the order of the value. */
static bool has_order_of(const test_case *test, const tgi_item *value, size_t length) {
  harness *run = test->run;
  const int32_t size = tg_transcode(run->payload, length, TG_JSON, run->output, BUFFER_BYTES, NULL);
  tgi_sink sink = {run->memory, sizeof run->memory, 0};
  tgi_write_item(&sink, TG_JSON, test->source, value);
  return size >= 0 && sink.length == (size_t)size && memcmp(run->memory, run->output, sink.length) == 0;
}

/* What the platform's encoder wrote must come out byte for byte; what was written by hand to be odd need not. */
static void run_bytes(const test_case *test, const tgi_item *value, size_t length) {
  harness *run = test->run;
  const enum tg_encoding encoding = tgi_text_is(case_text(test, "encoding"), "cbor") ? TG_CBOR : TG_JSON;
  const int32_t again = tg_transcode(run->payload, length, encoding, run->output, BUFFER_BYTES, NULL);
  const bool is_canonical = again == (int32_t)length && memcmp(run->output, run->payload, length) == 0;
  check(run, again > 0 && same_payload(test, value, run->output, (size_t)again), "written again it is the same value", "");
  const bool is_comparable = is_canonical && has_order_of(test, value, length);
  tgi_sink sink = {run->output, BUFFER_BYTES, 0};
  tgi_write_item(&sink, encoding, test->source, value);
  const bool is_same = sink.length == length && memcmp(run->output, run->payload, length) == 0;
  if (is_same) run->same_bytes += 1;
  if (is_comparable) check(run, is_same, "encoding the value gives the same bytes", "");
}

void run_payload(const test_case *test, bool is_valid) {
  const size_t length = case_bytes(test);
  const int message = case_message(test);
  if (!check(test->run, message >= 0, "channel is known", "")) return;
  if (!is_valid) {
    run_invalid(test, message, length);
    return;
  }
  tg_reason reason = {NULL, ""};
  char found[TG_POINTER_BYTES + 64];
  tgi_item value;
  const int status = tg_validate(message, test->run->payload, length, &reason);
  describe(&reason, found, sizeof found);
  if (!check(test->run, status == TG_OK, "must be taken", found) || !case_member(test, "value", &value)) return;
  check(test->run, same_payload(test, &value, test->run->payload, length), "stands for its value", "");
  if (has_struct(test, &value, message)) run_struct(test, &value, message, length);
  run_bytes(test, &value, length);
}
