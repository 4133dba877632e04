/*
 * The reference device: a small real device on libmosquitto that keeps the contract. It holds its messages in a bounded ring in memory,
 * sends them again until they are safe, carries out orders once, and says goodbye. With --file they are in a file, too: after kill -9 or a
 * loss of power the next start sends what is left of the earlier ones first, each under its own boot and numbers.
 *
 * libmosquitto has a queue of its own and sends what is in flight again after a reconnect, before its caller can publish the birth
 * (TG-301). Therefore each connection starts with an empty client (mosquitto_reinitialise) and the outbox alone knows what is to be sent.
 */
#define _DEFAULT_SOURCE
#include <errno.h>
#include <mosquitto.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "device.h"
#include "ring.h"

#define IN_FLIGHT_MAX 100
#define ORDERS_KEPT 64
#define KEEP_ALIVE_S 30
#define WAIT_MIN_MS 1000
#define WAIT_MAX_MS 120000
#define DRAIN_MS 3000
#define GOODBYE_MS 2000

enum phase { PHASE_APART, PHASE_CONNECTING, PHASE_SUBSCRIBING, PHASE_READY };

typedef struct device {
  options options;
  device_state state;
  struct mosquitto *client;
  enum phase phase;
  tg_outbox outbox;
  ring ring;
  tg_outbox earlier[RING_BOOTS_MAX]; /* what earlier starts left in the file, oldest first */
  uint32_t earlier_count;
  tg_order_log orders;
  tg_order_record order_records[ORDERS_KEPT];
  char topics[TG_MESSAGE_COUNT][TG_TOPIC_BYTES_MAX + 1];
  char client_id[160];
  char user[160];
  char boot[24];
  int64_t next_attempt_ms;
  int64_t wait_ms;
  int64_t next_sample_ms;
  int64_t next_scan_ms;
  int64_t deadline_ms; /* of the end */
  uint32_t lost_readings;
  int64_t made;
  int64_t resent;
  unsigned turn; /* a code, a tag, an event */
  int subscribe_id;
  int goodbye_id;
  bool is_goodbye_safe;
} device;

static volatile sig_atomic_t is_told_to_stop = 0;

static void on_signal(int signal_number) {
  (void)signal_number;
  is_told_to_stop = 1;
}

static int publish(device *self, int message, const uint8_t *bytes, int32_t length, bool retain, int *packet) {
  if (length < 0) return MOSQ_ERR_INVAL;
  return mosquitto_publish(self->client, packet, self->topics[message], length, bytes, 1, retain);
}

static void publish_birth(device *self) {
  uint8_t bytes[MESSAGE_BYTES_MAX];
  publish(self, TG_MESSAGE_STATE, bytes, message_birth(&self->state, bytes, sizeof bytes), true, NULL);
}

static void answer(device *self, const char *id, uint8_t status, const char *text) {
  uint8_t bytes[MESSAGE_BYTES_MAX];
  publish(self, TG_MESSAGE_COMMAND_REPLY, bytes, message_reply(&self->state, id, status, text, bytes, sizeof bytes), false, NULL);
}

/* ---- Measuring ---- */

/* Into the file first: what is sent must be there at the next start. */
static int store(device *self, int message, int64_t time_ms, uint16_t readings, const uint8_t *bytes, size_t length) {
  const ring_record record = {self->boot, tg_outbox_next_seq(&self->outbox), time_ms, readings, (uint8_t)message, bytes, length};
  if (self->options.ring_file != NULL && ring_put(&self->ring, &record) != TG_OK) return TG_NO_ROOM;
  const int status = tg_outbox_put(&self->outbox, message, time_ms, readings, bytes, length);
  if (status != TG_OK && self->options.ring_file != NULL) ring_keep_only(&self->ring, &self->outbox);
  return status;
}

static void keep(device *self, int message, int64_t time_ms, uint16_t readings, const uint8_t *bytes, int32_t length) {
  const int64_t seq = tg_outbox_next_seq(&self->outbox);
  if (length < 0 || store(self, message, time_ms, readings, bytes, (size_t)length) != TG_OK) {
    self->lost_readings += readings;
    return;
  }
  self->made += 1;
  if (message == TG_MESSAGE_TELEMETRY) self->lost_readings = 0;
  printf("made %s %lld\n", message == TG_MESSAGE_TELEMETRY ? "telemetry" : message == TG_MESSAGE_SCAN ? "scan" : "event", (long long)seq);
}

static void measure(device *self) {
  uint8_t bytes[MESSAGE_BYTES_MAX];
  uint16_t readings = 0;
  const int64_t time_ms = clock_wall_ms();
  const int64_t seq = tg_outbox_next_seq(&self->outbox);
  const int32_t length = message_telemetry(&self->state, seq, time_ms, self->lost_readings, &readings, bytes, sizeof bytes);
  keep(self, TG_MESSAGE_TELEMETRY, time_ms, readings, bytes, length);
}

static void scan(device *self) {
  uint8_t bytes[MESSAGE_BYTES_MAX];
  const int64_t time_ms = clock_wall_ms();
  keep(self, TG_MESSAGE_SCAN, time_ms, 0, bytes, message_scan(&self->state, tg_outbox_next_seq(&self->outbox), time_ms, bytes, sizeof bytes));
}

static void tell_event(device *self) {
  uint8_t bytes[MESSAGE_BYTES_MAX];
  const int64_t time_ms = clock_wall_ms();
  keep(self, TG_MESSAGE_EVENT, time_ms, 0, bytes, message_event(&self->state, tg_outbox_next_seq(&self->outbox), time_ms, bytes, sizeof bytes));
}

static bool is_finished(const device *self) {
  return is_told_to_stop || (self->options.messages_max > 0 && self->made >= self->options.messages_max);
}

/* On the steady clock: a wall clock that jumps must stop nothing (TG-504). */
static void measure_when_due(device *self, int64_t now_ms) {
  if (now_ms >= self->next_sample_ms && !is_finished(self)) {
    self->next_sample_ms += self->state.interval_ms;
    /* Who was held up does not catch up: two measurements of one millisecond would be one reading. */
    if (self->next_sample_ms < now_ms + self->state.interval_ms / 2) self->next_sample_ms = now_ms + self->state.interval_ms;
    measure(self);
  }
  if (self->options.scan_interval_ms > 0 && now_ms >= self->next_scan_ms && !is_finished(self)) {
    self->next_scan_ms = now_ms + self->options.scan_interval_ms;
    if (self->turn++ % 3 == 2) tell_event(self);
    else scan(self);
  }
}

/* ---- Orders ---- */

static uint8_t set_interval(device *self, const tg_command_set_interval_args *args, const char **text) {
  if (args->has_metric && !is_metric(args->metric)) {
    *text = "this device has no such metric";
    return TG_COMMAND_STATUS_REFUSED;
  }
  self->state.interval_ms = args->interval_ms;
  self->next_sample_ms = clock_steady_ms() + args->interval_ms;
  /* The birth declares the interval (TG-604). All metrics are measured together. */
  publish_birth(self);
  return TG_COMMAND_STATUS_DONE;
}

static uint8_t carry_out(device *self, const tg_command *order, const char **text) {
  switch (order->variant) {
    case TG_COMMAND_REBIRTH:
      publish_birth(self);
      return TG_COMMAND_STATUS_DONE;
    case TG_COMMAND_RESCAN:
      if (self->options.scan_interval_ms > 0) {
        scan(self);
        return TG_COMMAND_STATUS_DONE;
      }
      *text = "this device has no scanner";
      return TG_COMMAND_STATUS_REFUSED;
    case TG_COMMAND_SET_INTERVAL:
      return set_interval(self, &order->as.set_interval.args, text);
    case TG_COMMAND_CONFIGURE:
      *text = "this device takes no configuration";
      return TG_COMMAND_STATUS_REFUSED;
    default:
      *text = "this device has no gate";
      return TG_COMMAND_STATUS_REFUSED;
  }
}

static void on_order(device *self, const uint8_t *payload, size_t length) {
  uint8_t memory[2048];
  tg_arena arena = {memory, sizeof memory, 0};
  tg_order order;
  const char *text = NULL;
  uint8_t status = TG_COMMAND_STATUS_REFUSED;
  tg_order_read(&self->orders, payload, length, clock_wall_ms(), &arena, &order);
  switch (order.verdict) {
    case TG_ORDER_UNREADABLE:
      return;
    case TG_ORDER_AGAIN:
      status = order.status;
      break;
    case TG_ORDER_EXPIRED:
      status = TG_COMMAND_STATUS_EXPIRED;
      break;
    case TG_ORDER_NEW:
      status = carry_out(self, &order.command, &text);
      break;
    case TG_ORDER_UNKNOWN:
      text = "this device does not know this order";
      break;
  }
  tg_order_finish(&self->orders, order.id, status);
  if (status == TG_COMMAND_STATUS_REFUSED && text == NULL) text = "refused before";
  answer(self, order.id, status, text);
}

/* ---- What earlier starts left ---- */

typedef struct pool {
  device *device;
  tg_slot *slots;
  uint8_t *bytes;
} pool;

static bool take_back(void *context, const ring_record *record) {
  pool *memory = context;
  device *self = memory->device;
  tg_outbox *outbox = self->earlier_count > 0 ? &self->earlier[self->earlier_count - 1] : NULL;
  if (outbox == NULL || strcmp(outbox->boot, record->boot) != 0) {
    outbox = &self->earlier[self->earlier_count];
    if (tg_outbox_init(outbox, tg_text_of(record->boot), !self->options.acknowledge_is_enough, IN_FLIGHT_MAX) != TG_OK) return true;
    tg_outbox_lend(outbox, memory->slots, 0, memory->bytes, 0);
    self->earlier_count += 1;
  }
  /* The messages of one start stand together, so that its memory grows where it ends. */
  tg_outbox_lend(outbox, outbox->slots, outbox->slot_count + 1, outbox->bytes, outbox->byte_count + (uint32_t)record->length);
  memory->slots += 1;
  memory->bytes += record->length;
  tg_outbox_restore(outbox, record->message, record->seq, record->time_ms, record->readings, record->payload, record->length);
  return self->earlier_count < RING_BOOTS_MAX;
}

/* The own outbox is the one behind those of earlier starts. */
static tg_outbox *outbox_at(device *self, uint32_t index) {
  return index < self->earlier_count ? &self->earlier[index] : &self->outbox;
}

static uint32_t kept_messages(device *self) {
  uint32_t count = 0;
  for (uint32_t index = 0; index <= self->earlier_count; index += 1) count += outbox_at(self, index)->slots_used;
  return count;
}

/* Whether what was made is durable, so that it may be sent; frees in the file what is safe. */
static bool settle_file(device *self) {
  if (self->options.ring_file == NULL) return true;
  if (self->ring.used != kept_messages(self))
    for (uint32_t index = 0; index <= self->earlier_count; index += 1) ring_keep_only(&self->ring, outbox_at(self, index));
  return ring_sync(&self->ring);
}

/* ---- The client's callbacks; all of them run inside of mosquitto_loop ---- */

static void on_connect(struct mosquitto *client, void *context, int code) {
  device *self = context;
  char *topics[2] = {self->topics[TG_MESSAGE_COMMITTED], self->topics[TG_MESSAGE_COMMAND]};
  if (code != 0) {
    fprintf(stderr, "refused by the broker: %s\n", mosquitto_connack_string(code));
    return;
  }
  self->phase = PHASE_SUBSCRIBING;
  /* Before the first message (TG-406), which in turn waits for the broker's answer; the birth is the first that is published (TG-301). */
  if (mosquitto_subscribe_multiple(client, &self->subscribe_id, 2, topics, 1, 0, NULL) != MOSQ_ERR_SUCCESS) mosquitto_disconnect(client);
}

static void on_subscribe(struct mosquitto *client, void *context, int packet, int count, const int *granted) {
  device *self = context;
  (void)client;
  if (packet != self->subscribe_id || self->phase != PHASE_SUBSCRIBING) return;
  for (int index = 0; index < count; index += 1)
    if (granted[index] > 2) fprintf(stderr, "subscription %d was not granted\n", index);
  publish_birth(self);
  for (uint32_t index = 0; index <= self->earlier_count; index += 1) tg_outbox_connected(outbox_at(self, index));
  self->phase = PHASE_READY;
  printf("connected\n");
}

static void on_publish(struct mosquitto *client, void *context, int packet) {
  device *self = context;
  (void)client;
  if (packet == self->goodbye_id) self->is_goodbye_safe = true;
  /* A birth or a reply is in no outbox, which passes over it, as it does over the packets of another. */
  for (uint32_t index = 0; index <= self->earlier_count; index += 1) tg_outbox_acknowledged(outbox_at(self, index), packet);
  /* A connection that carries messages was a good one: the next failure starts with a short wait again. */
  self->wait_ms = WAIT_MIN_MS;
}

static void on_message(struct mosquitto *client, void *context, const struct mosquitto_message *message) {
  device *self = context;
  (void)client;
  const size_t length = message->payloadlen > 0 ? (size_t)message->payloadlen : 0;
  if (strcmp(message->topic, self->topics[TG_MESSAGE_COMMITTED]) == 0)
    for (uint32_t index = 0; index <= self->earlier_count; index += 1) tg_outbox_committed(outbox_at(self, index), message->payload, length);
  if (strcmp(message->topic, self->topics[TG_MESSAGE_COMMAND]) == 0) on_order(self, message->payload, length);
}

/* ---- The connection ---- */

static void plan_attempt(device *self, int64_t now_ms) {
  const int64_t wait_ms = self->wait_ms + random_below((uint32_t)(self->wait_ms / 2 + 1));
  self->next_attempt_ms = now_ms + wait_ms / self->options.hurry;
  self->wait_ms = self->wait_ms * 2 > WAIT_MAX_MS ? WAIT_MAX_MS : self->wait_ms * 2;
}

static void fall_apart(device *self, int64_t now_ms, const char *why) {
  fprintf(stderr, "not connected: %s\n", why);
  for (uint32_t index = 0; index <= self->earlier_count; index += 1) tg_outbox_disconnected(outbox_at(self, index));
  self->phase = PHASE_APART;
  plan_attempt(self, now_ms);
}

static bool prepare_client(device *self) {
  uint8_t will[MESSAGE_BYTES_MAX];
  const int32_t length = message_death(&self->state, NULL, will, sizeof will);
  if (mosquitto_reinitialise(self->client, self->client_id, true, self) != MOSQ_ERR_SUCCESS || length < 0) return false;
  mosquitto_connect_callback_set(self->client, on_connect);
  mosquitto_subscribe_callback_set(self->client, on_subscribe);
  mosquitto_publish_callback_set(self->client, on_publish);
  mosquitto_message_callback_set(self->client, on_message);
  mosquitto_max_inflight_messages_set(self->client, IN_FLIGHT_MAX + 10);
  return mosquitto_username_pw_set(self->client, self->user, self->options.secret) == MOSQ_ERR_SUCCESS &&
         mosquitto_will_set(self->client, self->topics[TG_MESSAGE_STATE], length, will, 1, true) == MOSQ_ERR_SUCCESS;
}

static void connect_when_due(device *self, int64_t now_ms) {
  if (self->phase != PHASE_APART || now_ms < self->next_attempt_ms) return;
  const int code = prepare_client(self) ? mosquitto_connect_async(self->client, self->options.host, self->options.port, KEEP_ALIVE_S)
                                        : MOSQ_ERR_NOMEM;
  self->phase = PHASE_CONNECTING;
  if (code != MOSQ_ERR_SUCCESS) fall_apart(self, now_ms, mosquitto_strerror(code));
}

/* False when the window is full, or the client takes no more: what is younger waits. */
static bool send_waiting(device *self, tg_outbox *outbox, uint32_t in_flight) {
  uint8_t bytes[MESSAGE_BYTES_MAX];
  while (in_flight < IN_FLIGHT_MAX) {
    int packet = 0;
    tg_slot *slot = tg_outbox_next(outbox);
    if (slot == NULL) return true;
    const bool again = slot->seq <= outbox->sent_up_to;
    const int32_t length = tg_outbox_payload(outbox, slot, self->options.encoding, bytes, sizeof bytes);
    if (publish(self, slot->message, bytes, length, false, &packet) != MOSQ_ERR_SUCCESS) return false;
    tg_outbox_sent(outbox, slot, packet);
    in_flight += 1;
    self->resent += again ? 1 : 0;
  }
  return false;
}

/* Oldest start first; a younger one begins when the older has nothing left that was never sent. */
static void send_all(device *self, int64_t now_ms) {
  uint32_t in_flight = 0;
  for (uint32_t index = 0; index <= self->earlier_count; index += 1) {
    tg_outbox_tick(outbox_at(self, index), now_ms * self->options.hurry);
    in_flight += outbox_at(self, index)->in_flight;
  }
  for (uint32_t index = 0; index <= self->earlier_count; index += 1) {
    tg_outbox *outbox = outbox_at(self, index);
    const uint32_t others = in_flight - outbox->in_flight;
    if (!send_waiting(self, outbox, in_flight)) return;
    in_flight = others + outbox->in_flight;
  }
}

static void run_once(device *self) {
  const int64_t now_ms = clock_steady_ms();
  clock_read_shift(self->options.clock_file);
  measure_when_due(self, now_ms);
  const bool is_durable = settle_file(self);
  connect_when_due(self, now_ms);
  if (self->phase == PHASE_APART) {
    usleep(20000);
    return;
  }
  if (self->phase == PHASE_READY && is_durable) send_all(self, now_ms);
  const int code = mosquitto_loop(self->client, 20, 1);
  if (code != MOSQ_ERR_SUCCESS) fall_apart(self, now_ms, mosquitto_strerror(code));
}

/* Whether every message is safe, or the time to wait for it is over. */
static bool is_drained(device *self) {
  if (self->deadline_ms == 0) self->deadline_ms = clock_steady_ms() + (is_told_to_stop ? DRAIN_MS : 60000);
  return kept_messages(self) == 0 || clock_steady_ms() >= self->deadline_ms;
}

static void say_goodbye(device *self) {
  uint8_t bytes[MESSAGE_BYTES_MAX];
  if (self->phase != PHASE_READY) return;
  const int32_t length = message_death(&self->state, "orderly end", bytes, sizeof bytes);
  const int64_t deadline_ms = clock_steady_ms() + GOODBYE_MS;
  if (publish(self, TG_MESSAGE_STATE, bytes, length, true, &self->goodbye_id) != MOSQ_ERR_SUCCESS) return;
  while (!self->is_goodbye_safe && clock_steady_ms() < deadline_ms)
    if (mosquitto_loop(self->client, 20, 1) != MOSQ_ERR_SUCCESS) return;
  mosquitto_disconnect(self->client);
  mosquitto_loop(self->client, 20, 1);
}

static bool prepare(device *self, tg_slot *slots, uint8_t *bytes) {
  char id[17];
  random_id(id);
  snprintf(self->boot, sizeof self->boot, "c-%s", id);
  snprintf(self->client_id, sizeof self->client_id, "%s-%s", self->options.point, self->options.device);
  snprintf(self->user, sizeof self->user, "%s/%s", self->options.point, self->options.device);
  for (int message = 0; message < TG_MESSAGE_COUNT; message += 1)
    if (tg_topic_build(tg_text_of(self->options.point), tg_text_of(self->options.device), message, self->topics[message],
                       sizeof self->topics[message]) < 0)
      return false;
  self->state.options = &self->options;
  self->state.boot = self->boot;
  self->state.interval_ms = self->options.interval_ms;
  clock_watch_init(&self->state.clock, self->options.trusts_kernel_clock);
  tg_order_log_init(&self->orders, self->order_records, ORDERS_KEPT);
  if (tg_outbox_init(&self->outbox, tg_text_of(self->boot), !self->options.acknowledge_is_enough, IN_FLIGHT_MAX) != TG_OK) return false;
  tg_outbox_lend(&self->outbox, slots, self->options.slots, bytes, self->options.bytes);
  self->next_sample_ms = self->next_scan_ms = clock_steady_ms();
  self->wait_ms = WAIT_MIN_MS;
  self->goodbye_id = -1;
  return true;
}

int main(int count, char **arguments) {
  static device self;
  if (!options_read(count, arguments, &self.options)) return 2;
  setvbuf(stdout, NULL, _IOLBF, 0);
  signal(SIGTERM, on_signal);
  signal(SIGINT, on_signal);
  signal(SIGPIPE, SIG_IGN);
  if (self.options.ring_file != NULL && !ring_open(&self.ring, self.options.ring_file, 2 * self.options.slots)) {
    fprintf(stderr, "Cannot start: %s cannot be opened (%s), expected a file that no other process has open and room for it\n",
            self.options.ring_file, strerror(errno));
    return 2;
  }
  /* The sizes are options; a device with fixed memory has static arrays here. */
  tg_slot *slots = calloc(self.options.slots, sizeof *slots);
  uint8_t *bytes = malloc(self.options.bytes);
  tg_slot *earlier_slots = calloc(self.ring.used + 1, sizeof *earlier_slots);
  uint8_t *earlier_bytes = malloc(self.ring.used_bytes + 1);
  pool memory = {&self, earlier_slots, earlier_bytes};
  mosquitto_lib_init();
  self.client = mosquitto_new(NULL, true, &self);
  if (slots == NULL || bytes == NULL || earlier_slots == NULL || earlier_bytes == NULL || self.client == NULL ||
      !prepare(&self, slots, bytes)) {
    fprintf(stderr, "Cannot start: a name or a size is wrong, expected names of the topic grammar and memory for the ring\n");
    return 2;
  }
  if (self.options.ring_file != NULL) ring_each(&self.ring, take_back, &memory);
  printf("boot %s\n", self.boot);
  printf("left %u torn %u\n", (unsigned)kept_messages(&self), (unsigned)self.ring.torn);
  while (!is_finished(&self) || !is_drained(&self)) run_once(&self);
  say_goodbye(&self);
  printf("end made %lld kept %u resent %lld dropped %u refused %u\n", (long long)self.made, (unsigned)self.outbox.slots_used,
         (long long)self.resent, (unsigned)self.outbox.dropped_messages, (unsigned)self.outbox.refused_messages);
  mosquitto_destroy(self.client);
  mosquitto_lib_cleanup();
  if (self.options.ring_file != NULL) {
    settle_file(&self);
    ring_close(&self.ring);
  }
  free(slots);
  free(bytes);
  free(earlier_slots);
  free(earlier_bytes);
  return 0;
}
