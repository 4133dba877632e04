/* What the files of the reference device share. */
#ifndef TRACEGATE_DEVICE_H
#define TRACEGATE_DEVICE_H

#include "../tracegate.h"

#define METRIC_COUNT 3
#define MESSAGE_BYTES_MAX 4096

typedef struct options {
  const char *host;
  int port;
  const char *point;
  const char *device;
  const char *secret; /* from the environment, never from the command line, which others can read */
  int64_t interval_ms;
  int64_t scan_interval_ms; /* 0: no scans */
  int64_t messages_max;     /* 0: runs until it is told to stop */
  int64_t hurry;            /* divides the waits for a connection and for a watermark: for trials against a clock that runs faster */
  enum tg_encoding encoding;
  uint32_t slots;
  uint32_t bytes;
  const char *clock_file;
  const char *ring_file; /* NULL: messages are in memory only */
  bool trusts_kernel_clock;
  bool acknowledge_is_enough;
} options;

/* Reads the command line; prints usage and returns false when it is wrong. */
bool options_read(int count, char **arguments, options *result);

int64_t clock_wall_ms(void);
/* Takes seconds from a file that are added to the wall clock from now on, for trials. */
void clock_read_shift(const char *path);
int64_t clock_steady_ms(void);
/* How far the clock is to be trusted (TG-502); looks for jumps between wall clock and steady clock. */
typedef struct clock_watch {
  int64_t difference_ms;
  int64_t jumped_at_ms;
  bool has_jumped;
  bool trusts_kernel;
} clock_watch;
void clock_watch_init(clock_watch *watch, bool trusts_kernel);
uint8_t clock_quality(clock_watch *watch);

/* A number between 0 and `limit` - 1 that differs from start to start. */
uint32_t random_below(uint32_t limit);
/* 16 hexadecimal digits and a NUL. */
void random_id(char text[17]);

/* The messages of this device. Each writes to `bytes` and returns the length, or a negative status. */
typedef struct device_state {
  const options *options;
  const char *boot;
  clock_watch clock;
  int64_t interval_ms;
  uint32_t samples;
  uint32_t scans;
} device_state;
int32_t message_birth(device_state *state, uint8_t *bytes, size_t size);
int32_t message_death(const device_state *state, const char *reason, uint8_t *bytes, size_t size);
int32_t message_telemetry(device_state *state, int64_t seq, int64_t time_ms, uint32_t lost, uint16_t *readings, uint8_t *bytes, size_t size);
int32_t message_scan(device_state *state, int64_t seq, int64_t time_ms, uint8_t *bytes, size_t size);
int32_t message_event(device_state *state, int64_t seq, int64_t time_ms, uint8_t *bytes, size_t size);
int32_t message_reply(const device_state *state, const char *id, uint8_t status, const char *text, uint8_t *bytes, size_t size);
bool is_metric(tg_text name);

#endif
