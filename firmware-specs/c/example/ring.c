/*
 * The file: slots of 1,024 bytes, each free (no magic) or one record with a CRC-32. A record is written with one write to a free slot, and
 * freed by wiping its magic. Records of other starts of the device stay until they are safe; the order of all is in a counter of 64 bits.
 * Numbers are in the byte order of the machine: the file does not leave it.
 */
#define _DEFAULT_SOURCE
#include "ring.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAGIC 0x54475231u

typedef struct record_head {
  uint32_t magic;
  uint32_t checksum; /* of all that follows, payload included */
  uint64_t order;
  int64_t seq;
  int64_t time_ms;
  uint32_t length;
  uint16_t readings;
  uint8_t message;
  char boot[65];
} record_head;

/* CRC-32 of ISO 3309. */
static uint32_t checksum_of(const uint8_t *bytes, size_t length) {
  uint32_t value = 0xffffffffu;
  for (size_t index = 0; index < length; index += 1) {
    value ^= bytes[index];
    for (int bit = 0; bit < 8; bit += 1) value = (value & 1u) != 0 ? value >> 1 ^ 0xedb88320u : value >> 1;
  }
  return value ^ 0xffffffffu;
}

static off_t place_of(uint32_t slot) { return (off_t)slot * RING_SLOT_BYTES; }

/* TG_OK with the record in `bytes`; TG_NO_ROOM for a free slot; TG_REFUSED for a torn one. */
static int read_slot(const ring *self, uint32_t slot, uint8_t bytes[RING_SLOT_BYTES], record_head *head) {
  if (pread(self->file, bytes, RING_SLOT_BYTES, place_of(slot)) != RING_SLOT_BYTES) return TG_REFUSED;
  memcpy(head, bytes, sizeof *head);
  if (head->magic != MAGIC) return TG_NO_ROOM;
  const size_t before = offsetof(record_head, order);
  if (head->length > RING_PAYLOAD_MAX || head->order == 0 || memchr(head->boot, 0, sizeof head->boot) == NULL) return TG_REFUSED;
  return checksum_of(bytes + before, RING_HEAD_BYTES - before + head->length) == head->checksum ? TG_OK : TG_REFUSED;
}

static uint16_t index_of_boot(ring *self, const char *boot, uint16_t limit) {
  for (uint16_t index = 0; index < self->boot_count; index += 1)
    if (strcmp(self->boots[index], boot) == 0) return index;
  if (self->boot_count >= limit) return RING_BOOTS_MAX;
  strncpy(self->boots[self->boot_count], boot, sizeof self->boots[0] - 1);
  return self->boot_count++;
}

/* The file is nearly in order, as slots are used one after the other. */
static void insert_in_order(ring *self, uint32_t slot) {
  uint32_t at = self->used;
  for (; at > 0 && self->entries[self->oldest_first[at - 1]].order > self->entries[slot].order; at -= 1)
    self->oldest_first[at] = self->oldest_first[at - 1];
  self->oldest_first[at] = slot;
}

static void read_all(ring *self) {
  uint8_t bytes[RING_SLOT_BYTES];
  record_head head;
  self->next_order = 1;
  for (uint32_t slot = 0; slot < self->slot_count; slot += 1) {
    const int status = read_slot(self, slot, bytes, &head);
    if (status == TG_REFUSED) self->torn += 1;
    if (status != TG_OK) continue;
    self->entries[slot].order = head.order;
    self->entries[slot].seq = head.seq;
    insert_in_order(self, slot);
    self->used += 1;
    self->used_bytes += head.length;
    if (head.order >= self->next_order) {
      self->next_order = head.order + 1;
      self->next_slot = slot + 1;
    }
  }
  for (uint32_t index = 0; index < self->used; index += 1) {
    const uint32_t slot = self->oldest_first[index];
    /* One place is for the boot of this start. */
    if (read_slot(self, slot, bytes, &head) == TG_OK) self->entries[slot].boot = index_of_boot(self, head.boot, RING_BOOTS_MAX - 1);
  }
}

/* The name of a new file is durable only when its folder is. */
static bool sync_folder(const char *path) {
  char folder[1024] = ".";
  const char *end = strrchr(path, '/');
  if (end != NULL && (size_t)(end - path) >= sizeof folder) return false;
  if (end != NULL) {
    memcpy(folder, path, (size_t)(end - path));
    folder[end == path ? 1 : end - path] = 0;
    if (end == path) folder[0] = '/';
  }
  const int file = open(folder, O_RDONLY | O_CLOEXEC);
  if (file < 0) return false;
  const bool good = fsync(file) == 0;
  close(file);
  return good;
}

/* Two processes on one file would send each other's messages and free them. */
static bool lock(int file) {
  struct flock range;
  memset(&range, 0, sizeof range);
  range.l_type = F_WRLCK;
  range.l_whence = SEEK_SET;
  return fcntl(file, F_SETLK, &range) == 0;
}

bool ring_open(ring *self, const char *path, uint32_t slot_count) {
  struct stat status;
  memset(self, 0, sizeof *self);
  self->file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (self->file < 0 || !lock(self->file) || fstat(self->file, &status) != 0) return false;
  /* A file that is larger than wanted holds messages all over: it is used as it is. */
  const off_t there = status.st_size / RING_SLOT_BYTES;
  self->slot_count = there > (off_t)slot_count ? (uint32_t)there : slot_count;
  if (self->slot_count > RING_SLOTS_MAX) self->slot_count = RING_SLOTS_MAX;
  /* All of the room is taken now, so that a full disk costs no message later. */
  errno = posix_fallocate(self->file, 0, place_of(self->slot_count));
  if (errno != 0 || fsync(self->file) != 0 || !sync_folder(path)) return false;
  read_all(self);
  return true;
}

bool ring_each(ring *self, bool (*take)(void *context, const ring_record *record), void *context) {
  uint8_t bytes[RING_SLOT_BYTES];
  record_head head;
  const uint32_t count = self->used;
  for (uint32_t index = 0; index < count; index += 1) {
    const uint32_t slot = self->oldest_first[index];
    if (self->entries[slot].boot == RING_BOOTS_MAX || read_slot(self, slot, bytes, &head) != TG_OK) continue;
    const ring_record record = {head.boot,    head.seq,     head.time_ms,           head.readings,
                                head.message, bytes + RING_HEAD_BYTES, head.length};
    if (!take(context, &record)) return false;
  }
  return true;
}

int ring_put(ring *self, const ring_record *record) {
  uint8_t bytes[RING_SLOT_BYTES];
  record_head head;
  const uint16_t boot = index_of_boot(self, record->boot, RING_BOOTS_MAX);
  if (record->length > RING_PAYLOAD_MAX || self->used == self->slot_count || boot == RING_BOOTS_MAX) return TG_NO_ROOM;
  uint32_t slot = self->next_slot % self->slot_count;
  while (self->entries[slot].order != 0) slot = (slot + 1) % self->slot_count;
  memset(&head, 0, sizeof head);
  head.magic = MAGIC;
  head.order = self->next_order;
  head.seq = record->seq;
  head.time_ms = record->time_ms;
  head.length = (uint32_t)record->length;
  head.readings = record->readings;
  head.message = record->message;
  strncpy(head.boot, record->boot, sizeof head.boot - 1);
  memset(bytes, 0, sizeof bytes);
  memcpy(bytes, &head, sizeof head);
  memcpy(bytes + RING_HEAD_BYTES, record->payload, record->length);
  const size_t before = offsetof(record_head, order);
  head.checksum = checksum_of(bytes + before, RING_HEAD_BYTES - before + record->length);
  memcpy(bytes, &head, sizeof head);
  if (pwrite(self->file, bytes, RING_SLOT_BYTES, place_of(slot)) != RING_SLOT_BYTES) return TG_NO_ROOM;
  self->entries[slot].order = self->next_order++;
  self->entries[slot].seq = record->seq;
  self->entries[slot].boot = boot;
  self->next_slot = slot + 1;
  self->used += 1;
  self->is_dirty = true;
  return TG_OK;
}

bool ring_sync(ring *self) {
  if (self->is_dirty && fdatasync(self->file) != 0) return false;
  self->is_dirty = false;
  return true;
}

static bool has(const tg_outbox *outbox, int64_t seq) {
  uint32_t low = 0;
  uint32_t high = outbox->slots_used;
  while (low < high) {
    const uint32_t middle = low + (high - low) / 2;
    if (outbox->slots[middle].seq < seq) low = middle + 1;
    else high = middle;
  }
  return low < outbox->slots_used && outbox->slots[low].seq == seq;
}

void ring_keep_only(ring *self, const tg_outbox *outbox) {
  const uint32_t nothing = 0;
  for (uint32_t slot = 0; slot < self->slot_count; slot += 1) {
    ring_entry *entry = &self->entries[slot];
    if (entry->order == 0 || entry->boot == RING_BOOTS_MAX || strcmp(self->boots[entry->boot], outbox->boot) != 0) continue;
    if (has(outbox, entry->seq)) continue;
    /* Not made durable: what comes back after a loss of power is sent once more, and stored once. */
    if (pwrite(self->file, &nothing, sizeof nothing, place_of(slot)) != sizeof nothing) continue;
    entry->order = 0;
    self->used -= 1;
  }
}

void ring_close(ring *self) {
  ring_sync(self);
  close(self->file);
}
