/* Options, clocks and randomness of the reference device (POSIX). */
#define _DEFAULT_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timex.h>
#include <time.h>
#include <unistd.h>

#include "device.h"

static const char usage[] =
  "usage: TRACEGATE_SECRET=... device --point NAME --device NAME [options]\n"
  "  --host NAME            broker, 127.0.0.1\n"
  "  --port NUMBER          1883\n"
  "  --interval MS          time between two measurements, 1000\n"
  "  --scan-interval MS     time between a code, a tag and an event, 5000; 0: none\n"
  "  --encoding json|cbor   json\n"
  "  --messages NUMBER      ends when so many are safe; 0: runs on\n"
  "  --slots NUMBER         most messages kept, 4096\n"
  "  --bytes NUMBER         most bytes kept, 1048576\n"
  "  --file PATH            keeps the messages in a file, too, for the next start\n"
  "  --clock kernel|unknown whether the kernel says that the clock is disciplined, unknown\n"
  "  --safe committed|acknowledged  what a message is kept for, committed\n"
  "  --hurry NUMBER         divides the waits for connection and watermark, 1: for trials\n"
  "  --clock-file PATH      file with seconds that are added to the clock: for trying out jumps\n";

static bool read_number(const char *text, int64_t low, int64_t high, int64_t *result) {
  char *end = NULL;
  errno = 0;
  const long long value = strtoll(text, &end, 10);
  if (errno != 0 || end == text || *end != 0 || value < low || value > high) return false;
  *result = value;
  return true;
}

static bool read_option(const char *name, const char *value, options *result) {
  int64_t number = 0;
  bool good = true;
  if (strcmp(name, "--host") == 0) result->host = value;
  else if (strcmp(name, "--point") == 0) result->point = value;
  else if (strcmp(name, "--device") == 0) result->device = value;
  else if (strcmp(name, "--port") == 0) good = read_number(value, 1, 65535, &number), result->port = (int)number;
  else if (strcmp(name, "--interval") == 0) good = read_number(value, 10, 86400000, &result->interval_ms);
  else if (strcmp(name, "--scan-interval") == 0) good = read_number(value, 0, 86400000, &result->scan_interval_ms);
  else if (strcmp(name, "--hurry") == 0) good = read_number(value, 1, 100, &result->hurry);
  else if (strcmp(name, "--messages") == 0) good = read_number(value, 0, INT64_MAX, &result->messages_max);
  else if (strcmp(name, "--slots") == 0) good = read_number(value, 1, 1000000, &number), result->slots = (uint32_t)number;
  else if (strcmp(name, "--bytes") == 0) good = read_number(value, 4096, 1000000000, &number), result->bytes = (uint32_t)number;
  else if (strcmp(name, "--encoding") == 0) {
    good = strcmp(value, "json") == 0 || strcmp(value, "cbor") == 0;
    result->encoding = strcmp(value, "cbor") == 0 ? TG_CBOR : TG_JSON;
  } else if (strcmp(name, "--clock") == 0) {
    good = strcmp(value, "kernel") == 0 || strcmp(value, "unknown") == 0;
    result->trusts_kernel_clock = strcmp(value, "kernel") == 0;
  } else if (strcmp(name, "--file") == 0) {
    result->ring_file = value;
  } else if (strcmp(name, "--clock-file") == 0) {
    result->clock_file = value;
  } else if (strcmp(name, "--safe") == 0) {
    good = strcmp(value, "committed") == 0 || strcmp(value, "acknowledged") == 0;
    result->acknowledge_is_enough = strcmp(value, "acknowledged") == 0;
  } else {
    good = false;
  }
  if (!good) fprintf(stderr, "Cannot start: %s is \"%s\", expected as in the usage\n", name, value);
  return good;
}

bool options_read(int count, char **arguments, options *result) {
  memset(result, 0, sizeof *result);
  result->host = "127.0.0.1";
  result->port = 1883;
  result->interval_ms = 1000;
  result->scan_interval_ms = 5000;
  result->hurry = 1;
  result->slots = 4096;
  result->bytes = 1048576;
  result->secret = getenv("TRACEGATE_SECRET");
  bool good = count % 2 == 1;
  for (int index = 1; good && index + 1 < count; index += 2) good = read_option(arguments[index], arguments[index + 1], result);
  if (good && (result->point == NULL || result->device == NULL || result->secret == NULL)) {
    fprintf(stderr, "Cannot start: --point, --device or TRACEGATE_SECRET is missing, expected all three\n");
    good = false;
  }
  if (!good) fputs(usage, stderr);
  return good;
}

static int64_t read_clock(clockid_t id) {
  struct timespec now;
  clock_gettime(id, &now);
  return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t shift_ms = 0;

void clock_read_shift(const char *path) {
  FILE *file = path == NULL ? NULL : fopen(path, "r");
  long long seconds = 0;
  if (file == NULL) return;
  if (fscanf(file, "%lld", &seconds) == 1) shift_ms = seconds * 1000;
  fclose(file);
}

int64_t clock_wall_ms(void) { return read_clock(CLOCK_REALTIME) + shift_ms; }
int64_t clock_steady_ms(void) { return read_clock(CLOCK_MONOTONIC); }

void clock_watch_init(clock_watch *watch, bool trusts_kernel) {
  memset(watch, 0, sizeof *watch);
  watch->trusts_kernel = trusts_kernel;
  watch->difference_ms = clock_wall_ms() - clock_steady_ms();
}

static bool kernel_is_disciplined(void) {
  struct timex status;
  memset(&status, 0, sizeof status);
  return adjtimex(&status) != TIME_ERROR && (status.status & STA_UNSYNC) == 0;
}

/* After a jump nothing is believed for as long as an NTP client needs for its next look at its servers. */
#define DISTRUST_MS 64000

uint8_t clock_quality(clock_watch *watch) {
  const int64_t steady_ms = clock_steady_ms();
  const int64_t difference_ms = clock_wall_ms() - steady_ms;
  const int64_t moved_ms = difference_ms - watch->difference_ms;
  watch->difference_ms = difference_ms;
  if (moved_ms > 1000 || moved_ms < -1000) {
    watch->has_jumped = true;
    watch->jumped_at_ms = steady_ms;
  }
  if (watch->has_jumped && steady_ms - watch->jumped_at_ms > DISTRUST_MS) watch->has_jumped = false;
  if (!watch->trusts_kernel) return TG_TIME_QUALITY_UNKNOWN;
  return watch->has_jumped || !kernel_is_disciplined() ? TG_TIME_QUALITY_UNSYNCHRONIZED : TG_TIME_QUALITY_SYNCHRONIZED;
}

static void random_bytes(uint8_t *bytes, size_t count) {
  const int file = open("/dev/urandom", O_RDONLY);
  const ssize_t got = file < 0 ? -1 : read(file, bytes, count);
  if (file >= 0) close(file);
  if (got == (ssize_t)count) return;
  /* A boot id that comes twice loses messages: better not to start. */
  fprintf(stderr, "Cannot read /dev/urandom: %s\n", strerror(errno));
  exit(1);
}

uint32_t random_below(uint32_t limit) {
  uint8_t bytes[4];
  random_bytes(bytes, sizeof bytes);
  const uint32_t value = (uint32_t)bytes[0] << 24 | (uint32_t)bytes[1] << 16 | (uint32_t)bytes[2] << 8 | bytes[3];
  return limit == 0 ? 0 : value % limit;
}

void random_id(char text[17]) {
  static const char hex[] = "0123456789abcdef";
  uint8_t bytes[8];
  random_bytes(bytes, sizeof bytes);
  for (size_t index = 0; index < 16; index += 1) text[index] = hex[index % 2 == 0 ? bytes[index / 2] >> 4 : bytes[index / 2] & 15];
  text[16] = 0;
}
