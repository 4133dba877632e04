/* Messages in a file of fixed-size slots, so that they outlast the process and a loss of power (POSIX). Allocates nothing. */
#ifndef TRACEGATE_RING_H
#define TRACEGATE_RING_H

#include "../tracegate.h"

#define RING_SLOTS_MAX 8192
#define RING_SLOT_BYTES 1024 /* a sector or a part of a page: one write, one checksum */
#define RING_HEAD_BYTES 104
#define RING_PAYLOAD_MAX (RING_SLOT_BYTES - RING_HEAD_BYTES)
#define RING_BOOTS_MAX 64

typedef struct ring_entry {
  uint64_t order; /* counts all messages of the file; 0: the slot is free */
  int64_t seq;
  uint16_t boot; /* index of its boot; RING_BOOTS_MAX: of one too many, which is left for the next start */
} ring_entry;

typedef struct ring {
  int file;
  bool is_dirty;
  uint32_t slot_count;
  uint32_t used;
  uint32_t used_bytes; /* of payloads when it was opened */
  uint32_t torn;       /* records with a wrong checksum, found when it was opened */
  uint32_t next_slot;
  uint64_t next_order;
  uint16_t boot_count;
  char boots[RING_BOOTS_MAX][65];
  ring_entry entries[RING_SLOTS_MAX];
  uint32_t oldest_first[RING_SLOTS_MAX]; /* slots in use when it was opened */
} ring;

typedef struct ring_record {
  const char *boot;
  int64_t seq;
  int64_t time_ms;
  uint16_t readings;
  uint8_t message;
  const uint8_t *payload;
  size_t length;
} ring_record;

/* Opens or makes the file at its full size and reads what is in it. A record that was torn is dropped and counted. False: errno says why. */
bool ring_open(ring *self, const char *path, uint32_t slot_count);
/* Calls `take` with each record that was in the file when it was opened, oldest first, until it returns false. */
bool ring_each(ring *self, bool (*take)(void *context, const ring_record *record), void *context);
/* Writes a record to a free slot, never over another; TG_NO_ROOM when there is none, or it is too long, or the disk refuses. */
int ring_put(ring *self, const ring_record *record);
/* Makes what was put durable, all at once. False when the disk refuses: then nothing of it may be sent. */
bool ring_sync(ring *self);
/* Frees the records of the outbox's boot that the outbox does not keep any more. After a loss of power they may be there again. */
void ring_keep_only(ring *self, const tg_outbox *outbox);
void ring_close(ring *self);

#endif
