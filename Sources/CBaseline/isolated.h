#pragma once
/* The isolated loop: what a node does at least. Every request goes to a process of its own kind and back before its
 * result is produced; an offset is committed once the results of all before it are produced.
 *
 * It does what costs each job: two pipes a child, frames in batches, the id found, a result with key and headers, its
 * delivery heard of. It does not: parse, check or refuse a request; wait for deliveries before it commits; limit,
 * measure, time out or replace a child; run again, order, lock, throttle; stop taking when much is in flight on the way
 * out; survive a rebalance without results twice. */
#include "children.h"
#include "clients.h"
#include "result.h"

enum { baseline_children = 64 };

/* What a child has, the oldest first. It answers in order. */
struct baseline_flight {
    rd_kafka_message_t *messages[baseline_ahead];
    unsigned first, count;
    char input[baseline_ahead * sizeof(struct baseline_answer)];
    size_t have;
};

struct baseline_isolated {
    struct baseline_child children[baseline_children];
    struct baseline_flight flights[baseline_children];
    int count;
    rd_kafka_message_t *pending[baseline_batch];
    int pending_first, pending_count;
    struct baseline_result result;
    char output[baseline_buffer];
};

/* Starts the children; before the clients are opened, whose threads a fork would not take along. Returns 0, or -1 with
 * errno. */
static inline int baseline_start_children(struct baseline_isolated *s, int count) {
    if (count > baseline_children) return errno = EINVAL, -1;
    for (; s->count < count; s->count++)
        if (baseline_child_start(&s->children[s->count]) != 0) return -1;
    return 0;
}

static inline void baseline_stop_children(struct baseline_isolated *s) {
    while (s->count > 0) baseline_child_stop(&s->children[--s->count]);
}

/* Writes to a child what waits, eight requests at once; to an idle one fewer, too, so that nothing waits for company. */
static inline void baseline_give(struct baseline_clients *c, struct baseline_isolated *s, int index) {
    struct baseline_flight *f = &s->flights[index];
    for (;;) {
        int count = s->pending_count < baseline_per_write ? s->pending_count : baseline_per_write;
        if (count == 0 || f->count + (unsigned)count > baseline_ahead) return;
        if (count < baseline_per_write && f->count > 0) return;
        size_t size = 0;
        for (int i = 0; i < count; i++, s->pending_first++, s->pending_count--) {
            rd_kafka_message_t *message = s->pending[s->pending_first];
            struct baseline_frame frame = {message->len, f->first + f->count};
            if (size + sizeof frame + message->len > sizeof s->output / baseline_per_write * (size_t)(i + 1)) {
                snprintf(c->problem, sizeof c->problem, "a request has %zu bytes, more than it may", message->len);
                return;
            }
            memcpy(s->output + size, &frame, sizeof frame);
            memcpy(s->output + size + sizeof frame, message->payload, message->len);
            size += sizeof frame + message->len;
            f->messages[(f->first + f->count++) % baseline_ahead] = message;
        }
        /* Where the pipe is full, the child reads: it never waits for room, its replies being small. */
        if (write(s->children[index].requests, s->output, size) != (ssize_t)size)
            snprintf(c->problem, sizeof c->problem, "cannot write to a child: %s", strerror(errno));
    }
}

/* Reads what a child has answered, and produces the results. */
static inline void baseline_collect(struct baseline_clients *c, struct baseline_isolated *s, int index) {
    struct baseline_flight *f = &s->flights[index];
    ssize_t got = read(s->children[index].replies, f->input + f->have, sizeof f->input - f->have);
    if (got <= 0) {
        snprintf(c->problem, sizeof c->problem, "a child has ended");
        return;
    }
    f->have += (size_t)got;
    size_t at = 0;
    baseline_result_time(&s->result);
    for (struct baseline_answer answer; f->have - at >= sizeof answer && baseline_goes_on(c); at += sizeof answer) {
        memcpy(&answer, f->input + at, sizeof answer);
        rd_kafka_message_t *message = f->messages[f->first % baseline_ahead];
        if (f->count == 0 || answer.frame.id != f->first) {
            snprintf(c->problem, sizeof c->problem, "a child answered what it was not asked");
            return;
        }
        baseline_publish(c, &s->result, message);
        rd_kafka_message_destroy(message);
        f->first++, f->count--;
    }
    f->have -= at;
    memmove(f->input, f->input + at, f->have);
}

static inline void baseline_lower(int64_t *next, const rd_kafka_message_t *message) {
    if (message->offset < next[message->partition]) next[message->partition] = message->offset;
}

/* Commits up to the oldest of each partition that has no result yet. */
static inline void baseline_commit_produced(struct baseline_clients *c, const struct baseline_isolated *s) {
    int64_t next[baseline_partitions];
    memcpy(next, c->next, sizeof next);
    for (int i = 0; i < s->count; i++)
        for (unsigned j = 0; j < s->flights[i].count; j++)
            baseline_lower(next, s->flights[i].messages[(s->flights[i].first + j) % baseline_ahead]);
    for (int i = 0; i < s->pending_count; i++) baseline_lower(next, s->pending[s->pending_first + i]);
    baseline_commit(c, next);
}

static inline void baseline_turn(struct baseline_clients *c, struct baseline_isolated *s, struct pollfd *waited) {
    if (s->pending_count == 0) {
        s->pending_first = 0;
        s->pending_count = baseline_take(c, s->pending, baseline_batch);
    }
    for (int i = 0; i < s->count && s->pending_count > 0 && baseline_goes_on(c); i++) baseline_give(c, s, i);
    baseline_wait(waited, s->count + 1);
    for (int i = 0; i < s->count && baseline_goes_on(c); i++)
        if (waited[i + 1].revents) baseline_collect(c, s, i);
    rd_kafka_poll(c->producer, 0);
    if (baseline_commit_due(c)) baseline_commit_produced(c, s);
}

static inline void baseline_run_isolated(struct baseline_clients *c, struct baseline_isolated *s) {
    struct pollfd waited[baseline_children + 1] = {{.fd = c->wake}};
    for (int i = 0; i < s->count; i++) waited[i + 1].fd = s->children[i].replies;
    while (baseline_goes_on(c)) baseline_turn(c, s, waited);
    for (int i = 0; i < s->pending_count; i++) rd_kafka_message_destroy(s->pending[s->pending_first + i]);
    for (int i = 0; i < s->count; i++)
        for (struct baseline_flight *f = &s->flights[i]; f->count > 0; f->count--)
            rd_kafka_message_destroy(f->messages[f->first++ % baseline_ahead]);
}
