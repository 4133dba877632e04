/*
 * Writes payloads from standard input again, for a comparison with another encoder: each is one byte of encoding (0 JSON, 1 CBOR), four
 * bytes of length (big-endian) and the payload; so is the answer. A refused payload is answered with the length 0.
 */
#include <stdio.h>

#include "../tracegate.h"

static uint8_t payload[TG_PAYLOAD_BYTES_MAX];
static uint8_t output[4 * TG_PAYLOAD_BYTES_MAX];

int main(void) {
  uint8_t head[5];
  while (fread(head, 1, sizeof head, stdin) == sizeof head) {
    const size_t length = (size_t)head[1] << 24 | (size_t)head[2] << 16 | (size_t)head[3] << 8 | head[4];
    if (length > sizeof payload || fread(payload, 1, length, stdin) != length) return 2;
    const int32_t needed = tg_transcode(payload, length, head[0] == 1 ? TG_CBOR : TG_JSON, output, sizeof output, NULL);
    const uint32_t size = needed < 0 ? 0 : (uint32_t)needed;
    for (int shift = 24; shift >= 0; shift -= 8) putchar((int)(size >> shift & 0xff));
    fwrite(output, 1, size, stdout);
  }
  return 0;
}
