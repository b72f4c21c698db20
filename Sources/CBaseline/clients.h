#pragma once
/* What both loops need of Kafka: a consumer in a group, a producer, a commit every second. Nothing is checked that a
 * benchmark's own topics do not bring about. */
#include <librdkafka/rdkafka.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

enum {
    baseline_partitions = 256, /* of the requests topic, at most */
    baseline_batch = 1000,     /* records taken from librdkafka at once */
};

struct baseline_clients {
    rd_kafka_t *consumer, *producer;
    rd_kafka_queue_t *records;
    rd_kafka_topic_t *results;
    const char *topic;                 /* of the requests; librdkafka's, from the first record */
    int64_t next[baseline_partitions]; /* the first offset that was not taken; 0: none was */
    int64_t committed_at;
    int wake;                          /* an eventfd that librdkafka writes when a record comes after none */
    int stopped;                       /* set by another thread */
    char problem[512];                 /* what ended the loop before it was told to end; empty: nothing */
};

static inline int64_t baseline_now_ns(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

static inline void baseline_stop(struct baseline_clients *c) { __atomic_store_n(&c->stopped, 1, __ATOMIC_RELEASE); }

static inline int baseline_goes_on(const struct baseline_clients *c) {
    return !c->problem[0] && !__atomic_load_n(&c->stopped, __ATOMIC_ACQUIRE);
}

/* Called by rd_kafka_poll on the loop's own thread: each result is heard of, as a worker must. */
static inline void baseline_delivered(rd_kafka_t *producer, const rd_kafka_message_t *message, void *opaque) {
    struct baseline_clients *c = (struct baseline_clients *)opaque;
    (void)producer;
    if (message->err && baseline_goes_on(c))
        snprintf(c->problem, sizeof c->problem, "a result was not taken: %s", rd_kafka_err2str(message->err));
}

/* Opens both clients and joins the group. The configurations are used up. Returns 0, or -1 and says why in problem. */
static inline int baseline_open(
    struct baseline_clients *c, rd_kafka_conf_t *consumer, rd_kafka_conf_t *producer, const char *requests,
    const char *results) {
    rd_kafka_conf_set_opaque(producer, c);
    rd_kafka_conf_set_dr_msg_cb(producer, baseline_delivered);
    c->wake = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    c->consumer = rd_kafka_new(RD_KAFKA_CONSUMER, consumer, c->problem, sizeof c->problem);
    if (!c->consumer) return rd_kafka_conf_destroy(consumer), rd_kafka_conf_destroy(producer), -1;
    c->producer = rd_kafka_new(RD_KAFKA_PRODUCER, producer, c->problem, sizeof c->problem);
    if (!c->producer) return rd_kafka_conf_destroy(producer), -1;
    rd_kafka_poll_set_consumer(c->consumer);
    c->records = rd_kafka_queue_get_consumer(c->consumer);
    rd_kafka_queue_io_event_enable(c->records, c->wake, "\1\0\0\0\0\0\0\0", 8);
    c->results = rd_kafka_topic_new(c->producer, results, 0);
    rd_kafka_topic_partition_list_t *topics = rd_kafka_topic_partition_list_new(1);
    rd_kafka_topic_partition_list_add(topics, requests, RD_KAFKA_PARTITION_UA);
    rd_kafka_resp_err_t error = rd_kafka_subscribe(c->consumer, topics);
    rd_kafka_topic_partition_list_destroy(topics);
    c->committed_at = baseline_now_ns();
    if (!error) return 0;
    snprintf(c->problem, sizeof c->problem, "cannot subscribe to %s: %s", requests, rd_kafka_err2str(error));
    return -1;
}

static inline void baseline_close(struct baseline_clients *c) {
    if (c->results) rd_kafka_topic_destroy(c->results);
    if (c->producer) rd_kafka_flush(c->producer, 5000), rd_kafka_destroy(c->producer);
    if (c->records) rd_kafka_queue_io_event_enable(c->records, -1, 0, 0), rd_kafka_queue_destroy(c->records);
    if (c->consumer) rd_kafka_consumer_close(c->consumer), rd_kafka_destroy(c->consumer);
    if (c->wake > 0) close(c->wake);
}

/* Takes what has come, without waiting. Returns how many records; what is none is said in problem, or passed over where
 * librdkafka goes on by itself. */
static inline int baseline_take(struct baseline_clients *c, rd_kafka_message_t **batch, int limit) {
    ssize_t taken = rd_kafka_consume_batch_queue(c->records, 0, batch, (size_t)limit);
    int kept = 0;
    for (ssize_t i = 0; i < taken; i++) {
        rd_kafka_message_t *message = batch[i];
        if (!message->err && message->partition < baseline_partitions) {
            c->next[message->partition] = message->offset + 1;
            batch[kept++] = message;
            continue;
        }
        if (!message->err || message->err == RD_KAFKA_RESP_ERR__MAX_POLL_EXCEEDED)
            snprintf(c->problem, sizeof c->problem, "cannot go on with what was consumed: %s",
                message->err ? rd_kafka_message_errstr(message) : "too many partitions");
        rd_kafka_message_destroy(message);
    }
    if (kept > 0 && !c->topic) c->topic = rd_kafka_topic_name(batch[0]->rkt);
    return kept;
}

/* Commits these next offsets, without waiting for the answer. */
static inline void baseline_commit(struct baseline_clients *c, const int64_t *next) {
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new(16);
    for (int p = 0; p < baseline_partitions; p++)
        if (next[p] > 0) rd_kafka_topic_partition_list_add(list, c->topic, p)->offset = next[p];
    if (list->cnt > 0) rd_kafka_commit(c->consumer, list, 1);
    rd_kafka_topic_partition_list_destroy(list);
}

/* Whether the last commit is a second ago; it counts as made then. */
static inline int baseline_commit_due(struct baseline_clients *c) {
    int64_t now = baseline_now_ns();
    if (!c->topic || now - c->committed_at < 1000000000) return 0;
    c->committed_at = now;
    return 1;
}

/* Waits for one of the descriptors, the first of which is the wake descriptor, for 100 ms at most. */
static inline void baseline_wait(struct pollfd *waited, int count) {
    uint64_t written;
    for (int i = 0; i < count; i++) waited[i].events = POLLIN, waited[i].revents = 0;
    if (poll(waited, (nfds_t)count, 100) > 0 && waited[0].revents && read(waited[0].fd, &written, 8) < 0) return;
}
