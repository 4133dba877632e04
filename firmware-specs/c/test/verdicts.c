/*
 * Judges inputs from standard input, for a comparison with another implementation: each is one byte of kind, four bytes of length
 * (big-endian) and the input. Prints `taken` or the code, and the pointer or the key, one line each. Kinds below 64 are payloads of that
 * message; what is taken of them is decoded and encoded again, so that a sanitizer sees all of the code at work. Kinds from 64 on are scans
 * of a symbology, from 128 on AutoID results of a type.
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

static void judge_scan(size_t kind, size_t length) {
  static const char *const symbologies[] = {"]C1", "]d2", "]Q3", "]Q1", "]E0", "]E4", "]X9", "epc"};
  static tg_scan_content content;
  static char copy_of_key[512];
  tg_reason reason = {NULL, ""};
  tg_arena arena = {memory, sizeof memory, 0};
  char *copy = malloc(length > 0 ? length : 1);
  if (copy == NULL || kind >= sizeof symbologies / sizeof symbologies[0]) exit(2);
  memcpy(copy, payload, length);
  const tg_text data = {copy, length};
  const int status = tg_read_scan(tg_text_of(symbologies[kind]), data, &content, &arena, &reason);
  copy_of_key[0] = 0;
  if (status == TG_OK && content.key.length < sizeof copy_of_key) {
    memcpy(copy_of_key, content.key.bytes == NULL ? "" : content.key.bytes, content.key.length);
    copy_of_key[content.key.length] = 0;
  }
  printf("%s %s\n", status == TG_OK ? "taken" : reason.code, copy_of_key);
  free(copy);
}

static void judge_autoid(size_t kind, size_t length) {
  static const int types[] = {5002, 5004, 5011, 5040, 5048, 5052, 1};
  tg_autoid_result result;
  tg_reason reason = {NULL, ""};
  uint8_t *copy = malloc(length > 0 ? length : 1);
  if (copy == NULL || kind >= sizeof types / sizeof types[0]) exit(2);
  memcpy(copy, payload, length);
  const int status = tg_read_autoid(types[kind], copy, length, &result, &reason);
  for (uint32_t index = 0; status == TG_OK && index < result.sighting_count; index += 1) tg_autoid_sighting(&result, index);
  printf("%s \n", status == TG_OK ? "taken" : reason.code);
  free(copy);
}

int main(void) {
  uint8_t head[5];
  while (fread(head, 1, sizeof head, stdin) == sizeof head) {
    const size_t length = (size_t)head[1] << 24 | (size_t)head[2] << 16 | (size_t)head[3] << 8 | head[4];
    if (length > sizeof payload || fread(payload, 1, length, stdin) != length) return 2;
    if (head[0] < 64) judge(head[0], length);
    else if (head[0] < 128) judge_scan(head[0] - 64u, length);
    else judge_autoid(head[0] - 128u, length);
  }
  return 0;
}
