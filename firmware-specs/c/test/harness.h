/* What the files of the vector runner share: cases read, results counted, values compared. It reads the vector files with the library's
 * own JSON reader, so that it needs nothing else. */
#ifndef TRACEGATE_HARNESS_H
#define TRACEGATE_HARNESS_H

#include "../src/internal.h"

#define BUFFER_BYTES 1200000u

typedef struct harness {
  unsigned long passed;
  unsigned long failed;
  unsigned long same_bytes; /* payloads that the encoder wrote again byte for byte */
  const char *file;
  tg_text name;
  /* Where a payload, what was encoded, and what was decoded stand. */
  uint8_t payload[BUFFER_BYTES];
  uint8_t output[BUFFER_BYTES];
  uint8_t memory[4 * BUFFER_BYTES];
} harness;

/* One case of a file. */
typedef struct test_case {
  harness *run;
  const tgi_source *source;
  const tgi_item *item;
} test_case;

/* Counts a check; prints a failed one. */
bool check(harness *run, bool is_right, const char *what, const char *found);
bool check_text(harness *run, const char *what, tg_text found, tg_text wanted);

/* Members of a case; texts without escapes point into the file, others into `memory`. */
bool case_member(const test_case *test, const char *name, tgi_item *value);
tg_text case_text(const test_case *test, const char *name);
int64_t case_number(const test_case *test, const char *name, int64_t missing);
/* The bytes of `hex`, with the spaces that `padTo` asks for, in `payload`; returns their number. */
size_t case_bytes(const test_case *test);
int case_message(const test_case *test);

tg_arena case_arena(const test_case *test);
/* Whether two values are the same: numbers as doubles, members in any order. */
bool same_value(const tgi_source *left, const tgi_item *one, const tgi_source *right, const tgi_item *other);
/* The same for the text of a payload. */
bool same_payload(const test_case *test, const tgi_item *value, const uint8_t *payload, size_t length);

void run_payload(const test_case *test, bool is_valid);
void run_autoid(const test_case *test, bool is_valid);

#endif
