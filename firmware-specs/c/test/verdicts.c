/*
 * Judges payloads from standard input, for a comparison with another implementation: each is one byte of message, four bytes of length
 * (big-endian) and the payload. Prints `taken`, or the code and the pointer, one line each. What is taken is decoded and encoded again,
 * so that a sanitizer sees all of the code at work.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../tracegate.h"

static uint8_t payload[TG_PAYLOAD_BYTES_MAX + 1];
static uint8_t output[2 * TG_PAYLOAD_BYTES_MAX];
static uint8_t memory[8 * TG_PAYLOAD_BYTES_MAX];
static union {
  tg_telemetry telemetry;
  tg_scan_message scan;
  tg_event_message event;
  tg_state state;
  tg_command command;
  tg_command_reply reply;
  tg_committed committed;
} value;

/* A copy of exactly its size: reading one byte beyond is seen. */
static void judge(int message, size_t length) {
  tg_reason reason = {NULL, ""};
  tg_arena arena = {memory, sizeof memory, 0};
  uint8_t *copy = malloc(length > 0 ? length : 1);
  if (copy == NULL) exit(2);
  memcpy(copy, payload, length);
  const int status = tg_validate(message, copy, length, &reason);
  /* One line each: a name with a line break must not make two. */
  for (char *at = reason.pointer; *at != 0; at += 1)
    if (*at > 0 && *at < ' ') *at = '?';
  printf("%s %s\n", status == TG_OK ? "taken" : reason.code, status == TG_OK ? "" : reason.pointer);
  if (tg_decode(message, copy, length, &value, &arena, NULL) == TG_OK) {
    for (int encoding = TG_JSON; encoding <= TG_CBOR; encoding += 1) {
      const int32_t size = tg_encode(message, &value, encoding, output, sizeof output, &reason);
      const bool is_back = size > 0 && tg_validate(message, output, (size_t)size, &reason) == TG_OK;
      if (!is_back) fprintf(stderr, "not encoded again: %s %s\n", reason.code == NULL ? "" : reason.code, reason.pointer);
    }
  }
  free(copy);
}

int main(void) {
  uint8_t head[5];
  while (fread(head, 1, sizeof head, stdin) == sizeof head) {
    const size_t length = (size_t)head[1] << 24 | (size_t)head[2] << 16 | (size_t)head[3] << 8 | head[4];
    if (length > sizeof payload || fread(payload, 1, length, stdin) != length) return 2;
    judge(head[0], length);
  }
  return 0;
}
