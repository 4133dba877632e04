/*
 * The few types that generated structs are made of. Everything here is plain data: nothing owns memory, every length is explicit,
 * and a text is UTF-8 without a terminating NUL.
 */
#ifndef TRACEGATE_BASE_H
#define TRACEGATE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* UTF-8, not terminated. After decoding it points into the payload, or into the arena where escapes had to be resolved. */
typedef struct tg_text {
  const char *bytes;
  size_t length;
} tg_text;

enum tg_scalar_type { TG_SCALAR_NULL = 0, TG_SCALAR_BOOLEAN = 1, TG_SCALAR_NUMBER = 2 };

/* The value of a reading: a number, a boolean, or null when it is missing. */
typedef struct tg_scalar {
  uint8_t type; /* enum tg_scalar_type */
  bool boolean;
  double number;
} tg_scalar;

enum tg_encoding { TG_JSON = 0, TG_CBOR = 1 };

/* What functions return besides lengths. All failures are negative, so that a length and a failure share one int32_t. */
enum tg_status {
  TG_OK = 0,
  TG_REFUSED = -1, /* the input is wrong: the reason says what and where */
  TG_NO_ROOM = -2, /* the arena, ring or buffer that the caller gave is too small */
  TG_MISUSE = -3   /* an argument that no input can cause: a programmer's error */
};

#define TG_POINTER_BYTES 160

/* Why an input was refused. `code` is a static string and the same as the platform's dead letter shows. */
typedef struct tg_reason {
  const char *code;
  char pointer[TG_POINTER_BYTES]; /* JSON pointer (RFC 6901), NUL-terminated, cut when longer */
} tg_reason;

/* Memory that the caller lends to decoding: for arrays, and for texts with escapes. */
typedef struct tg_arena {
  uint8_t *bytes;
  size_t size;
  size_t used;
} tg_arena;

/*
 * Makes `text` a tg_text. A string literal or a terminated string.
 */
tg_text tg_text_of(const char *terminated);

/*
 * Writes a message into `bytes` and returns the length it needs, like snprintf: when that is more than `size`, what was written is of
 * no use. `message` is an enum tg_message and `value` points to the struct of that message; the typed functions at the end of
 * tracegate_types.h are the same and cannot be called with the wrong struct. Negative: an enum tg_status; `reason` (may be NULL)
 * names the member that is wrong.
 */
int32_t tg_encode(int message, const void *value, enum tg_encoding encoding, uint8_t *bytes, size_t size, tg_reason *reason);

/* Reads a payload, JSON or CBOR told by its first byte, checks it against its schema and fills the struct of the message. */
int tg_decode(int message, const uint8_t *payload, size_t length, void *value, tg_arena *arena, tg_reason *reason);

#ifdef __cplusplus
}
#endif

#endif
